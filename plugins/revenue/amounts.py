"""Amounts in the firm's currency: converted at dated rates, and never summed where one of them has no rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.sdk import ClientRecords, Context, Mask, Rates, Values, money
from plugins.revenue.settings import RevenueSettings


@dataclass(frozen=True)
class Amounts:
    """Amounts of records in the firm's currency, NaN where none is stated or no rate is in force on their day."""

    values: Values
    stated: Values
    currencies: Values
    days: Values
    rates: Rates

    @property
    def without_rate(self) -> Mask:
        """Amounts that are stated but cannot be converted; a stated nothing needs no rate."""
        return np.asarray(np.isnan(self.values) & ~np.isnan(self.stated))

    def gap(self, row: int) -> str:
        """What is said of an amount that has no rate."""
        why = self.rates.gap(str(self.currencies[row]), self.days[row])
        return f"{money(self.stated[row], str(self.currencies[row]))}: {why}"


@dataclass(frozen=True)
class Total:
    """A sum per client, NaN where an amount has no rate; ``gaps`` say which, ``rows`` how many amounts there are."""

    values: Values
    rows: Values
    gaps: dict[int, str]


def rates_of(context: Context) -> Rates:
    """The rates into the firm's currency under the settings."""
    settings: RevenueSettings = context.settings
    return Rates(context.firm.currency, settings.rates, settings.rate_longest_days)


def amounts_of(stated: Values, currencies: Values, days: Values | None, context: Context) -> Amounts:
    """Amounts converted at the rates of their days; of today where no day is given or known."""
    today = np.datetime64(context.today, "D")
    when = np.full(len(stated), today) if days is None else np.where(np.isnat(days), today, days.astype("M8[D]"))
    rates = rates_of(context)
    values = np.where(stated == 0, 0.0, rates.convert(stated, currencies, when))
    return Amounts(values, stated, currencies, when, rates)


def total_of(records: ClientRecords, amounts: Amounts, where: Mask) -> Total:
    """Sum the amounts of some records per client; one without a rate leaves the client without a sum."""
    lacking = where & amounts.without_rate & records.linked
    values = records.by_client.total(amounts.values, where)
    gaps: dict[int, str] = {}
    for row in np.flatnonzero(lacking).tolist():
        gaps.setdefault(int(records.client[row]), amounts.gap(row))
    values[list(gaps)] = np.nan
    return Total(values, records.by_client.count(where & ~np.isnan(amounts.stated)), gaps)
