"""Chance that repeats: every part of the demo firm rolls its own dice, so that a change in one moves no other."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from random import Random

AS_OF = datetime(2026, 6, 30, 9, 0, tzinfo=UTC)
TODAY = AS_OF.date()
WINDOW_DAYS = 730


def dice(seed: int, *subject: str) -> Random:
    """Dice for one subject; the same seed and subject roll the same for ever."""
    return Random(f"{seed}/{'/'.join(subject)}")  # a string seeds through SHA-512, not through hash()


def days_ago(days: int) -> date:
    """The date so many days before the demo."""
    return TODAY - timedelta(days=days)


def office_hour(day: date, roll: Random) -> datetime:
    """An instant within office hours of ``day``, never after the demo's present."""
    at = datetime.combine(day, time(8 + roll.randrange(9), roll.randrange(60), roll.randrange(60)), UTC)
    return min(at, AS_OF - timedelta(minutes=1 + roll.randrange(50)))


def weekday(day: date) -> date:
    """``day``, or the Friday before it."""
    return day - timedelta(days=max(0, day.weekday() - 4))


def whole_count(rate: float, roll: Random) -> int:
    """A whole number that is ``rate`` on average."""
    whole, part = divmod(rate, 1)
    return int(whole) + (roll.random() < part)


def add_months(day: date, months: int) -> date:
    """The same day of the month ``months`` later (or earlier), or the last one where that month is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
