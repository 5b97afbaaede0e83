"""The arithmetic of a score: points and weights in, a weighted mean out, with the weight of what is missing given away.

Pure columns, no client and no signal in sight, so that its laws can be tested by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.sdk import Values
from plugins.health.profile import Factor, Group, Profile

NEUTRAL = 50.0


@dataclass(frozen=True)
class Weighing:
    """What came out: ``score`` 0 to 100 (NaN where nothing is known), ``coverage`` 0 to 1, factors' true weights."""

    score: Values
    coverage: Values
    weights: Mapping[str, Values]


def weigh(profile: Profile, points: Mapping[str, Values]) -> Weighing:
    """Weigh factors by a profile: within each group first, then across the groups of which anything is known.

    Coverage is the share of the weight that rests on known factors; what a factor counts as when it is missing does not
    add to it, nor do bonus factors.
    """
    size = len(next(iter(points.values())))
    means, inner = zip(*(_weigh_group(group, points) for group in profile.groups.values()), strict=True)
    outer = _shares([group.weight for group in profile.groups.values()], [~np.isnan(mean) for mean in means])
    score = _sum([np.nan_to_num(mean) * share for mean, share in zip(means, outer, strict=True)], size)
    score[np.all([np.isnan(mean) for mean in means], axis=0) | _blocked(profile, points)] = np.nan
    weights = {name: part * share for parts, share in zip(inner, outer, strict=True) for name, part in parts.items()}
    return _with_bonus(profile, points, Weighing(score, _coverage(profile, points), weights))


def rounded(score: Values) -> Values:
    """The score as it is shown and banded: a whole number, halves upwards."""
    return np.floor(score + 0.5)


def _weigh_group(group: Group, points: Mapping[str, Values]) -> tuple[Values, dict[str, Values]]:
    """Mean of a group and the share of each factor in it; NaN and zeros where nothing of it is known."""
    filled = {name: _filled(factor, points[name]) for name, factor in group.factors.items()}
    present = [~np.isnan(values) for values in filled.values()]
    shares = _shares([factor.weight for factor in group.factors.values()], present)
    parts = [np.nan_to_num(values) * share for values, share in zip(filled.values(), shares, strict=True)]
    mean = _sum(parts, len(present[0]))
    mean[~np.any(present, axis=0)] = np.nan
    return mean, dict(zip(filled, shares, strict=True))


def _filled(factor: Factor, values: Values) -> Values:
    """The points, with what a missing one counts as."""
    stand_in = {"neutral": NEUTRAL, "zero": 0.0}.get(factor.missing, np.nan)
    return np.where(np.isnan(values), stand_in, values)


def _blocked(profile: Profile, points: Mapping[str, Values]) -> Values:
    """Where a factor is missing that the profile cannot do without."""
    needed = [np.isnan(points[name]) for name, factor in profile.factors.items() if factor.missing == "block"]
    return np.asarray(np.any(needed, axis=0)) if needed else np.zeros(len(next(iter(points.values()))), np.bool_)


def _shares(weights: list[float], present: list[Values]) -> list[Values]:
    """Each weight as a share of the weights that are present; zeros where none is."""
    whole = _sum([weight * there for weight, there in zip(weights, present, strict=True)], len(present[0]))
    whole[whole == 0] = 1.0
    return [weight * there / whole for weight, there in zip(weights, present, strict=True)]


def _coverage(profile: Profile, points: Mapping[str, Values]) -> Values:
    covered = np.zeros(len(next(iter(points.values()))))
    for group in profile.groups.values():
        inside = sum(factor.weight for factor in group.factors.values())
        for name, factor in group.factors.items():
            covered += ~np.isnan(points[name]) * (group.weight * factor.weight / inside)
    return np.round(covered / sum(group.weight for group in profile.groups.values()), 6)


def _with_bonus(profile: Profile, points: Mapping[str, Values], plain: Weighing) -> Weighing:
    """Let each bonus factor in where it raises the score; where it would lower it, it is as if it were not there."""
    whole = sum(group.weight for group in profile.groups.values())
    score, weights = plain.score, dict(plain.weights)
    for name, factor in profile.bonus.items():
        share = np.where(points[name] > score, factor.weight / (whole + factor.weight), 0.0)
        score = score * (1 - share) + np.nan_to_num(points[name]) * share
        weights = {other: weight * (1 - share) for other, weight in weights.items()} | {name: share}
    return Weighing(score, plain.coverage, weights)


def _sum(parts: list[Values], size: int) -> Values:
    total = np.zeros(size)
    for part in parts:
        total += part
    return total
