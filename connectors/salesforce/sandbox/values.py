"""Reads one incoming value for one field: what is stored, or why it is refused."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from connectors.salesforce.sandbox.errors import Refusal
from connectors.salesforce.sandbox.ids import to_18
from connectors.salesforce.sandbox.moments import read_day, read_instant, write_instant
from connectors.salesforce.sandbox.schema import Field

Value = str | int | float | bool | None

_EMAIL = re.compile(r"[^@\s,;<>()\"]+@[^@\s,;<>()\".]+(\.[^@\s,;<>()\".]+)+\Z")
_FIRST_DAY, _LAST_DAY = "1700-01-01", "4000-12-31"


def read_value(field: Field, raw: object) -> Value:
    """Return the value to store for ``raw``; ``Refusal`` says what is wrong with it."""
    if raw is None or raw == "":
        return _emptied(field)
    if isinstance(raw, dict | list):
        raise _unreadable(field, raw)
    return _READERS.get(field.type, _read_text)(field, raw)


def _emptied(field: Field) -> Value:
    if field.type == "boolean":
        raise Refusal("INVALID_TYPE_ON_FIELD_IN_RECORD", f"{field.label}: value not of required type: ", (field.name,))
    return None


def _unreadable(field: Field, raw: object) -> Refusal:
    kind = {bool: "VALUE_TRUE", int: "VALUE_NUMBER_INT", float: "VALUE_NUMBER_FLOAT", dict: "START_OBJECT"}
    token = kind.get(type(raw), "VALUE_STRING")
    message = f"Cannot deserialize instance of {field.type} from {token} value {raw} or request may be missing a "
    return Refusal("JSON_PARSER_ERROR", message + "required field at [line:1, column:2]", is_of_whole_call=True)


def _read_text(field: Field, raw: object) -> str | None:
    text = str(raw).lower() if isinstance(raw, bool) else str(raw)
    if field.type != "textarea":
        text = text.strip()
    if len(text) > field.length:
        message = f"{field.label}: data value too large: {text} (max length={field.length})"
        raise Refusal("STRING_TOO_LONG", message, (field.name,))
    return text or None


def _read_email(field: Field, raw: object) -> str | None:
    text = _read_text(field, raw)
    if text and not _EMAIL.match(text):
        raise Refusal("INVALID_EMAIL_ADDRESS", f"{field.label}: invalid email address: {text}", (field.name,))
    return text


def _read_option(field: Field, raw: object) -> str | None:
    if not field.restricted:
        return _read_text(field, raw)
    text = str(raw).strip()
    chosen = text.split(";") if field.type == "multipicklist" else [text]
    if any(one not in field.options or one in field.inactive for one in chosen):
        message = f"{field.label}: bad value for restricted picklist field: {text}"
        raise Refusal("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, (field.name,))
    return text


def _read_boolean(field: Field, raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.lower() in {"true", "false"}:
        return raw.lower() == "true"
    raise _unreadable(field, raw)


def _read_number(field: Field, raw: object) -> int | float:
    if isinstance(raw, bool):
        raise _unreadable(field, raw)
    try:
        exact = Decimal(str(raw).strip())
    except InvalidOperation:
        raise _unreadable(field, raw) from None
    if not exact.is_finite() or (field.type == "int" and exact != exact.to_integral_value()):
        raise _unreadable(field, raw)
    whole_digits = field.digits if field.type == "int" else field.precision - field.scale
    if abs(exact) >= Decimal(10) ** whole_digits:
        message = f"{field.label}: value outside of valid range on numeric field: {raw}"
        raise Refusal("NUMBER_OUTSIDE_VALID_RANGE", message, (field.name,))
    if field.type == "int":
        return int(exact)
    return float(exact.quantize(Decimal(1).scaleb(-field.scale), rounding=ROUND_HALF_UP))


def _read_date(field: Field, raw: object) -> str:
    try:
        day = read_day(str(raw)).isoformat()
    except ValueError:
        raise _unreadable(field, raw) from None
    return _in_calendar(field, day)


def _read_datetime(field: Field, raw: object) -> str:
    try:
        text = write_instant(read_instant(str(raw)))
    except (ValueError, OverflowError):
        raise _unreadable(field, raw) from None
    return _in_calendar(field, text)


def _in_calendar(field: Field, text: str) -> str:
    if not _FIRST_DAY <= text[:10] <= _LAST_DAY:
        raise Refusal("NUMBER_OUTSIDE_VALID_RANGE", f"{field.label}: invalid date: {text}", (field.name,))
    return text


def _read_id(field: Field, raw: object) -> str:
    full = to_18(raw)
    if full is None:
        raise Refusal("MALFORMED_ID", f"{field.label}: id value of incorrect type: {raw}", (field.name,))
    return full


def _read_base64(field: Field, raw: object) -> str:
    try:
        base64.b64decode(str(raw), validate=True)
    except binascii.Error:
        raise _unreadable(field, "...") from None
    return str(raw)


_READERS: dict[str, Callable[[Field, object], Value]] = {
    "boolean": _read_boolean,
    "int": _read_number,
    "double": _read_number,
    "currency": _read_number,
    "percent": _read_number,
    "date": _read_date,
    "datetime": _read_datetime,
    "reference": _read_id,
    "id": _read_id,
    "email": _read_email,
    "base64": _read_base64,
    "picklist": _read_option,
    "multipicklist": _read_option,
}
