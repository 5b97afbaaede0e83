"""The ways in which Salesforce refuses: a whole call, or one row of a call."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(eq=False)
class Refusal(Exception):
    """One refused row or call; ``status`` is what a single-record call answers with.

    ``is_of_whole_call`` marks what the vendor notices while it reads the body (unknown column, text where a number
    belongs): a collection with one such row is refused as a whole with 400.
    """

    code: str
    message: str
    fields: tuple[str, ...] = ()
    status: int = 400
    extra: dict[str, object] = field(default_factory=dict)
    is_of_whole_call: bool = False

    def as_call_error(self) -> dict[str, object]:
        """Return the member of the list-shaped body of a failed call (its code is called ``errorCode`` there)."""
        body: dict[str, object] = {"message": self.message, "errorCode": self.code, **self.extra}
        if self.fields:
            body["fields"] = list(self.fields)
        return body

    def as_row_error(self) -> dict[str, object]:
        """Return the member of a SaveResult's ``errors`` (its code is called ``statusCode`` there)."""
        return {"statusCode": self.code, "message": self.message, "fields": list(self.fields)}


def not_found(message: str = "The requested resource does not exist") -> Refusal:
    """Return the 404 of an address or row that is not there."""
    return Refusal("NOT_FOUND", message, status=404)


def session_expired() -> Refusal:
    """Return the 401 that client libraries recognise as "log in again"."""
    return Refusal("INVALID_SESSION_ID", "Session expired or invalid", status=401)
