"""Turns the vendor's errors into ours: what can be retried, what needs an admin, what is one record's fault."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from simple_salesforce.exceptions import SalesforceError

from core.sdk import AuthError, ConfigError, InlayError, RejectedError, RetryLater, UnknownOutcome

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
ODD_ANSWERS = (KeyError, TypeError, ValueError, AttributeError)
"""What reading an answer raises that is JSON, but not what was promised."""

# Words of the vendor that repeat a record's own value, which may be personal.
_REPEATED_VALUES = (
    (re.compile(r"(data value too large): .* (\(max length=\d+\))", re.DOTALL), r"\1 \2"),
    (re.compile(r"(Cannot deserialize instance of \w+ from \w+ value) .* (or request may be)", re.DOTALL), r"\1 \2"),
    (re.compile(r"(invalid email address): .*", re.DOTALL), r"\1"),
    (re.compile(r"(value outside of valid range on numeric field): .*", re.DOTALL), r"\1"),
)


class OutOfQuota(RetryLater):
    """The org's daily calls are used up, or as many as Inlay may use: no call makes sense before ``retry_at``."""


class VendorRefusal(RejectedError):
    """A call refused as a whole for what it says; ``code`` is the vendor's."""

    def __init__(self, code: str, message: str, *, where: str, fields: Sequence[str] = ()) -> None:
        super().__init__(f"Salesforce refused: {message} ({code})", where=where, facts={"code": code})
        self.code = code
        self.words = message
        self.fields = tuple(fields)


@contextmanager
def as_promised(where: str) -> Iterator[None]:
    """Guard the reading of an answer: JSON of another shape than its resource promises is no answer."""
    try:
        yield
    except ODD_ANSWERS as error:
        what = "Salesforce gave an answer of another shape than promised"
        raise UnknownOutcome(what, where=where, remedy="look whether a proxy stands between") from error


def told_text(value: Any) -> str:
    """Return a text that an answer has to tell, such as an id; ``TypeError`` when it is none, or empty."""
    if not isinstance(value, str) or not value:
        raise TypeError(f"a {type(value).__name__} where a text was promised")
    return value


def is_ended_session(error: SalesforceError) -> bool:
    """Tell whether the session is what was refused, so that the same call may pass with another one."""
    # userinfo says it with 403 and two words, all other resources with 401.
    return int(error.status) == 401 or str(error.content) == "Bad_OAuth_Token"


def to_our_error(error: SalesforceError, where: str, now: datetime) -> InlayError:
    """Return what ``error`` means to the reader; ``where`` is the connection and path."""
    code, message, fields = first_error(error.content)
    status = int(error.status)
    if is_ended_session(error) or code in _NEEDS_ADMIN:
        remedy = "check the app's policies and the integration user's permissions"
        return AuthError(f"Salesforce does not let Inlay in ({code or status})", where=where, remedy=remedy)
    if code == "REQUEST_LIMIT_EXCEEDED":
        return _out_of_quota(message, where, now)
    if status == 410:
        remedy = "set a newer api_version for this connection"
        return ConfigError("Salesforce has retired this API version", where=where, remedy=remedy)
    if status >= 500 or code in TRANSIENT:
        return RetryLater(f"Salesforce is busy ({code or status})", where=where, retry_at=now + BUSY_PAUSE)
    if not code and status != TOO_LONG_AN_ADDRESS:
        what = f"a refusal ({status}) came that is not in Salesforce's words, or only half of it"
        remedy = "look whether a proxy stands between, if this happens again"
        return RetryLater(what, where=where, remedy=remedy, retry_at=now + BUSY_PAUSE)
    return VendorRefusal(code or str(status), without_values(message), where=where, fields=fields)


def _out_of_quota(message: str, where: str, now: datetime) -> InlayError:
    """Tell a used-up day from too many long calls at once: both have the same code."""
    if message.startswith("Concurrent"):
        what = "Salesforce carries out too many long calls of this org at once"
        return RetryLater(what, where=where, retry_at=now + BUSY_PAUSE)
    remedy = "Inlay goes on by itself; raise the org's allocation if this happens daily"
    what = "the org's daily API calls are used up"
    return OutOfQuota(what, where=where, remedy=remedy, retry_at=now + QUOTA_PAUSE)


def without_values(message: str) -> str:
    """Return the vendor's words without the record's own values, shortened to what a log can hold."""
    for pattern, kept in _REPEATED_VALUES:
        message = pattern.sub(kept, message)
    return " ".join(message.split())[:500]


def first_error(content: Any) -> tuple[str, str, tuple[str, ...]]:
    """Return code, message and fields of an error body: a list of objects, or whatever else came.

    The code is called ``statusCode`` in results of single records and ``errorCode`` elsewhere.
    """
    first = content[0] if isinstance(content, list) and content else None
    if not isinstance(first, Mapping):
        return "", str(content)[:200], ()
    code = first.get("errorCode") or first.get("statusCode") or ""
    fields = first.get("fields")
    names = tuple(str(name) for name in fields) if isinstance(fields, list) else ()
    return str(code), str(first.get("message") or ""), names
