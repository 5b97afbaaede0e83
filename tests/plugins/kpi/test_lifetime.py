"""The model of jobs to come: as published on CDNOW, better than it on the weeks that followed, and its laws."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.kpi.lifetime import Lifetime, _edges, _Likelihood, fit
from plugins.kpi.minimise import by_differences, minimise
from plugins.kpi.spend import Spend, fit_spend
from plugins.kpi.work import Work
from tests.plugins.kpi.cdnow import CALIBRATED, HOLDOUT, needs_cdnow, orders

LAW = settings(max_examples=20, deadline=None)
EVEN = Lifetime(0.243, 4.414, 0.793, 2.426, np.array([0.0, 273.0]), np.array([1.0]), 0.0, True)


def one(x: int, last_week: float, age: float) -> Work:
    """One client: repeated jobs, and the weeks of the last one and of the end, counted from the first."""
    return Work(
        np.array([x]), np.array([273.0 - age * 7]), np.array([273.0 - (age - last_week) * 7]), 273.0, np.array([])
    )


# --- published figures ----------------------------------------------------------------------------------------------


@needs_cdnow
def test_the_plain_model_has_the_published_parameters() -> None:
    found = fit(orders("sample").until(CALIBRATED), even=True)
    assert (found.r, found.alpha, found.a, found.b) == pytest.approx((0.243, 4.414, 0.793, 2.426), abs=0.001)
    assert found.likelihood == pytest.approx(-9582.4, abs=0.05)
    assert found.settled


@needs_cdnow
def test_the_worth_of_a_job_has_the_published_parameters() -> None:
    known = orders("sample")
    work = known.until(CALIBRATED)
    found = fit_spend(work.repeats, known.repeat_worth(work), scale=1.0)
    assert (found.p, found.q, found.v) == pytest.approx((6.25, 3.74, 15.45), abs=0.01)


@needs_cdnow
@pytest.mark.parametrize(("name", "correlation"), [("sample", 0.626), ("master", 0.669)])
def test_what_followed_is_foretold_within_ten_percent(name: str, correlation: float) -> None:
    known = orders(name)
    work = known.until(CALIBRATED)
    actual, money = known.later()
    expected = fit(work).expected(work, HOLDOUT)
    worth = known.repeat_worth(work)
    spent = expected * fit_spend(work.repeats, worth).expected(work.repeats, worth)
    assert np.corrcoef(expected, actual)[0, 1] >= correlation
    assert abs(expected.sum() / actual.sum() - 1) <= 0.10
    assert abs(spent.sum() / money.sum() - 1) <= 0.10


@needs_cdnow
def test_the_plain_model_alone_would_foretell_too_little() -> None:
    known = orders("sample")
    work = known.until(CALIBRATED)
    assert fit(work, even=True).expected(work, HOLDOUT).sum() / known.later()[0].sum() - 1 < -0.10


@needs_cdnow
def test_nothing_of_the_future_is_looked_at() -> None:
    known = orders("sample")
    cut = known.until(CALIBRATED)
    past = known.day <= cut.end
    blind = Work.of(known.client[past], known.day[past], known.clients, cut.end)
    for field in ("repeats", "first", "last", "days"):
        assert np.array_equal(getattr(blind, field), getattr(cut, field))


@needs_cdnow
@pytest.mark.parametrize("name", ["sample", pytest.param("master", marks=pytest.mark.soak)])
def test_half_a_year_and_more_is_foretold_better_than_by_the_plain_model(name: str) -> None:
    """At four cuts of the same data, not only the published one: half the error of the plain model, on average."""
    known, errors = orders(name), {True: 0.0, False: 0.0}
    for cut, days in (("1997-06-15", 300), ("1997-08-01", 300), (CALIBRATED, 273), ("1997-12-31", 181)):
        work = known.until(cut)
        actual = known.between(work.end, work.end + days)[0].sum()
        for even in errors:
            errors[even] += abs(fit(work, even=even).expected(work, days).sum() / actual - 1) / 4
    assert errors[False] < 0.09
    assert errors[False] < 0.6 * errors[True]


# --- formulas by hand -----------------------------------------------------------------------------------------------


def test_the_chance_of_being_alive_by_the_formula() -> None:
    """Fader, Hardie and Lee 2005, with x 2, last job in week 30.43, age 38.86."""
    left = 0.793 / (2.426 + 2 - 1) * ((4.414 + 38.86) / (4.414 + 30.43)) ** (0.243 + 2)
    assert EVEN.alive(one(2, 30.43, 38.86))[0] == pytest.approx(1 / (1 + left))


def test_expected_jobs_of_the_published_example() -> None:
    """The authors' own example: 1.226 jobs in 39 weeks of a customer with x 2, t_x 30.43, T 38.86."""
    assert EVEN.expected(one(2, 30.43, 38.86), HOLDOUT)[0] == pytest.approx(1.226, abs=0.001)


