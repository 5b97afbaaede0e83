"""Serves a simulator on loopback in this process: threads, HTTP/1.1 with keep-alive, nothing on stdout or stderr.

Written here because werkzeug's own server closes the connection after every answer, which would hide how the
real client libraries behave on pooled connections.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from socketserver import TCPServer, ThreadingMixIn
from threading import Lock, Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from connectors.sandbox.answers import ConnectionCutError
from connectors.sandbox.web import SandboxApp

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_STOP_CHECK_SECONDS = 0.02
_CONTENT_HEADERS = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}
_LONGEST_LINE = 65536
_MOST_HEADERS = 100
_END_OF_HEAD = frozenset({b"\r\n", b"\n", b""})


@dataclass(frozen=True)
class RunningSandbox:
    """A simulator that answers at ``base_url`` (no trailing slash) until ``stop``; also a context manager."""

    base_url: str
    app: SandboxApp
    _server: _Server
    _thread: Thread

    def stop(self) -> None:
        """Stop answering, close every open connection and free the port; may be called twice."""
        self._server.shutdown()
        self._server.server_close()
        self._server.hang_up()
        self._thread.join()

    def hang_up(self) -> None:
        """Close every open connection, as a vendor's front may at any time; the next request opens another."""
        self._server.hang_up()

    def __enter__(self) -> RunningSandbox:
        """Answer within a ``with`` block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop at the end of the block."""
        self.stop()


def serve(app: SandboxApp, port: int = 0, host: str = "127.0.0.1") -> RunningSandbox:
    """Serve ``app`` in threads of this process; port 0 takes a free one; ``OSError`` when the port is taken."""
    server = _Server((host, port), app)
    thread = Thread(
        target=server.serve_forever,
        args=(_STOP_CHECK_SECONDS,),
        name=f"sandbox-{server.server_address[1]}",
        daemon=True,
    )
    thread.start()
    return RunningSandbox(f"http://{host}:{server.server_address[1]}", app, server, thread)


class _Server(ThreadingMixIn, TCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], app: SandboxApp) -> None:
        self.app = app
        self._open: set[socket.socket] = set()
        self._open_lock = Lock()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, then serve it in a thread of its own."""
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection and close it."""
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Close every connection that is still open."""
        with self._open_lock:
            for connection in self._open:
                _shut(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; anything else is a bug of this module and must be seen."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536
    server: _Server
    _told: dict[str, str]

    def handle_one_request(self) -> None:
        """Read one request; the method's name is not interpreted here but by the application."""
        self.raw_requestline = self.rfile.readline(_LONGEST_LINE + 1)
        self.requestline = self.request_version = self.command = ""
        if not self.raw_requestline:
            self.close_connection = True
        elif len(self.raw_requestline) > _LONGEST_LINE:
            self.send_error(414)
        elif self.parse_request():
            self._answer()
        self.wfile.flush()

    def parse_request(self) -> bool:
        """Read request line and headers (RFC 9112, 3 and 5); False when they are none, which has been answered.

        The base class takes each head for a mail, and that costs more than most answers.
        """
        try:
            self.requestline = self.raw_requestline.decode("latin-1").rstrip("\r\n")
            self.command, self.path, self.request_version = _request_line(self.requestline)
            self._told = self._head()
        except ValueError:
            self.close_connection = True
            self.send_error(400)
            return False
        wish = self._told.get("connection", "").lower()
        self.close_connection = wish == "close" or (self.request_version == "HTTP/1.0" and wish != "keep-alive")
        if self._told.get("expect", "").lower() == "100-continue":
            self.handle_expect_100()
            self.wfile.flush()
        return True

    def _head(self) -> dict[str, str]:
        """The headers by name in small letters; one that comes again continues the first, as if after a comma."""
        told: dict[str, str] = {}
        while (line := self.rfile.readline(_LONGEST_LINE + 1)) not in _END_OF_HEAD:
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon or not name or name != name.strip() or len(told) >= _MOST_HEADERS:
                raise ValueError(name)
            name, value = name.lower(), value.strip()
            told[name] = f"{told[name]},{value}" if name in told else value
        return told

    def _answer(self) -> None:
        try:
            body = self._body()
        except ValueError:
            self.close_connection = True  # what follows on this connection could not be told from the body
            self.send_error(400)
            return
        try:
            chunks = self.server.app(self._environ(body), self._start_response)
            self._send(chunks)
        except ConnectionCutError:
            self.wfile.flush()
            self.close_connection = True
            _shut(self.connection)

    def _body(self) -> bytes:
        """Read the body, sent whole or in chunks as Node's clients do; ``ValueError`` when its end cannot be told."""
        if self._told.get("transfer-encoding", "").lower() == "chunked":
            return b"".join(iter(self._chunk, b""))
        length = self._told.get("content-length", "0")
        if "transfer-encoding" in self._told or not length.isdigit():
            raise ValueError(length)
        return self.rfile.read(int(length))

    def _chunk(self) -> bytes:
        """Read one chunk (RFC 9112, 7.1); the last one is empty and may be followed by trailers, which are dropped."""
        size = int(self.rfile.readline(_LONGEST_LINE + 1).partition(b";")[0], 16)
        if size < 0:
            raise ValueError(size)
        data = self.rfile.read(size)
        while (line := self.rfile.readline(_LONGEST_LINE + 1)) not in _END_OF_HEAD:
            if size:
                raise ValueError(line)
        return data

    def _send(self, chunks: Iterable[bytes]) -> None:
        first = True
        for chunk in chunks:
            if self.command != "HEAD":
                self.wfile.write(chunk)
            if not first:  # a slow answer must leave in its pieces, a normal one in a single packet
                self.wfile.flush()
            first = False

    def _start_response(self, status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> Any:
        code, _, reason = status.partition(" ")
        self.send_response_only(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        return self.wfile.write

    def _environ(self, body: bytes) -> WSGIEnvironment:
        path, _, query = self.path.partition("?")
        environ: WSGIEnvironment = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "REQUEST_URI": self.path,
            "SERVER_NAME": self.server.server_address[0],
            "SERVER_PORT": str(self.server.server_address[1]),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "CONTENT_LENGTH": str(len(body)),
        }
        for name, value in self._told.items():
            if name == "transfer-encoding":  # undone above: the application gets the body whole
                continue
            environ[_CONTENT_HEADERS.get(name) or "HTTP_" + name.upper().replace("-", "_")] = value
        return environ

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent: the request log is the record."""


def _request_line(line: str) -> tuple[str, str, str]:
    """Method, target and version; ``ValueError`` where it is no request of a version that is served."""
    method, target, version = line.split(" ")
    if version not in {"HTTP/1.0", "HTTP/1.1"}:
        raise ValueError(version)
    return method, target, version


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):  # the client may have been faster
        connection.shutdown(socket.SHUT_RDWR)
