"""Arithmetic of calendar months on columns of days."""

from __future__ import annotations

import numpy as np

from core.sdk import Values


def add_months(days: Values, months: Values) -> Values:
    """Each day so many months later; a day the month does not have becomes its last one."""
    known = ~np.isnat(days) & ~np.isnan(months)
    found = np.full(len(days), "NaT", "M8[D]")
    start = days[known].astype("M8[M]")
    target = start + months[known].astype(np.int64)
    offset = days[known] - start.astype("M8[D]")
    last = (target + 1).astype("M8[D]") - target.astype("M8[D]") - 1
    found[known] = target.astype("M8[D]") + np.minimum(offset, last)
    return found


def months_between(days: Values, later: np.datetime64) -> Values:
    """Calendar months from each day's month to that of a later day."""
    return np.asarray(later.astype("M8[M]") - days.astype("M8[M]")).astype("f8")
