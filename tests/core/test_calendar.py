"""Office hours: time that passes while people work, in their zone, past weekends, holidays and summer time."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.calendar import OfficeClock, OfficeHours, public_holidays
from core.errors import ConfigError

LAW = settings(max_examples=15, deadline=None, derandomize=True)
TODAY = date(2026, 6, 15)
HOUR = 3600
LONDON = OfficeClock.around(OfficeHours("Europe/London", holidays="GB-ENG"), TODAY)
NEW_YORK = OfficeClock.around(OfficeHours("America/New_York", time(8, 30), time(17, 30)), TODAY)
SUNDAYS = OfficeClock.around(OfficeHours("Asia/Dubai", time(8), time(14), (6,)), TODAY)
ALL_DAY = OfficeClock.around(OfficeHours("UTC", time(0), time(23, 59, 59), tuple(range(7))), TODAY)

instants = st.integers(1_735_689_600, 1_790_000_000)  # 2025 and most of 2026
spans = st.integers(1, 40 * HOUR)


def at(text: str, zone: str = "Europe/London") -> NDArray[Any]:
    """A local time as an instant."""
    local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    return np.array([local.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)], "M8[s]")


def local(found: NDArray[Any], zone: str = "Europe/London") -> str:
    """The one instant, as the clock on the wall shows it."""
    utc = datetime.fromisoformat(str(found[0])).replace(tzinfo=ZoneInfo("UTC"))
    return f"{utc.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-06-12 16:30", 2, "2026-06-15 10:30"),  # Friday to Monday: the worked example of the requirements
        ("2026-06-12 16:30", 0.5, "2026-06-12 17:00"),  # the end of a day, not the beginning of the next
        ("2026-06-12 09:00", 8, "2026-06-12 17:00"),
        ("2026-06-12 09:00", 8.5, "2026-06-15 09:30"),
        ("2026-06-12 18:00", 1, "2026-06-15 10:00"),  # asked after closing
        ("2026-06-12 17:00", 1, "2026-06-15 10:00"),  # asked at closing
        ("2026-06-13 12:00", 1, "2026-06-15 10:00"),  # asked on Saturday
        ("2026-06-15 03:00", 24, "2026-06-17 17:00"),  # three days of eight hours
        ("2026-04-02 16:00", 2, "2026-04-07 10:00"),  # Good Friday and Easter Monday
        ("2026-12-24 16:00", 2, "2026-12-29 10:00"),  # Christmas; Boxing Day is made up for on the 28th
        ("2026-03-27 16:00", 2, "2026-03-30 10:00"),  # summer time begins on the Sunday between
        ("2026-10-23 16:00", 2, "2026-10-26 10:00"),  # and ends
    ],
)
def test_hours_pass_while_the_office_is_open(start: str, hours: float, end: str) -> None:
    assert local(LONDON.add(at(start), hours * HOUR)) == end


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-06-12 16:30", 1, "2026-06-15 16:30"),
        ("2026-06-12 16:30", 2, "2026-06-16 16:30"),
        ("2026-06-12 16:30", 0, "2026-06-12 16:30"),
        ("2026-06-13 12:00", 1, "2026-06-16 09:00"),  # Saturday counts from Monday morning
        ("2026-06-12 17:00", 1, "2026-06-16 09:00"),
        ("2026-06-12 08:00", 1, "2026-06-15 09:00"),
        ("2026-04-02 10:00", 1, "2026-04-07 10:00"),
        ("2026-03-27 10:00", 1, "2026-03-30 10:00"),  # the same time of day across summer time
    ],
)
def test_working_days_keep_the_time_of_day(start: str, days: int, end: str) -> None:
    assert local(LONDON.add_days(at(start), days)) == end


@pytest.mark.parametrize(
    ("instant", "opening"),
    [
        ("2026-06-15 08:59", "2026-06-15 09:00"),
        ("2026-06-15 09:00", "2026-06-15 09:00"),
        ("2026-06-15 16:59", "2026-06-15 16:59"),
        ("2026-06-15 17:00", "2026-06-16 09:00"),
        ("2026-06-13 10:00", "2026-06-15 09:00"),
        ("2026-05-04 10:00", "2026-05-05 09:00"),  # Early May Bank Holiday
    ],
)
def test_what_lies_outside_moves_to_the_next_opening(instant: str, opening: str) -> None:
    assert local(LONDON.next_open(at(instant))) == opening
    assert local(LONDON.add(at(instant), 0)) == opening


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-06-12 16:30", "2026-06-15 10:30", 2),
        ("2026-06-13 01:00", "2026-06-14 23:00", 0),
        ("2026-06-12 09:00", "2026-06-19 09:00", 40),
        ("2026-06-15 10:30", "2026-06-12 16:30", -2),
        ("2026-06-15 12:00", "2026-06-15 12:00", 0),
    ],
)
def test_the_time_between_is_what_was_worked(start: str, end: str, hours: float) -> None:
    assert LONDON.between(at(start), at(end)).tolist() == [hours * HOUR]


def test_each_zone_has_its_own_morning() -> None:
    friday = at("2026-06-12 16:30")  # 11:30 in New York, 19:30 in Dubai
    assert local(NEW_YORK.add(friday, 2 * HOUR), "America/New_York") == "2026-06-12 13:30"
    assert local(SUNDAYS.add(friday, 7 * HOUR), "Asia/Dubai") == "2026-06-21 09:00"


def test_unknown_instants_stay_unknown() -> None:
    nothing = np.array(["NaT"], "M8[s]")
    for found in (LONDON.add(nothing, HOUR), LONDON.add_days(nothing, 2), LONDON.next_open(nothing)):
        assert np.isnat(found).all()
    assert np.isnan(LONDON.between(nothing, at("2026-06-12 10:00"))).all()


def test_beyond_its_years_the_clock_does_not_guess() -> None:
    early, late = at("2020-06-12 10:00"), at("2028-12-29 16:30")
    assert np.isnat(LONDON.add(early, HOUR)).all()
    assert np.isnat(LONDON.next_open(early)).all()
    assert np.isnat(LONDON.add(late, 40 * HOUR)).all()
    assert np.isnat(LONDON.add_days(late, 5)).all()
    assert np.isnan(LONDON.between(early, at("2026-06-12 10:00"))).all()


@LAW
@given(st.lists(instants, min_size=1, max_size=20), spans, spans)
def test_adding_twice_is_adding_the_sum(seconds: list[int], one: int, other: int) -> None:
    start = np.array(seconds, "M8[s]")
    assert (LONDON.add(LONDON.add(start, one), other) == LONDON.add(start, one + other)).all()


@LAW
@given(st.lists(instants, min_size=1, max_size=20), spans)
def test_what_was_added_lies_between(seconds: list[int], span: int) -> None:
    start = np.array(seconds, "M8[s]")
    assert LONDON.between(start, LONDON.add(start, span)).tolist() == [float(span)] * len(seconds)


@LAW
@given(st.lists(instants, min_size=2, max_size=20), spans)
def test_later_questions_are_never_due_earlier(seconds: list[int], span: int) -> None:
    start = np.array(sorted(seconds), "M8[s]")
    for due in (LONDON.add(start, span), LONDON.add_days(start, 1), LONDON.next_open(start)):
        assert (np.diff(due.astype(np.int64)) >= 0).all()
        assert (due >= start).all()


@LAW
@given(st.lists(instants, min_size=1, max_size=10), st.integers(0, 20))
def test_every_due_time_is_within_office_hours(seconds: list[int], days: int) -> None:
    for found in LONDON.add_days(np.array(seconds, "M8[s]"), days):
        wall = datetime.fromisoformat(local(np.array([found])))
        assert wall.weekday() < 5
        assert time(9) <= wall.time() <= time(17)


@LAW
@given(instants, st.integers(1, 20 * HOUR))
def test_a_clock_that_never_stops_counts_as_all_clocks_do(second: int, span: int) -> None:
    start = np.array([second], "M8[s]")
    found = ALL_DAY.add(start, span)[0] - start[0]
    assert abs(found.astype(int) - span) <= 2  # a second is lost at each midnight


def test_public_holidays_are_those_of_the_place() -> None:
    assert date(2026, 8, 31) in public_holidays("GB-ENG", range(2026, 2027))
    assert date(2026, 8, 31) not in public_holidays("GB-SCT", range(2026, 2027))
    assert public_holidays("GB-ENG", range(2026, 2027)) == sorted(public_holidays("GB-ENG", range(2026, 2027)))


def test_an_unknown_place_is_told_with_a_remedy() -> None:
    with pytest.raises(ConfigError, match="no public holidays are known for `XX`") as caught:
        public_holidays("XX", range(2026, 2027))
    assert "GB-ENG" in caught.value.remedy


def test_one_clock_is_made_for_all_who_share_it() -> None:
    hours = OfficeHours("Europe/London", holidays="GB-ENG")
    assert OfficeClock.around(hours, TODAY) is OfficeClock.around(hours, TODAY + timedelta(days=30))
