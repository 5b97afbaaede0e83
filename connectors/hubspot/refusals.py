"""Turns the vendor's errors into ours: what can be retried, what needs an admin, what is one record's fault."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson

from core.sdk import AuthError, ConfigError, InlayError, RejectedError, RetryLater

QUOTA_PAUSE = timedelta(hours=1)
LOCK_PAUSE = timedelta(seconds=5)
"""HubSpot asks for two seconds at least before a locked record is tried again."""
_LOCKED, _MIGRATING = 423, 477


class OutOfQuota(RetryLater):
    """The account's daily calls are used up, or as many as Inlay may use: no call makes sense before ``retry_at``."""


class ServerFailure(RetryLater):
    """HubSpot failed while it worked on a call; whether a write was carried out is open."""


class Locked(RetryLater):
    """The records are being changed by somebody else just now; nothing was carried out."""


class VendorRefusal(RejectedError):
    """A call, or one row of it, refused for what it says; ``code`` is the vendor's, ``context`` what it names."""

    def __init__(self, status: int, body: Mapping[str, Any], where: str) -> None:
        self.status = status
        self.code = _code(status, body)
        self.words = _words(body)
        self.context: Mapping[str, Any] = body.get("context") or {}
        super().__init__(f"HubSpot refused: {self.words} ({self.code})", where=where, facts={"code": self.code})


def to_our_error(status: int, text: str | None, where: str, now: datetime) -> InlayError:
    """Return what an error answer means to the reader; ``where`` is the connection and path."""
    body = _parsed(text)
    if status == 401:
        remedy = "create a new token, or install the app again, and put it into this connection"
        return AuthError(f"HubSpot does not let Inlay in ({_code(status, body)})", where=where, remedy=remedy)
    if status == 403:
        return _missing_scopes(body, where)
    if status in (_LOCKED, _MIGRATING):
        return Locked(f"HubSpot has locked what was asked for ({status})", where=where, retry_at=now + LOCK_PAUSE)
    if status >= 500:
        return ServerFailure(f"HubSpot failed ({status})", where=where, retry_at=now + LOCK_PAUSE)
    return VendorRefusal(status, body, where)


def out_of_quota(what: str, where: str, now: datetime) -> OutOfQuota:
    """Return the error of a quota that Inlay must not draw on any further now."""
    remedy = "Inlay goes on by itself; raise quota_ceiling or buy more calls if this happens daily"
    return OutOfQuota(what, where=where, remedy=remedy, retry_at=now + QUOTA_PAUSE)


def _missing_scopes(body: Mapping[str, Any], where: str) -> ConfigError:
    scopes = sorted({scope for error in body.get("errors") or () for scope in _required_scopes(error)})
    remedy = f"grant the app {' or '.join(scopes)}" if scopes else "grant the app the scopes its README lists"
    return ConfigError("HubSpot refused: the app lacks a scope", where=where, remedy=remedy)


def _required_scopes(error: Mapping[str, Any]) -> list[str]:
    context = error.get("context") or {}
    return list(context.get("requiredGranularScopes") or context.get("requiredScopes") or ())


def _parsed(text: str | None) -> Mapping[str, Any]:
    """Every field of an error body is optional, and so is the body."""
    try:
        body = orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        return {"message": (text or "")[:200]}
    return body if isinstance(body, dict) else {}


def _code(status: int, body: Mapping[str, Any]) -> str:
    codes = [error["code"] for error in body.get("errors") or () if error.get("code")]
    return str(codes[0] if codes else body.get("category") or body.get("errorType") or status)


def _words(body: Mapping[str, Any]) -> str:
    """The vendor's words, but codes and property names instead where its words repeat a record's own values."""
    told = [f"{error['code']} {' '.join(_names(error))}" for error in body.get("errors") or () if _names(error)]
    return "; ".join(told) or " ".join(str(body.get("message") or "no reason given").split())[:300]


def _names(error: Mapping[str, Any]) -> list[str]:
    return list((error.get("context") or {}).get("propertyName") or ()) if error.get("code") else []
