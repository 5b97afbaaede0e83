"""Intervals: published examples, and how often they hold the truth."""

from __future__ import annotations

import numpy as np
import pytest

from core.intervals import Estimate, mean, net_promoters, nothing, ratio, relative, separation, share


@pytest.mark.parametrize(
    ("found", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, table I, method 3
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_as_published(found: int, n: int, low: float, high: float) -> None:
    told = share(found, n)
    assert (told.value, told.n) == (found / n, n)
    assert [told.low, told.high] == pytest.approx([low, high], abs=5e-5)


def test_net_promoters_by_hand() -> None:
    """Ten answers, five for and three against: 5.75 and 3.75 of 13."""
    told = net_promoters(5, 3, 10)
    half = 100 * 1.96 * ((9.5 / 13 - (2 / 13) ** 2) / 13) ** 0.5
    assert told.value == 20
    assert told.low == pytest.approx(100 * 2 / 13 - half, abs=0.01)
    assert told.high == pytest.approx(100 * 2 / 13 + half, abs=0.01)


@pytest.mark.parametrize("n", [5, 10, 20])
@pytest.mark.parametrize("mix", [(0.5, 0.3, 0.2), (0.8, 0.15, 0.05)])
def test_the_interval_of_few_answers_holds_the_truth(n: int, mix: tuple[float, float, float]) -> None:
    dice = np.random.default_rng(n)
    drawn = dice.multinomial(n, mix, 3000)
    truth = 100 * (mix[0] - mix[2])
    held = [net_promoters(up, down, n) for up, _, down in drawn.tolist()]
    assert np.mean([one.low <= truth <= one.high for one in held]) > 0.92
    assert all(-100 <= one.low <= one.high <= 100 for one in held)


def test_a_mean_and_a_ratio_by_hand() -> None:
    told = mean(np.array([1.0, 2.0, 3.0, np.nan]))
    assert (told.value, told.n) == (2, 3)
    assert told.high - 2 == pytest.approx(1.96 * (2 / 2 / 3) ** 0.5, abs=1e-4)
    told = ratio(np.array([5.0, 10.0, 0.0]), np.array([10.0, 10.0, 20.0]))
    assert told.value == pytest.approx(15 / 40)
    assert told.low < told.value < told.high


def test_equal_parts_leave_no_doubt() -> None:
    told = ratio(np.array([2.0, 4.0]), np.array([4.0, 8.0]))
    assert (told.low, told.value, told.high) == (0.5, 0.5, 0.5)


def test_the_interval_of_a_ratio_holds_the_truth() -> None:
    dice = np.random.default_rng(4)
    held = 0
    for _ in range(400):
        base = dice.lognormal(0, 0.5, 60)
        told = ratio(base * dice.normal(0.8, 0.2, 60), base)
        held += told.low <= 0.8 <= told.high
    assert held / 400 > 0.9


def test_separation_counts_pairs() -> None:
    scores, happened = np.array([10.0, 20.0, 30.0, 20.0]), np.array([True, False, False, True])
    told = separation(scores, happened)
    assert told.value == pytest.approx((1 + 1 + 0.5 + 1) / 4)
    assert separation(scores, ~happened).value == pytest.approx(1 - told.value)


def test_separation_and_its_doubt_are_as_published() -> None:
    """Hanley and McNeil 1982, table I: 58 normal and 51 abnormal images rated 1 to 5; area 0.893, its error 0.032."""
    normal, abnormal = np.repeat([1, 2, 3, 4, 5], [33, 6, 6, 11, 2]), np.repeat([1, 2, 3, 4, 5], [3, 2, 2, 11, 33])
    ratings = np.concatenate([normal, abnormal]).astype("f8")
    told = separation(-ratings, np.arange(109) >= 58)
    assert told.value == pytest.approx(0.893, abs=5e-4)
    assert (told.high - told.value) / 1.96 == pytest.approx(0.032, abs=1e-3)


def test_the_doubt_of_ten_among_two_hundred_is_as_measured() -> None:
    """With 10 of 200 an AUC of about 0.75 carries about 0.18."""
    scores = np.concatenate([np.linspace(0, 50, 10), np.linspace(0, 100, 190)])
    told = separation(scores, np.arange(200) < 10)
    assert told.value == pytest.approx(0.75, abs=0.01)
    assert told.high - told.value == pytest.approx(0.18, abs=0.02)


def test_how_many_times_as_often() -> None:
    told = relative(10, 20, 5, 50)
    assert told.value == pytest.approx(5)
    assert 1 < told.low < 5 < told.high
    assert np.isnan(relative(3, 10, 0, 10).value)  # no number of times, but a lower end all the same
    assert relative(3, 10, 0, 10).low > 0


@pytest.mark.parametrize(
    "told",
    [share(0, 0), mean(np.array([np.nan])), ratio(np.array([]), np.array([])), net_promoters(0, 0, 0), nothing(0),
     ratio(np.array([1.0]), np.array([0.0])), separation(np.array([1.0]), np.array([True])), relative(0, 0, 1, 2)],
)  # fmt: skip
def test_of_nothing_nothing_is_said(told: Estimate) -> None:
    assert np.isnan([told.value, told.low, told.high]).all()
