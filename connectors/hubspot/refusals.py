"""Turns the vendor's errors into ours: what can be retried, what needs an admin, what is one record's fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from core.sdk import AuthError, ConfigError, InlayError, RejectedError, RetryLater, UnknownOutcome

LOCK_PAUSE = timedelta(seconds=5)
"""HubSpot asks for two seconds at least before a locked record is tried again."""
PASSING = frozenset({"LOCKED", "RATE_LIMITS", "MIGRATION_IN_PROGRESS"})
"""The codes of single rows that were refused for the moment and not for what they say."""
WANTING = "REQUIRED_FIELD"
"""HubSpot's code for a new record that lacks a property."""
_LACKING = "required properties were not set"
_VALUES_INVALID = "Property values were not valid:"
"""Before a list, as JSON, of each property at fault: its name, a code, and words that repeat the value."""
TOO_MANY, _LOCKED, _MIGRATING = 429, 423, 477


@dataclass(frozen=True)
class Refused:
    """An error answer as it came."""

    status: int
    headers: Mapping[str, str]
    text: str | None


class OutOfQuota(RetryLater):
    """The account's daily calls are used up, or as many as Inlay may use: no call makes sense before ``retry_at``."""


class ServerFailure(RetryLater):
    """HubSpot failed while it worked on a call; whether a write was carried out is open."""


class Locked(RetryLater):
    """The records are being changed by somebody else just now; nothing was carried out."""


class VendorRefusal(RejectedError):
    """A call, or one row of it, refused for what it says; ``code`` is the vendor's, ``context`` what it names.

    ``fields`` are the properties at fault, where the vendor names them.
    """

    def __init__(self, status: int, body: Mapping[str, Any], where: str) -> None:
        self.status = status
        self.code = _code(status, body)
        self.words = _words(body)
        self.fields = tuple(dict.fromkeys(name for error in _errors(body) for name in _names(error)))
        self.context: Mapping[str, Any] = _mapping(body.get("context"))
        super().__init__(f"HubSpot refused: {self.words} ({self.code})", where=where, facts={"code": self.code})


def to_our_error(answer: Refused, where: str, now: datetime, reconnect: str) -> InlayError:
    """Return what an error answer means to the reader; ``where`` is the connection and path.

    ``reconnect`` is what to do when HubSpot does not let us in.
    """
    body, status = parsed(answer.text), answer.status
    if status == 401:
        return AuthError(f"HubSpot does not let Inlay in ({_code(status, body)})", where=where, remedy=reconnect)
    if status == 403:
        return _missing_scopes(body, where)
    later = max(now + LOCK_PAUSE, retry_instant(answer.headers, now) or now)
    if status in (_LOCKED, _MIGRATING):
        return Locked(f"HubSpot has locked what was asked for ({status})", where=where, retry_at=later)
    if status == TOO_MANY:
        return OutOfQuota("HubSpot goes on refusing calls as too many (429)", where=where, retry_at=later)
    if status >= 500:
        return ServerFailure(f"HubSpot failed ({status})", where=where, retry_at=later)
    return VendorRefusal(status, body, where)


def odd_answer(how: str, where: str) -> UnknownOutcome:
    """Return what a 200 of another shape than promised means: nothing is known, not even that there is nothing."""
    what = f"HubSpot gave an answer {how}, which its API promises"
    return UnknownOutcome(what, where=where, remedy="look whether a proxy stands between, if this happens again")


def retry_instant(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """The instant before which HubSpot wants no other call, from `Retry-After` in seconds or as a date; else None."""
    told = headers.get("Retry-After", "").strip()
    if told.isdigit():
        return now + timedelta(seconds=int(told))
    try:
        return parsedate_to_datetime(told).astimezone(UTC) if told else None
    except ValueError:
        return None


def parsed(text: str | None) -> Mapping[str, Any]:
    """Every field of an error body is optional, and so is the body."""
    try:
        body = orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        return {"message": (text or "")[:200]}
    return body if isinstance(body, dict) else {}


def _missing_scopes(body: Mapping[str, Any], where: str) -> ConfigError:
    """HubSpot names all scopes of which one would do; those for sensitive properties are more than is needed."""
    scopes = sorted({scope for error in _errors(body) for scope in _required_scopes(error)})
    enough = [scope for scope in scopes if "sensitive" not in scope] or scopes
    remedy = f"grant the app {' or '.join(enough)}" if enough else "grant the app the scopes its README lists"
    return ConfigError("HubSpot refused: the app lacks a scope", where=where, remedy=remedy)


def _required_scopes(error: Mapping[str, Any]) -> Sequence[str]:
    context = _mapping(error.get("context"))
    return _texts(context.get("requiredGranularScopes")) or _texts(context.get("requiredScopes"))


def _errors(body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """What is wrong in detail: a list, or one packed into the message, which is all that a batch may tell."""
    listed = _objects(body.get("errors"))
    if any(error.get("code") for error in listed):
        return listed
    found = [_detail(verdict) for verdict in _verdicts(body) if verdict.get("error")]
    return found or ([_lack(body)] if _LACKING in str(body.get("message")) else listed)


def _objects(found: Any) -> Sequence[Mapping[str, Any]]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _verdicts(body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    _, told, packed = str(body.get("message") or "").partition(_VALUES_INVALID)
    try:
        return _objects(orjson.loads(packed.strip())) if told else _objects(body.get("validationResults"))
    except orjson.JSONDecodeError:  # cut short, as some proxies do
        return []


def _lack(body: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"code": WANTING, "context": {"properties": _texts(_mapping(body.get("context")).get("properties"))}}


def _detail(verdict: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"code": verdict["error"], "context": {"propertyName": _texts(verdict.get("name"))}}


def _mapping(found: Any) -> Mapping[str, Any]:
    return found if isinstance(found, dict) else {}


def _texts(found: Any) -> Sequence[str]:
    """One name or several: the vendor writes both."""
    return [str(each) for each in found] if isinstance(found, list) else [found] if isinstance(found, str) else []


def _code(status: int, body: Mapping[str, Any]) -> str:
    codes = [error["code"] for error in _errors(body) if error.get("code")]
    return str(codes[0] if codes else body.get("category") or body.get("errorType") or status)


def _words(body: Mapping[str, Any]) -> str:
    """The vendor's words, but codes and property names instead where its words repeat a record's own values."""
    told = [f"{error['code']} {' '.join(_names(error))}" for error in _errors(body) if _names(error)]
    plain, packed, _ = " ".join(str(body.get("message") or "no reason given").split()).partition(_VALUES_INVALID)
    return "; ".join(told) or f"{plain}{packed}"[:300]


def _names(error: Mapping[str, Any]) -> Sequence[str]:
    context = _mapping(error.get("context"))
    return _texts(context.get("propertyName") or context.get("properties")) if error.get("code") else []
