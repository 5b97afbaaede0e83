"""Instants and days as text: written one way, read in several, ordered as time is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.salesforce.sandbox.moments import read_day, read_http_date, read_instant, write_http_date, write_instant

SECONDS = st.integers(-8_000_000_000, 60_000_000_000)
INSTANTS = st.builds(
    lambda seconds, micros: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds, microseconds=micros),
    SECONDS,
    st.integers(0, 999_999),
)


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (datetime(2026, 6, 30, 9, tzinfo=UTC), "2026-06-30T09:00:00.000+0000"),
        (datetime(2026, 6, 30, 9, 0, 0, 250_999, tzinfo=UTC), "2026-06-30T09:00:00.250+0000"),
        (datetime(2026, 6, 30, 1, tzinfo=timezone(timedelta(hours=2))), "2026-06-29T23:00:00.000+0000"),
        (datetime(1700, 1, 1, tzinfo=UTC), "1700-01-01T00:00:00.000+0000"),
    ],
)
def test_written(instant: datetime, text: str) -> None:
    assert write_instant(instant) == text


@pytest.mark.parametrize(
    "text",
    [
        "2026-06-30T09:00:00Z",
        "2026-06-30T09:00:00.000Z",
        "2026-06-30T09:00:00+00:00",
        "2026-06-30T09:00:00.000+0000",
        "2026-06-30T11:00:00+0200",
        "2026-06-30T04:30:00-04:30",
        "20260630T090000Z",
    ],
)
def test_read(text: str) -> None:
    assert read_instant(text) == datetime(2026, 6, 30, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "x", "2026-06-30", "2026-06-30T09:00:00", "2026-06-30T25:00:00Z", "2026-02-30T00:00:00Z", "09:00"]
)
def test_not_read(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_instant(text)


@pytest.mark.parametrize(
    ("text", "day"), [("2026-06-30", date(2026, 6, 30)), ("2026-06-30T23:30:00-02:00", date(2026, 7, 1))]
)
def test_days(text: str, day: date) -> None:
    assert read_day(text) == day


@given(INSTANTS)
def test_reading_undoes_writing(instant: datetime) -> None:
    assert read_instant(write_instant(instant)) == instant.replace(microsecond=instant.microsecond // 1000 * 1000)


@given(INSTANTS, INSTANTS)
def test_text_is_ordered_as_time(one: datetime, other: datetime) -> None:
    if write_instant(one) != write_instant(other):
        assert (write_instant(one) < write_instant(other)) == (one < other)


@given(INSTANTS)
def test_http_dates_have_whole_seconds(instant: datetime) -> None:
    assert read_http_date(write_http_date(instant)) == instant.replace(microsecond=0)


@pytest.mark.parametrize(
    "text", ["Tue, 30 Jun 2026 09:00:00 GMT", "30 Jun 2026 09:00:00 +0000", "Tue, 30 Jun 2026 11:00:00 +0200"]
)
def test_http_dates_are_read(text: str) -> None:
    assert read_http_date(text) == datetime(2026, 6, 30, 9, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-06-30"])
def test_other_headers_are_not(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_http_date(text)
