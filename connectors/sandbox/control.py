"""The control plane under ``/__sandbox__/``: what tests and the demo use; no vendor has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from threading import RLock
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request

from connectors.sandbox.answers import Reply, empty_response, json_response
from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.faults import FaultPlan, storm
from connectors.sandbox.log import RequestLog

CONTROL_PREFIX = "/__sandbox__/"


class Controlled:
    """What every simulator has beside its API: clock, request log, faults, and the requests that steer them.

    The lock makes each request, to the API or to the control plane, atomic.
    """

    def __init__(self, clock: SandboxClock) -> None:
        """Open with an empty log, no faults and ``clock`` as the only source of time."""
        self.clock = clock
        self.log = RequestLog()
        self.faults = FaultPlan()
        self.lock: AbstractContextManager[bool] = RLock()
        self._control = Map(
            [
                Rule(CONTROL_PREFIX + name, endpoint=view, methods=[method])
                for name, method, view in self._control_table()
            ]
        )

    def state(self) -> dict[str, object]:
        """All records, JSON-ready and in a stable order."""
        raise NotImplementedError

    def edit(self, change: Mapping[str, Any]) -> object:
        """Carry out a person's edit through the vendor's own pages; return the edited record, JSON-ready."""
        raise NotImplementedError

    def configure(self, options: Mapping[str, Any]) -> None:
        """Switch behaviours of this simulator (index lag, quotas, ...); ``ValueError`` for an unknown option."""
        raise ValueError(f"this sandbox has no options; got {sorted(options)}")

    def answer_control(self, request: Request) -> Reply:
        """Answer one request of the control plane; a wrong one gets 400 with the reason."""
        try:
            view, _ = self._control.bind_to_environ(request.environ).match()
            with self.lock:
                reply: Reply = view(request)
                return reply
        except HTTPException as problem:
            return json_response({"error": problem.description}, problem.code or 500)
        except (ValueError, KeyError, TypeError) as problem:
            return json_response({"error": f"{type(problem).__name__}: {problem}"}, 400)

    def _control_table(self) -> tuple[tuple[str, str, Callable[[Request], Reply]], ...]:
        return (
            ("requests", "GET", lambda _: json_response(self.log.dump())),
            ("requests", "DELETE", self._forget_requests),
            ("state", "GET", lambda _: json_response(self.state())),
            ("clock", "GET", lambda _: json_response({"now": self.clock.now().isoformat()})),
            ("clock", "POST", self._advance),
            ("faults", "GET", lambda _: json_response(self.faults.dump())),
            ("faults", "POST", self._add_faults),
            ("faults", "DELETE", self._forget_faults),
            ("edit", "POST", lambda request: json_response(self.edit(_json(request)))),
            ("options", "POST", self._configure),
        )

    def _forget_requests(self, _request: Request) -> Reply:
        self.log.clear()
        return empty_response()

    def _forget_faults(self, _request: Request) -> Reply:
        self.faults.clear()
        return empty_response()

    def _add_faults(self, request: Request) -> Reply:
        wanted = _json(request)
        if isinstance(wanted, dict):
            self.faults.add(*storm(int(wanted["storm"])))
        else:
            self.faults.extend(wanted)
        return json_response(self.faults.dump())

    def _advance(self, request: Request) -> Reply:
        now = self.clock.advance(timedelta(seconds=float(_json(request)["advance_seconds"])))
        return json_response({"now": now.isoformat()})

    def _configure(self, request: Request) -> Reply:
        self.configure(_json(request))
        return empty_response()


def _json(request: Request) -> Any:
    return request.get_json(force=True)
