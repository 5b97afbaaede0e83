"""Salesforce record ids: 15 case-sensitive characters, or 18 with a suffix that survives case-folding."""

from __future__ import annotations

import re

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_POD = "5g0"
_SHAPE = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?\Z")


def suffix_of(id15: str) -> str:
    """Return the three characters that say, five letters each, which letters of a 15-character id are capitals."""
    chunks = (id15[0:5], id15[5:10], id15[10:15])
    return "".join(_SUFFIX[sum(1 << bit for bit, char in enumerate(chunk) if "A" <= char <= "Z")] for chunk in chunks)


def make_id(key_prefix: str, serial: int) -> str:
    """Return the 18-character id of the ``serial``-th record of the object whose ids start with ``key_prefix``."""
    digits = ""
    rest = serial
    for _ in range(9):
        rest, digit = divmod(rest, 62)
        digits = _BASE62[digit] + digits
    id15 = key_prefix + _POD + digits
    return id15 + suffix_of(id15)


def to_18(text: object) -> str | None:
    """Return the 18-character form of a 15- or 18-character id, or None when ``text`` is no valid id."""
    if not isinstance(text, str) or not _SHAPE.match(text):
        return None
    full = text[:15] + suffix_of(text[:15])
    return full if text in {text[:15], full} else None
