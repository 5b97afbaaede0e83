"""The score of each client under its profile: points weighed, caps applied, coverage told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from core.sdk import Column, Signal, Values
from plugins.health.factors import factor_name, rows_of
from plugins.health.freshness import fresh_name
from plugins.health.settings import Cap, HealthSettings
from plugins.health.weighing import Weighing, rounded, weigh

SCORE_DOC = "Health from 0 to 100: the weighted mean of the factors that are known, not above any cap that applies."
CAP_DOC = "What the score may not rise above, and why; nothing where no cap applies."
COVERAGE_DOC = "Share of the profile's weight that rests on facts known of this client, from 0 to 1."


def score_signals(settings: HealthSettings) -> list[Signal]:
    """``health.score`` and ``health.coverage`` for these settings."""
    names = list(settings.factor_signals)
    factors = {name: factor_name(name) for name in names}
    caps = {f"cap_{at}": cap.signal for at, cap in enumerate(settings.caps)}

    def _score_of(profiles: Column, **inputs: Column) -> Column:
        weighing = weigh_all(settings, profiles, {name: inputs[name].values for name in names})
        return _score(settings, profiles, weighing, {at: inputs[at] for at in caps})

    def _coverage_of(profiles: Column, **inputs: Column) -> Column:
        points = {name: inputs[name] for name in names}
        weighing = weigh_all(settings, profiles, {name: column.values for name, column in points.items()})
        counted = [name for name in names if not settings.is_bonus(name)]
        aged = {name: inputs[at].values for at, name in fresh.items()}
        lost = _lost_to_age(settings, profiles, points, aged) if aged else 0.0
        return Column(np.round(weighing.coverage - lost, 6), _missing(points, counted))

    fresh = {f"fresh_{name}": name for name in settings.factor_ages}
    needs = {"profiles": "health.profile", **factors}
    dated = {at: fresh_name(name) for at, name in fresh.items()}
    return [
        Signal(
            "health.score",
            _score_of,
            MappingProxyType(needs | caps),
            SCORE_DOC,
            "points",
            digits=0,
            optional=frozenset(caps),
            wanted=frozenset(caps if "caps" in settings.model_fields_set else ()),
        ),
        Signal("health.coverage", _coverage_of, MappingProxyType(needs | dated), COVERAGE_DOC, "share"),
    ]


def cap_signal(settings: HealthSettings) -> Signal:
    """``health.cap`` for these settings."""
    caps = {f"cap_{at}": cap.signal for at, cap in enumerate(settings.caps)}

    def _cap_of(score: Column, **evidence: Column | None) -> Column:
        texts = np.full(len(score), None, "O")
        for at, cap in enumerate(settings.caps):
            rows = _applies(cap, evidence[f"cap_{at}"], score)
            said = f"at most {cap.score:.0f}: {cap.because}"
            texts[rows] = [said if text is None else f"{text} and {said}" for text in texts[rows]]
        return Column(texts, lambda i: "the score may not rise above it" if texts[i] else "nothing caps the score")

    needs = MappingProxyType({"score": "health.score"} | caps)
    return Signal("health.cap", _cap_of, needs, CAP_DOC, kind="text", optional=frozenset(caps), keep="latest")


def _applies(cap: Cap, evidence: Column | None, score: Column) -> Values:
    """The rows of clients with a score to whom a cap applies, whether or not it holds the score down today."""
    above = np.zeros(len(score), np.bool_) if evidence is None else evidence.values > cap.above
    return np.flatnonzero(above & score.known)


def weigh_all(settings: HealthSettings, profiles: Column, points: Mapping[str, Values]) -> Weighing:
    """Weigh every client by its own profile; clients without one have neither score nor coverage."""
    size = len(profiles)
    score, coverage = np.full(size, np.nan), np.full(size, np.nan)
    parts: list[tuple[Values, Weighing]] = []
    for profile in settings.profiles:
        rows = np.flatnonzero(rows_of(profiles.values, profile))
        part = weigh(profile, {name: points[name][rows] for name in profile.factors})
        score[rows], coverage[rows] = part.score, part.coverage
        parts.append((rows, part))

    def _weigh_factors() -> dict[str, Values]:
        weights = {name: np.zeros(size) for name in points}
        for rows, part in parts:
            for name, values in part.weights.items():
                weights[name][rows] = values
        return weights

    return Weighing(score, coverage, _weigh_factors)


def _lost_to_age(
    settings: HealthSettings, profiles: Column, points: Mapping[str, Column], fresh: Mapping[str, Values]
) -> Values:
    """The part of each client's coverage that its evidence has lost by growing old."""
    lost = np.zeros(len(profiles))
    for profile in settings.profiles:
        rows = np.flatnonzero(rows_of(profiles.values, profile))
        whole = sum(group.weight for group in profile.groups.values())
        for group in profile.groups.values():
            for name in (name for name in group.factors if name in fresh):
                share = group.weight / whole * group.factors[name].weight / group.whole
                lost[rows] += points[name].known[rows] * share * (1 - fresh[name][rows])
    return lost


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

    is_held = np.any(held, axis=0) if held else np.zeros(len(score), np.bool_)
    told = {
        points: f"the factors known make {points:.0f} of 100" for points in np.unique(score[~np.isnan(score)]).tolist()
    }

    def _why(i: int) -> str:
        if is_held[i]:
            why = [cap.because for cap, rows in zip(settings.caps, held, strict=True) if rows[i]]
            return f"the factors make {plain[i]:.0f}, but it is capped at {score[i]:.0f}: {' and '.join(why)}"
        if np.isnan(score[i]):
            return profiles.reason(i) if profiles.values[i] is None else "no factor is known"
        return told[score[i]]

    return Column(score, _why)


def _missing(points: Mapping[str, Column], names: list[str]) -> Callable[[int], str]:
    """What is not known, per row; clients lack the same few factors, so that each sentence is made once."""
    gaps = np.array([np.isnan(points[name].values) for name in names])
    alike, which = np.unique(np.packbits(gaps, axis=0), axis=1, return_inverse=True)
    first = np.zeros(alike.shape[1], np.int64)
    first[which] = np.arange(len(which))
    said = [_absent([name for name, gone in zip(names, gaps[:, row].tolist(), strict=True) if gone]) for row in first]
    return lambda i: said[which[i]]


def _absent(names: list[str]) -> str:
    return f"not known: {', '.join(names)}" if names else "all factors are known"
