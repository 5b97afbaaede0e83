"""Dates and instants: every spelling vendors use, every absurdity they send."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.mapping.convert.times import TimeReader, epoch_date, epoch_instant, strptime_format
from core.mapping.issues import BadValueError

PLAIN = TimeReader()
LONDON = TimeReader(["DD/MM/YYYY HH:mm", "DD/MM/YYYY"], ZoneInfo("Europe/London"))
AMERICAN = TimeReader(["MM/DD/YYYY hh:mm AM", "MM/DD/YYYY"], ZoneInfo("America/New_York"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-06-30", "2026-06-30"),
        (" 2026-06-30 ", "2026-06-30"),
        ("2024-02-29", "2024-02-29"),
        ("1900-01-01", "1900-01-01"),
        ("2126-12-31", "2126-12-31"),
        ("20260630", "2026-06-30"),
        ("2026-06-30T09:00:00Z", "2026-06-30"),
        ("2026-06-30T23:30:00-05:00", "2026-07-01"),
        ("2026-06-30 14:05", "2026-06-30"),
        ("1782777600000", "2026-06-30"),
        (1782777600000, "2026-06-30"),
        (1782777600000.0, "2026-06-30"),
        ("", None),
        ("  ", None),
    ],
)
def test_dates(value: Any, expected: str | None) -> None:
    assert PLAIN.day(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-06-30T09:00:00Z", "2026-06-30T09:00:00Z"),
        ("2026-06-30T09:00:00.000+0000", "2026-06-30T09:00:00Z"),
        ("2026-06-30T09:00:00+00:00", "2026-06-30T09:00:00Z"),
        ("2026-06-30T11:00:00+02:00", "2026-06-30T09:00:00Z"),
        ("2026-06-30T09:00:00.123Z", "2026-06-30T09:00:00.123000Z"),
        ("2026-06-30T09:00:00.123456Z", "2026-06-30T09:00:00.123456Z"),
        ("2026-06-30T09:00:00", "2026-06-30T09:00:00Z"),
        ("2026-06-30 09:00", "2026-06-30T09:00:00Z"),
        ("2026-06-30", "2026-06-30T00:00:00Z"),
        ("1782810000000", "2026-06-30T09:00:00Z"),
        (1782810000123, "2026-06-30T09:00:00.123000Z"),
        ("", None),
    ],
)
def test_instants(value: Any, expected: str | None) -> None:
    assert PLAIN.instant(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "yesterday",
        "2026-02-30",
        "2026-13-01",
        "30/06/2026",
        "0001-01-01",
        "1899-12-31",
        "2127-01-01",
        "9999-12-31",
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00",
        "2026-06-30T25:00:00Z",
        "x" * 1_000_000,
        17,
        1782777600,
        1e20,
        -5,
        float("nan"),
        True,
        ["2026-06-30"],
        {"date": "2026-06-30"},
    ],
)
def test_absurd_dates_are_refused_with_a_remedy(value: Any) -> None:
    for read in (PLAIN.day, PLAIN.instant):
        with pytest.raises(BadValueError) as bad:
            read(value)
        assert bad.value.remedy


def test_a_bare_number_asks_for_a_declaration() -> None:
    with pytest.raises(BadValueError, match="bare number") as bad:
        PLAIN.instant(1782777600)
    assert "epoch_s" in bad.value.remedy


@pytest.mark.parametrize(
    ("reader", "value", "expected"),
    [
        (LONDON, "30/06/2026", "2026-06-30"),
        (LONDON, "30/06/2026 23:30", "2026-06-30"),
        (LONDON, "2026-06-30", "2026-06-30"),
        (LONDON, "2026-06-30T23:30:00Z", "2026-07-01"),
        (AMERICAN, "06/30/2026", "2026-06-30"),
        (AMERICAN, "06/30/2026 11:30 PM", "2026-06-30"),
        (AMERICAN, "2026-07-01T03:00:00Z", "2026-06-30"),
    ],
)
def test_declared_forms_and_zones_of_dates(reader: TimeReader, value: str, expected: str) -> None:
    assert reader.day(value) == expected


@pytest.mark.parametrize(
    ("reader", "value", "expected"),
    [
        (LONDON, "30/06/2026 14:05", "2026-06-30T13:05:00Z"),
        (LONDON, "30/12/2026 14:05", "2026-12-30T14:05:00Z"),
        (LONDON, "30/06/2026", "2026-06-29T23:00:00Z"),
        (LONDON, "2026-06-30T14:05:00Z", "2026-06-30T14:05:00Z"),
        (AMERICAN, "06/30/2026 02:05 PM", "2026-06-30T18:05:00Z"),
        (AMERICAN, "06/30/2026 12:05 AM", "2026-06-30T04:05:00Z"),
    ],
)
def test_bare_times_are_the_zones_own(reader: TimeReader, value: str, expected: str) -> None:
    assert reader.instant(value) == expected


def test_the_wrong_order_of_day_and_month_is_told_not_guessed() -> None:
    with pytest.raises(BadValueError, match="no date in a form this mapping knows") as bad:
        LONDON.day("12/25/2026")
    assert "dates:" in bad.value.remedy


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("DD/MM/YYYY", "%d/%m/%Y"),
        ("MM/DD/YY", "%m/%d/%y"),
        ("DD-MMM-YYYY", "%d-%b-%Y"),
        ("YYYY-MM-DD HH:mm:ss", "%Y-%m-%d %H:%M:%S"),
        ("DD.MM.YYYY hh:mm AM", "%d.%m.%Y %I:%M %p"),
    ],
)
def test_forms_are_written_as_people_know_them(pattern: str, expected: str) -> None:
    assert strptime_format(pattern) == expected


@pytest.mark.parametrize(
    ("per_second", "value", "expected"),
    [
        (1, 1782810000, "2026-06-30T09:00:00Z"),
        (1, "1782810000", "2026-06-30T09:00:00Z"),
        (1, 1782810000.5, "2026-06-30T09:00:00.500000Z"),
        (1, 0, "1970-01-01T00:00:00Z"),
        (1, -86400, "1969-12-31T00:00:00Z"),
        (1000, 1782810000123, "2026-06-30T09:00:00.123000Z"),
        (1000, "1782810000000", "2026-06-30T09:00:00Z"),
        (1, "", None),
    ],
)
def test_seconds_and_milliseconds_since_1970(per_second: int, value: Any, expected: str | None) -> None:
    assert epoch_instant(per_second)(value) == expected
    assert epoch_date(per_second)(value) == (expected and expected[:10])


@pytest.mark.parametrize("value", ["soon", 1e30, float("nan"), float("inf"), 10**400, [1], {}, True, -(10**11)])
def test_impossible_counts_of_seconds_are_refused(value: Any) -> None:
    with pytest.raises(BadValueError):
        epoch_instant(1)(value)


@given(st.dates(date(1900, 1, 1), date(2126, 12, 31)))
def test_every_date_in_range_reads_as_itself(day: date) -> None:
    assert PLAIN.day(day.isoformat()) == day.isoformat()


@settings(suppress_health_check=[HealthCheck.too_slow])  # the zones are read when they are first drawn
@given(st.datetimes(datetime(1901, 1, 1), datetime(2126, 1, 1), timezones=st.timezones()))  # noqa: DTZ001 - bounds must be bare
def test_every_instant_means_the_same_moment_afterwards(moment: datetime) -> None:
    written = PLAIN.instant(moment.isoformat())
    assert written is not None
    assert datetime.fromisoformat(written) == moment.astimezone(UTC)
    assert written.endswith("Z")
