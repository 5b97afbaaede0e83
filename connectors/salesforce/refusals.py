"""Turns the vendor's errors into ours: what can be retried, what needs an admin, what is one record's fault."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from simple_salesforce.exceptions import SalesforceError

from core.sdk import AuthError, ConfigError, InlayError, RejectedError, RetryLater

QUOTA_PAUSE = timedelta(hours=1)
"""The daily allocation is a rolling window, so some of it comes back within the hour."""

BUSY_PAUSE = timedelta(seconds=30)
TOO_LONG_AN_ADDRESS = 414

TRANSIENT = frozenset(
    {
        "UNABLE_TO_LOCK_ROW",
        "SERVER_UNAVAILABLE",
        "QUERY_TIMEOUT",
        "REQUEST_RUNNING_TOO_LONG",
        "ENTITY_IS_LOCKED_BY_SYSTEM",
    }
)
_NEEDS_ADMIN = frozenset(
    {"API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED", "INSUFFICIENT_ACCESS", "INVALID_LOGIN", "INVALID_SESSION_ID"}
)
# Words of the vendor that repeat a record's own value, which may be personal.
_REPEATED_VALUES = (
    (re.compile(r"(data value too large): .* (\(max length=\d+\))", re.DOTALL), r"\1 \2"),
    (re.compile(r"(invalid email address): .*", re.DOTALL), r"\1"),
    (re.compile(r"(value outside of valid range on numeric field): .*", re.DOTALL), r"\1"),
)


class OutOfQuota(RetryLater):
    """The org's daily calls are used up, or as many as Inlay may use: no call makes sense before ``retry_at``."""


class VendorRefusal(RejectedError):
    """A call refused as a whole for what it says; ``code`` is the vendor's."""

    def __init__(self, code: str, message: str, *, where: str) -> None:
        super().__init__(f"Salesforce refused: {message} ({code})", where=where, facts={"code": code})
        self.code = code
        self.words = message


def to_our_error(error: SalesforceError, where: str, now: datetime) -> InlayError:
    """Return what ``error`` means to the reader; ``where`` is the connection and path."""
    code, message = _first(error.content)
    status = int(error.status)
    if status == 401 or code in _NEEDS_ADMIN:
        remedy = "reconnect Salesforce: check the app's policies and the integration user's permissions"
        return AuthError(f"Salesforce does not let Inlay in ({code or status})", where=where, remedy=remedy)
    if code == "REQUEST_LIMIT_EXCEEDED":
        return out_of_quota("the org's daily API calls are used up", where, now)
    if status == 410:
        remedy = "set a newer api_version for this connection"
        return ConfigError("Salesforce has retired this API version", where=where, remedy=remedy)
    if status >= 500 or code in TRANSIENT:
        return RetryLater(f"Salesforce is busy ({code or status})", where=where, retry_at=now + BUSY_PAUSE)
    if not code and status != TOO_LONG_AN_ADDRESS:
        what = f"a refusal ({status}) came that is not in Salesforce's words, or only half of it"
        remedy = "look whether a proxy stands between, if this happens again"
        return RetryLater(what, where=where, remedy=remedy, retry_at=now + BUSY_PAUSE)
    return VendorRefusal(code or str(status), without_values(message), where=where)


def out_of_quota(what: str, where: str, now: datetime) -> OutOfQuota:
    """Return the error of a quota that Inlay must not draw on any further now."""
    remedy = "Inlay goes on by itself; raise quota_ceiling or the org's allocation if this happens daily"
    return OutOfQuota(what, where=where, remedy=remedy, retry_at=now + QUOTA_PAUSE)


def without_values(message: str) -> str:
    """Return the vendor's words without the record's own values, shortened to what a log can hold."""
    for pattern, kept in _REPEATED_VALUES:
        message = pattern.sub(kept, message)
    return " ".join(message.split())[:500]


def _first(content: Any) -> tuple[str, str]:
    """Return code and message of an error body: a list of objects, or whatever else came."""
    if isinstance(content, list) and content and isinstance(content[0], Mapping):
        return str(content[0].get("errorCode", "")), str(content[0].get("message", ""))
    return "", str(content)[:200]
