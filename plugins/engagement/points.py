"""The arithmetic of engagement: weighted events that fade, and points drawn into 0 to 100. Pure columns, no store.

E = 100 (1 - exp(-P / S)) with P = sum of w_k 2^(-age_k / h): w is the weight of an event's type, h the half-life, and
of one type on one day only so many events count. S is such that the middle client has 50: S = median(P) / ln 2.
"""

from __future__ import annotations

import numpy as np

from core.sdk import Mask, Values

LN2 = float(np.log(2))


def first_of_day(client: Values, kind: Values, day: Values, at: Values, cap: int) -> Mask:
    """Which events count: of each client, kind and day the first ``cap``."""
    order = np.lexsort((at, day, kind, client))
    begins = np.ones(len(order), np.bool_)
    one, other = order[:-1], order[1:]
    begins[1:] = (client[one] != client[other]) | (kind[one] != kind[other]) | (day[one] != day[other])
    starts = np.flatnonzero(begins)
    sizes = np.diff(np.append(starts, len(order)))
    found = np.zeros(len(order), np.bool_)
    found[order] = np.arange(len(order)) - np.repeat(starts, sizes) < cap
    return found


def faded(weights: Values, ages: Values, half_life: float) -> Values:
    """What events of these ages in days are still worth."""
    return np.asarray(weights * np.exp2(-ages / half_life))


def drawn(points: Values, saturation: Values | float) -> Values:
    """Points as a score from 0 to 100: 50 at ``saturation`` times ln 2, never quite 100."""
    return np.asarray(100 * -np.expm1(-points / saturation))


def rounded(score: Values) -> Values:
    """A score as it is shown: a whole number, halves upwards."""
    return np.floor(score + 0.5)


def saturation_of(points: Values) -> float:
    """The saturation at which the middle of these clients scores 50; NaN where there is nobody or nothing."""
    known = points[~np.isnan(points)]
    middle = float(np.median(known)) if len(known) else 0.0
    return middle / LN2 if middle > 0 else np.nan
