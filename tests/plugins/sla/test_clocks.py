"""When a reply is due: on which clock, in whose office."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydantic import ValidationError

from core.calendar import OfficeClock, OfficeHours
from core.signals.tables import Users
from plugins.sla.clocks import Offices, due_at, soon_at
from plugins.sla.settings import Calendar, Clock, SlaSettings
from tests.core.signals.book import AS_OF, FIRM

LAW = settings(max_examples=15, deadline=None, derandomize=True)
LONDON = OfficeClock.around(OfficeHours("Europe/London", holidays="GB-ENG"), date(2026, 6, 15))
CLOCKS: tuple[Clock, ...] = ("business_hours", "calendar_rolled", "business_days")


def at(text: str) -> NDArray[Any]:
    local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/London"))
    return np.array([local.astimezone(UTC).replace(tzinfo=None)], "M8[s]")


def local(found: NDArray[Any]) -> str:
    utc = datetime.fromisoformat(str(found[0])).replace(tzinfo=UTC)
    return f"{utc.astimezone(ZoneInfo('Europe/London')):%a %H:%M}"


# The table of the README: a mail of Friday, 12 June 2026, 16:30.
@pytest.mark.parametrize(
    ("clock", "hours", "due"),
    [
        ("business_hours", 2, "Mon 10:30"),
        ("business_hours", 24, "Wed 16:30"),
        ("business_hours", 48, "Mon 16:30"),
        ("calendar_rolled", 2, "Mon 09:00"),
        ("calendar_rolled", 24, "Mon 09:00"),
        ("calendar_rolled", 48, "Mon 09:00"),
        ("business_days", 2, "Mon 10:30"),
        ("business_days", 24, "Mon 16:30"),
        ("business_days", 48, "Tue 16:30"),
    ],
)
def test_each_clock_has_its_own_answer(clock: Clock, hours: float, due: str) -> None:
    assert local(due_at(LONDON, at("2026-06-12 16:30"), hours, clock)) == due


@pytest.mark.parametrize(
    ("asked", "clock", "hours", "due"),
    [
        ("2026-06-16 10:00", "calendar_rolled", 24, "Wed 10:00"),
        ("2026-06-16 10:00", "business_days", 24, "Wed 10:00"),
        ("2026-06-16 10:00", "business_hours", 24, "Fri 10:00"),
        ("2026-06-16 20:00", "calendar_rolled", 2, "Wed 09:00"),
        ("2026-06-16 20:00", "business_days", 24, "Thu 09:00"),
        ("2026-04-02 16:30", "business_days", 2, "Tue 10:30"),  # Easter
    ],
)
def test_nights_and_holidays_are_left_out(asked: str, clock: Clock, hours: float, due: str) -> None:
    assert local(due_at(LONDON, at(asked), hours, clock)) == due


def test_due_soon_is_a_share_of_the_office_time() -> None:
    asked, due = at("2026-06-12 16:30"), at("2026-06-15 10:30")
    assert local(soon_at(LONDON, asked, due, 0.25)) == "Mon 10:00"
    assert local(soon_at(LONDON, asked, due, 0.75)) == "Fri 17:00"


@LAW
@given(st.integers(1_760_000_000, 1_800_000_000), st.sampled_from([1.0, 2.0, 24.0, 48.0]), st.sampled_from(CLOCKS))
def test_it_is_due_after_it_was_asked_and_soon_before_that(second: int, hours: float, clock: Clock) -> None:
    asked = np.array([second], "M8[s]")
    due = due_at(LONDON, asked, hours, clock)
    soon = soon_at(LONDON, asked, due, 0.25)
    assert (asked <= soon).all()
    assert (soon <= due).all()


@LAW
@given(st.integers(1_760_000_000, 1_800_000_000), st.sampled_from(CLOCKS))
def test_what_is_more_urgent_is_never_due_later(second: int, clock: Clock) -> None:
    asked = np.array([second], "M8[s]")
    dues = [due_at(LONDON, asked, hours, clock)[0] for hours in (2, 24, 48)]
    assert dues == sorted(dues)


class _Context:
    def __init__(self, chosen: SlaSettings) -> None:
        self.settings, self.firm, self.today = chosen, FIRM, AS_OF.date()


def offices(chosen: SlaSettings, *zones: str | None) -> Offices:
    column = np.empty(len(zones), "O")
    column[:] = zones
    ids = [f"crm/User/{row}" for row in range(len(zones))]
    users = Users(ids, {"time_zone": column}, {"marketing/owners/9": "crm/User/0"})
    return Offices(users, _Context(chosen))  # type: ignore[arg-type]


def test_everybody_works_in_the_hours_of_the_own_zone() -> None:
    found = offices(SlaSettings(), "America/New_York", None, "Not/AZone", "../../etc")
    assert found.of(0) == OfficeHours("America/New_York", holidays="GB-ENG")
    assert [found.of(row).zone for row in (1, 2, 3, -1)] == ["Europe/London"] * 4


def test_a_calendar_is_for_its_zone_or_for_named_people() -> None:
    chosen = SlaSettings(
        calendars=(
            Calendar(zone="America/New_York", opens=time(8), closes=time(16), holidays="US-NY"),
            Calendar(
                zone="Europe/London", days=("mon", "tue"), people=("marketing/owners/9", "crm/User/7"), holidays=""
            ),
        )
    )
    found = offices(chosen, "Europe/London", "America/New_York", "Europe/London")
    assert found.of(0) == OfficeHours("Europe/London", weekdays=(0, 1), holidays=None)
    assert found.of(1) == OfficeHours("America/New_York", time(8), time(16), holidays="US-NY")
    assert found.of(2) == OfficeHours("Europe/London", holidays="GB-ENG")
    assert found.of(-1) == OfficeHours("Europe/London", holidays="GB-ENG")


def test_the_usual_hours_are_a_choice() -> None:
    found = offices(SlaSettings(opens=time(8), closes=time(18)), "Europe/London")
    assert found.of(0) == OfficeHours("Europe/London", time(8), time(18), holidays="GB-ENG")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"targets": {"urgent": 30}}, "the targets must rise"),
        ({"targets": {"urgent": 0}}, "greater than 0"),
        ({"targets": {"soon": 1}}, "Extra inputs"),
        ({"targets": {"important": 36}}, "36 hours are no multiple of 24"),
        ({"clock": "sundial"}, "Input should be"),
        ({"opens": "17:00", "closes": "09:00"}, "must close after it opens"),
        ({"calendars": [{"zone": "Europe/Londn"}]}, "no such time zone: Europe/Londn"),
        ({"calendars": [{"zone": "Europe/London", "holidays": "XX"}]}, "no public holidays are known for `XX`"),
        ({"calendars": [{"zone": "Europe/London", "days": []}]}, "at least 1 item"),
        ({"calendars": [{"zone": "Europe/London", "opens": "18:00"}]}, "must close after it opens"),
        ({"ticket_priorities": {"high": "quick"}}, "Input should be"),
        ({"urgent_words": [""]}, "would fit every subject"),
        ({"due_soon_share": 1}, "less than 1"),
        ({"tasks": ["late"]}, "Input should be"),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said) as caught:
        SlaSettings.model_validate(wrong)
    assert caught.value.error_count() == 1


def test_uneven_targets_are_fine_on_other_clocks() -> None:
    chosen = SlaSettings.model_validate({"clock": "business_hours", "targets": {"important": 36}})
    assert chosen.targets.important == 36
