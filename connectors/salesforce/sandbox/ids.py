"""Salesforce record ids: 15 case-sensitive characters, or 18 with a suffix that survives case-folding."""

from __future__ import annotations

import re
from functools import lru_cache

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
    high, low = divmod(serial, _BLOCK)
    head, suffix, bits = _head(key_prefix, high)
    tail, low_bits = _TAILS[low]
    return head + tail + suffix + _SUFFIX[bits | low_bits]


def serial_of(key_prefix: str, row_id: str) -> int | None:
    """Return the number from which ``make_id`` made an id, None for an id that it does not make."""
    if not row_id.startswith(key_prefix + _POD) or len(row_id) != 18:
        return None
    high, low = _high(row_id[6:13]), _LOWS.get(row_id[13:15])
    return None if high is None or low is None else high * _BLOCK + low


_BLOCK = 62 * 62
_TAILS = [(one + other, (one.isupper() << 3) | (other.isupper() << 4)) for one in _BASE62 for other in _BASE62]
"""The last two characters of an id and their part of its last check character."""

_LOWS = {tail: low for low, (tail, _) in enumerate(_TAILS)}


@lru_cache(maxsize=256)
def _head(key_prefix: str, high: int) -> tuple[str, str, int]:
    """Return the first 13 characters of a block of ids, their two check characters, and the bits of the third."""
    digits = ""
    rest = high
    for _ in range(7):
        rest, digit = divmod(rest, 62)
        digits = _BASE62[digit] + digits
    head = key_prefix + _POD + digits
    suffix = suffix_of(head + "00")
    return head, suffix[:2], _SUFFIX.index(suffix[2])


@lru_cache(maxsize=256)
def _high(digits: str) -> int | None:
    """Return the number of a block of ids from its seven digits; None when one is none."""
    number = 0
    for char in digits:
        digit = _BASE62.find(char)
        if digit < 0:
            return None
        number = number * 62 + digit
    return number


def to_18(text: object) -> str | None:
    """Return the 18-character form of a 15- or 18-character id, or None when ``text`` is no valid id."""
    if not isinstance(text, str) or not _SHAPE.match(text):
        return None
    full = text[:15] + suffix_of(text[:15])
    return full if text in {text[:15], full} else None
