"""Months: whole ones, short ones, leap years, and back again."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.renewals.months import add_months, months_between

LAW = settings(max_examples=40, deadline=None)  # a slow machine breaks no law


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2026-01-15", 1, "2026-02-15"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2026-01-31", 3, "2026-04-30"),
        ("2026-12-01", 1, "2027-01-01"),
        ("2026-06-30", 12, "2027-06-30"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-06-15", 0, "2026-06-15"),
        ("1969-12-31", 1, "1970-01-31"),
    ],
)
def test_months_are_added(day: str, months: float, expected: str) -> None:
    assert add_months(np.array([day], "M8[D]"), np.array([months], "f8")).astype(str).tolist() == [expected]


@pytest.mark.parametrize(("day", "months"), [("NaT", 1.0), ("2026-01-01", np.nan), ("NaT", np.nan)])
def test_unknown_stays_unknown(day: str, months: float) -> None:
    assert np.isnat(add_months(np.array([day], "M8[D]"), np.array([months]))).all()


@pytest.mark.parametrize(
    ("day", "months"), [("2026-06-01", 0), ("2026-05-31", 1), ("2025-06-30", 12), ("2026-07-01", -1)]
)
def test_months_between_count_calendar_months(day: str, months: float) -> None:
    assert months_between(np.array([day], "M8[D]"), np.datetime64("2026-06-15")).tolist() == [months]


@LAW
@given(st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 1, 1)), st.integers(0, 600))
def test_the_month_is_always_the_right_one(day: date, months: int) -> None:
    start = np.array([str(day)], "M8[D]")
    moved = add_months(start, np.array([float(months)]))
    assert months_between(start, moved[0]).tolist() == [months]
    assert (moved >= start).all()
