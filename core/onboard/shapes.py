"""What the values of a column look like: numbers, dates and in which form, e-mail addresses, free text."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Literal

ShapeKind = Literal["empty", "email", "web", "date", "whole", "amount", "flag", "phone", "text"]

LOOKED_AT = 2_000
ENOUGH = 0.9
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_WEB = re.compile(
    r"(https?://|www\.)\S+|[a-z0-9-]+(\.[a-z0-9-]+)*\.(com|org|net|edu|gov|io|co|uk|de|fr|eu)(/\S*)?", re.IGNORECASE
)
_WHOLE = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_AMOUNT = re.compile(r"[+-]?[£$€]?\s?\(?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?\)?([eE]-?\d+)?", re.ASCII)
_COMMA_AMOUNT = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d{1,8})?\s?€?", re.ASCII)
_PHONE = re.compile(r"[+(]?(\d[\s().,/+x-]*){7,20}", re.ASCII)
_FLAGS = frozenset({"true", "false", "yes", "no", "y", "n", "ja", "nein", "t", "f"})
_DATE_FORMS = (
    ("YYYY-MM-DD", "%Y-%m-%d", re.compile(r"\d{4}-\d{1,2}-\d{1,2}")),
    ("YYYYMMDD", "%Y%m%d", re.compile(r"(19|20)\d{6}")),
    ("DD/MM/YYYY", "%d/%m/%Y", re.compile(r"\d{1,2}/\d{1,2}/\d{4}")),
    ("MM/DD/YYYY", "%m/%d/%Y", re.compile(r"\d{1,2}/\d{1,2}/\d{4}")),
    ("DD.MM.YYYY", "%d.%m.%Y", re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}")),
    ("DD-MM-YYYY", "%d-%m-%Y", re.compile(r"\d{1,2}-\d{1,2}-\d{4}")),
    ("YYYY/MM/DD", "%Y/%m/%d", re.compile(r"\d{4}/\d{1,2}/\d{1,2}")),
    ("DD/MM/YY", "%d/%m/%y", re.compile(r"\d{1,2}/\d{1,2}/\d{2}")),
    ("MM/DD/YY", "%m/%d/%y", re.compile(r"\d{1,2}/\d{1,2}/\d{2}")),
)
_CLOCKS = (("", ""), (" HH:mm:ss", " %H:%M:%S"), (" HH:mm", " %H:%M"))
_ISO_CLOCK = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")


@dataclass(frozen=True)
class Shape:
    """What values look like: of dates also the form, as mappings write it; of amounts whether with a decimal comma."""

    kind: ShapeKind
    form: str = ""
    is_ambiguous: bool = False
    decimal_comma: bool = False


def shape_of(values: Collection[str]) -> Shape:
    """The shape that nine in ten of the filled values have; text when there is none."""
    filled = [value.strip() for value in islice(values, LOOKED_AT) if value.strip()]
    if not filled:
        return Shape("empty")
    dates = _date_shape(filled)
    if dates is not None:
        return dates
    for kind, fits in _TESTS:
        if _share(filled, fits) >= ENOUGH:
            return Shape(kind)
    if _share(filled, lambda value: bool(_COMMA_AMOUNT.fullmatch(value))) >= ENOUGH:
        return Shape("amount", decimal_comma=True)
    return Shape("text")


def newest_of(values: Collection[str], shape: Shape) -> date | None:
    """The latest date among the values of a date column."""
    if shape.kind != "date":
        return None
    parsed = (parse_date(value.strip(), shape.form) for value in values)
    return max((found for found in parsed if found is not None), default=None)


def parse_date(value: str, form: str) -> date | None:
    """A date in one of the known forms; None when it is none."""
    if form == "ISO":
        value, form = value[:10], "YYYY-MM-DD"
    try:
        return datetime.strptime(value, _PARSED_BY[form]).date()  # noqa: DTZ007 - a calendar date has no zone
    except ValueError:
        return None


_PARSED_BY = {form + clock: parsed + ticks for form, parsed, _ in _DATE_FORMS for clock, ticks in _CLOCKS}


def _date_shape(filled: Sequence[str]) -> Shape | None:
    if _share(filled, lambda value: bool(_ISO_CLOCK.fullmatch(value))) >= ENOUGH:
        return Shape("date", "ISO")
    fitting = [
        form + clock for form, _, looks in _DATE_FORMS for clock, _ in _CLOCKS if _reads(filled, form, clock, looks)
    ]
    if not fitting:
        return None
    return Shape("date", fitting[0], is_ambiguous=len(fitting) > 1)


def _reads(filled: Sequence[str], form: str, clock: str, looks: re.Pattern[str]) -> bool:
    if not looks.match(filled[0]) and not looks.match(filled[-1]):
        return False
    return _share(filled, lambda value: parse_date(value, form + clock) is not None) >= ENOUGH


def _share(values: Sequence[str], fits: Callable[[str], bool]) -> float:
    return sum(map(fits, values)) / len(values)


_TESTS: tuple[tuple[ShapeKind, Callable[[str], bool]], ...] = (
    ("email", lambda value: bool(_EMAIL.fullmatch(value))),
    ("web", lambda value: bool(_WEB.fullmatch(value))),
    ("flag", lambda value: value.lower() in _FLAGS),
    ("whole", lambda value: bool(_WHOLE.fullmatch(value))),
    ("amount", lambda value: bool(_AMOUNT.fullmatch(value))),
    ("phone", lambda value: bool(_PHONE.fullmatch(value))),
)
