"""How reasons and tasks speak of days, counts and money."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.signals.words import counted, cut, listed, money, spoken_date

LAW = settings(max_examples=40, deadline=None)  # a slow machine breaks no law


@pytest.mark.parametrize(
    ("day", "spoken"),
    [
        (date(2026, 5, 3), "3 May 2026"),
        (np.datetime64("2026-12-31"), "31 December 2026"),
        (np.datetime64("2026-01-01T23:59:59"), "1 January 2026"),
    ],
)
def test_a_day_is_spoken(day: date | np.datetime64, spoken: str) -> None:
    assert spoken_date(day) == spoken


@pytest.mark.parametrize(
    ("number", "spoken"),
    [(1, "1 day"), (0, "0 days"), (12, "12 days"), (1.0, "1 day"), (2.5, "2.5 days"), (1500, "1,500 days")],
)
def test_a_count_agrees_with_its_noun(number: float, spoken: str) -> None:
    assert counted(number, "day") == spoken


def test_an_odd_plural_is_given() -> None:
    assert counted(2, "reply", "replies") == "2 replies"


@pytest.mark.parametrize(
    ("amount", "spoken"), [(1234.5, "GBP 1,234.50"), (100, "GBP 100"), (0.004, "GBP 0"), (-20, "GBP -20")]
)
def test_money_never_goes_without_its_currency(amount: float, spoken: str) -> None:
    assert money(amount, "GBP") == spoken


@pytest.mark.parametrize(
    ("words", "spoken"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_words_are_listed(words: list[str], spoken: str) -> None:
    assert listed(words) == spoken


def test_a_short_sentence_is_left_alone() -> None:
    assert cut("Good at 71.") == "Good at 71."


def test_a_long_sentence_ends_at_a_word() -> None:
    assert cut("pays on time, and often", 15) == "pays on time…"


@LAW
@given(st.text(max_size=400), st.integers(10, 300))
def test_a_cut_sentence_always_fits(sentence: str, limit: int) -> None:
    assert len(cut(sentence, limit)) <= limit
