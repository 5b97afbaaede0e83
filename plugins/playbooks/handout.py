"""How much of one day's work one person is handed: tasks up to a budget, and a digest for what is more.

The answer depends only on what came on the same day and when, so whoever asks again, on that day or later, is told the
same places. What comes when a day is full is kept for a digest on the next working day, for which one task of every
day's budget is set aside: no day depends on the days before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Literal

NextDay = Callable[[date], date]
Form = Literal["task", "digest", "late digest"]
LEAST = 2  # one task a day, and one set aside for what came late the day before


@dataclass(frozen=True, order=True)
class Item:
    """One step that fell due for one person: on his ``day``, at an instant; ``rank`` sorts those of one instant."""

    day: date
    at: datetime
    rank: tuple[int, int, str]
    owner: str = field(compare=False)
    key: str


@dataclass(frozen=True)
class Place:
    """The day on which an item is handed out, and in what form."""

    day: date
    form: Form


def hand_out(items: Iterable[Item], budget: int, next_day: NextDay) -> dict[str, Place]:
    """The place of every item by its key; nobody gets more than ``budget`` tasks a day, digests being among them.

    What belongs to nobody is not counted.
    """
    places: dict[str, Place] = {}
    ordered = sorted(items, key=lambda item: (item.owner, item))
    for (owner, day), of_day in groupby(ordered, key=lambda item: (item.owner, item.day)):
        room = budget - 1 if owner else len(ordered)
        places |= {
            key: Place(next_day(day) if form == "late digest" else day, form) for key, form in _fill(of_day, room)
        }
    return places


def _fill(items: Iterable[Item], room: int) -> Iterator[tuple[str, Form]]:
    """What becomes of the items of one day, batch by batch as they came, while there is room for so many tasks."""
    for _, batch in groupby(items, key=lambda item: item.at):
        keys = [item.key for item in batch]
        alone = len(keys) if len(keys) <= room else room - 1
        rest: Form = "digest" if room else "late digest"
        for at, key in enumerate(keys):
            yield key, "task" if at < alone else rest
        room -= min(len(keys), room)
