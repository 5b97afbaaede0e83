"""Ids that look like Stripe's and are the same for the same key for ever."""

from __future__ import annotations

from functools import cache
from hashlib import sha256

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SHORT_PREFIXES = ("cus", "prod", "si")


@cache
def stripe_id(prefix: str, key: str) -> str:
    """The id of the object that ``key`` names, such as ``cus_…`` with 14 letters or ``in_…`` with 24."""
    number = int.from_bytes(sha256(f"{prefix}/{key}".encode()).digest(), "big")
    letters = []
    for _ in range(14 if prefix in _SHORT_PREFIXES else 24):
        number, rest = divmod(number, 62)
        letters.append(_ALPHABET[rest])
    return f"{prefix}_{''.join(letters)}"