def test_expected_jobs_agree_with_the_series_summed_by_hand() -> None:
    r, alpha, a, b, x, age, t = 0.243, 4.414, 0.793, 2.426, 3, 20.0, 10.0
    z, term, total = t / (alpha + age + t), 1.0, 1.0
    for k in range(4000):
        term *= (r + x + k) * (b + x + k) / ((a + b + x - 1 + k) * (k + 1)) * z
        total += term
    without = (a + b + x - 1) / (a - 1) * (1 - ((alpha + age) / (alpha + age + t)) ** (r + x) * total)
    client = one(3, 15.0, age)
    assert EVEN.expected(client, 70.0)[0] == pytest.approx(without * EVEN.alive(client)[0], rel=1e-6)


def test_no_parameter_is_a_trap() -> None:
    near = [replace(EVEN, a=a).expected(one(3, 15.0, 20.0), 70.0)[0] for a in (1 - 1e-6, 1.0, 1 + 1e-6)]
    assert near[1] == pytest.approx(near[0], rel=1e-4)
    assert near[1] == pytest.approx(near[2], rel=1e-4)


def test_the_worth_of_a_job_is_drawn_to_the_mean() -> None:
    """(1 - z) p v / (q - 1) + z m, with z = p x / (p x + q - 1)."""
    spend = Spend(6.25, 3.74, 15.44, 1.0, True)
    z = 6.25 * 2 / (6.25 * 2 + 2.74)
    assert spend.expected(np.array([2]), np.array([50.0]))[0] == pytest.approx((1 - z) * 6.25 * 15.44 / 2.74 + z * 50)
    assert spend.expected(np.array([0]), np.array([np.nan]))[0] == pytest.approx(6.25 * 15.44 / 2.74)


# --- laws -----------------------------------------------------------------------------------------------------------

Client = tuple[int, float, float]
clients = st.tuples(st.integers(0, 40), st.floats(0, 1), st.floats(1, 200))


@LAW
@given(clients, st.floats(1, 1000))
def test_jobs_and_chances_stay_within_bounds(client: Client, days: float) -> None:
    x, part, age = client
    work = one(x, age * part if x else 0.0, age)
    assert 0 < EVEN.alive(work)[0] <= 1
    assert 0 <= EVEN.expected(work, days)[0] <= 41 * days


@LAW
@given(clients, st.floats(1, 500), st.floats(1, 500))
def test_more_time_brings_more_jobs_ever_more_slowly(client: Client, days: float, more: float) -> None:
    x, part, age = client
    work = one(x, age * part if x else 0.0, age)
    first, both, last = (EVEN.expected(work, span)[0] for span in (days, days + more, days + 2 * more))
    assert first <= both + 1e-12
    assert last - both <= both - first + 1e-9


@LAW
@given(st.integers(1, 30), st.floats(5, 100), st.floats(0, 0.9))
def test_who_was_here_lately_is_more_likely_to_come_back(x: int, age: float, part: float) -> None:
    earlier, later = one(x, age * part, age), one(x, age * (part + 0.1), age)
    assert EVEN.alive(earlier)[0] < EVEN.alive(later)[0]
    assert EVEN.expected(earlier, 90)[0] < EVEN.expected(later, 90)[0]


def book(seed: int, clients: int = 400, days: int = 900) -> tuple[Any, Any]:
    """Clients drawn from the plain model, each with a first job in the first 450 days."""
    dice = np.random.default_rng(seed)
    whose, when = [], []
    for client in range(clients):
        rate, leaves = dice.gamma(0.8, 1 / 40), dice.beta(0.8, 2.4)
        at, begun = float(dice.integers(0, 450)), False
        while at <= days:
            whose.append(client)
            when.append(math.ceil(at))
            if begun and dice.random() < leaves:
                break
            at, begun = at + dice.exponential(1 / rate), True
    return np.array(whose), np.array(when)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_jobs_and_of_clients_is_irrelevant(seed: int) -> None:
    whose, when = book(seed, 120)
    mixed = np.random.default_rng(seed).permutation(len(whose))
    plain, shuffled = (fit(Work.of(whose[rows], when[rows], 120, 900)) for rows in (np.arange(len(whose)), mixed))
    renamed = fit(Work.of(119 - whose, when, 120, 900))
    for name in ("r", "alpha", "a", "b", "likelihood"):
        assert getattr(plain, name) == getattr(shuffled, name) == getattr(renamed, name)


