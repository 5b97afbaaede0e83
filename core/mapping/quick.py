"""What compiled mappings call while they run: cheap roads for values that are as they should be.

Tables (``DAYS``, ``MINUTES``, …) are looked into by subscript and raise ``KeyError`` for what needs the careful
converter; ``quick_…`` functions return None for it, ``ordinary_…`` patterns do not match it.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import Any

from core.mapping.convert.contact import country_of
from core.mapping.convert.money import currency
from core.mapping.convert.text import text
from core.mapping.convert.times import FIRST, LAST, TAILS
from core.mapping.issues import MISSING, BadValueError

MEMORY = 50_000
"""How many different values a table keeps at most; beyond that it only checks."""

ordinary_email = re.compile(r"[a-z0-9._%+-]{1,64}@[a-z0-9.-]{1,200}\.[a-z]{2,24}").fullmatch
ordinary_host = re.compile(r"(?:https?://)?(?:www\.)?([a-z0-9][a-z0-9.-]{0,200}\.[a-z]{2,24})/?").fullmatch
ordinary_url = re.compile(r"(https?://)?[A-Za-z0-9.-]+(?:/[!-~]*)?").fullmatch
ordinary_phone = re.compile(r"\+[1-9][0-9 ]{6,20}[0-9]").fullmatch
_fraction = re.compile(r"(:[0-5][0-9]\.[0-9]{3})(?:Z|\+00:00|\+0000)").fullmatch


class Days(dict[str, str]):
    """Every date seen, by itself; a new one is checked first."""

    def __missing__(self, written: str) -> str:
        try:
            if date.fromisoformat(written).isoformat() != written or not FIRST <= written <= LAST:
                raise KeyError(written)
        except ValueError:
            raise KeyError(written) from None
        if len(self) < MEMORY:
            self[written] = written
        return written


class Seconds(dict[str, str]):
    """The last part of an instant in UTC, as vendors write it: as we do. Milliseconds become microseconds."""

    def __missing__(self, written: str) -> str:
        found = _fraction(written)
        if found is None:
            raise KeyError(written)
        return found[1] + "000Z"


class Words(dict[str, str]):
    """Every tag seen, by itself; blanks and broken texts are not among them."""

    def __missing__(self, written: str) -> str:
        if len(written) > 200 or text(written) != written:
            raise KeyError(written)
        if len(self) < MEMORY:
            self[written] = written
        return written


DAYS = Days()
MINUTES = {f"T{hour:02}:{minute:02}": f"T{hour:02}:{minute:02}" for hour in range(24) for minute in range(60)}
SECONDS = Seconds({f":{second:02}{tail}": f":{second:02}Z" for second in range(60) for tail in TAILS})
word = Words().__getitem__


@lru_cache(maxsize=512)
def quick_country(value: str) -> str | None:
    """A country by code or name."""
    return country_of(value) if len(value) < 60 else None


@lru_cache(maxsize=512)
def quick_currency(value: str) -> str | None:
    """A currency by its code."""
    try:
        return currency(value) if len(value) < 20 else None
    except BadValueError:
        return None


def plain_json(value: Any) -> str | None:
    """A single value of a plain payload as JSON, texts stripped and blank ones null."""
    kind = value.__class__
    if kind is str:
        stripped = value.strip()
        return f'"{stripped}"' if stripped else "null"
    if kind is int or (kind is float and (value >= 0.0001 or value <= -0.0001 or value == 0)):
        return repr(value) if -1e15 < value < 1e15 else None
    return "null" if value is None else "true" if value is True else "false" if value is False else None


def currency_code(value: Any, fallback: str | None) -> str | None:
    """The currency a record names; the fallback when it names none, None when what it names is none."""
    if value is None or value is MISSING or value == "":
        return fallback
    return quick_currency(value) if value.__class__ is str else None


def null_get(_key: str, _default: object = None) -> None:
    """Stands for ``get`` of a group that is null: all its fields are."""
    return


def absent_get(_key: str, default: object = None) -> object:
    """Stands for ``get`` of a group that is not there: none of its fields are."""
    return default


def item(value: Any, index: int) -> Any:
    """The element of a list; of a null or too short one, None."""
    if isinstance(value, list):
        return value[index] if index < len(value) else None
    return None if value is None else MISSING
