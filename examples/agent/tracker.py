"""What an agent knows of its own timers: how many are open, how many ended well, when something last happened."""

import threading
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Optional

HEALTHY_SECONDS = 300


@dataclass
class TrackedTimer:
    purpose: str
    created_at: datetime
    completed_at: Optional[datetime] = None
    completed_normally: bool = True


def _now() -> datetime:
    return datetime.now(timezone.utc)


class TimerTracker:
    """Counts the timers of one agent; safe to use from several threads. Keeps the latest 1,000 that ended."""

    def __init__(self, agent_id: str):
        self.agent_id = agent_id
        self._lock = threading.Lock()
        self._active: dict[str, TrackedTimer] = {}
        self._completed: list[TrackedTimer] = []
        self._completed_count = 0

    def created(self, timer_id: str, purpose: str) -> None:
        with self._lock:
            self._active[timer_id] = TrackedTimer(purpose, _now())

    def completed(self, timer_id: str, normally: bool = True) -> None:
        """A timer ended: cancelled in time, or fired as it was meant to (`normally`), or fired as an alarm."""
        with self._lock:
            timer = self._active.pop(timer_id, None)
            if timer is None:
                return
            timer.completed_at, timer.completed_normally = _now(), normally
            self._completed = [*self._completed[-999:], timer]
            self._completed_count += 1

    def active_ids(self) -> list[str]:
        with self._lock:
            return list(self._active)

    def health(self) -> dict[str, Any]:
        """The answer of /agent/health: `stale` when no timer ended within the last five minutes."""
        with self._lock:
            ended = list(self._completed)
            active, count = len(self._active), self._completed_count
        last = max((timer.completed_at for timer in ended if timer.completed_at), default=None)
        is_recent = last is not None and (_now() - last).total_seconds() < HEALTHY_SECONDS
        durations = [(t.completed_at - t.created_at).total_seconds() for t in ended if t.completed_at]
        return {
            "status": "healthy" if is_recent else "stale",
            "metrics": {
                "agent_id": self.agent_id,
                "active_timers": active,
                "completed_timers": count,
                "success_rate": sum(t.completed_normally for t in ended) / len(ended) if ended else None,
                "average_duration": sum(durations) / len(durations) if durations else None,
            },
            "last_activity": last.isoformat(timespec="milliseconds") if last else None,
        }
