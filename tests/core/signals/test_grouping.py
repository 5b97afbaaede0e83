"""Grouping by client: sums, counts, picks, and their laws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.signals.grouping import Grouping, picked

LAW = settings(max_examples=40, deadline=None)  # a slow machine breaks no law

CLIENT = np.array([0, 0, 2, -1, 0, 2], np.int64)  # client 1 has nothing; one row belongs to nobody
AMOUNT = np.array([10.0, 20.0, 5.0, 999.0, np.nan, 7.0])
DAY = np.array(["2026-01-03", "2026-01-01", "2026-02-02", "2026-09-09", "NaT", "2026-02-02"], "M8[D]")


@pytest.fixture
def groups() -> Grouping:
    return Grouping(CLIENT, 3)


def test_rows_are_counted_per_client(groups: Grouping) -> None:
    assert groups.count().tolist() == [3, 0, 2]


def test_where_limits_the_rows(groups: Grouping) -> None:
    assert groups.count(AMOUNT > 8).tolist() == [2, 0, 0]
    assert groups.total(AMOUNT, AMOUNT > 8).tolist() == [30, 0, 0]


def test_unknown_values_add_nothing(groups: Grouping) -> None:
    assert groups.total(AMOUNT).tolist() == [30, 0, 12]


def test_a_mean_is_unknown_without_rows(groups: Grouping) -> None:
    mean = groups.mean(AMOUNT)
    assert mean[[0, 2]].tolist() == [15, 6]
    assert np.isnan(mean[1])


def test_a_mean_is_weighted_when_asked(groups: Grouping) -> None:
    assert groups.mean(AMOUNT, np.array([3.0, 1, 1, 1, 1, 0]))[[0, 2]].tolist() == [12.5, 5]


def test_a_mean_without_weight_is_unknown(groups: Grouping) -> None:
    assert np.isnan(groups.mean(AMOUNT, np.zeros(6))).all()


def test_the_last_row_is_the_one_with_the_greatest_value(groups: Grouping) -> None:
    assert groups.last_row(DAY).tolist() == [0, -1, 5]


def test_the_first_row_is_the_one_with_the_smallest_value(groups: Grouping) -> None:
    assert groups.first_row(DAY).tolist() == [1, -1, 2]


@pytest.mark.parametrize(
    ("values", "median"),
    [([1.0, 2, 9], 2.0), ([4.0, 1], 2.5), ([7.0], 7.0), ([3.0, 3, 1, 1], 2.0), ([np.nan, 5.0], 5.0)],
)
def test_the_median_is_the_middle_or_the_mean_of_two(values: list[float], median: float) -> None:
    groups = Grouping(np.zeros(len(values), np.int64), 2)
    found = groups.median(np.array(values))
    assert found[0] == median
    assert np.isnan(found[1])


def test_words_are_those_that_occur(groups: Grouping) -> None:
    words = np.array(["GBP", "EUR", "GBP", "JPY", "GBP", "GBP"], "O")
    assert groups.words(words) == [{"GBP", "EUR"}, set(), {"GBP"}]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([5.0, 6.0]), [6.0, None]),
        (np.array(["2026-01-01", "2026-01-02"], "M8[D]"), ["2026-01-02", None]),
    ],
)
def test_picked_values_are_unknown_where_nothing_was_picked(values: Any, expected: list[Any]) -> None:
    found = picked(values, np.array([1, -1]))
    assert str(found[0]).startswith(str(expected[0])[:10])
    assert np.isnan(found[1]) if values.dtype.kind == "f" else np.isnat(found[1])


def test_no_rows_at_all_are_no_trouble() -> None:
    groups = Grouping(np.array([], np.int64), 2)
    nothing = np.array([], "f8")
    assert groups.count().tolist() == [0, 0]
    assert groups.total(nothing).tolist() == [0, 0]
    assert groups.last_row(nothing).tolist() == [-1, -1]
    assert np.isnan(groups.median(nothing)).all()
    assert groups.words(np.array([], "O")) == [set(), set()]


@LAW
@given(st.lists(st.tuples(st.integers(-1, 4), st.integers(-1000, 1000)), max_size=40), st.randoms())
def test_the_order_of_rows_is_irrelevant(rows: list[tuple[int, int]], random: Any) -> None:
    shuffled = random.sample(rows, len(rows))
    results = []
    for some in (rows, shuffled):
        client = np.array([row[0] for row in some], np.int64)
        values = np.array([row[1] for row in some], "f8")
        groups = Grouping(client, 5)
        results.append(
            [
                groups.count(),
                groups.total(values),
                groups.mean(values),
                groups.median(values),
                picked(values, groups.last_row(values)),
                picked(values, groups.first_row(values)),
            ]
        )
    for one, other in zip(*results, strict=True):
        assert np.array_equal(one, other, equal_nan=True)


@LAW
@given(st.lists(st.tuples(st.integers(0, 3), st.floats(-1e6, 1e6)), min_size=1, max_size=40))
def test_totals_of_all_clients_are_the_total(rows: list[tuple[int, float]]) -> None:
    client, values = np.array([row[0] for row in rows], np.int64), np.array([row[1] for row in rows])
    assert Grouping(client, 4).total(values).sum() == pytest.approx(values.sum(), abs=1e-6)
