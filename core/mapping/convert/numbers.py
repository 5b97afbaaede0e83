"""Numbers, flags and percentages, from JSON or from what people type into spreadsheets."""

from __future__ import annotations

import math
import re
from typing import Any

from core.mapping.issues import BadValueError

_REMEDY = "give a plain number, or leave the field empty"
_DECORATION = re.compile(r"[\s\u00a0\u202f'%$€£¥]|\b[A-Z]{3}\b")
_PLAIN = re.compile(r"[+-]?(\d{1,18}(\.\d{0,20})?|\.\d{1,20})([eE][+-]?\d{1,3})?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", re.ASCII)
_TRUE = frozenset({"true", "yes", "y", "1", "t", "on", "wahr", "ja", "oui"})
_FALSE = frozenset({"false", "no", "n", "0", "f", "off", "falsch", "nein", "non"})


def plain(value: str, decimal_comma: bool = False) -> str | None:
    """Reduce typed numbers (``£1,234.50``, ``(12)``, ``1.234,5`` with a decimal comma) to digits; None when blank."""
    bare = _DECORATION.sub("", value)
    if decimal_comma:
        bare = bare.replace(".", "").replace(",", ".")
    if bare.startswith("(") and bare.endswith(")"):
        bare = "-" + bare[1:-1]
    if _GROUPED.fullmatch(bare):
        bare = bare.replace(",", "")
    if bare and not _PLAIN.fullmatch(bare):
        raise BadValueError("no number", _REMEDY)
    return bare or None


class NumberReader:
    """Reads numbers the way one mapping declares them: with a decimal point or a decimal comma."""

    def __init__(self, *, decimal_comma: bool = False) -> None:
        self._decimal_comma = decimal_comma

    def number(self, value: Any) -> float | int | None:
        """A finite number; whole ones given as text stay whole."""
        if isinstance(value, str):
            bare = plain(value, self._decimal_comma)
            if bare is None:
                return None
            value = int(bare) if bare.lstrip("+-").isdigit() else float(bare)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadValueError("no number", _REMEDY)
        if not -1e300 < value < 1e300:
            raise BadValueError("no finite number", _REMEDY)
        if isinstance(value, int) and abs(value) > 10**18:
            raise BadValueError("a number too large to be true", _REMEDY)
        return value

    def whole(self, value: Any) -> int | None:
        """A whole number up to 10^15 either way; ``30.0`` is one."""
        found = self.number(value)
        if found is None:
            return None
        if found != math.floor(found) or abs(found) > 10**15:
            raise BadValueError("no whole number", _REMEDY)
        return int(found)

    def count(self, value: Any) -> int | None:
        """A whole number from 0 to 10^12."""
        found = self.whole(value)
        if found is not None and not 0 <= found <= 10**12:
            raise BadValueError("a count must lie between 0 and 10^12", _REMEDY)
        return found

    def percent(self, value: Any) -> float | int | None:
        """A percentage, 50 meaning one half."""
        found = self.number(value)
        if found is not None and not -1000 <= found <= 1000:
            raise BadValueError("a percentage must lie between -1000 and 1000", _REMEDY)
        return found

    def fraction(self, value: Any) -> float | int | None:
        """A percentage from a fraction: 0.5 becomes 50."""
        found = self.number(value)
        return None if found is None else self.percent(round(found * 100, 6))

    def milliseconds(self, value: Any) -> float | int | None:
        """Seconds from milliseconds."""
        found = self.number(value)
        return None if found is None else round(found / 1000, 3)

    def minutes(self, value: Any) -> float | int | None:
        """Seconds from minutes."""
        found = self.number(value)
        return None if found is None else found * 60


def flag(value: Any) -> bool | None:
    """Yes or no, from the words and digits people and systems write for them."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float) and value in (0, 1):
        return bool(value)
    word = value.strip().lower() if isinstance(value, str) else None
    if word == "":
        return None
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise BadValueError("neither yes nor no", "write true or false")


def negated(value: Any) -> bool | None:
    """The opposite of a flag."""
    found = flag(value)
    return None if found is None else not found
