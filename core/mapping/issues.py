"""What can be wrong with one value, and how it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, final

EXCERPT_LENGTH = 40


@final
class Missing:
    """The type of ``MISSING``."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()
"""Stands for a vendor field that is not in the record at all, as opposed to one that is null."""


@dataclass(frozen=True)
class Issue:
    """A value that could not be taken over; its field was left absent (or cut, where the problem says so)."""

    field: str
    value_excerpt: str
    problem: str
    remedy: str


class BadValueError(Exception):
    """A converter cannot make sense of a value; ``partial`` is what could be saved of it, if anything."""

    def __init__(self, problem: str, remedy: str = "correct it in the source system", partial: Any = MISSING) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy
        self.partial = partial


def excerpt(value: Any) -> str:
    """Return the beginning of a value, safe to print: at most 40 characters, no line breaks, no broken characters."""
    text = value[: 2 * EXCERPT_LENGTH] if isinstance(value, str) else _short(value)
    clean = "".join(char if char.isprintable() else "\ufffd" for char in text)
    return clean if len(clean) <= EXCERPT_LENGTH else clean[: EXCERPT_LENGTH - 1] + "…"


def _short(value: Any) -> str:
    if isinstance(value, dict | list):
        return f"{type(value).__name__} of {len(value)}"
    if isinstance(value, int) and value.bit_length() > 200:
        return "a huge number"
    return str(value)
