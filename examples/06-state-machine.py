"""State machine: each state of an agent has a deadline.

Entering a state sets its timer, leaving it cancels that timer. A timer that fires while its state is no longer the
current one is ignored: its webhook may already have been under way when the state changed.

    python3 06-state-machine.py        (STATE_TIMEOUT_SECONDS, 10 by default)
"""

import os
import time
from typing import Optional

from mainspring import AGENT_ID, Mainspring, seconds
from receiver import Receiver, Webhook

STATE_TIMEOUT_SECONDS = float(os.environ.get("STATE_TIMEOUT_SECONDS", "10"))

mainspring = Mainspring()


class StateMachineAgent:
    """An agent that falls into the state "error" when a state lasts longer than it may."""

    def __init__(self, receiver: Receiver):
        self.receiver = receiver
        self.state = "idle"
        self.visit = 0
        self.timer_id: Optional[str] = None

    def enter(self, state: str, timeout_seconds: Optional[float] = None) -> None:
        """Leaves the current state for this one, with a deadline if one is given."""
        if self.timer_id is not None:
            mainspring.cancel_timer(self.timer_id, f"left {self.state}")
            self.timer_id = None
        self.state, self.visit = state, self.visit + 1
        print(f"state: {state}")
        if timeout_seconds is not None:
            timer = mainspring.create_timer(
                f"state-{state}",
                f"{self.receiver.url}/{AGENT_ID}/state-timeout",
                {"event": "state_timeout", "state": state, "visit": self.visit},
                duration=seconds(timeout_seconds),
            )
            self.timer_id = timer["id"]

    def handle(self, webhook: Webhook) -> None:
        """A deadline came. It counts only if it belongs to this visit of the current state."""
        if webhook.body["visit"] == self.visit:
            print(f"{self.state} took too long")
            self.timer_id = None
            self.enter("error")


def main() -> None:
    with Receiver(mainspring.webhook_secret()) as receiver:
        agent = StateMachineAgent(receiver)
        agent.enter("planning", STATE_TIMEOUT_SECONDS)
        time.sleep(0.2)  # The plan is ready in time.
        agent.enter("executing", STATE_TIMEOUT_SECONDS)
        while agent.state != "error":  # Executing hangs: only the deadline ends it.
            webhook = receiver.wait(STATE_TIMEOUT_SECONDS + 60)
            if webhook is None:
                raise SystemExit("the deadline did not come")
            agent.handle(webhook)


if __name__ == "__main__":
    main()
