"""Property values as HubSpot takes and keeps them: always text, checked by type, in one normal form."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from connectors.hubspot.sandbox.refusals import Complaint
from connectors.hubspot.sandbox.schema import Property

LONGEST_STRING = 65_536
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class InvalidValueError(Exception):
    """A text that is no value of its property's type."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    def about(self, name: str) -> Complaint:
        """This error told of the property ``name``."""
        return Complaint(self.code, str(self), name)


@lru_cache(maxsize=10_000)
def stamp(instant: datetime) -> str:
    """An instant as HubSpot writes it: UTC, milliseconds only where there are some."""
    text = instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return text.replace(".000Z", "Z")


def milliseconds(instant: datetime) -> int:
    """An instant as milliseconds since 1970."""
    return (instant - _EPOCH) // _MILLISECOND


@lru_cache(maxsize=100_000)
def to_instant(text: str) -> datetime:
    """Read ISO 8601 or milliseconds since 1970; ``ValueError`` when it is neither."""
    if re.fullmatch(r"-?\d+", text):
        try:
            return _EPOCH + int(text) * _MILLISECOND
        except OverflowError as problem:
            raise ValueError(text) from problem
    read = datetime.fromisoformat(text)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def normal(prop: Property, text: str) -> str:
    """The form in which the value is kept; ``InvalidValueError`` when the property cannot hold it."""
    return _NORMALISERS[prop.type](prop, text)


def appended(prop: Property, text: str, old: str | None) -> str:
    """Resolve a leading semicolon, which adds to the options already chosen instead of replacing them."""
    if not (prop.takes_many and text.startswith(";")):
        return text
    chosen = [*(old or "").split(";"), *text.split(";")]
    return ";".join(dict.fromkeys(value for value in chosen if value))


def _string(prop: Property, text: str) -> str:
    if len(text) > LONGEST_STRING:
        raise InvalidValueError("PROPERTY_VALUE_TOO_LONG", f"The value is longer than {LONGEST_STRING} characters.")
    if prop.format == "email":
        text = text.strip().lower()
        if not _EMAIL.fullmatch(text):
            raise InvalidValueError("INVALID_EMAIL", f"Email address {text} is invalid")
    return text


def _number(_prop: Property, text: str) -> str:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise InvalidValueError("INVALID_INTEGER", f"{text} was not a valid number.")
    return format(number, "f")


def _date(_prop: Property, text: str) -> str:
    try:
        instant = to_instant(text)
    except ValueError:
        raise InvalidValueError("INVALID_DATE", f"{text} was not a valid date.") from None
    if instant.time() != time.min:
        raise InvalidValueError("INVALID_DATE", f"{text} is at {instant.time().isoformat()} UTC, not midnight!")
    return instant.date().isoformat()


def _datetime(_prop: Property, text: str) -> str:
    try:
        return stamp(to_instant(text))
    except (ValueError, OverflowError):
        raise InvalidValueError("INVALID_LONG", f"{text} was not a valid long.") from None


def _bool(prop: Property, text: str) -> str:
    return _chosen(prop, text.strip().lower(), shown=text)


def _enumeration(prop: Property, text: str) -> str:
    if prop.is_free or prop.refers:
        return text
    if not prop.takes_many:
        return _chosen(prop, text, shown=text)
    return ";".join(_chosen(prop, part, shown=text) for part in text.split(";") if part)


def _chosen(prop: Property, text: str, shown: str) -> str:
    if text not in prop.options:
        raise not_an_option(shown, prop.options)
    return text


def not_an_option(text: str, options: Iterable[str]) -> InvalidValueError:
    """The refusal of a value that is not on the list."""
    return InvalidValueError("INVALID_OPTION", f"{text} was not one of the allowed options: [{', '.join(options)}]")


_NORMALISERS: Mapping[str, Callable[[Property, str], str]] = {
    "string": _string,
    "number": _number,
    "date": _date,
    "datetime": _datetime,
    "bool": _bool,
    "enumeration": _enumeration,
}
