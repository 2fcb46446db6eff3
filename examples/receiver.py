"""Receives webhooks and checks their signatures (https://www.standardwebhooks.com), with the standard library only."""

import base64
import hashlib
import hmac
import json
import os
import queue
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Mapping, Optional
from urllib.parse import urlsplit

TOLERANCE_SECONDS = 300


@dataclass
class Webhook:
    """One webhook whose signature was right. `id` is the same when it is sent again."""

    id: str
    path: str
    body: dict[str, Any]
    at: float


def is_genuine(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> bool:
    """Whether these very bytes were signed with this secret within the last five minutes."""
    webhook_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not timestamp.isdigit() or abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{webhook_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    expected = base64.b64encode(digest).decode()
    # While a secret is being rotated there are two signatures; one of them must be right.
    given = [part.partition(",")[2] for part in headers.get("webhook-signature", "").split()]
    return any(hmac.compare_digest(expected, signature) for signature in given)


class Receiver:
    """A small HTTP server for webhooks: `with Receiver(secret) as receiver: receiver.wait(5)`.

    AGENT_WEBHOOK_BASE is where Mainspring reaches it; then it listens on PORT, or on the port in that address.
    Without it, it listens on a free port of this machine.
    """

    def __init__(self, secret: str):
        self._seen: set[str] = set()
        self._webhooks: queue.Queue[Webhook] = queue.Queue()
        base = os.environ.get("AGENT_WEBHOOK_BASE", "")
        port = int(os.environ.get("PORT") or urlsplit(base).port or (8080 if base else 0))
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                at = time.time()
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                genuine = is_genuine(secret, self.headers, body, at)
                self.send_response(204 if genuine else 401)
                self.send_header("Content-Length", "0")
                self.end_headers()
                if genuine:
                    receiver._take(Webhook(self.headers["webhook-id"], self.path, json.loads(body), at))

            def log_message(self, format: str, *args: Any) -> None:
                """The examples print what they do themselves."""

        self._server = ThreadingHTTPServer(("0.0.0.0" if base else "127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.url = base.rstrip("/") or f"http://127.0.0.1:{self._server.server_port}"

    def _take(self, webhook: Webhook) -> None:
        # At least once: a webhook whose answer got lost comes again under its id.
        if webhook.id not in self._seen:
            self._seen.add(webhook.id)
            self._webhooks.put(webhook)

    def wait(self, timeout_seconds: Optional[float] = None) -> Optional[Webhook]:
        """The next webhook, or None when none came in time."""
        try:
            return self._webhooks.get(timeout=timeout_seconds)
        except queue.Empty:
            return None

    def __enter__(self) -> "Receiver":
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
