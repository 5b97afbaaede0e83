"""A subscriber's server over real HTTP: it checks signatures with the public library and answers as it is told."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
from standardwebhooks import Webhook, WebhookVerificationError

SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


@dataclass(frozen=True)
class Got:
    """One request as it came: ``is_genuine`` is the public library's own judgement."""

    path: str
    headers: dict[str, str]
    body: bytes
    is_genuine: bool

    @property
    def id(self) -> str:
        """The message's id."""
        return self.headers["webhook-id"]

    @property
    def said(self) -> dict[str, Any]:
        """The event."""
        said: dict[str, Any] = orjson.loads(self.body)
        return said


@dataclass
class Receiver:
    """What it got, and what it answers: the scripted answers first, then 200."""

    got: list[Got] = field(default_factory=list)
    script: deque[tuple[int, dict[str, str], bytes]] = field(default_factory=deque)
    default: tuple[int, dict[str, str], bytes] = (200, {}, b"thanks")
    slow: float = 0.0
    secret: str = SECRET
    url: str = ""
    most_at_once: int = 0
    _now: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, got: Got) -> tuple[int, dict[str, str], bytes]:
        """Keep a request and choose the answer."""
        with self._lock:
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
            self.got.append(got)
            answer = self.script.popleft() if self.script else self.default
        if self.slow:
            time.sleep(self.slow)
        with self._lock:
            self._now -= 1
        return answer


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on a free port of this machine."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, more, text = receiver.take(Got(self.path, headers, body, _is_genuine(receiver, body, headers)))
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _is_genuine(receiver: Receiver, body: bytes, headers: dict[str, str]) -> bool:
    try:
        Webhook(receiver.secret).verify(body, headers)
    except WebhookVerificationError:
        return False
    return True
