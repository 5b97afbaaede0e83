"""Quiet hours are the recipient's own, through zones, weekends and changes of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.messages.quiet import QuietHours

ZONES = ("Europe/London", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "America/St_Johns", "UTC")
USUAL = QuietHours()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "now", "opens"),
    [
        ("Europe/London", "2026-06-01T09:00", "2026-06-01T09:00"),  # Monday, 10:00 there
        ("Europe/London", "2026-06-01T06:59", "2026-06-01T07:00"),  # 07:59
        ("Europe/London", "2026-06-01T19:00", "2026-06-02T07:00"),  # 20:00 sharp is quiet
        ("America/New_York", "2026-06-01T09:00", "2026-06-01T12:00"),  # 05:00
        ("Europe/London", "2026-06-05T19:30", "2026-06-08T07:00"),  # Friday evening: Monday
        ("Europe/London", "2026-03-27T21:00", "2026-03-30T07:00"),  # the clocks go forward on Sunday the 29th
        ("Europe/London", "2026-10-23T21:00", "2026-10-26T08:00"),  # and back on the 25th of October
    ],
)
def test_worked_examples(zone: str, now: str, opens: str) -> None:
    assert USUAL.opens(at(now), ZoneInfo(zone)) == at(opens)


def test_the_end_of_the_hours_is_told_to_the_delivery() -> None:
    assert USUAL.closes(at("2026-06-01T09:00"), ZoneInfo("Europe/London")) == at("2026-06-01T19:00")
    assert USUAL.closes(at("2026-06-01T20:00"), ZoneInfo("Europe/London")) == at("2026-06-02T19:00")


def test_weekends_are_as_good_as_any_day_where_the_firm_says_so() -> None:
    saturday = at("2026-06-06T10:00")
    assert USUAL.opens(saturday, UTC) == at("2026-06-08T08:00")
    assert QuietHours(weekends=True).opens(saturday, UTC) == saturday


moments = st.integers(0, 3 * 365 * 1440).map(lambda minutes: at("2025-01-01T00:00") + timedelta(minutes=minutes))
hours = st.tuples(st.integers(0, 11), st.integers(12, 23), st.booleans()).map(
    lambda one: QuietHours(time(one[1]), time(one[0]), one[2])
)


@settings(max_examples=60)
@given(now=moments, zone=st.sampled_from(ZONES), quiet=hours)
def test_what_opens_is_in_no_quiet_hour_and_not_before_now(now: datetime, zone: str, quiet: QuietHours) -> None:
    there = ZoneInfo(zone)
    opens = quiet.opens(now, there)
    local = opens.astimezone(there)
    assert opens >= now
    assert quiet.ends <= local.time() < quiet.begins
    assert quiet.weekends or local.weekday() < 5
    assert quiet.opens(opens, there) == opens
    assert now - timedelta(days=1) < opens < quiet.closes(now, there) <= opens + timedelta(days=1)


@settings(max_examples=60)
@given(now=moments, zone=st.sampled_from(ZONES), quiet=hours, later=st.integers(0, 10_000))
def test_a_later_moment_never_opens_earlier(now: datetime, zone: str, quiet: QuietHours, later: int) -> None:
    there = ZoneInfo(zone)
    assert quiet.opens(now, there) <= quiet.opens(now + timedelta(minutes=later), there)
