"""What only the records can say of the settings of sla: calendars for people who are not there."""

from __future__ import annotations

from collections.abc import Iterator

from core.sdk import Context, Finding, Portfolio
from plugins.sla.settings import SlaSettings


def look_over(portfolio: Portfolio, context: Context) -> Iterator[Finding]:
    """People in calendars whom no system knows, or who have left."""
    settings: SlaSettings = context.settings
    unknown = set(portfolio.unknown_people(person for one in settings.calendars for person in one.people))
    for at, calendar in enumerate(settings.calendars):
        for place, person in enumerate(calendar.people):
            if person in unknown:
                what = f"{person} names nobody who works here: the calendar counts for nobody by that name"
                where = f"settings.calendars.{at}.people.{place}"
                yield Finding("unknown_person", "warning", what, where, "write the id of a user")
