"""Sums, counts and picks per client over the rows of a record table.

Every method answers with one entry per client. ``where`` limits the rows; rows without a client never count.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.signals.columns import Mask, Values, is_known

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


class Grouping:
    """Rows grouped by the client they belong to; ``client`` holds -1 where there is none."""

    def __init__(self, client: Rows, clients: int) -> None:
        self._client = client
        self._size = clients
        self._linked = np.asarray(client >= 0)

    def count(self, where: Mask | None = None) -> Floats:
        """How many rows each client has."""
        return np.bincount(self._client[self._rows(where)], minlength=self._size).astype("f8")

    def total(self, values: Values, where: Mask | None = None) -> Floats:
        """Sum of known values; 0 for a client without rows."""
        rows = self._rows(where, values)
        return np.bincount(self._client[rows], weights=values[rows], minlength=self._size).astype("f8")

    def mean(self, values: Values, weights: Values | None = None, where: Mask | None = None) -> Floats:
        """Mean of known values, weighted when asked; NaN for a client without rows or weight."""
        weights = np.ones(len(values)) if weights is None else weights
        rows = self._rows(where, values, weights)
        top = np.bincount(self._client[rows], weights=values[rows] * weights[rows], minlength=self._size)
        bottom = np.bincount(self._client[rows], weights=weights[rows], minlength=self._size)
        found = np.full(self._size, np.nan)
        np.divide(top, bottom, out=found, where=bottom > 0)
        return found

    def last_row(self, values: Values, where: Mask | None = None) -> Rows:
        """Per client the row with the greatest value (the last of equals), or -1."""
        rows = self._rows(where, values)
        order = rows[np.argsort(values[rows], kind="stable")]
        picked = np.full(self._size, -1, np.int64)
        picked[self._client[order]] = order  # of repeated indexes the last one stays
        return picked

    def first_row(self, values: Values, where: Mask | None = None) -> Rows:
        """Per client the row with the smallest value (the first of equals), or -1."""
        rows = self._rows(where, values)
        order = rows[np.argsort(values[rows], kind="stable")][::-1]
        picked = np.full(self._size, -1, np.int64)
        picked[self._client[order]] = order
        return picked

    def median(self, values: Values, where: Mask | None = None) -> Floats:
        """Median of known values; NaN for a client without rows."""
        rows = self._rows(where, values)
        order = rows[np.lexsort((values[rows], self._client[rows]))]
        counts = np.bincount(self._client[order], minlength=self._size)
        starts = np.cumsum(counts) - counts
        found = np.full(self._size, np.nan)
        has = counts > 0
        low, high = starts + (counts - 1) // 2, starts + counts // 2
        found[has] = (values[order[low[has]]] + values[order[high[has]]]) / 2
        return found

    def words(self, values: Values, where: Mask | None = None) -> list[set[str]]:
        """Per client the different words that occur."""
        found: list[set[str]] = [set() for _ in range(self._size)]
        rows = self._rows(where)
        for client, word in zip(self._client[rows].tolist(), values[rows].tolist(), strict=True):
            found[client].add(word)
        return found

    def _rows(self, where: Mask | None, *needed: Values) -> Rows:
        mask = self._linked if where is None else self._linked & where
        for values in needed:
            mask = mask & is_known(values)
        return np.flatnonzero(mask)


def picked(values: Values, rows: Rows) -> Values:
    """The values of these rows; unknown where the row is -1 (floats, days and instants only)."""
    found = np.full(len(rows), np.nan if values.dtype.kind == "f" else "NaT", values.dtype)
    has = rows >= 0
    found[has] = values[rows[has]]
    return found
