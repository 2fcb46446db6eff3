import requests
import time
from typing import Optional

class AIAgent:
    def __init__(self, agent_id: str, api_key: str):
        self.agent_id = agent_id
        self.api_key = api_key
        self.timer_base_url = "http://localhost:3000"

    def create_timeout_timer(self, task_id: str, timeout_seconds: int,
                           webhook_url: str) -> Optional[str]:
        """Create a timeout timer for a long-running task"""

        response = requests.post(f"{self.timer_base_url}/timers",
            headers={"X-API-Key": self.api_key},
            json={
                "tenantId": self.agent_id,
                "requestedBy": f"agent-{self.agent_id}",
                "name": f"timeout-{task_id}",
                "duration": f"{timeout_seconds}s",
                "metadata": {
                    "task_id": task_id,
                    "agent_id": self.agent_id,
                    "timeout_type": "task_timeout"
                },
                "actionBundle": {
                    "actions": [{
                        "type": "webhook",
                        "url": webhook_url,
                        "data": {
                            "event": "task_timeout",
                            "task_id": task_id,
                            "agent_id": self.agent_id,
                            "action": "force_stop"
                        }
                    }]
                }
            }
        )

        if response.status_code == 201:
            timer_data = response.json()
            print(f"✅ Timeout timer created: {timer_data['timer']['id']}")
            return timer_data['timer']['id']
        else:
            print(f"❌ Failed to create timer: {response.text}")
            return None

    def cancel_timeout_timer(self, timer_id: str) -> bool:
        """Cancel a timeout timer when task completes normally"""

        response = requests.post(f"{self.timer_base_url}/timers/{timer_id}/cancel",
            headers={"X-API-Key": self.api_key},
            json={
                "tenantId": self.agent_id,
                "reason": "Task completed successfully",
                "requestedBy": f"agent-{self.agent_id}"
            }
        )

        return response.status_code == 200

    def long_running_task_with_timeout(self, task_id: str, timeout_minutes: int):
        """Execute a task with automatic timeout protection"""

        webhook_url = f"https://your-agent-system.com/timeout/{self.agent_id}"
        timer_id = self.create_timeout_timer(task_id, timeout_minutes * 60, webhook_url)

        try:
            # Simulate long-running AI task
            print(f"🤖 Starting task {task_id} with {timeout_minutes}min timeout")

            # Your AI processing here...
            # model.generate(), database.query(), api.call(), etc.
            time.sleep(5)  # Simulated work

            print(f"✅ Task {task_id} completed successfully")

            # Cancel timeout since task finished
            if timer_id:
                self.cancel_timeout_timer(timer_id)

        except Exception as e:
            print(f"❌ Task {task_id} failed: {e}")
            # Timer will still fire and trigger cleanup

# Usage
agent = AIAgent(agent_id="gpt-worker-1", api_key="mnt_demo_key_pro")
agent.long_running_task_with_timeout("analyze-dataset-001", timeout_minutes=15)
