"""How HubSpot says no: statuses, categories and the shape of an error body."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.hubspot.sandbox.numbers import PORTAL_ID

VALIDATION = "VALIDATION_ERROR"


@dataclass(frozen=True)
class Complaint:
    """What is wrong with one property value: the vendor's code, its words, and which property."""

    code: str
    message: str
    property_name: str

    def detail(self) -> dict[str, Any]:
        """The entry of ``errors`` in an error body."""
        return {"message": self.message, "code": self.code, "context": {"propertyName": [self.property_name]}}

    def verdict(self) -> dict[str, Any]:
        """The entry that the vendor also packs, as JSON text, into the message."""
        return {
            "isValid": False,
            "message": self.message,
            "error": self.code,
            "name": self.property_name,
            "localizedErrorMessage": self.message,
            "portalId": PORTAL_ID,
        }


@dataclass
class Refusal(Exception):  # it is the vendor's answer, not an error of the simulator
    """A request or one row of a batch that HubSpot refuses."""

    status: int
    message: str
    category: str | None = None
    errors: Sequence[Mapping[str, Any]] = ()
    context: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sub_category: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self, correlation_id: str) -> dict[str, Any]:
        """The error body; like the vendor's, it leaves out whatever has nothing to say."""
        body: dict[str, Any] = {"status": "error", "message": self.message, "correlationId": correlation_id}
        optional = {"context": self.context, "errors": list(self.errors), "category": self.category}
        body.update({key: value for key, value in optional.items() if value})
        if self.sub_category:
            body["subCategory"] = self.sub_category
        return {**body, **self.extra}

    def row(self, context: Mapping[str, Sequence[str]], *, in_detail: bool = True) -> dict[str, Any]:
        """This refusal as one entry of the ``errors`` of a 207 answer, with details or as the guide shows it."""
        told = {
            "status": "error",
            "category": self.category or VALIDATION,
            "message": self.message,
            "context": {**self.context, **context},
        }
        return {**told, "errors": list(self.errors), "links": {}} if in_detail else told


def invalid_values(complaints: Sequence[Complaint]) -> Refusal:
    """400 for property values that do not pass, all of them told at once."""
    verdicts = json.dumps([complaint.verdict() for complaint in complaints], separators=(",", ":"))
    details = [complaint.detail() for complaint in complaints]
    return Refusal(400, f"Property values were not valid: {verdicts}", VALIDATION, details)


def lacking(singular: str, names: Sequence[str]) -> Refusal:
    """400 for a new record without a property that its type demands."""
    message = f"Error creating {singular.upper()}. Some required properties were not set."
    detail = {"message": message, "code": "REQUIRED_FIELD", "context": {"properties": list(names)}}
    return Refusal(400, message, VALIDATION, [detail], {"properties": list(names)})


def malformed(message: str) -> Refusal:
    """400 for a body that is no JSON or not of the expected shape."""
    return Refusal(400, f"Invalid input JSON on line 1, column 2. {message}", VALIDATION)


def rejected(message: str, code: str | None = None) -> Refusal:
    """400 for a request that asks for something not allowed."""
    return Refusal(400, message, VALIDATION, [{"message": message, "code": code}] if code else ())


def missing(message: str = "resource not found") -> Refusal:
    """404 for a record, property or pipeline that is not there."""
    return Refusal(404, message, "OBJECT_NOT_FOUND")


def conflict(message: str) -> Refusal:
    """409 for something that exists already."""
    return Refusal(409, message, "CONFLICT")


def unauthorised() -> Refusal:
    """401 for a token that HubSpot does not know."""
    text = "Authentication credentials not found. This API supports OAuth 2.0 authentication."
    return Refusal(401, text, "INVALID_AUTHENTICATION")


def expired(since: str) -> Refusal:
    """401 for an OAuth token past its half hour."""
    message = "The OAuth token used to make this call has expired."
    return Refusal(401, message, "EXPIRED_AUTHENTICATION", context={"expire time": [since]})


def lacking_scopes(scopes: Sequence[str]) -> Refusal:
    """403 for a token that was not granted what the call needs."""
    detail = {
        "message": "One or more of the following scopes are required.",
        "context": {"requiredGranularScopes": list(scopes)},
    }
    message = "This app hasn't been granted all required scopes to make this call."
    return Refusal(403, message, "MISSING_SCOPES", [detail], extra={"links": {"scopes": "https://app.hubspot.com/"}})


# What HubSpot says with a status that comes from its machinery and not from a rule: 423 for a record in use,
# 477 while an account moves to another data centre, and the ways in which a proxy gives up.
_MACHINERY = {
    414: ("Request-URI Too Long", None),
    423: ("The resource is locked. Wait at least two seconds and try again.", "LOCKED"),
    429: ("You have reached your ten_secondly_rolling limit.", "RATE_LIMITS"),
    477: ("This account is being migrated. Try again later.", "MIGRATION_IN_PROGRESS"),
    500: ("internal error", None),
    502: ("Bad gateway", None),
    503: ("Service temporarily unavailable", None),
    504: ("Gateway timeout", None),
}


def machinery(status: int) -> Refusal:
    """The refusal behind a status of the vendor's machinery, without words where it does not use it so."""
    message, category = _MACHINERY.get(status, ("", None))
    extra = {"errorType": "RATE_LIMIT", "policyName": "TEN_SECONDLY_ROLLING"} if status == 429 else {}
    return Refusal(status, message, category, extra=extra)
