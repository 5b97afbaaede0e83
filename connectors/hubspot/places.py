"""What the cursors of this connector say: how far a list, the changes, or a sweep behind them has got.

A cursor inside a list that was not read to its end has no stamp, so that it is before all others; its id says where
the next page starts and when the first was read. One behind a list has a stamp and the last record's id, and where
calculated properties are wanted also when these were last swept and how far a running sweep has got.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.sdk import Cursor

_UNFINISHED = ""
_MARK, _PART = "~", "@"


@dataclass(frozen=True)
class ListPlace:
    """Where the next page of a list starts, and the vendor's time when its first was read."""

    after: str = ""
    begun: str = ""

    @classmethod
    def of(cls, cursor: Cursor) -> ListPlace:
        """As ``cursor`` wrote it."""
        return cls.from_text(cursor.id)

    @classmethod
    def from_text(cls, text: str) -> ListPlace:
        """As ``to_text`` wrote it."""
        after, _, begun = text.partition(_PART)
        return cls(after, begun)

    def to_text(self) -> str:
        """As one word."""
        return f"{self.after}{_PART}{self.begun}"

    def cursor(self) -> Cursor:
        """The cursor inside this list."""
        return Cursor(_UNFINISHED, self.to_text())


def is_unfinished(cursor: Cursor) -> bool:
    """Whether a cursor stands inside a list."""
    return cursor.stamp == _UNFINISHED


@dataclass(frozen=True)
class SweepMark:
    """When the last whole sweep began (empty: never), and where a running one goes on."""

    swept: str = ""
    running: ListPlace | None = None

    @classmethod
    def of(cls, cursor: Cursor) -> SweepMark:
        """What a cursor says of sweeps."""
        _, swept, running = (*cursor.id.split(_MARK), "", "")[:3]
        return cls(swept, ListPlace.from_text(running) if running else None)

    def on(self, cursor: Cursor) -> Cursor:
        """The cursor with this mark in place of its own."""
        words = [cursor.id.partition(_MARK)[0], self.swept, self.running.to_text() if self.running else ""]
        return Cursor(cursor.stamp, _MARK.join(words).rstrip(_MARK))
