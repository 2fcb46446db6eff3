"""Creates a timer by signal, reads its window, and cancels it. README.md says how it works.

    pip install temporalio
    python3 signals/timers_by_signal.py
"""

import asyncio
import json
import os
import sys
import uuid
from datetime import datetime, timedelta, timezone
from typing import Any

from temporalio.client import Client
from temporalio.service import RPCError

WINDOW_SECONDS = 20
ORG = os.environ.get("MAINSPRING_ORG", "demo")
AGENT_ID = os.environ.get("AGENT_ID", "example-agent")
DELAY_SECONDS = float(os.environ.get("DELAY_SECONDS", "30"))


def iso(at: datetime) -> str:
    return at.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def window_of(fire_at: datetime) -> str:
    """The start of the window that a moment lies in."""
    seconds = int(fire_at.timestamp()) // WINDOW_SECONDS * WINDOW_SECONDS
    return iso(datetime.fromtimestamp(seconds, timezone.utc))


async def add_timer(client: Client, timer: dict[str, Any], fire_at: datetime) -> str:
    """Signals the timer to its window, starting the window if need be; answers the window's workflow id."""
    starts_at = window_of(fire_at)
    workflow_id = f"timers/{ORG}/{starts_at}"
    await client.start_workflow(
        "timerWindow",
        {"orgId": ORG, "startsAt": starts_at},
        id=workflow_id,
        task_queue="timers",
        start_signal="addTimers",
        start_signal_args=[[{**timer, "fireAt": iso(fire_at)}]],
    )
    return workflow_id


async def main() -> None:
    client = await Client.connect(
        os.environ.get("TEMPORAL_ADDRESS", "localhost:7233"),
        namespace=os.environ.get("TEMPORAL_NAMESPACE", "mainspring"),
    )
    timer_id = f"by-python-{uuid.uuid4()}"
    timer = {
        "id": timer_id,
        "tenantId": AGENT_ID,
        "requestedBy": "timers_by_signal",
        "name": "by signal",
        "actionBundle": {"actions": [{"type": "log", "data": {"event": "hello"}}]},
    }
    fire_at = datetime.now(timezone.utc) + timedelta(seconds=DELAY_SECONDS)
    window = client.get_workflow_handle(await add_timer(client, timer, fire_at))
    print(f"created {timer_id} in {window.id}")

    state: dict[str, Any] = {}
    for _ in range(20):  # Until the workflow has written the timer and looked again.
        try:
            state = await window.query("timers")
        except RPCError:
            pass  # No worker has picked it up yet.
        if any(known["id"] == timer_id for known in state.get("next", [])):
            break
        await asyncio.sleep(0.5)
    print(json.dumps(state))

    cancellation = {"id": timer_id, "reason": "only an example", "requestedBy": "timers_by_signal"}
    await window.signal("cancelTimers", [cancellation])
    print(f"cancelled {timer_id}")


if __name__ == "__main__":
    asyncio.run(main())
    # Threads of the SDK may still run when the interpreter ends, and abort it.
    sys.stdout.flush()
    os._exit(0)
