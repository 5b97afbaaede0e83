"""The arithmetic of engagement: its worked example, and its laws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from plugins.engagement.points import drawn, faded, first_of_day, rounded, saturation_of

LAW = settings(max_examples=12, deadline=None, derandomize=True)
weights = st.lists(st.floats(0, 10), min_size=1, max_size=12)


def numbers(*values: float) -> NDArray[Any]:
    return np.array(values, "f8")


def test_the_worked_example() -> None:
    """A meeting today, a call 45 days ago, a mail from the client 90 days ago: 5 + 3/2 + 2/4 = 7."""
    points = faded(numbers(5, 3, 2), numbers(0, 45, 90), 45)
    assert points.tolist() == [5, 1.5, 0.5]
    score = drawn(points.sum(keepdims=True), 10.0)
    assert score.tolist() == pytest.approx([100 * (1 - np.exp(-0.7))])
    assert rounded(score).tolist() == [50]


@pytest.mark.parametrize(
    ("points", "score"), [(0, 0), (10 * np.log(2), 50), (10 * np.log(4), 75), (10, 63.212), (1000, 100)]
)
def test_points_are_drawn_into_a_hundred(points: float, score: float) -> None:
    assert drawn(numbers(points), 10.0).tolist() == pytest.approx([score], abs=0.001)


@LAW
@given(weights, st.floats(0.01, 1000))
def test_a_score_lies_between_0_and_100(values: list[float], saturation: float) -> None:
    score = drawn(numbers(*values), saturation)
    assert ((score >= 0) & (score <= 100)).all()


@LAW
@given(weights, st.floats(0.1, 100))
def test_more_points_never_score_less(values: list[float], saturation: float) -> None:
    assert (np.diff(drawn(numbers(*sorted(values)), saturation)) >= 0).all()


@LAW
@given(weights, st.floats(0, 1000), st.floats(1, 365))
def test_events_fade_and_never_grow(values: list[float], age: float, half_life: float) -> None:
    fresh = faded(numbers(*values), np.zeros(len(values)), half_life)
    older = faded(numbers(*values), np.full(len(values), age), half_life)
    assert (fresh == numbers(*values)).all()
    assert (older <= fresh).all()
    assert faded(numbers(*values), np.full(len(values), half_life), half_life) == pytest.approx(fresh / 2)


@LAW
@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=30))
def test_the_middle_client_scores_50(points: list[float]) -> None:
    saturation = saturation_of(numbers(*points))
    assert drawn(numbers(float(np.median(points))), saturation).tolist() == pytest.approx([50])


def test_saturation_leaves_out_the_unknown_and_needs_somebody() -> None:
    assert saturation_of(numbers(1, np.nan, 3)) == saturation_of(numbers(1, 3))
    assert np.isnan(saturation_of(numbers()))
    assert np.isnan(saturation_of(numbers(np.nan)))
    assert np.isnan(saturation_of(numbers(0, 0, 5)))


def test_halves_are_rounded_upwards() -> None:
    assert rounded(numbers(49.4, 49.5, 50.5)).tolist() == [49, 50, 51]


def test_of_one_day_only_so_many_count() -> None:
    client, kind, day = numbers(0, 0, 0, 0, 0, 1), numbers(0, 0, 0, 1, 0, 0), numbers(1, 1, 1, 1, 2, 1)
    at = numbers(3, 1, 2, 4, 5, 6)
    assert first_of_day(client, kind, day, at, 2).tolist() == [False, True, True, True, True, True]
    assert first_of_day(client, kind, day, at, 1).tolist() == [False, True, False, True, True, True]
    assert first_of_day(client, kind, day, at, 9).all()
    assert first_of_day(numbers(), numbers(), numbers(), numbers(), 3).tolist() == []


@LAW
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 2)), max_size=40), st.integers(1, 4))
def test_no_group_has_more_than_the_cap(events: list[tuple[int, int, int]], cap: int) -> None:
    client, kind, day = (numbers(*(event[at] for event in events)) for at in range(3))
    kept = first_of_day(client, kind, day, np.arange(len(events)), cap)
    for group in set(events):
        rows = [row for row, event in enumerate(events) if event == group]
        assert kept[rows].sum() == min(cap, len(rows))
