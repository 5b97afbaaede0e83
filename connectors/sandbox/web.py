"""The base of every simulator: one WSGI application with the vendor's API at its root path."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import unquote_plus

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request

from connectors.sandbox.answers import (
    ConnectionCutError,
    Reply,
    empty_response,
    json_response,
    prevented,
    spoiled,
)
from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.control import CONTROL_PREFIX, Controlled
from connectors.sandbox.faults import Fault

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

__all__ = ["ConnectionCutError", "Reply", "Request", "Rule", "SandboxApp", "View", "empty_response", "json_response"]

View = Callable[..., Reply]
_READING = frozenset({"GET", "HEAD", "OPTIONS"})

logger = logging.getLogger("inlay.sandbox")


class SandboxApp(Controlled):
    """One vendor's API at the root path and the control plane beside it.

    A subclass gives ``rules`` (each with a callable ``(request, **path values) -> Reply`` as endpoint), ``state`` and
    ``edit``, and may override ``admit``, ``refuse``, ``finish``, ``configure``, ``words_for`` and ``end_sessions``.
    """

    harmless_posts: ClassVar[re.Pattern[str]] = re.compile(r"/oauth")
    """Addresses whose POST changes nothing, so that the log does not call it a write."""

    def __init__(self, clock: SandboxClock) -> None:
        """Open with no records; a vendor's own class loads the firm after this."""
        super().__init__(clock)
        self._map: Map | None = None

    def rules(self) -> Iterable[Rule]:
        """The vendor's routes; asked for once, at the first request."""
        raise NotImplementedError

    def admit(self, _request: Request, /) -> Reply | None:
        """Refuse a request before it is routed (credentials, quotas), or let it pass with None."""
        return None

    def refuse(self, _request: Request, problem: HTTPException, /) -> Reply:
        """The vendor's way to say that there is no such route or method."""
        return json_response({"message": problem.description}, problem.code or 500)

    def finish(self, _request: Request, reply: Reply, /) -> Reply:
        """Put last headers on an answer (request ids, remaining quota)."""
        return reply

    def words_for(self, _status: int, /) -> str:
        """The vendor's own body for a status with which a fault answers; empty where nothing is known."""
        return ""

    def end_sessions(self) -> None:
        """End the tokens that the vendor may end at any time; nothing where it never does."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request as WSGI demands."""
        request = Request(environ)
        body = request.get_data(cache=True)
        if request.path.startswith(CONTROL_PREFIX):
            return self.answer_control(request)(environ, start_response)
        fault = self.faults.strike(request.method, request.path, query_text(request), body.decode("utf-8", "replace"))
        try:
            reply = self._serve(request, fault)
        finally:
            request.close()  # uploaded files are kept in temporary ones
        if fault is None or fault.prevents:
            return reply(environ, start_response)
        return spoiled(fault, reply, environ, start_response)

    def _serve(self, request: Request, fault: Fault | None) -> Reply:
        with self.lock:
            if fault is not None and fault.do == "expire":
                self.end_sessions()
            try:
                reply = prevented(fault, self.words_for(fault.status) if fault else "")
            except ConnectionCutError:
                self._note(request, fault, None)
                raise
            reply = reply or self._answer(request)
            self._note(request, fault, reply)
            return reply

    def _note(self, request: Request, fault: Fault | None, reply: Reply | None) -> None:
        """Put a request into the log; without ``reply`` it was neither carried out nor answered."""
        unanswered = reply is None or (fault is not None and fault.do == "apply_then_cut")
        carried_out = reply is not None and reply.status_code < 400 and not (fault is not None and fault.prevents)
        self.log.add(
            request.method,
            request.path,
            query=query_text(request),
            status=0 if unanswered or reply is None else reply.status_code,
            rows=0 if reply is None else reply.rows,
            fault=fault.do if fault else None,
            applied=carried_out and self._is_write(request),
            at=self.clock.elapsed(),
            wait=_told_wait(reply),
            digest=sha256(request.get_data()).hexdigest()[:16],
        )

    def _is_write(self, request: Request) -> bool:
        reads = request.method in _READING or self.harmless_posts.search(request.path)
        return not reads

    def _answer(self, request: Request) -> Reply:
        try:
            reply = self.admit(request) or self._route(request)
        except HTTPException as problem:
            reply = self.refuse(request, problem)
        except Exception:  # the HTTP boundary: a bug of the simulator must reach whoever reads the test
            logger.exception("bug in a sandbox at %s %s", request.method, request.path)
            reply = Reply("sandbox bug\n" + traceback.format_exc(), 500, content_type="text/plain")
        return self.finish(request, reply)

    def _route(self, request: Request) -> Reply:
        if self._map is None:
            self._map = Map(list(self.rules()), merge_slashes=False, strict_slashes=False)
        view: View
        view, values = self._map.bind_to_environ(request.environ).match()
        return view(request, **values)


def _told_wait(reply: Reply | None) -> float | None:
    told = None if reply is None else reply.headers.get("Retry-After")
    return float(told) if told is not None and told.isdigit() else None


def query_text(request: Request) -> str:
    """The query string as a person would write it, undone from its percent signs."""
    return unquote_plus(request.query_string.decode("latin-1"))
