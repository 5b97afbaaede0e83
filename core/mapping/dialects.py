"""Values of signals in a vendor's own types, and whether two renderings mean the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.connector import FieldType
from core.errors import RejectedError
from core.mapping.convert.numbers import NumberReader, flag
from core.mapping.convert.text import text
from core.mapping.convert.times import TimeReader
from core.mapping.issues import BadValueError, Missing, excerpt
from core.mapping.writes import FieldWrite
from core.yamlfile import nearest

TEXT_DIALECTS = frozenset({"hubspot", "csv", "stripe"})
"""Systems whose values are all text, and where an empty text clears a field."""

_LENGTHS: Mapping[str, Mapping[FieldType, int]] = {
    "salesforce": {"text": 255, "long_text": 32_768, "url": 255, "key": 80},
    "hubspot": {"text": 65_536, "long_text": 65_536, "url": 65_536, "key": 80},
    "stripe": {"text": 500, "long_text": 500, "url": 500, "key": 500},
}
_number = NumberReader().number
_time = TimeReader()


def to_vendor_value(write: FieldWrite, value: Any, dialect: str) -> Any:
    """A signal's value as the vendor's field holds it; None becomes what clears the field.

    Texts are cut to the field's length, picklist values found ignoring case and underscores; a percent field takes a
    share of one and holds 82 for 0.82. Raises ``RejectedError`` when the field cannot hold the value.
    """
    plain = value.get("amount") if isinstance(value, dict) else value
    try:
        typed = None if plain is None else _TYPED[write.type](plain)
    except BadValueError as bad:
        raise _refused(write, value, bad.problem, bad.remedy) from bad
    if typed is not None and write.type == "picklist":
        typed = _option(write, str(typed))
    if typed is not None and write.type == "percent":
        typed = _figure(round(typed * 100, 2))
    if isinstance(typed, str):
        typed = _cut(typed, _LENGTHS.get(dialect, {}).get(write.type))
    return _as_text(typed) if dialect in TEXT_DIALECTS else typed


def same_value(first: Any, second: Any, field_type: FieldType) -> bool:
    """Tell whether two renderings mean the same: ``"82"`` is 82.0, ``""`` is null, a date is its midnight in ms."""
    return bool(_comparable(first, field_type) == _comparable(second, field_type))


def _comparable(value: Any, field_type: FieldType) -> Any:
    if isinstance(value, Missing):
        return None
    try:
        typed = None if value is None else _TYPED[field_type](value)
    except BadValueError:
        return str(value)
    if isinstance(typed, float | int) and not isinstance(typed, bool):
        return round(typed, 6)
    return " ".join(typed.split()) if isinstance(typed, str) else typed


def _date(value: Any) -> str | None:
    return _time.day(value)


def _instant(value: Any) -> str | None:
    found = _time.instant(value)
    # vendors keep milliseconds at most
    return found if found is None or "." not in found else f"{found.partition('.')[0]}.{found.partition('.')[2][:3]}Z"


def _figure(value: Any) -> float | int | None:
    found = _number(value)
    return int(found) if isinstance(found, float) and found.is_integer() and abs(found) < 1e15 else found


_TYPED: Mapping[FieldType, Callable[[Any], Any]] = {
    "text": text,
    "long_text": text,
    "url": text,
    "key": text,
    "picklist": text,
    "number": _figure,
    "percent": _figure,
    "currency": _figure,
    "date": _date,
    "datetime": _instant,
    "checkbox": flag,
}


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return text(value) or ""


def _cut(value: str, length: int | None) -> str:
    return value if length is None or len(value) <= length else value[: length - 1] + "…"


def _option(write: FieldWrite, value: str) -> str:
    wanted = _folded(value)
    for option in write.options:
        if _folded(option) == wanted:
            return option
    raise _refused(write, value, "not among the field's options", nearest(value, write.options))


def _folded(value: str) -> str:
    return " ".join(value.replace("_", " ").casefold().split())


def _refused(write: FieldWrite, value: Any, problem: str, remedy: str) -> RejectedError:
    return RejectedError(
        f"{write.field} cannot hold {excerpt(value)!r}: {problem}",
        where=f"{write.stream}.{write.field}",
        remedy=remedy,
        facts={"stream": write.stream, "field": write.field, "signal": write.signal},
    )
