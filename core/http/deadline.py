"""A total deadline for one exchange on a socket.

A library's timeout starts anew with every byte that trickles in, so a drip holds a worker for ever. Here a timer shuts
the socket down when the whole exchange has taken too long; the blocked read then ends at once.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection

_current = threading.local()


class Deadline:
    """Bounds this thread's exchange: shuts its connection down after ``seconds``; ``expired`` tells whether it did."""

    def __init__(self, seconds: float) -> None:
        self.expired = False
        self._connection: HTTPConnection | None = None
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True

    def watch(self, connection: HTTPConnection) -> None:
        """Name the connection that is in use now."""
        self._connection = connection

    def _expire(self) -> None:
        self.expired = True
        sock = self._connection.sock if self._connection is not None else None
        if isinstance(sock, socket.socket):
            with contextlib.suppress(OSError):  # it may have been closed in this very moment
                sock.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Deadline:
        _current.deadline = self
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        _current.deadline = None


def _watch(connection: HTTPConnection) -> None:
    running: Deadline | None = getattr(_current, "deadline", None)
    if running is not None:
        running.watch(connection)


class WatchedHTTPConnection(HTTPConnection):
    """A connection that reports itself to the running deadline."""

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Send, watched."""
        _watch(self)
        super().request(*args, **kwargs)


class WatchedHTTPSConnection(HTTPSConnection):
    """A TLS connection that reports itself to the running deadline."""

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Send, watched."""
        _watch(self)
        super().request(*args, **kwargs)
