"""The firm's days: zones with their summer time, working days with their holidays."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ConfigError
from core.signals.firm import WorkingDays, local_days

LAW = settings(max_examples=40, deadline=None)  # a slow machine breaks no law

ENGLAND = WorkingDays("GB-ENG", range(2020, 2036))
PLAIN = WorkingDays(None, range(2020, 2036))


def day(text: str) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    return np.array([text], "M8[D]")


@pytest.mark.parametrize(
    ("instant", "zone", "expected"),
    [
        ("2026-06-15T22:59:59", "Europe/London", "2026-06-15"),
        ("2026-06-15T23:00:00", "Europe/London", "2026-06-16"),  # summer time: an hour ahead
        ("2026-01-15T23:30:00", "Europe/London", "2026-01-15"),
        ("2026-03-29T00:59:59", "Europe/London", "2026-03-29"),
        ("2026-10-25T23:30:00", "Europe/London", "2026-10-25"),
        ("2026-06-16T03:59:00", "America/New_York", "2026-06-15"),
        ("2026-06-16T04:00:00", "America/New_York", "2026-06-16"),
        ("2026-06-15T18:29:00", "Asia/Kolkata", "2026-06-15"),
        ("2026-06-15T18:30:00", "Asia/Kolkata", "2026-06-16"),  # half an hour off
        ("2026-06-15T18:15:00", "Asia/Kathmandu", "2026-06-16"),  # three quarters
        ("1969-12-31T23:00:00", "UTC", "1969-12-31"),
    ],
)
def test_an_instant_falls_on_the_day_of_the_zone(instant: str, zone: str, expected: str) -> None:
    assert local_days(np.array([instant], "M8[s]"), ZoneInfo(zone)).astype(str).tolist() == [expected]


def test_an_unknown_instant_falls_on_no_day() -> None:
    found = local_days(np.array(["NaT", "2026-06-15T12:00:00"], "M8[s]"), ZoneInfo("Europe/London"))
    assert np.isnat(found).tolist() == [True, False]


@LAW
@given(
    st.lists(st.integers(631_152_000, 2_145_916_799), min_size=1),
    st.sampled_from(["Europe/London", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia"]),
)
def test_days_agree_with_the_standard_library(seconds: list[int], name: str) -> None:
    zone = ZoneInfo(name)
    found = local_days(np.array(seconds, "M8[s]"), zone)
    assert found.tolist() == [datetime.fromtimestamp(second, zone).date() for second in seconds]


@pytest.mark.parametrize(
    ("given_day", "before", "after"),
    [
        ("2026-06-15", "2026-06-15", "2026-06-15"),  # a Monday
        ("2026-06-13", "2026-06-12", "2026-06-15"),  # a Saturday
        ("2026-04-03", "2026-04-02", "2026-04-07"),  # Good Friday to Easter Monday
        ("2026-04-06", "2026-04-02", "2026-04-07"),
        ("2026-08-31", "2026-08-28", "2026-09-01"),  # summer bank holiday
        ("2026-12-25", "2026-12-24", "2026-12-29"),  # Boxing Day falls on a Saturday and moves to Monday
        ("2027-01-01", "2026-12-31", "2027-01-04"),
    ],
)
def test_days_off_roll_to_working_days(given_day: str, before: str, after: str) -> None:
    assert ENGLAND.on_or_before(day(given_day)).astype(str).tolist() == [before]
    assert ENGLAND.on_or_after(day(given_day)).astype(str).tolist() == [after]


@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [
        ("2026-06-15", 2, "2026-06-17"),
        ("2026-06-12", 1, "2026-06-15"),
        ("2026-06-13", 1, "2026-06-15"),  # the first working day after a Saturday is Monday
        ("2026-06-13", 2, "2026-06-16"),
        ("2026-06-14", -1, "2026-06-12"),
        ("2026-06-15", -10, "2026-06-01"),
        ("2026-04-02", 1, "2026-04-07"),
        ("2026-06-13", 0, "2026-06-15"),
        ("2026-06-15", 0, "2026-06-15"),
    ],
)
def test_working_days_are_counted_on(start: str, count: int, expected: str) -> None:
    assert ENGLAND.add(day(start), count).astype(str).tolist() == [expected]
    assert ENGLAND.after(date.fromisoformat(start), count).isoformat() == expected


def test_without_a_code_only_weekends_are_off() -> None:
    assert PLAIN.on_or_before(day("2026-12-25")).astype(str).tolist() == ["2026-12-25"]
    assert PLAIN.on_or_before(day("2026-12-26")).astype(str).tolist() == ["2026-12-25"]


def test_scotland_has_a_holiday_that_england_has_not() -> None:
    scotland = WorkingDays("GB-SCT", range(2026, 2028))
    assert scotland.on_or_after(day("2026-11-30")).astype(str).tolist() == ["2026-12-01"]
    assert ENGLAND.on_or_after(day("2026-11-30")).astype(str).tolist() == ["2026-11-30"]


def test_unknown_days_stay_unknown() -> None:
    assert np.isnat(ENGLAND.on_or_before(day("NaT"))).all()
    assert np.isnat(ENGLAND.add(day("NaT"), 3)).all()


@pytest.mark.parametrize("code", ["XX", "GB-ATLANTIS", "england"])
def test_an_unknown_code_is_told_with_its_place(code: str) -> None:
    with pytest.raises(ConfigError, match="no public holidays are known") as caught:
        WorkingDays(code, range(2026, 2027))
    assert caught.value.where == "firm.holidays"
    assert "GB-ENG" in caught.value.remedy


@LAW
@given(st.dates(date(2021, 1, 1), date(2034, 12, 31)))
def test_a_rolled_day_is_worked_and_near(some: date) -> None:
    before, after = (
        roll(day(some.isoformat()))[0].astype(object) for roll in (ENGLAND.on_or_before, ENGLAND.on_or_after)
    )
    assert before <= some <= after
    assert before.weekday() < 5
    assert after.weekday() < 5
    assert (after - before).days <= 6


@LAW
@given(st.dates(date(2022, 1, 1), date(2033, 12, 31)), st.integers(1, 30))
def test_going_on_and_back_ends_on_the_same_working_day(some: date, count: int) -> None:
    start = ENGLAND.on_or_after(day(some.isoformat()))
    assert ENGLAND.add(ENGLAND.add(start, count), -count).tolist() == start.tolist()
