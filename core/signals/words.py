"""How days, counts and money are spoken of in reasons and tasks, so that all plugins sound alike."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

MONTHS = ("January", "February", "March", "April", "May", "June",
          "July", "August", "September", "October", "November", "December")  # fmt: skip
LIMIT = 255  # what a CRM still shows in a list column


def spoken_date(day: date | np.datetime64 | Any) -> str:
    """A day as people write it: ``3 May 2026``."""
    year, month, number = str(day)[:10].split("-")
    return f"{int(number)} {MONTHS[int(month) - 1]} {year}"


def counted(number: float, noun: str, plural: str = "") -> str:
    """A number with its noun: ``1 day``, ``12 days``, ``2.5 days``."""
    shown = f"{number:,.1f}".removesuffix(".0")
    return f"{shown} {noun if shown == '1' else plural or noun + 's'}"


def money(amount: float, currency: str) -> str:
    """An amount with its currency: ``GBP 1,234.50``."""
    return f"{currency} {amount:,.2f}".removesuffix(".00")


def listed(words: list[str]) -> str:
    """Words as a list in a sentence: ``a, b and c``."""
    return " and ".join([*([", ".join(words[:-1])] if words[1:] else []), *words[-1:]])


def cut(sentence: str, limit: int = LIMIT) -> str:
    """The sentence, or as many of its words as fit, ending in an ellipsis."""
    if len(sentence) <= limit:
        return sentence
    return sentence[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"
