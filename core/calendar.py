"""Office hours as a clock: time that passes while people work and stands still at night, at weekends and on holidays.

Instants are ``M8[s]`` arrays in UTC. Each working day is one interval, made from local times of day, so that summer
time and zones are settled once; counting is then arithmetic on a line that rises only inside the intervals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigError

MONDAY_TO_FRIDAY = (0, 1, 2, 3, 4)

Values = NDArray[Any]
_Rule = Callable[[Values], Values]


@dataclass(frozen=True)
class OfficeHours:
    """When somebody works: local hours of some weekdays (Monday is 0), but on no public holiday of ``holidays``."""

    zone: str
    opens: time = time(9)
    closes: time = time(17)
    weekdays: tuple[int, ...] = MONDAY_TO_FRIDAY
    holidays: str | None = None


class OfficeClock:
    """Counts along office hours, in the years it was made for; beyond them every answer is unknown (NaT)."""

    def __init__(self, hours: OfficeHours, years: range) -> None:
        spans = np.array(list(_spans(hours, years)), np.int64).reshape(-1, 2)
        self._opens, self._closes = spans[:, 0], spans[:, 1]
        self._worked = np.concatenate([[0], np.cumsum(self._closes - self._opens)])
        self._begins = np.datetime64(f"{years.start}-01-01", "s")

    @classmethod
    def around(cls, hours: OfficeHours, today: date) -> OfficeClock:
        """The clock for what matters today: two years back and ahead; made once."""
        return _clock(hours, range(today.year - 2, today.year + 3))

    def next_open(self, instants: Values) -> Values:
        """Each instant itself while the office is open, else the next opening."""
        return self._mapped(instants, lambda seconds: np.maximum(seconds, self._opens[self._day(seconds)]))

    def add(self, instants: Values, seconds: Values | float) -> Values:
        """So many seconds of office time later; the end of a day rather than the beginning of the next."""
        more = np.broadcast_to(np.asarray(seconds, "f8"), len(instants))
        worked = self._elapsed(instants) + more
        day = np.searchsorted(self._worked[1:], np.nan_to_num(worked), "left")
        inside = (worked > 0) & (day < len(self._opens))
        found = np.full(len(instants), "NaT", "M8[s]")
        into = worked[inside] - self._worked[day[inside]]
        found[inside] = (self._opens[day[inside]] + into.astype(np.int64)).astype("M8[s]")
        return np.asarray(np.where(more == 0, self.next_open(instants), found))

    def add_days(self, instants: Values, days: int) -> Values:
        """The same time of day so many working days later, counted from the next opening; never after closing time."""

        def _moved(seconds: Values) -> Values:
            first = self._day(seconds)
            into = np.maximum(seconds - self._opens[first], 0)
            return np.asarray(np.minimum(self._opens[first + days] + into, self._closes[first + days]))

        return self._mapped(instants, _moved, ahead=days)

    def between(self, starts: Values, ends: Values) -> Values:
        """Seconds of office time from one instant to another; NaN where one is unknown."""
        return np.asarray(self._elapsed(ends) - self._elapsed(starts))

    def _day(self, seconds: Values) -> Values:
        """The working day that is on at each second, else the next one; the number of days beyond the last."""
        return np.searchsorted(self._closes, seconds, "right")

    def _elapsed(self, instants: Values) -> Values:
        """Office seconds since the first opening; NaN where the clock does not reach."""
        reached = self._reached(instants)
        seconds = _plain(instants[reached])
        day = self._day(seconds)
        found = np.full(len(instants), np.nan)
        into = np.clip(seconds - self._opens[day], 0, self._closes[day] - self._opens[day])
        found[reached] = self._worked[day] + into
        return found

    def _mapped(self, instants: Values, rule: _Rule, ahead: int = 0) -> Values:
        """Apply a rule where the clock reaches, ``ahead`` days further on; unknown elsewhere."""
        reached = self._reached(instants, ahead)
        found = np.full(len(instants), "NaT", "M8[s]")
        found[reached] = rule(_plain(instants[reached])).astype("M8[s]")
        return found

    def _reached(self, instants: Values, ahead: int = 0) -> Values:
        within = ~np.isnat(instants) & (instants >= self._begins)
        return np.asarray(within & (self._day(_plain(instants)) + ahead < len(self._closes)))


def public_holidays(code: str, years: range) -> list[date]:
    """The public holidays of a place (``GB-ENG``, ``US-NY``, ``DE``); raises ``ConfigError`` for an unknown one."""
    import holidays  # noqa: PLC0415  takes a while to import, and firms without holidays never need it

    country, _, region = code.partition("-")
    try:
        return sorted(holidays.country_holidays(country, subdiv=region or None, years=list(years)))
    except NotImplementedError as error:
        remedy = "write an ISO 3166 code such as GB-ENG, US-NY or DE"
        raise ConfigError(f"no public holidays are known for `{code}`", where="firm.holidays", remedy=remedy) from error


@lru_cache(maxsize=64)
def _clock(hours: OfficeHours, years: range) -> OfficeClock:
    return OfficeClock(hours, years)


def _spans(hours: OfficeHours, years: range) -> Iterator[tuple[int, int]]:
    """Opening and closing of every working day, as seconds since 1970."""
    closed = set(public_holidays(hours.holidays, years)) if hours.holidays else set()
    zone, day, end = ZoneInfo(hours.zone), date(years.start, 1, 1), date(years.stop, 1, 1)
    while day < end:
        if day.weekday() in hours.weekdays and day not in closed:
            yield _second(day, hours.opens, zone), _second(day, hours.closes, zone)
        day += timedelta(days=1)


def _second(day: date, at: time, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, at, zone).astimezone(UTC).timestamp())


def _plain(instants: Values) -> Values:
    """Seconds since 1970; a very early one where unknown."""
    return instants.astype("M8[s]").astype(np.int64)
