"""Tasks over Redis streams: one that nobody waits for, one whose result is waited for, and one that cannot be done.

    REDIS_URL=redis://localhost:6379 python3 redis/submit.py
"""

import asyncio
import json
import os

from agent_service_client import AgentServiceClient, AgentTask


async def main() -> None:
    async with AgentServiceClient(os.environ.get("REDIS_URL", "redis://localhost:6379")) as client:
        task_id = await client.submit_task(AgentTask(agent_name="AdminAgent", method_name="health", priority=9))
        print(f"submitted {task_id}")

        task = AgentTask(agent_name="AdminAgent", method_name="health", metadata={"source": "an example"})
        result = await client.submit_and_wait(task, timeout=30)
        if result is None:
            print("no result in time")
        else:
            print(f"result: {json.dumps(result.output)}" if result.success else f"failed: {result.error}")

        refused = await client.submit_and_wait(AgentTask(agent_name="Nobody", prompt="Is anybody there?"))
        print(f"refused: {refused and refused.error}")


asyncio.run(main())
