"""When somebody may be written to: their own day, in their own zone, through changes of the clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

SATURDAY = 5
LONGEST_LOOK = 10  # days; after a weekend the next day is open


@dataclass(frozen=True)
class QuietHours:
    """Nothing is sent from ``begins`` in the evening until ``ends`` in the morning, nor on weekends unless allowed."""

    begins: time = time(20)
    ends: time = time(8)
    weekends: bool = False

    def opens(self, now: datetime, zone: tzinfo) -> datetime:
        """The first instant from now on at which something may be sent (now itself while it may)."""
        return max(self._window(now, zone)[0], now)

    def closes(self, now: datetime, zone: tzinfo) -> datetime:
        """When the hours end in which something may be sent: the present ones, or the next."""
        return self._window(now, zone)[1]

    def _window(self, now: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
        today = now.astimezone(zone).date()
        days = (today + timedelta(days=number) for number in range(LONGEST_LOOK))
        windows = (self._hours_of(day, zone) for day in days if self.weekends or day.weekday() < SATURDAY)
        return next((begin, end) for begin, end in windows if now < end)

    def _hours_of(self, day: date, zone: tzinfo) -> tuple[datetime, datetime]:
        begin, end = (datetime.combine(day, at, zone).astimezone(UTC) for at in (self.ends, self.begins))
        return begin, end
