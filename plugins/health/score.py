"""The score of each client under its profile: points weighed, caps applied, coverage told."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from core.sdk import Column, Signal, Values
from plugins.health.factors import factor_name, rows_of
from plugins.health.settings import Cap, HealthSettings
from plugins.health.weighing import Weighing, rounded, weigh

SCORE_DOC = "Health from 0 to 100: the weighted mean of the factors that are known, not above any cap that applies."
COVERAGE_DOC = "Share of the profile's weight that rests on facts known of this client, from 0 to 1."


def score_signals(settings: HealthSettings) -> list[Signal]:
    """``health.score`` and ``health.coverage`` for these settings."""
    names = list(settings.factor_signals)
    factors = {name: factor_name(name) for name in names}
    caps = {f"cap_{at}": cap.signal for at, cap in enumerate(settings.caps)}

    def _score_of(profiles: Column, **inputs: Column) -> Column:
        weighing = weigh_all(settings, profiles, {name: inputs[name].values for name in names})
        return _score(settings, profiles, weighing, {at: inputs[at] for at in caps})

    def _coverage_of(profiles: Column, **points: Column) -> Column:
        weighing = weigh_all(settings, profiles, {name: column.values for name, column in points.items()})
        counted = [name for name in names if not settings.is_bonus(name)]
        return Column(weighing.coverage, lambda i: _missing(points, counted, i))

    needs = {"profiles": "health.profile", **factors}
    return [
        Signal(
            "health.score",
            _score_of,
            MappingProxyType(needs | caps),
            SCORE_DOC,
            "points",
            digits=0,
            optional=frozenset(caps),
        ),
        Signal("health.coverage", _coverage_of, MappingProxyType(needs), COVERAGE_DOC, "share"),
    ]


def weigh_all(settings: HealthSettings, profiles: Column, points: Mapping[str, Values]) -> Weighing:
    """Weigh every client by its own profile; clients without one have neither score nor coverage."""
    size = len(profiles)
    score, coverage = np.full(size, np.nan), np.full(size, np.nan)
    weights = {name: np.zeros(size) for name in points}
    for profile in settings.profiles:
        rows = rows_of(profiles.values, profile)
        part = weigh(profile, {name: points[name][rows] for name in profile.factors})
        score[rows], coverage[rows] = part.score, part.coverage
        for name, values in part.weights.items():
            weights[name][rows] = values
    return Weighing(score, coverage, weights)


def holds_down(cap: Cap, evidence: Column | None, score: Values, row: int) -> bool:
    """Whether this cap holds the score of one client down."""
    return evidence is not None and bool(evidence.values[row] > cap.above and score[row] > cap.score)


def is_capped(cap: Cap, evidence: Column | None, score: Values) -> Values:
    """Where this cap holds the score down."""
    if evidence is None:
        return np.zeros(len(score), np.bool_)
    return np.asarray((evidence.values > cap.above) & (score > cap.score))


def _score(settings: HealthSettings, profiles: Column, weighing: Weighing, caps: Mapping[str, Column | None]) -> Column:
    plain = rounded(weighing.score)
    held = [is_capped(cap, caps[f"cap_{at}"], plain) for at, cap in enumerate(settings.caps)]
    score = plain.copy()
    for cap, rows in zip(settings.caps, held, strict=True):
        score[rows] = np.minimum(score[rows], cap.score)

    def _why(i: int) -> str:
        if np.isnan(score[i]):
            return profiles.reason(i) if profiles.values[i] is None else "no factor is known"
        why = [cap.because for cap, rows in zip(settings.caps, held, strict=True) if rows[i]]
        if why:
            return f"the factors make {plain[i]:.0f}, but it is capped at {score[i]:.0f}: {' and '.join(why)}"
        return f"the factors known make {plain[i]:.0f} of 100"

    return Column(score, _why)


def _missing(points: Mapping[str, Column], names: list[str], i: int) -> str:
    absent = [name for name in names if np.isnan(points[name].values[i])]
    return f"not known: {', '.join(absent)}" if absent else "all factors are known"
