"""Date literals: the first and last day that each means."""

from __future__ import annotations

from datetime import date

import pytest

from connectors.salesforce.sandbox.soql.calendar_words import days_of

TUESDAY = date(2026, 6, 30)


@pytest.mark.parametrize(
    ("word", "first", "last"),
    [
        ("TODAY", "2026-06-30", "2026-06-30"),
        ("today", "2026-06-30", "2026-06-30"),
        ("YESTERDAY", "2026-06-29", "2026-06-29"),
        ("TOMORROW", "2026-07-01", "2026-07-01"),
        ("THIS_WEEK", "2026-06-28", "2026-07-04"),
        ("LAST_WEEK", "2026-06-21", "2026-06-27"),
        ("NEXT_WEEK", "2026-07-05", "2026-07-11"),
        ("THIS_MONTH", "2026-06-01", "2026-06-30"),
        ("LAST_MONTH", "2026-05-01", "2026-05-31"),
        ("NEXT_MONTH", "2026-07-01", "2026-07-31"),
        ("THIS_QUARTER", "2026-04-01", "2026-06-30"),
        ("LAST_QUARTER", "2026-01-01", "2026-03-31"),
        ("NEXT_QUARTER", "2026-07-01", "2026-09-30"),
        ("THIS_YEAR", "2026-01-01", "2026-12-31"),
        ("LAST_YEAR", "2025-01-01", "2025-12-31"),
        ("NEXT_YEAR", "2027-01-01", "2027-12-31"),
        ("LAST_90_DAYS", "2026-04-01", "2026-06-30"),
        ("NEXT_90_DAYS", "2026-07-01", "2026-09-28"),
        ("LAST_N_DAYS:1", "2026-06-29", "2026-06-30"),
        ("LAST_N_DAYS:30", "2026-05-31", "2026-06-30"),
        ("NEXT_N_DAYS:1", "2026-07-01", "2026-07-01"),
        ("NEXT_N_DAYS:7", "2026-07-01", "2026-07-07"),
        ("N_DAYS_AGO:3", "2026-06-27", "2026-06-27"),
        ("LAST_N_WEEKS:2", "2026-06-14", "2026-06-27"),
        ("NEXT_N_WEEKS:2", "2026-07-05", "2026-07-18"),
        ("LAST_N_MONTHS:2", "2026-04-01", "2026-05-31"),
        ("NEXT_N_MONTHS:8", "2026-07-01", "2027-02-28"),
        ("LAST_N_YEARS:2", "2024-01-01", "2025-12-31"),
        ("NEXT_N_YEARS:1", "2027-01-01", "2027-12-31"),
    ],
)
def test_the_days_of_a_literal(word: str, first: str, last: str) -> None:
    assert days_of(word, TUESDAY) == (date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize("word", ["SOON", "LAST_DAYS", "LAST_N_DAYS", "TODAY:1", "N_WEEKS_AGO:1", "Name"])
def test_other_words_are_none(word: str) -> None:
    assert days_of(word, TUESDAY) is None


@pytest.mark.parametrize(
    ("today", "word", "first", "last"),
    [
        (date(2026, 6, 28), "THIS_WEEK", "2026-06-28", "2026-07-04"),
        (date(2026, 7, 4), "THIS_WEEK", "2026-06-28", "2026-07-04"),
        (date(2026, 1, 1), "LAST_MONTH", "2025-12-01", "2025-12-31"),
        (date(2026, 12, 31), "NEXT_MONTH", "2027-01-01", "2027-01-31"),
        (date(2024, 1, 31), "NEXT_MONTH", "2024-02-01", "2024-02-29"),
        (date(2026, 2, 15), "LAST_QUARTER", "2025-10-01", "2025-12-31"),
        (date(2026, 11, 15), "NEXT_QUARTER", "2027-01-01", "2027-03-31"),
        (date(2024, 2, 29), "LAST_YEAR", "2023-01-01", "2023-12-31"),
    ],
)
def test_at_the_edges_of_weeks_months_and_years(today: date, word: str, first: str, last: str) -> None:
    assert days_of(word, today) == (date.fromisoformat(first), date.fromisoformat(last))
