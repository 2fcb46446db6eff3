"""Synchronisation: several agents start at the same instant.

Each agent gets a timer of its own with the same `fireAt`, in one request; Mainspring calls them all at that moment. An agent that
is late or down has its own retries and does not hold the others up.

    python3 03-synchronisation.py        (SYNC_DELAY_SECONDS, 30 by default)
"""

import os
from datetime import datetime, timedelta, timezone

from mainspring import AGENT_ID, Mainspring
from receiver import Receiver

SYNC_DELAY_SECONDS = float(os.environ.get("SYNC_DELAY_SECONDS", "30"))
AGENTS = ["agent-1", "agent-2", "agent-3"]

mainspring = Mainspring()


def synchronise(receiver: Receiver, agents: list[str], at: datetime) -> list[str]:
    """Creates one timer per agent for the same moment; answers their ids."""
    fire_at = at.isoformat(timespec="milliseconds")
    timers = [
        {
            "tenantId": AGENT_ID,
            "requestedBy": f"coordinator-{AGENT_ID}",
            "name": f"sync-{agent}",
            "fireAt": fire_at,
            "metadata": {"sync_group": "multi-agent-task", "target_agent": agent},
            "actionBundle": {
                "actions": [
                    {
                        "type": "webhook",
                        "url": f"{receiver.url}/{agent}/start",
                        "data": {"event": "synchronized_start", "agent_id": agent, "sync_time": fire_at},
                    }
                ]
            },
        }
        for agent in agents
    ]
    answer = mainspring.call("POST", "/timers/batch", {"timers": timers})
    return [timer["id"] for timer in answer["timers"]]


def main() -> None:
    with Receiver(mainspring.webhook_secret()) as receiver:
        at = datetime.now(timezone.utc) + timedelta(seconds=SYNC_DELAY_SECONDS)
        synchronise(receiver, AGENTS, at)
        print(f"{len(AGENTS)} agents will start at {at.isoformat(timespec='milliseconds')}")
        moments = []
        for _ in AGENTS:
            webhook = receiver.wait(SYNC_DELAY_SECONDS + 60)
            if webhook is None:
                raise SystemExit("an agent was not called")
            moments.append(webhook.at)
            late_ms = (webhook.at - at.timestamp()) * 1000
            print(f"{webhook.body['agent_id']} started {late_ms:.0f} ms after the agreed moment")
        print(f"all started within {(max(moments) - min(moments)) * 1000:.0f} ms of each other")


if __name__ == "__main__":
    main()
