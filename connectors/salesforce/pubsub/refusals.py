"""What the Pub/Sub API refuses, in our words: it says a gRPC status, and in the trailers a code of its own.

Codes are those of the vendor's page "Handle Errors", without their common beginning.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import grpc

from core.sdk import AuthError, ConfigError, InlayError, RetryLater

PREFIX = "sfdc.platform.eventbus.grpc."
_SETUP = "Setup → Integrations → Change Data Capture: select the objects of the mapping"
_READ = "let the integration user read the objects whose changes are told (*View All Data*, or each object)"

_FOR_ADMINS: Mapping[str, tuple[str, str]] = {
    "topic.not.found": ("there is no such channel", f"{_SETUP}, or correct `event_channel`"),
    "topic.meta.permission": ("the channel may not be seen", _READ),
    "subscription.topic.cannot.subscribe": ("the channel may not be subscribed to", _READ),
    "schema.meta.permission": ("the schema of an event may not be read", _READ),
    "service.tenant.license": ("the org has no Pub/Sub API", "ask Salesforce for it, or set `change_events: false`"),
}
"""What trying again does not mend: what it is, and what to do."""

_LOST_PLACE = frozenset({"subscription.fetch.replayid.corrupted", "subscription.fetch.replayid.validation.failed"})
_PAUSES: Mapping[str, tuple[str, timedelta]] = {
    "subscription.limit.exceeded": ("the org's events of a day are used up", timedelta(hours=1)),
    "concurrent.client.limit.exceeded": ("too many programs listen to this org", timedelta(minutes=5)),
    "service.protection.triggered": ("the org is asked too much at once", timedelta(minutes=1)),
    "service.protection.stream.limit.triggered": ("the org is asked too much at once", timedelta(minutes=1)),
}
"""What passes with time: what it is, and how long to wait."""


class EndedSession(AuthError):
    """The session is what was refused; the same call may pass with another one."""


class LostPlace(RetryLater):
    """The place to go on from is kept no more (72 hours), or is of another instance of the org."""


def to_our_error(error: grpc.RpcError, where: str, now: datetime) -> InlayError:
    """What a refused call, or a line that was cut, means to the reader."""
    code, rpc_id = _trailers(error)
    status = error.code()
    facts = {"code": code or status.name, "rpc_id": rpc_id}
    if status == grpc.StatusCode.UNAUTHENTICATED or code.startswith("service.auth."):
        return EndedSession("Salesforce does not let Inlay listen", where=where, facts=facts)
    if code in _LOST_PLACE:
        return LostPlace("Salesforce no longer keeps the place to go on from", where=where, facts=facts)
    if code in _FOR_ADMINS:
        what, remedy = _FOR_ADMINS[code]
        return ConfigError(f"change events: {what}", where=where, remedy=remedy, facts=facts)
    if code in _PAUSES:
        what, pause = _PAUSES[code]
        return RetryLater(what, where=where, facts=facts, retry_at=now + pause)
    return RetryLater(f"the line to Salesforce was cut ({code or status.name})", where=where, facts=facts)


def _trailers(error: grpc.RpcError) -> tuple[str, str]:
    """The vendor's code and the name of the call, by which its support finds it."""
    told = {str(name): value for name, value in error.trailing_metadata() or ()}
    return str(told.get("error-code", "")).removeprefix(PREFIX), str(told.get("rpc-id", ""))
