"""How far a figure may be off: 95 % intervals for shares, means, ratios and scores of few clients.

A firm has hundreds of clients, not millions; a figure without its interval says more than is known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Z = 1.959963984540054  # of the normal distribution, 95 % within


@dataclass(frozen=True)
class Estimate:
    """A figure, its 95 % interval, and of how many it is made; NaN where there is nothing to say."""

    value: float
    low: float
    high: float
    n: int


def share(found: float, n: int) -> Estimate:
    """A share of ``n`` (Wilson 1927): right for few and near 0 and 1, where the usual interval is not."""
    if n <= 0:
        return nothing(0)
    p, square = found / n, Z * Z
    middle = (p + square / (2 * n)) / (1 + square / n)
    half = Z / (1 + square / n) * math.sqrt(p * (1 - p) / n + square / (4 * n * n))
    return Estimate(p, max(0.0, middle - half), min(1.0, middle + half), n)


def mean(values: NDArray[Any]) -> Estimate:
    """The mean of known values; no interval for a single one."""
    known = values[~np.isnan(values)]
    if not len(known):
        return nothing(0)
    return _around(float(known.mean()), known - known.mean(), len(known))


def ratio(tops: NDArray[Any], bottoms: NDArray[Any]) -> Estimate:
    """The sum of ``tops`` over that of ``bottoms``, of clients where both are known (linearised)."""
    known = ~(np.isnan(tops) | np.isnan(bottoms))
    top, bottom, n = tops[known], bottoms[known], int(known.sum())
    if not n or bottom.sum() <= 0:
        return nothing(n)
    value = float(top.sum() / bottom.sum())
    return _around(value, (top - value * bottom) / bottom.mean(), n)


def net_promoters(promoters: int, detractors: int, n: int) -> Estimate:
    """The net promoter score, -100 to 100 (adjusted Wald, three answers added: Rocks 2016)."""
    if n <= 0:
        return nothing(0)
    up, down, size = (promoters + 0.75) / (n + 3), (detractors + 0.75) / (n + 3), n + 3
    half = Z * math.sqrt((up + down - (up - down) ** 2) / size)
    low, high = max(-1.0, up - down - half), min(1.0, up - down + half)
    return Estimate(100 * (promoters - detractors) / n, 100 * low, 100 * high, n)


def separation(scores: NDArray[Any], happened: NDArray[np.bool_]) -> Estimate:
    """How well low scores tell those to whom it happened from the others: AUC (Hanley and McNeil 1982).

    It is the chance that of two clients the one to whom it happened had the lower score; ties count half.
    """
    yes, no = int(happened.sum()), int((~happened).sum())
    if not yes or not no:
        return nothing(yes + no)
    order, places = np.unique(scores, return_inverse=True)
    losses = np.bincount(places[happened], minlength=len(order))
    others = np.bincount(places[~happened], minlength=len(order))
    higher = others.sum() - others.cumsum()
    area = float((losses * (higher + others / 2)).sum() / (yes * no))
    one, two = area / (2 - area), 2 * area * area / (1 + area)
    spread = area * (1 - area) + (yes - 1) * (one - area * area) + (no - 1) * (two - area * area)
    half = Z * math.sqrt(max(spread, 0.0) / (yes * no))
    return Estimate(area, max(0.0, area - half), min(1.0, area + half), yes + no)


def relative(found: int, n: int, others: int, of: int) -> Estimate:
    """How many times as often as among others (logarithmic interval of Katz 1978, half added to each count)."""
    if not n or not of:
        return nothing(n)
    value = (found / n) / (others / of) if others else math.nan
    spread = 1 / (found + 0.5) - 1 / (n + 0.5) + 1 / (others + 0.5) - 1 / (of + 0.5)
    middle = math.log((found + 0.5) / (n + 0.5)) - math.log((others + 0.5) / (of + 0.5))
    half = Z * math.sqrt(max(spread, 0.0))
    return Estimate(value, math.exp(middle - half), math.exp(middle + half), n)


def nothing(n: int) -> Estimate:
    """No figure."""
    return Estimate(math.nan, math.nan, math.nan, n)


def _around(value: float, offsets: NDArray[Any], n: int) -> Estimate:
    if n < 2:
        return Estimate(value, math.nan, math.nan, n)
    half = Z * math.sqrt(float((offsets**2).sum()) / (n - 1) / n)
    return Estimate(value, value - half, value + half, n)
