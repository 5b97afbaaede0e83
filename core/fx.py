"""Dated exchange rates into one currency: no amount is converted by a rate that was not in force on its day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np

from core.signals.columns import Values, is_known
from core.signals.words import spoken_date


class Rates:
    """Rates into ``base``: how many units of it one unit of another currency was worth, from each date on.

    A rate holds from its date until the next one, but no longer than ``longest_days``: an old rate is no rate.
    """

    def __init__(self, base: str, table: Mapping[str, Mapping[date, float]], longest_days: int = 400) -> None:
        self.base = base
        self._longest = longest_days
        self._table = {
            currency: (np.array(sorted(dated), "M8[D]"), np.array([dated[day] for day in sorted(dated)], "f8"))
            for currency, dated in table.items()
            if dated
        }

    def on(self, currencies: Values, days: Values) -> Values:
        """The rate of each currency on each day: 1 for the base itself, NaN where none is in force."""
        found = np.full(len(currencies), np.nan)
        found[currencies == self.base] = 1.0
        for currency, (dates, rates) in self._table.items():
            rows = np.flatnonzero((currencies == currency) & is_known(days) & (currency != self.base))
            found[rows] = self._in_force(dates, rates, days[rows])
        return found

    def convert(self, amounts: Values, currencies: Values, days: Values) -> Values:
        """Amounts in the base currency; NaN where an amount is unknown or has no rate."""
        return np.asarray(amounts * self.on(currencies, days))

    def gap(self, currency: str, day: np.datetime64) -> str:
        """What is said of an amount that could not be converted."""
        on = "" if np.isnat(day) else f" on {spoken_date(day)}"
        return f"there is no rate from {currency} to {self.base}{on}"

    def _in_force(self, dates: Values, rates: Values, days: Values) -> Values:
        at = np.searchsorted(dates, days.astype("M8[D]"), "right") - 1
        age = (days.astype("M8[D]") - dates[np.maximum(at, 0)]).astype("f8")
        return np.where((at >= 0) & (age <= self._longest), rates[np.maximum(at, 0)], np.nan)
