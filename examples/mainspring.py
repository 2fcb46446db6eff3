"""The few calls of Mainspring's API that the Python examples make, with the standard library only."""

import json
import os
import time
import urllib.error
import urllib.request
import uuid
from typing import Any, Optional

Json = dict[str, Any]

AGENT_ID = os.environ.get("AGENT_ID", "example-agent")
DEFAULT_TIMEOUT_SECONDS = float(os.environ.get("DEFAULT_TIMEOUT_SECONDS", "300"))
DEFAULT_RETRY_ATTEMPTS = int(os.environ.get("DEFAULT_RETRY_ATTEMPTS", "3"))
WATCHDOG_INTERVAL_SECONDS = float(os.environ.get("WATCHDOG_INTERVAL_SECONDS", "60"))


class Problem(Exception):
    """An answer that is not 2xx. `code` is stable, `detail` is for people."""

    def __init__(self, status: int, body: Json):
        self.status = status
        self.code = body.get("code", "unexpected")
        super().__init__(f"{status} {self.code}: {body.get('detail', '')}")


class Mainspring:
    """A connection to the API. Without arguments it reads MINOOTS_BASE_URL and MINOOTS_API_KEY."""

    def __init__(self, base_url: Optional[str] = None, api_key: Optional[str] = None):
        self.base_url = (base_url or os.environ.get("MINOOTS_BASE_URL", "http://localhost:3000")).rstrip("/")
        self.api_key = api_key or os.environ.get("MINOOTS_API_KEY", "mnt_demo_key_pro")

    def call(self, method: str, path: str, body: Optional[Json] = None) -> Json:
        """One call. Repeated after a lost answer, a 429 or a 503: the Idempotency-Key makes that safe."""
        headers = {"X-API-Key": self.api_key, "Content-Type": "application/json"}
        if method == "POST":
            headers["Idempotency-Key"] = str(uuid.uuid4())
        data = None if body is None else json.dumps(body).encode()
        for attempt in range(5):
            request = urllib.request.Request(self.base_url + path, data, headers, method=method)
            try:
                with urllib.request.urlopen(request, timeout=90) as response:
                    return json.load(response)
            except urllib.error.HTTPError as error:
                if error.code not in (429, 503) or attempt == 4:
                    raise Problem(error.code, _json_of(error)) from None
                time.sleep(float(error.headers.get("Retry-After", 1)))
            except (urllib.error.URLError, ConnectionError):
                if attempt == 4:
                    raise
                time.sleep(0.25 * 2**attempt)
        raise AssertionError("not reached")

    def create_timer(self, name: str, url: str, data: Json, **due: Any) -> Json:
        """Creates a timer that posts `data` to `url`. `due` is duration="30s" or fireAt="2030-01-31T09:00:00Z"."""
        timer = {
            "tenantId": AGENT_ID,
            "requestedBy": f"agent-{AGENT_ID}",
            "name": name,
            "actionBundle": {"actions": [{"type": "webhook", "url": url, "data": data}]},
            **due,
        }
        return self.call("POST", "/timers", timer)["timer"]

    def cancel_timer(self, timer_id: str, reason: str) -> bool:
        """True when the timer will not fire; False when it was too late."""
        try:
            self.call("POST", f"/timers/{timer_id}/cancel", {"tenantId": AGENT_ID, "reason": reason})
            return True
        except Problem as problem:
            if problem.status == 409:
                return False
            raise

    def webhook_secret(self) -> str:
        """The `whsec_…` that webhooks of this organisation are signed with."""
        return self.call("GET", "/webhook-secret")["secret"]


def _json_of(error: urllib.error.HTTPError) -> Json:
    try:
        return json.load(error)
    except ValueError:
        return {}


def seconds(value: float) -> str:
    """A duration as the API takes it: 0.5 is "500ms"."""
    return f"{round(value * 1000)}ms"
