"""Whose office hours count, and when a reply is due by them."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from core.sdk import Context, OfficeClock, OfficeHours, Users, Values
from plugins.sla.settings import A_DAY, Calendar, Clock, SlaSettings

HOUR = 3600


def due_at(clock: OfficeClock, asked: Values, hours: float, kind: Clock) -> Values:
    """When a reply is due that was asked for at some instants, on one kind of clock; NaT beyond the clock's years.

    Friday 16:30 and two hours, office from nine to five: business_hours gives Monday 10:30, calendar_rolled Monday
    9:00 (18:30 rolled to the next opening), business_days Monday 10:30, and with 24 hours Monday 16:30.
    """
    if kind == "calendar_rolled":
        return clock.next_open(asked + np.timedelta64(round(hours * HOUR), "s"))
    days, rest = (0, hours) if kind == "business_hours" else (int(hours // A_DAY), hours % A_DAY)
    moved = clock.add_days(asked, days) if days else asked
    return clock.add(moved, rest * HOUR) if rest else moved


def soon_at(clock: OfficeClock, asked: Values, due: Values, share: float) -> Values:
    """From when only this share of the office time between asking and due is left."""
    return clock.add(asked, np.floor(clock.between(asked, due) * (1 - share)))


class Offices:
    """The office hours of every person: a calendar that names them, one of their zone, or the usual hours there."""

    def __init__(self, users: Users, context: Context) -> None:
        self._users = users
        self._context = context
        self._settings: SlaSettings = context.settings
        self._by_row = {
            int(row): calendar
            for calendar in reversed(self._settings.calendars)
            for row in users.rows_of(calendar.people)
        }

    def of(self, person: int) -> OfficeHours:
        """The hours of one person, by row; the firm's own where nobody is known (-1)."""
        firm = self._context.firm
        zone = self._users.time_zone[person] if person >= 0 else None
        zone = zone if zone and _is_zone(zone) else firm.time_zone
        calendar = self._by_row.get(person) if person >= 0 else None
        calendar = calendar or self._of_zone(zone)
        return calendar.hours(firm.holidays) if calendar else self._settings.hours_in(zone, firm.holidays)

    def clock(self, person: int) -> OfficeClock:
        """The same as a clock."""
        return OfficeClock.around(self.of(person), self._context.today)

    def _of_zone(self, zone: str) -> Calendar | None:
        fitting = (calendar for calendar in self._settings.calendars if calendar.zone == zone and not calendar.people)
        return next(fitting, None)


@lru_cache(maxsize=256)
def _is_zone(name: str) -> bool:
    """Whether a person's zone, as a CRM tells it, is one that is known here."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
