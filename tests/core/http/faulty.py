"""A raw socket server that misbehaves in one chosen way, so that faults are real bytes on a real wire."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n" + b'{"ok":true}'


def answer(
    status: str, body: bytes = b"", kind: str = "application/json", extra: str = "", length: int | None = None
) -> bytes:
    """The bytes of one HTTP answer; ``length`` may lie about the body."""
    size = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\n{extra}\r\n".encode() + body


@dataclass
class FaultyServer:
    """Answers request number n with ``script[n]`` (the last one for ever after) and remembers what it was sent."""

    script: list[bytes | Callable[[socket.socket], None]]
    requests: list[bytes] = field(default_factory=list)
    url: str = ""

    def serve(self, listener: socket.socket, stop: threading.Event) -> None:
        while not stop.is_set():
            with contextlib.suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    self._one(connection)

    def _one(self, connection: socket.socket) -> None:
        received = connection.recv(65536)
        if not received:
            return
        step = self.script[min(len(self.requests), len(self.script) - 1)]
        self.requests.append(received)
        if callable(step):
            step(connection)
        else:
            connection.sendall(step)


@contextmanager
def faulty(*script: bytes | Callable[[socket.socket], None]) -> Iterator[FaultyServer]:
    """Run a faulty server on loopback for the length of a test."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = FaultyServer(list(script), url=f"http://127.0.0.1:{listener.getsockname()[1]}")
    stop = threading.Event()
    thread = threading.Thread(target=server.serve, args=(listener, stop), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        stop.set()
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def hang(seconds: float) -> Callable[[socket.socket], None]:
    """Take the request and say nothing."""

    def step(connection: socket.socket) -> None:
        connection.settimeout(seconds)
        with contextlib.suppress(OSError):
            connection.recv(1)  # ends early when the client gives up

    return step


def drip(head: bytes, every: float, times: int) -> Callable[[socket.socket], None]:
    """Send ``head`` and then one byte at a time."""

    def step(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection.sendall(head)
            for _ in range(times):
                connection.sendall(b"1")
                time.sleep(every)

    return step


def cut(connection: socket.socket) -> None:
    """Take the request and close without a byte."""
