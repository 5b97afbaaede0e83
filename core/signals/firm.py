"""The firm's days: where they begin and end, which of them are worked, and how dates move among them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np

from core.calendar import public_holidays
from core.config import FirmSettings
from core.signals.columns import Values, is_known

QUARTER = 15 * 60  # seconds; no zone on earth changes its offset but on a quarter of an hour
Roll = Literal["forward", "backward"]


def local_times(instants: Values, zone: ZoneInfo) -> Values:
    """The local date and time of each instant in a zone, as the clock on its walls shows it; NaT stays NaT."""
    seconds = instants.astype("M8[s]").astype(np.int64)
    known = is_known(instants)
    quarters, inverse = np.unique(seconds[known] // QUARTER, return_inverse=True)
    offsets = np.array([_offset(int(quarter) * QUARTER, zone) for quarter in quarters], np.int64)
    times = np.full(len(instants), "NaT", "M8[s]")
    times[known] = (seconds[known] + offsets[inverse]).astype("M8[s]")
    return times


def local_days(instants: Values, zone: ZoneInfo) -> Values:
    """The calendar day on which each instant falls in a zone; NaT stays NaT."""
    return local_times(instants, zone).astype("M8[D]")


def _offset(second: int, zone: ZoneInfo) -> int:
    shift = datetime.fromtimestamp(second, UTC).astimezone(zone).utcoffset()
    return 0 if shift is None else int(shift.total_seconds())


class WorkingDays:
    """Monday to Friday without the firm's public holidays (``GB-ENG``; none when not configured)."""

    def __init__(self, holidays: str | None, years: range) -> None:
        self._calendar = _calendar(holidays, years)

    @classmethod
    def around(cls, firm: FirmSettings, today: date) -> WorkingDays:
        """The working days that matter today: five years back, ten years ahead."""
        return cls(firm.holidays, range(today.year - 5, today.year + 11))

    def on_or_before(self, days: Values) -> Values:
        """Each day itself when it is worked, else the last working day before it."""
        return self._moved(days, 0, "backward")

    def on_or_after(self, days: Values) -> Values:
        """Each day itself when it is worked, else the next working day after it."""
        return self._moved(days, 0, "forward")

    def add(self, days: Values, count: int) -> Values:
        """``count`` working days later (negative: earlier)."""
        return self._moved(days, count, "backward" if count > 0 else "forward")

    def after(self, day: date, count: int) -> date:
        """``count`` working days after one day; 0 gives the day itself or the next one worked."""
        moved = self._moved(np.array([day], "M8[D]"), count, "backward" if count > 0 else "forward")
        return date.fromisoformat(str(moved[0]))

    def count(self, days: Values, until: date) -> Values:
        """Working days after each day, up to and with another; negative for days to come, NaN where unknown."""
        found = np.full(len(days), np.nan)
        known = is_known(days)
        last = np.datetime64(until, "D") + 1
        found[known] = np.busday_count(days[known].astype("M8[D]") + 1, last, busdaycal=self._calendar)
        return found

    def _moved(self, days: Values, count: int, roll: Roll) -> Values:
        found = np.full(len(days), "NaT", "M8[D]")
        known = is_known(days)
        found[known] = np.busday_offset(days[known], count, roll=roll, busdaycal=self._calendar)
        return found


@lru_cache(maxsize=32)
def _calendar(code: str | None, years: range) -> np.busdaycalendar:
    return np.busdaycalendar(holidays=public_holidays(code, years) if code else [])