@pytest.mark.parametrize("seed", [3, 4])
def test_the_paces_are_one_on_average_and_near_it_where_nothing_happens(seed: int) -> None:
    found = fit(Work.of(*book(seed), 400, 900))
    assert np.average(found.paces, weights=np.diff(found.edges)) == pytest.approx(1)
    assert np.abs(found.paces - 1).max() < 0.4
    plain = fit(Work.of(*book(seed), 400, 900), even=True)
    assert found.likelihood >= plain.likelihood - 1e-6


def test_a_quiet_time_is_not_taken_for_clients_who_left() -> None:
    """Half of the jobs of 170 days are struck, then all is as before: the paced model is nearer to what follows."""
    whose, when = book(5, 1500, 1100)
    kept = (when < 700) | (when > 870) | (np.arange(len(when)) % 2 == 0)
    whose, when = whose[kept], when[kept]
    work = Work.of(whose, when, 1500, 900)
    actual = int((when > 900).sum())
    paced, plain = (fit(work, even=even).expected(work, 200).sum() / actual - 1 for even in (False, True))
    assert abs(paced) < 0.7 * abs(plain)
    assert plain < -0.2


def test_what_is_to_come_begins_at_the_last_pace_and_ends_at_the_average_one() -> None:
    slow = replace(EVEN, edges=np.array([0.0, 28.0, 56.0]), paces=np.array([1.5, 0.5]))
    client = one(2, 30.0, 38.0)
    even = slow._even_weeks
    assert even(28.0) == pytest.approx(4 * (1 - 0.5 * 0.7))
    assert even(56.0) == pytest.approx(4 * (1 - 0.5 * 0.7) + 4 * (1 - 0.5 * 0.49))
    assert even(2828.0) - even(2800.0) == pytest.approx(4)
    assert slow.expected(client, 28.0)[0] < slow.expected(client, 56.0)[0]


def test_several_jobs_on_a_day_are_one() -> None:
    work = Work.of(np.array([0, 0, 0, 1]), np.array([1, 1, 5, 2]), 2, 10)
    assert (work.repeats.tolist(), work.first.tolist(), work.last.tolist()) == ([1, 0], [1, 2], [5, 2])


def test_the_slope_of_the_likelihood_is_its_slope() -> None:
    """The gradient by hand against one by differences, with and without paces."""
    work = Work.of(*book(6, 60), 60, 900)
    groups, weights = work.grouped()
    for even in (True, False):
        edges = _edges(work, even)
        likelihood = _Likelihood(groups, weights, edges, work.repeats_between(edges))
        at = np.concatenate([np.log([0.5, 5, 0.8, 2.5]), np.linspace(-0.3, 0.3, len(edges) - 1)[: 0 if even else None]])
        by_hand = likelihood.of(at)[1]
        _, slope = by_differences(lambda point, of=likelihood: of.of(point)[0])(at)  # type: ignore[misc]
        assert by_hand == pytest.approx(slope, rel=1e-4, abs=1e-3)


def test_a_search_without_an_end_says_so() -> None:
    assert not minimise(by_differences(lambda at: -float(at[0])), np.zeros(1)).settled
    found = minimise(by_differences(lambda at: float((at[0] - 3) ** 2 + (at[1] + 1) ** 4)), np.zeros(2))
    assert found.settled
    assert found.at == pytest.approx([3, -1], abs=0.05)


def test_a_hundred_thousand_clients_take_less_than_two_seconds() -> None:
    dice = np.random.default_rng(1)
    count = dice.negative_binomial(0.25, 0.1, 100_000) + 1
    whose = np.repeat(np.arange(100_000), count)
    work = Work.of(whose, dice.integers(0, 730, len(whose)), 100_000, 730)
    begun = time.process_time()
    fit(work).expected(work, 365)
    assert time.process_time() - begun < 2
