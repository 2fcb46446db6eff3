"""An agent that runs on its own and is watched: tasks with a timeout, a watchdog, a health page.

    python3 agent/agent.py

Every WORK_INTERVAL_SECONDS (10) it does a task behind a timeout of DEFAULT_TIMEOUT_SECONDS, at most
DEFAULT_RETRY_ATTEMPTS times, and tells its watchdog that it is alive; silent for WATCHDOG_INTERVAL_SECONDS, the
watchdog's webhook would say so. http://localhost:8080/agent/health (PORT) shows its timers. On SIGTERM it cancels
them and ends.
"""

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Mapping, Optional

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mainspring import (  # noqa: E402
    AGENT_ID,
    DEFAULT_RETRY_ATTEMPTS,
    DEFAULT_TIMEOUT_SECONDS,
    WATCHDOG_INTERVAL_SECONDS,
    Mainspring,
    Problem,
    seconds,
)
from receiver import is_genuine  # noqa: E402
from tracker import TimerTracker  # noqa: E402

PORT = int(os.environ.get("PORT", "8080"))
WEBHOOK_BASE = os.environ.get("AGENT_WEBHOOK_BASE", f"http://localhost:{PORT}").rstrip("/")
WORK_INTERVAL_SECONDS = float(os.environ.get("WORK_INTERVAL_SECONDS", "10"))

mainspring = Mainspring()


class Agent:
    """The agent itself: what it does, and what its timers tell it."""

    def __init__(self) -> None:
        self.tracker = TimerTracker(AGENT_ID)
        self.stop = threading.Event()
        self.watchdog_id: Optional[str] = None
        self.timed_out: set[str] = set()
        self.secret, self.secret_read_at = "", 0.0

    def is_genuine(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Checks a webhook's signature. The secret is read again after a failure: it may have been rotated."""
        now = time.time()
        if self.secret and is_genuine(self.secret, headers, body, now):
            return True
        if now - self.secret_read_at < 10:
            return False
        self.secret, self.secret_read_at = mainspring.webhook_secret(), now
        return is_genuine(self.secret, headers, body, now)

    def run(self) -> None:
        number = 0
        while not self.stop.is_set():
            number += 1
            try:
                self.still_alive()
                self.do_task(f"task-{number}")
            except (Problem, OSError) as error:
                print(f"Mainspring cannot be reached, trying again: {error}", flush=True)
            self.stop.wait(WORK_INTERVAL_SECONDS)

    def still_alive(self) -> None:
        """Resets the watchdog, or starts one where there is none that still can be reset."""
        if self.watchdog_id is not None:
            try:
                mainspring.call("POST", f"/timers/{self.watchdog_id}/reset", {"tenantId": AGENT_ID})
                return
            except Problem as problem:
                if problem.status not in (404, 409):
                    raise
        data = {"event": "watchdog_check", "agent_id": AGENT_ID, "timeout_action": "restart_agent"}
        self.watchdog_id = self.start_timer("watchdog", data, WATCHDOG_INTERVAL_SECONDS)

    def do_task(self, task_id: str) -> None:
        for attempt in range(1, DEFAULT_RETRY_ATTEMPTS + 1):
            data = {"event": "task_timeout", "task_id": task_id, "agent_id": AGENT_ID, "action": "force_stop"}
            timer_id = self.start_timer(f"timeout-{task_id}", data, DEFAULT_TIMEOUT_SECONDS)
            is_done = self.work(timer_id)
            if is_done and mainspring.cancel_timer(timer_id, "Task completed successfully"):
                self.tracker.completed(timer_id)
                print(f"{task_id} done", flush=True)
                return
            print(f"{task_id} took too long, attempt {attempt} of {DEFAULT_RETRY_ATTEMPTS}", flush=True)

    def work(self, timer_id: str) -> bool:
        """Stands for real work: a short pause. False when its timeout came first."""
        self.stop.wait(0.2)
        return timer_id not in self.timed_out

    def start_timer(self, name: str, data: dict[str, Any], after_seconds: float) -> str:
        timer = mainspring.create_timer(name, f"{WEBHOOK_BASE}/agent/webhook", data, duration=seconds(after_seconds))
        self.tracker.created(timer["id"], name)
        return timer["id"]

    def handle(self, body: dict[str, Any]) -> None:
        """One of the agent's own timers fired. The same webhook may come twice: doing this twice does no harm."""
        self.tracker.completed(body["timer_id"], normally=False)
        if body.get("event") == "task_timeout":
            self.timed_out.add(body["timer_id"])
        print(f"{body.get('event')}: {body['timer_id']}", flush=True)

    def cancel_all(self) -> None:
        for timer_id in self.tracker.active_ids():
            mainspring.cancel_timer(timer_id, "The agent was stopped")
            self.tracker.completed(timer_id)


def serve(agent: Agent) -> ThreadingHTTPServer:
    """The agent's own HTTP: its health page, and the webhooks of its timers."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.answer(200, agent.tracker.health()) if self.path == "/agent/health" else self.answer(404, {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if agent.is_genuine(self.headers, body):
                agent.handle(json.loads(body))
                self.answer(200, {})
            else:
                self.answer(401, {})

        def answer(self, status: int, body: dict[str, Any]) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            """Health checks would fill the log."""

    server = ThreadingHTTPServer(("0.0.0.0", PORT), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def main() -> None:
    agent = Agent()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: agent.stop.set())
    server = serve(agent)
    print(f"{AGENT_ID} works; its health: http://localhost:{PORT}/agent/health", flush=True)
    agent.run()
    agent.cancel_all()
    server.shutdown()
    print(f"{AGENT_ID} ended", flush=True)


if __name__ == "__main__":
    main()
