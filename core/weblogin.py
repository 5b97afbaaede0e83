"""A person lets Inlay into a system with a browser: the address goes out, the code comes back to this machine.

Authorisation code with PKCE (RFC 7636) and a loopback redirect (RFC 8252): the code is worth nothing without the
verifier, which never leaves this process, and an answer without our state is none.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from core.connector import Connector
from core.errors import AuthError, ConfigError
from core.grants import Grant

PATH = "/callback"
POLL_SECONDS = 0.05
PAGE = """<!doctype html><meta charset="utf-8"><title>Inlay</title><p>{text}</p>"""
WELCOME = "Inlay is connected as soon as the command line says so. This page can be closed."
REFUSED = "The system did not let Inlay in. The command line says more; this page can be closed."
STRANGER = "This answer belongs to no question of ours. Start <code>inlay connect</code> again."

Show = Callable[[str], None]


@dataclass(frozen=True)
class Attempt:
    """One try to be let in: its secrets, made anew each time."""

    state: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(64), repr=False)  # 86 of 43 to 128 characters


@dataclass(frozen=True)
class Answer:
    """What the browser brought back: a code, or the vendor's refusal."""

    code: str = field(default="", repr=False)
    error: str = ""


@dataclass(frozen=True)
class Landing:
    """A small server on loopback, at ``redirect_uri``, which waits for one answer."""

    redirect_uri: str
    answers: Queue[Answer]

    def answer(self, seconds: float) -> Answer | None:
        """The answer, or None when nobody came in time."""
        try:
            return self.answers.get(timeout=seconds)
        except Empty:
            return None


@contextmanager
def landing(state: str, port: int = 0) -> Iterator[Landing]:
    """Listen on a free port, or on the one that the vendor knows; raises ``ConfigError`` when it is taken."""
    answers: Queue[Answer] = Queue()
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), _page(state, answers))
    except OSError as error:
        raise ConfigError(f"port {port} is taken", where="--port", remedy="free it, or register another") from error
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(POLL_SECONDS,), name="inlay-landing", daemon=True)
    thread.start()
    try:
        yield Landing(f"http://localhost:{server.server_port}{PATH}", answers)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def let_in(connector: Connector, show: Show, *, seconds: float, port: int = 0) -> Grant:
    """Show the address, wait for the browser, and exchange the code.

    Raises ``AuthError`` when the person or the vendor declines or nobody comes in time.
    """
    attempt, where = Attempt(), connector.context.connection
    with landing(attempt.state, port) as door:
        show(connector.web_login(door.redirect_uri, attempt.state, attempt.verifier))
        answer = door.answer(seconds)
        if answer is None:
            what = f"nobody let Inlay in within {seconds:.0f} seconds"
            remedy = f"run it again; the app has to allow the address {door.redirect_uri}"
            raise AuthError(what, where=where, remedy=remedy)
        if answer.error:
            remedy = "run it again with a user who may let apps in"
            raise AuthError(f"the system did not let Inlay in ({answer.error})", where=where, remedy=remedy)
        return connector.web_grant(answer.code, door.redirect_uri, attempt.verifier)


def why_no_browser(connector: Connector) -> str:
    """Why this connection needs no person with a browser; empty when it does."""
    attempt = Attempt()
    try:
        connector.web_login(f"http://localhost{PATH}", attempt.state, attempt.verifier)
    except NotImplementedError:
        return "this kind of system needs no browser"
    except ConfigError as error:
        return error.what
    return ""


def _page(state: str, answers: Queue[Answer]) -> type[BaseHTTPRequestHandler]:
    """The one page of the landing: takes the first answer that carries our state."""

    class Page(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            """Answer the browser and pass on what it brought."""
            address = urlsplit(self.path)
            told = {name: values[0] for name, values in parse_qs(address.query).items()}
            if address.path != PATH:
                self._say(404, STRANGER)
            elif not secrets.compare_digest(told.get("state", "").encode(), state.encode()):
                self._say(400, STRANGER)
            elif code := told.get("code"):
                self._say(200, WELCOME)
                answers.put(Answer(code))
            else:
                self._say(200, REFUSED)
                answers.put(Answer(error=told.get("error", "no code")[:80]))

        def _say(self, status: int, text: str) -> None:
            body = PAGE.format(text=text).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("Referrer-Policy", "no-referrer")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing: the request line holds the code."""

    return Page
