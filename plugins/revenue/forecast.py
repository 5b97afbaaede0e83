"""The forecast of the next twelve months: what is agreed, plus renewals and sales by how often they come true.

Forecast = committed + renewable x share of renewals that succeed + pipeline; low and high take the bounds of those
shares. The shares are the firm's own over all clients, with Wilson's interval, once enough was decided.
"""

from __future__ import annotations

import numpy as np

from core.sdk import Column, Context, Values, listed, money, signal
from plugins.revenue.chances import Measured, measured
from plugins.revenue.settings import RevenueSettings

SMALL = 0.5  # a change of less is not worth a word


@signal("revenue.forecast_12m", unit="money", across=True)
def forecast(
    revenue_committed_12m: Column,
    revenue_renewable_12m: Column,
    revenue_pipeline_12m: Column,
    revenue_renewals_kept: Column,
    revenue_renewals_decided: Column,
    context: Context,
) -> Column:
    """Fees expected in the next twelve months, in the firm's currency."""
    renewals = _renewals(revenue_renewals_kept, revenue_renewals_decided, context)
    agreed, hanging, hoped = (
        column.values for column in (revenue_committed_12m, revenue_renewable_12m, revenue_pipeline_12m)
    )
    values = agreed + hanging * renewals.rate + hoped

    def _why(i: int) -> str:
        if np.isnan(values[i]):
            return NO_RATE
        parts = {
            "agreed": agreed[i],
            f"from renewals ({renewals.basis})": hanging[i] * renewals.rate,
            "from sales": hoped[i],
        }
        said = [f"{money(amount, context.firm.currency)} {what}" for what, amount in parts.items() if amount]
        return listed(said) or "nothing is agreed or in sight"

    return Column(values, _why)


@signal("revenue.forecast_low", unit="money", keep="latest", across=True)
def forecast_low(
    revenue_committed_12m: Column,
    revenue_renewable_12m: Column,
    revenue_pipeline_12m: Column,
    revenue_renewals_kept: Column,
    revenue_renewals_decided: Column,
    revenue_deals_won: Column,
    revenue_deals_decided: Column,
    context: Context,
) -> Column:
    """The forecast if renewals and sales turn out as badly as they well may."""
    renewals = _renewals(revenue_renewals_kept, revenue_renewals_decided, context)
    sales = _sales(revenue_deals_won, revenue_deals_decided, context)
    hoped = revenue_pipeline_12m.values * (sales.low / sales.rate if sales.rate else 0.0)
    values = revenue_committed_12m.values + revenue_renewable_12m.values * renewals.low + hoped
    return Column(values, f"renewals at {renewals.low:.0%}, sales at {sales.low:.0%} where {sales.rate:.0%} are usual")


@signal("revenue.forecast_high", unit="money", keep="latest", across=True)
def forecast_high(
    revenue_committed_12m: Column,
    revenue_renewable_12m: Column,
    revenue_pipeline_12m: Column,
    revenue_pipeline_open: Column,
    revenue_renewals_kept: Column,
    revenue_renewals_decided: Column,
    revenue_deals_won: Column,
    revenue_deals_decided: Column,
    context: Context,
) -> Column:
    """The forecast if renewals and sales turn out as well as they well may, no deal above its full amount."""
    renewals = _renewals(revenue_renewals_kept, revenue_renewals_decided, context)
    sales = _sales(revenue_deals_won, revenue_deals_decided, context)
    usual = sales.high / sales.rate if sales.rate else 1.0
    hoped = np.minimum(revenue_pipeline_12m.values * usual, revenue_pipeline_open.values)
    values = revenue_committed_12m.values + revenue_renewable_12m.values * renewals.high + hoped
    return Column(
        values, f"renewals at {renewals.high:.0%}, sales at {sales.high:.0%} where {sales.rate:.0%} are usual"
    )


@signal("revenue.forecast_change", kind="text", keep="latest")
def forecast_change(
    revenue_committed_12m: Column, revenue_renewable_12m: Column, revenue_pipeline_12m: Column, context: Context
) -> Column:
    """What has moved the forecast within a month (unless set otherwise): agreements, renewals or pipeline."""
    days = context.settings.change_days
    now = {
        "agreements": revenue_committed_12m.values,
        "renewals": revenue_renewable_12m.values,
        "pipeline": revenue_pipeline_12m.values,
    }
    before = {
        "agreements": context.past("revenue.committed_12m", days).values,
        "renewals": context.past("revenue.renewable_12m", days).values,
        "pipeline": context.past("revenue.pipeline_12m", days).values,
    }
    moved = {what: now[what] - before[what] for what in now}
    words = np.full(len(revenue_committed_12m), None, "O")
    known = ~np.isnan(np.array(list(moved.values()))).any(axis=0)
    words[known] = [_moves(moved, i, context.firm.currency) for i in np.flatnonzero(known).tolist()]
    return Column(words, f"compared with {days} days ago, as far as it was known then")


NO_RATE = "an amount has no rate into the firm's currency: see revenue.findings"


def _moves(moved: dict[str, Values], i: int, currency: str) -> str:
    """The changes in words, the greatest first."""
    changes = sorted(((values[i], what) for what, values in moved.items()), key=lambda pair: (-abs(pair[0]), pair[1]))
    said = [
        f"{what} {'up' if amount > 0 else 'down'} {money(abs(amount), currency)}"
        for amount, what in changes
        if abs(amount) >= SMALL
    ]
    return listed(said) or "unchanged"


def _renewals(kept: Column, decided: Column, context: Context) -> Measured:
    """The share of renewals that succeed, over all clients."""
    settings: RevenueSettings = context.settings
    return measured(np.nansum(kept.values), np.nansum(decided.values), settings.rates_least, settings.renewals)


def _sales(won: Column, decided: Column, context: Context) -> Measured:
    """The share of deals that are won, over all clients."""
    settings: RevenueSettings = context.settings
    return measured(np.nansum(won.values), np.nansum(decided.values), settings.rates_least, settings.sales)


SIGNALS = [forecast, forecast_low, forecast_high, forecast_change]
