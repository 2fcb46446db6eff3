"""Gives an agent a task over A2A, with the protocol's own client, and looks at it over HTTP.

    pip install a2a-sdk==1.3.0
    MAINSPRING_BASE_URL=http://localhost:3000 MAINSPRING_API_KEY=mnt_demo_key_pro python3 client.py
"""

import asyncio
import os
import uuid

import httpx
from a2a.client import A2ACardResolver, ClientConfig, ClientFactory
from a2a.types import (
    CancelTaskRequest,
    GetTaskRequest,
    Message,
    Part,
    Role,
    SendMessageRequest,
    Task,
    TaskState,
)
from google.protobuf.json_format import MessageToDict, ParseDict

BASE_URL = os.environ.get("MAINSPRING_BASE_URL", "http://localhost:3000")
HEADERS = {"X-API-Key": os.environ.get("MAINSPRING_API_KEY", "mnt_demo_key_pro")}


def asking(skill: str, data: dict) -> SendMessageRequest:
    """A message that asks a method of the agent."""
    message = Message(message_id=str(uuid.uuid4()), role=Role.ROLE_USER)
    message.parts.append(ParseDict({"data": data}, Part()))
    message.metadata.update({"skill": skill})
    return SendMessageRequest(message=message)


async def run(http: httpx.AsyncClient, protocol: str) -> None:
    agents = (await http.get(f"{BASE_URL}/agents", params={"type": "MARKET"})).json()["agents"]
    door = f"{BASE_URL}/a2a/{agents[0]['id']}"
    card = await A2ACardResolver(http, door).get_agent_card()
    assert "analyze_market" in [skill.id for skill in card.skills], card
    chosen = [one for one in card.supported_interfaces if one.protocol_version == protocol]
    del card.supported_interfaces[:]
    card.supported_interfaces.extend(chosen)

    for is_streaming in (True, False):
        client = ClientFactory(ClientConfig(httpx_client=http, streaming=is_streaming)).create(card)
        told = [
            MessageToDict(response)
            async for response in client.send_message(
                asking("analyze_market", {"category": "electronics"})
            )
        ]
        assert "task" in told[0], told
        task_id = told[0]["task"]["id"]
        task: Task = await client.get_task(GetTaskRequest(id=task_id))
        assert task.status.state == TaskState.TASK_STATE_COMPLETED, task
        assert len(task.artifacts) == 1, task
        if is_streaming:
            kinds = [next(iter(one)) for one in told]
            assert kinds[-2:] == ["artifactUpdate", "statusUpdate"], kinds
        over_http = (await http.get(f"{BASE_URL}/tasks/{task_id}")).json()["task"]
        assert over_http["status"] == "completed", over_http
        assert over_http["session_id"] == task.context_id, over_http

    ahead = {"agent_name": agents[0]["name"], "prompt": "x", "scheduled_at": "2030-01-01T00:00:00Z"}
    begun = (await http.post(f"{BASE_URL}/tasks", json=ahead)).json()
    ended = await client.cancel_task(CancelTaskRequest(id=begun["task_id"]))
    assert ended.status.state == TaskState.TASK_STATE_CANCELED, ended
    over_http = (await http.get(f"{BASE_URL}/tasks/{begun['task_id']}")).json()["task"]
    assert over_http["status"] == "cancelled", over_http
    print(f"A2A {protocol}: {agents[0]['name']} answered, streamed and was cancelled")


async def main() -> None:
    for protocol in ("1.0", "0.3"):
        async with httpx.AsyncClient(headers=HEADERS, timeout=60) as http:
            await run(http, protocol)


asyncio.run(main())
