"""The arithmetic of a score: worked examples, its laws, and the simulation of what missing data does to it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.health.band import band_of
from plugins.health.factors import points_of
from plugins.health.profile import PROFESSIONAL_SERVICES, Factor, Group, Missing, Profile
from plugins.health.settings import HealthSettings
from plugins.health.weighing import rounded, weigh
from tests.plugins.health.missing import bands_with_one_missing

LAW = settings(max_examples=40, deadline=None)  # a slow machine breaks no law

LINE = ((0.0, 0.0), (100.0, 100.0))
UNKNOWN = np.nan


def factor(weight: float, missing: Missing = "redistribute") -> Factor:
    return Factor(signal="any.signal", points=LINE, weight=weight, missing=missing)


def profile(**groups: tuple[float, dict[str, Factor]]) -> Profile:
    return Profile(
        name="test", groups={name: Group(weight=w, factors=factors) for name, (w, factors) in groups.items()}
    )


def one(of: Profile, **points: float) -> tuple[float, float]:
    """Score and coverage of one client."""
    weighing = weigh(of, {name: np.array([value]) for name, value in points.items()})
    return round(float(weighing.score[0]), 6), float(weighing.coverage[0])


PLAIN = profile(all=(1, {"a": factor(25), "b": factor(25), "c": factor(50)}))
GROUPED = profile(left=(60, {"a": factor(20), "b": factor(10)}), right=(40, {"c": factor(1)}))


@pytest.mark.parametrize(
    ("of", "points", "score", "coverage"),
    [
        # H = sum(w s) / sum(w): (25 x 80 + 25 x 40 + 50 x 60) / 100
        (PLAIN, {"a": 80, "b": 40, "c": 60}, 60, 1),
        # b is missing: (25 x 80 + 50 x 60) / 75, three quarters known
        (PLAIN, {"a": 80, "b": UNKNOWN, "c": 60}, 66.666667, 0.75),
        (PLAIN, {"a": UNKNOWN, "b": UNKNOWN, "c": 60}, 60, 0.5),
        # groups first: left = (20 x 90 + 10 x 30) / 30 = 70, then 0.6 x 70 + 0.4 x 50
        (GROUPED, {"a": 90, "b": 30, "c": 50}, 62, 1),
        # b leaves its weight to a, not to c: 0.6 x 90 + 0.4 x 50
        (GROUPED, {"a": 90, "b": UNKNOWN, "c": 50}, 74, 0.8),
        # a whole group leaves its weight to the other
        (GROUPED, {"a": 90, "b": 30, "c": UNKNOWN}, 70, 0.6),
        (GROUPED, {"a": UNKNOWN, "b": UNKNOWN, "c": 50}, 50, 0.4),
        (profile(g=(1, {"a": factor(50), "b": factor(50, "zero")})), {"a": 80, "b": UNKNOWN}, 40, 0.5),
        (profile(g=(1, {"a": factor(50), "b": factor(50, "neutral")})), {"a": 80, "b": UNKNOWN}, 65, 0.5),
    ],
)
def test_worked_examples(of: Profile, points: dict[str, float], score: float, coverage: float) -> None:
    assert one(of, **points) == (score, coverage)


@pytest.mark.parametrize(
    ("of", "points"),
    [
        (PLAIN, {"a": UNKNOWN, "b": UNKNOWN, "c": UNKNOWN}),
        (profile(g=(1, {"a": factor(50), "b": factor(50, "block")})), {"a": 80, "b": UNKNOWN}),
    ],
)
def test_without_what_it_takes_there_is_no_score(of: Profile, points: dict[str, float]) -> None:
    assert np.isnan(one(of, **points)[0])


BONUS = PLAIN.model_copy(update={"bonus": {"gift": factor(25)}})


@pytest.mark.parametrize(
    ("gift", "score"),
    [
        (UNKNOWN, 60),
        (100, 68),  # (100 x 60 + 25 x 100) / 125 with the group as a weight of 100
        (60, 60),
        (10, 60),  # would lower the score, so it does nothing
    ],
)
def test_a_bonus_only_adds(gift: float, score: float) -> None:
    of = BONUS.model_copy(update={"groups": {"all": Group(weight=100, factors=BONUS.groups["all"].factors)}})
    assert one(of, a=80, b=40, c=60, gift=gift) == (score, 1)


@pytest.mark.parametrize(
    ("value", "points"),
    [(-5, 0), (0, 0), (25, 50), (50, 100), (75, 60), (100, 20), (400, 20), (np.nan, np.nan)],
)
def test_points_lie_on_straight_lines_and_are_flat_beyond(value: float, points: float) -> None:
    bent = Factor(signal="a.b", points=((0, 0), (50, 100), (100, 20)), weight=1)
    assert points_of(np.array([value]), bent)[0] == pytest.approx(points, nan_ok=True)


@pytest.mark.parametrize(("score", "shown"), [(59.5, 60), (59.49, 59), (0.5, 1), (1.5, 2), (2.5, 3), (100, 100)])
def test_halves_are_rounded_upwards(score: float, shown: float) -> None:
    assert rounded(np.array([score]))[0] == shown


@pytest.mark.parametrize(
    ("score", "band"),
    [
        (100, "Excellent"),
        (80, "Excellent"),
        (79, "Good"),
        (60, "Good"),
        (59, "Fair"),
        (40, "Fair"),
        (39, "At Risk"),
        (0, "At Risk"),
    ],
)
def test_the_lower_edge_belongs_to_the_band(score: float, band: str) -> None:
    assert band_of(np.array([score]), HealthSettings())[0] == band


# --- laws -----------------------------------------------------------------------------------------------------------

FACTORS = list(PROFESSIONAL_SERVICES.factors)
known = st.one_of(st.just(np.nan), st.floats(0, 100))
clients = st.lists(st.fixed_dictionaries(dict.fromkeys(FACTORS, known)), min_size=1, max_size=8)


def columns(rows: list[dict[str, float]]) -> dict[str, np.ndarray[Any, Any]]:
    return {name: np.array([row[name] for row in rows]) for name in FACTORS}


@LAW
@given(clients)
def test_a_score_lies_between_its_worst_and_best_factor(rows: list[dict[str, float]]) -> None:
    score = weigh(PROFESSIONAL_SERVICES, columns(rows)).score
    for row, value in zip(rows, score, strict=True):
        given_points = [row[name] for name in FACTORS if not np.isnan(row[name])]
        core = [row[name] for name in FACTORS if not np.isnan(row[name]) and name not in PROFESSIONAL_SERVICES.bonus]
        assert np.isnan(value) == (not core)
        assert not core or min(core) - 1e-9 <= value <= max(given_points) + 1e-9


@LAW
@given(clients)
def test_weights_are_those_of_what_is_known_and_add_up_to_one(rows: list[dict[str, float]]) -> None:
    points = columns(rows)
    weighing = weigh(PROFESSIONAL_SERVICES, points)
    total = np.sum(list(weighing.weights.values()), axis=0)
    assert np.allclose(total[~np.isnan(weighing.score)], 1)
    for name, weights in weighing.weights.items():
        assert (weights >= 0).all()
        assert (weights[np.isnan(points[name])] == 0).all()


@LAW
@given(clients)
def test_the_score_is_the_sum_of_points_by_weight(rows: list[dict[str, float]]) -> None:
    points = columns(rows)
    weighing = weigh(PROFESSIONAL_SERVICES, points)
    total = np.sum([np.nan_to_num(points[name]) * weighing.weights[name] for name in FACTORS], axis=0)
    scored = ~np.isnan(weighing.score)
    assert np.allclose(total[scored], weighing.score[scored])


@LAW
@given(clients)
def test_coverage_is_a_share_and_falls_with_every_gap(rows: list[dict[str, float]]) -> None:
    points = columns(rows)
    coverage = weigh(PROFESSIONAL_SERVICES, points).coverage
    assert ((coverage >= 0) & (coverage <= 1)).all()
    gap = points | {"recency": np.full(len(rows), np.nan)}
    assert (weigh(PROFESSIONAL_SERVICES, gap).coverage <= coverage).all()


@LAW
@given(clients, st.sampled_from(FACTORS), st.floats(0, 50))
def test_a_better_factor_never_makes_a_worse_score(rows: list[dict[str, float]], name: str, gain: float) -> None:
    points = columns(rows)
    better = points | {name: np.minimum(points[name] + gain, 100)}
    before, after = weigh(PROFESSIONAL_SERVICES, points).score, weigh(PROFESSIONAL_SERVICES, better).score
    scored = ~np.isnan(before)
    assert (after[scored] >= before[scored] - 1e-9).all()


@LAW
@given(clients, st.randoms())
def test_clients_do_not_touch_each_other(rows: list[dict[str, float]], random: Any) -> None:
    order = random.sample(range(len(rows)), len(rows))
    score = weigh(PROFESSIONAL_SERVICES, columns(rows)).score
    shuffled = weigh(PROFESSIONAL_SERVICES, columns([rows[at] for at in order])).score
    assert np.array_equal(score[order], shuffled, equal_nan=True)


@LAW
@given(clients, st.floats(0.5, 20))
def test_only_the_ratio_of_weights_matters(rows: list[dict[str, float]], scale: float) -> None:
    groups = {
        name: group.model_copy(update={"weight": group.weight * scale})
        for name, group in PROFESSIONAL_SERVICES.groups.items()
    }
    scaled = PROFESSIONAL_SERVICES.model_copy(update={"groups": groups, "bonus": {}})
    plain = PROFESSIONAL_SERVICES.model_copy(update={"bonus": {}})
    one_way, other = weigh(plain, columns(rows)), weigh(scaled, columns(rows))
    assert np.allclose(one_way.score, other.score, equal_nan=True)
    assert np.allclose(one_way.coverage, other.coverage)


@LAW
@given(clients)
def test_a_group_keeps_its_weight_while_anything_of_it_is_known(rows: list[dict[str, float]]) -> None:
    plain = PROFESSIONAL_SERVICES.model_copy(update={"bonus": {}})
    points = {name: values for name, values in columns(rows).items() if name in plain.factors}
    weights = weigh(plain, points).weights
    share = {name: np.sum([weights[f] for f in group.factors], axis=0) for name, group in plain.groups.items()}
    both = (share["money"] > 0) & (share["relationship"] > 0)
    assert np.allclose(share["money"][both] / share["relationship"][both], 25 / 40)


# --- finding 1, repeated --------------------------------------------------------------------------------------------

RULES: tuple[Missing, ...] = ("neutral", "redistribute")
CLIENTS = 5_000  # the benchmark `scoring` takes 20,000


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_missing_factor_seldom_moves_a_client(seed: int) -> None:
    changed, wrongly_at_risk = bands_with_one_missing("redistribute", seed, CLIENTS)
    assert changed <= 0.13
    assert wrongly_at_risk <= 0.013


def test_counting_what_is_missing_as_nothing_would_cry_wolf() -> None:
    changed, wrongly_at_risk = bands_with_one_missing("zero", 1, CLIENTS)
    assert changed > 0.4
    assert wrongly_at_risk > 0.05


def test_counting_it_as_middling_hides_risk_and_moves_more_clients() -> None:
    neutral, redistributed = (bands_with_one_missing(rule, 1, CLIENTS) for rule in RULES)
    assert neutral[0] > redistributed[0]
