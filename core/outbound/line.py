"""Carrying one signed body to one subscriber: connected where the guard allows, bounded in time and in what is read."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.connection import HTTPConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from core.http.deadline import Deadline, WatchedHTTPConnection, WatchedHTTPSConnection
from core.outbound.guard import RefusedAddressError, Target, judge

CONNECT_SECONDS = 10.0
TOTAL_SECONDS = 30.0
MOST_OF_REPLY = 20_000
NEVER_SENT = (NewConnectionError, ConnectTimeoutError)

Resolve = Callable[[str, int], list[str]]


@dataclass(frozen=True)
class Reply:
    """What came of one attempt: ``status`` 0 and ``trouble`` where no answer came.

    ``sent`` is False when it surely never left, for nobody was there or it was not allowed to go there.
    """

    status: int
    text: str
    seconds: float
    trouble: str = ""
    retry_after: str = ""
    sent: bool = True

    @property
    def is_success(self) -> bool:
        """Whether the subscriber has it: any 2xx, and nothing else."""
        return 200 <= self.status < 300


def resolve(host: str, port: int) -> list[str]:
    """All addresses a name stands for now."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(one[4][0]) for one in found]


class Line:
    """A kept-alive connection to one subscriber; every new connection is judged anew."""

    def __init__(self, target: Target, look_up: Resolve = resolve, ca_file: str | None = None) -> None:
        timeout = Timeout(connect=CONNECT_SECONDS, read=TOTAL_SECONDS)
        options: dict[str, Any] = {"timeout": timeout, "maxsize": 4, "target": target, "look_up": look_up}
        self._target, self._look_up, self._path = target, look_up, target.path
        self._pool: HTTPConnectionPool = (
            _GuardedHTTPSPool(target.host, target.port, ca_certs=ca_file, **options)
            if target.scheme == "https"
            else _GuardedHTTPPool(target.host, target.port, **options)
        )

    def post(self, headers: Mapping[str, str], body: bytes, seconds: float = TOTAL_SECONDS) -> Reply:
        """Send once, follow no redirect, and read no more than is kept; whatever goes wrong is told in the reply."""
        begun, running = time.monotonic(), Deadline(seconds)
        try:
            with running:
                return self._post(headers, body, begun)
        except RefusedAddressError as refused:
            return Reply(0, "", time.monotonic() - begun, f"refused: {refused}", sent=False)
        except NEVER_SENT as error:
            return Reply(0, "", time.monotonic() - begun, f"no answer ({type(error).__name__})", sent=False)
        except (HTTPError, OSError, ValueError) as error:  # ValueError: a reply that is no HTTP
            trouble = "took too long" if running.expired else f"no answer ({type(error).__name__})"
            return Reply(0, "", time.monotonic() - begun, trouble)

    def obstacle(self) -> str:
        """Why nobody could be connected to now; empty when somebody listens. Sends nothing."""
        try:
            _open(HTTPConnection(self._target.host), self._target, self._look_up).close()
        except RefusedAddressError as refused:
            return str(refused)
        except HTTPError as error:
            return str(error).rpartition(": ")[2]
        return ""

    def close(self) -> None:
        """Give the connections back."""
        self._pool.close()

    def _post(self, headers: Mapping[str, str], body: bytes, begun: float) -> Reply:
        response = self._pool.urlopen(
            "POST", self._path, body, dict(headers), retries=False, redirect=False, preload_content=False
        )
        try:
            text = response.read(MOST_OF_REPLY).decode("utf-8", "replace")
            if response.read(1):  # more than is kept: what is left would have to be read to use the connection again
                response.close()
        finally:
            response.release_conn()
        return Reply(
            response.status, text, time.monotonic() - begun, retry_after=response.headers.get("retry-after", "")
        )


def _open(connection: HTTPConnection, target: Target, look_up: Resolve) -> socket.socket:
    """Connect to one of the host's addresses, none of which may be forbidden."""
    try:
        addresses = look_up(target.host, target.port)
    except OSError as error:
        raise NewConnectionError(connection, "its name is not known") from error
    for address in addresses:
        judge(target, address)
    for address in addresses:
        try:
            opened = socket.create_connection((address, target.port), CONNECT_SECONDS)
        except OSError:
            continue
        _judge_peer(target, opened)
        return opened
    raise NewConnectionError(connection, "nobody listens there")


def _judge_peer(target: Target, opened: socket.socket) -> None:
    try:
        judge(target, str(opened.getpeername()[0]))
    except RefusedAddressError:
        opened.close()
        raise


class _GuardedHTTP(WatchedHTTPConnection):
    def __init__(self, *args: Any, target: Target, look_up: Resolve, **options: Any) -> None:
        super().__init__(*args, **options)
        self._target, self._look_up = target, look_up

    def _new_conn(self) -> socket.socket:
        return _open(self, self._target, self._look_up)


class _GuardedHTTPS(WatchedHTTPSConnection):
    def __init__(self, *args: Any, target: Target, look_up: Resolve, **options: Any) -> None:
        super().__init__(*args, **options)
        self._target, self._look_up = target, look_up

    def _new_conn(self) -> socket.socket:
        return _open(self, self._target, self._look_up)


class _GuardedHTTPPool(HTTPConnectionPool):
    ConnectionCls = _GuardedHTTP


class _GuardedHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _GuardedHTTPS
