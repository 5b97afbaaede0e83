"""Serving pages and webhooks: one thread per request, on one address, with as little said about ourselves as can be."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from werkzeug.serving import WSGIRequestHandler, make_server

from core.errors import ConfigError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

SILENCE_SECONDS = 30


class _Handler(WSGIRequestHandler):
    """Hangs up on senders that fall silent; writes no line per request, for addresses of pages name clients."""

    timeout = SILENCE_SECONDS

    def version_string(self) -> str:
        """The product, without versions of anything."""
        return "inlay"

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def serving(app: WSGIApplication, host: str, port: int) -> Iterator[int]:
    """Serve an application for the length of the block; gives the port, which is a free one when 0 was asked for.

    Raises ``ConfigError`` when the address cannot be had.
    """
    with _bound(host, port) as listening:
        number: int = listening.getsockname()[1]
        server = make_server(host, number, app, threaded=True, request_handler=_Handler, fd=listening.fileno())
        thread = threading.Thread(target=server.serve_forever, name="inlay-web", daemon=True)
        thread.start()
        try:
            yield number
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def _bound(host: str, port: int) -> socket.socket:
    """Bind first: the server itself would end the process where the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        what = f"cannot listen on {host} port {port}: {error.strerror or error}"
        raise ConfigError(what, where="--port", remedy="end what uses it, or name another port") from error
