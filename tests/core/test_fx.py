"""Exchange rates: in force from their day, not for ever, and never made up."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.fx import Rates

LAW = settings(max_examples=15, deadline=None, derandomize=True)
TABLE = {
    "EUR": {date(2025, 1, 1): 0.84, date(2026, 1, 1): 0.86, date(2026, 6, 1): 0.85},
    "USD": {date(2026, 3, 1): 0.78},
    "JPY": {},
}
RATES = Rates("GBP", TABLE)


def words(*items: str | None) -> NDArray[Any]:
    found = np.empty(len(items), "O")
    found[:] = items
    return found


def days(*items: str) -> NDArray[Any]:
    return np.array(items, "M8[D]")


@pytest.mark.parametrize(
    ("currency", "day", "rate"),
    [
        ("EUR", "2025-01-01", 0.84),  # from its own day on
        ("EUR", "2025-12-31", 0.84),
        ("EUR", "2026-01-01", 0.86),
        ("EUR", "2026-05-31", 0.86),
        ("EUR", "2026-06-15", 0.85),
        ("EUR", "2027-07-06", 0.85),  # 400 days later
        ("EUR", "2027-07-07", None),  # too old to be one
        ("EUR", "2024-12-31", None),  # before the first
        ("USD", "2026-02-28", None),
        ("USD", "2026-03-01", 0.78),
        ("JPY", "2026-03-01", None),  # named, but without any
        ("CHF", "2026-03-01", None),
        ("GBP", "1999-03-01", 1.0),  # the base needs none
        ("EUR", "NaT", None),
    ],
)
def test_the_rate_is_that_in_force_on_the_day(currency: str, day: str, rate: float | None) -> None:
    [found] = RATES.on(words(currency), days(day)).tolist()
    assert found == rate if rate is not None else np.isnan(found)


def test_amounts_are_converted_or_unknown() -> None:
    amounts = np.array([100.0, 100.0, 100.0, np.nan, 100.0])
    found = RATES.convert(amounts, words("EUR", "GBP", "CHF", "EUR", None), days(*["2026-02-01"] * 5))
    assert found[:2].tolist() == [86.0, 100.0]
    assert np.isnan(found[2:]).all()


def test_the_base_is_worth_itself_whatever_a_table_says() -> None:
    odd = Rates("GBP", {"GBP": {date(2026, 1, 1): 2.0}})
    assert odd.on(words("GBP"), days("2026-02-01")).tolist() == [1.0]


def test_how_old_a_rate_may_be_is_a_choice() -> None:
    strict = Rates("GBP", TABLE, longest_days=30)
    assert strict.on(words("USD", "USD"), days("2026-03-31", "2026-04-01"))[0] == 0.78
    assert np.isnan(strict.on(words("USD"), days("2026-04-01"))).all()


def test_what_is_missing_is_said_in_a_line() -> None:
    assert RATES.gap("CHF", np.datetime64("2026-05-03")) == "there is no rate from CHF to GBP on 3 May 2026"
    assert RATES.gap("CHF", np.datetime64("NaT")) == "there is no rate from CHF to GBP"


@LAW
@given(st.permutations(sorted(TABLE["EUR"].items())), st.integers(0, 1200))
def test_the_order_in_which_rates_are_written_is_irrelevant(pairs: list[tuple[date, float]], ahead: int) -> None:
    day = days("2024-10-01") + ahead
    shuffled = Rates("GBP", {"EUR": dict(pairs)})
    assert np.array_equal(shuffled.on(words("EUR"), day), RATES.on(words("EUR"), day), equal_nan=True)


@LAW
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=10), st.integers(0, 400))
def test_converting_keeps_order_and_sign(amounts: list[float], ahead: int) -> None:
    plain = np.array(sorted(amounts))
    found = RATES.convert(plain, words(*["EUR"] * len(plain)), np.repeat(days("2026-01-01") + ahead, len(plain)))
    assert (np.diff(found) >= 0).all()
    assert (np.sign(found) == np.sign(plain)).all()
