"""Task timeout: a timer stands behind a long task and stops it when it takes too long.

The timer lives in Mainspring, so it fires even when the process that does the task hangs or dies. A task that ends
in time cancels its timer; a timer that could not be cancelled any more fires, and then its webhook decides.

    python3 01-task-timeout.py
"""

import threading
import time
from typing import Callable

from mainspring import AGENT_ID, DEFAULT_TIMEOUT_SECONDS, Mainspring, seconds
from receiver import Receiver

mainspring = Mainspring()


class Stop(Exception):
    """The task was told to stop."""


def run_with_timeout(receiver: Receiver, task_id: str, task: Callable[[threading.Event], str], timeout: float) -> str:
    """Runs the task in a thread; its event is set when the timeout's webhook arrives."""
    timer = mainspring.create_timer(
        f"timeout-{task_id}",
        f"{receiver.url}/timeout/{AGENT_ID}",
        {"event": "task_timeout", "task_id": task_id, "agent_id": AGENT_ID, "action": "force_stop"},
        duration=seconds(timeout),
    )
    print(f"timer {timer['id']} will stop {task_id} in {timeout:g} s")
    stop, results = threading.Event(), []
    worker = threading.Thread(target=lambda: results.append(task(stop)))
    worker.start()

    while worker.is_alive():
        worker.join(0.05)
        webhook = receiver.wait(0.05)
        if webhook and webhook.body["task_id"] == task_id and webhook.body["action"] == "force_stop":
            stop.set()
            worker.join()
            raise Stop(task_id)

    if mainspring.cancel_timer(timer["id"], "Task completed successfully"):
        print(f"timer {timer['id']} cancelled")
    return results[0]


def quick(stop: threading.Event) -> str:
    time.sleep(0.2)
    return "an answer"


def endless(stop: threading.Event) -> str:
    while not stop.wait(0.1):
        pass  # This is where the work is done, step by step.
    return "stopped"


def main() -> None:
    with Receiver(mainspring.webhook_secret()) as receiver:
        answer = run_with_timeout(receiver, "quick-task", quick, DEFAULT_TIMEOUT_SECONDS)
        print(f"quick-task ended in time with {answer}")
        try:
            run_with_timeout(receiver, "endless-task", endless, min(2, DEFAULT_TIMEOUT_SECONDS))
        except Stop as stopped:
            print(f"{stopped} was stopped by its timeout")


if __name__ == "__main__":
    main()
