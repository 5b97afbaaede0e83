"""The arithmetic of a score: points and weights in, a weighted mean out, with the weight of what is missing given away.

Pure columns, no client and no signal in sight, so that its laws can be tested by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.sdk import Mask, Values
from plugins.health.profile import Group, Profile


@dataclass(frozen=True)
class Weighing:
    """What came out: ``score`` 0 to 100 (NaN where nothing is known), ``coverage`` 0 to 1, true ``weights``."""

    score: Values
    coverage: Values
    weigh_factors: Callable[[], Mapping[str, Values]]

    @cached_property
    def weights(self) -> Mapping[str, Values]:
        """The share of each factor in the score; worked out when it is first asked for, as scores alone need it not."""
        return self.weigh_factors()


def weigh(profile: Profile, points: Mapping[str, Values]) -> Weighing:
    """Weigh factors by a profile: within each group first, then across the groups of which anything is known.

    Coverage is the share of the weight that rests on known factors; what a factor counts as when it is missing does not
    add to it, nor do bonus factors.
    """
    sums = {name: _Sums.of(group, points) for name, group in profile.groups.items()}
    size = len(next(iter(points.values())))
    top, present, covered = np.zeros(size), np.zeros(size), np.zeros(size)
    for name, group in profile.groups.items():
        top += sums[name].mean * group.weight
        present += sums[name].there * group.weight
        covered += sums[name].covered * (group.weight / group.whole)
    score = np.full(size, np.nan)
    np.divide(top, present, out=score, where=present > 0)
    score[_blocked(profile, points)] = np.nan
    coverage = np.round(covered / sum(group.weight for group in profile.groups.values()), 6)

    def _weigh_factors() -> dict[str, Values]:
        return _with_bonus(profile, points, score, _plain_weights(profile, sums, points, present))[1]

    return Weighing(_with_bonus(profile, points, score, {})[0], coverage, _weigh_factors)


def rounded(score: Values) -> Values:
    """The score as it is shown and banded: a whole number, halves upwards."""
    return np.floor(score + 0.5)


@dataclass(frozen=True)
class _Sums:
    """Of one group: the weight of what counts, its mean (0 where nothing does), and the weight of what is known."""

    weight: Values
    mean: Values
    there: Mask
    covered: Values

    @classmethod
    def of(cls, group: Group, points: Mapping[str, Values]) -> _Sums:
        """Add up the factors of a group."""
        size = len(next(iter(points.values())))
        top, weight, filled_up = np.zeros(size), np.zeros(size), np.zeros(size)
        for name, factor in group.factors.items():
            values = points[name]
            known = ~np.isnan(values)
            weight += known * factor.weight
            top += np.where(known, values, 0.0) * factor.weight
            if factor.stand_in is not None:
                filled_up += ~known * factor.weight
                top += ~known * (factor.weight * factor.stand_in)
        counting = weight + filled_up
        there = counting > 0
        np.divide(top, counting, out=top, where=there)
        return cls(counting, top, there, weight)


def _plain_weights(
    profile: Profile, sums: Mapping[str, _Sums], points: Mapping[str, Values], present: Values
) -> dict[str, Values]:
    """The share of each factor in the score before any bonus; zeros where there is none."""
    found = {}
    for name, group in profile.groups.items():
        outer = sums[name].there * group.weight / np.where(present > 0, present, 1.0)
        share = outer / np.where(sums[name].there, sums[name].weight, 1.0)
        for factor_name, factor in group.factors.items():
            counts = ~np.isnan(points[factor_name]) | (factor.stand_in is not None)
            found[factor_name] = counts * factor.weight * share
    return found


def _blocked(profile: Profile, points: Mapping[str, Values]) -> Values:
    """The rows in which a factor is missing that the profile cannot do without."""
    needed = [np.isnan(points[name]) for name, factor in profile.factors.items() if factor.missing == "block"]
    return np.flatnonzero(np.any(needed, axis=0)) if needed else np.zeros(0, np.int64)


def _with_bonus(
    profile: Profile, points: Mapping[str, Values], score: Values, weights: dict[str, Values]
) -> tuple[Values, dict[str, Values]]:
    """Let each bonus factor in where it raises the score; where it would lower it, it is as if it were not there."""
    whole = sum(group.weight for group in profile.groups.values())
    for name, factor in profile.bonus.items():
        share = (points[name] > score) * (factor.weight / (whole + factor.weight))
        score = score + share * (np.nan_to_num(points[name]) - score)
        weights = {other: weight * (1 - share) for other, weight in weights.items()} | {name: share}
    return score, weights
