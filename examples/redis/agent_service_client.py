"""Gives Mainspring tasks over Redis streams, and waits for their results there. Needs the package redis."""

import json
import time
import uuid
from dataclasses import asdict, dataclass, field
from typing import Any, Optional

import redis.asyncio as redis

WAIT_MS = 1_000


@dataclass
class AgentTask:
    """What an agent is to do. Fields that are None are as if they were left out."""

    agent_name: str
    prompt: Optional[str] = None
    method_name: Optional[str] = None
    input: Optional[dict[str, Any]] = None
    priority: int = 5  # 1 critical, 3 high, 5 normal, 7 low, 9 background
    user_id: Optional[str] = None
    session_id: Optional[str] = None
    delivery: Optional[dict[str, Any]] = None
    metadata: dict[str, Any] = field(default_factory=dict)
    task_id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass
class TaskResult:
    task_id: str
    agent_name: Optional[str]
    success: bool
    output: Any
    error: Optional[str]
    execution_time_ms: float
    metadata: dict[str, Any]


class AgentServiceClient:
    def __init__(
        self,
        url: str = "redis://localhost:6379",
        task_stream: str = "parrot:agent_tasks",
        result_stream: str = "parrot:agent_results",
    ) -> None:
        self._redis = redis.from_url(url, decode_responses=True)
        self._task_stream = task_stream
        self._result_stream = result_stream

    async def __aenter__(self) -> "AgentServiceClient":
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def connect(self) -> None:
        await self._redis.ping()

    async def close(self) -> None:
        await self._redis.aclose()

    async def submit_task(self, task: AgentTask) -> str:
        """Hands a task over; answers its id. What is sent twice under one task_id is one task."""
        fields = {"task_id": task.task_id, "agent_name": task.agent_name, "payload": json.dumps(asdict(task))}
        await self._redis.xadd(self._task_stream, fields)
        return task.task_id

    async def submit_and_wait(self, task: AgentTask, timeout: float = 30) -> Optional[TaskResult]:
        """The result of a task; None when the time (in seconds) is up."""
        deadline = time.monotonic() + timeout
        # From here on, so that a result which comes at once is not missed.
        latest = await self._redis.xrevrange(self._result_stream, count=1)
        position = latest[0][0] if latest else "0-0"
        await self.submit_task(task)
        while (left := deadline - time.monotonic()) > 0:
            block = max(1, min(int(left * 1_000), WAIT_MS))
            for _, entries in await self._redis.xread({self._result_stream: position}, block=block) or []:
                for position, fields in entries:
                    if fields.get("task_id") == task.task_id:
                        return TaskResult(**json.loads(fields["payload"]))
        return None
