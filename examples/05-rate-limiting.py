"""Rate limiting: calls to a foreign API keep a distance from each other.

What is called too early waits for a timer's webhook. Because the delay is durable, a queue of calls that was waiting
when the process died goes on where it was.

    python3 05-rate-limiting.py        (MIN_DELAY_SECONDS, 1 by default)
"""

import os
import time
from typing import Optional

from mainspring import AGENT_ID, Mainspring, seconds
from receiver import Receiver

MIN_DELAY_SECONDS = float(os.environ.get("MIN_DELAY_SECONDS", "1"))

mainspring = Mainspring()


class RateLimitedAgent:
    """Makes its calls at least `min_delay_seconds` apart."""

    def __init__(self, receiver: Receiver, min_delay_seconds: float):
        self.receiver = receiver
        self.min_delay_seconds = min_delay_seconds
        self.last_call: Optional[float] = None

    def call(self, api_name: str) -> float:
        """Calls the API as soon as it may; answers when that was."""
        if self.last_call is not None:
            since = time.time() - self.last_call
            if since < self.min_delay_seconds:
                self._wait(api_name, self.min_delay_seconds - since)
        self.last_call = time.time()
        print(f"calling {api_name}")
        return self.last_call

    def _wait(self, api_name: str, delay: float) -> None:
        print(f"waiting {delay * 1000:.0f} ms before calling {api_name}")
        timer = mainspring.create_timer(
            f"rate-limit-{api_name}",
            f"{self.receiver.url}/rate-limit-ready",
            {"event": "rate_limit_ready", "api_name": api_name, "agent_id": AGENT_ID, "can_proceed": True},
            duration=seconds(delay),
            metadata={"rate_limiting": True, "api_name": api_name},
        )
        while True:
            webhook = self.receiver.wait(delay + 60)
            if webhook is None:
                raise TimeoutError(f"the timer before {api_name} did not fire")
            if webhook.body["timer_id"] == timer["id"] and webhook.body["can_proceed"]:
                return


def main() -> None:
    with Receiver(mainspring.webhook_secret()) as receiver:
        agent = RateLimitedAgent(receiver, MIN_DELAY_SECONDS)
        moments = [agent.call(name) for name in ("completions", "messages", "generate")]
        gaps = [later - earlier for earlier, later in zip(moments, moments[1:])]
        print(f"the calls were at least {min(gaps) * 1000:.0f} ms apart")


if __name__ == "__main__":
    main()
