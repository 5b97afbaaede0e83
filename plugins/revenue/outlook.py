"""What the next twelve months hold for one client: fees agreed, fees that hang on a renewal, sales that may come."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from core.sdk import (
    Column,
    Context,
    Contracts,
    Deals,
    Mask,
    Signal,
    Subscriptions,
    Values,
    counted,
    money,
    picked,
    signal,
)
from plugins.revenue.amounts import Amounts, Total, amounts_of, total_of
from plugins.revenue.recurring import agreements_of, where_counted
from plugins.revenue.settings import RevenueSettings
from plugins.revenue.terms import Terms

HORIZON = 365  # days, today included
FAR = np.datetime64("2200-01-01", "D")
NONE = "no agreement reaches into them"
COMMITTED = "Fees of the next twelve months that are agreed: by the day until each contract or subscription ends."
RENEWABLE = "Fees of the next twelve months that come only if contracts ending in them are renewed."
NEEDS = {"contracts": "contracts", "subscriptions": "subscriptions", "term_end": "term.end", "context": "context"}


def committed(contracts: Contracts, subscriptions: Subscriptions, term_end: Column | None, context: Context) -> Column:
    """What is agreed."""
    agreed = agreements_of(contracts, subscriptions, term_end, context)
    ours, theirs = agreed.by_contract, agreed.by_subscription
    ahead, running = _ahead(ours, context), _ahead(theirs, context)
    by_contract, by_subscription = agreed.counts_contracts(ahead), agreed.counts_subscriptions(ahead)
    fees = total_of(contracts, _times(ours.yearly, _days_in(ours, context) / HORIZON), ahead)
    starting = ahead & (ours.begins >= np.datetime64(context.today))
    once = total_of(contracts, ours.once, starting)
    rents = total_of(subscriptions, _times(theirs.yearly, _days_in(theirs, context) / HORIZON), running)
    values = where_counted(fees.values + once.values, by_contract) + where_counted(rents.values, by_subscription)
    gaps = (rents.gaps if by_subscription.any() else {}) | fees.gaps | once.gaps
    counts = where_counted(fees.rows, by_contract) + where_counted(rents.rows, by_subscription)

    def _why(i: int) -> str:
        if np.isnan(values[i]):
            return gaps[i]
        said = f"{money(values[i], context.firm.currency)} from {counted(counts[i], 'agreement')}"
        return said if counts[i] else NONE

    return Column(values, _why)


def renewable(contracts: Contracts, subscriptions: Subscriptions, term_end: Column | None, context: Context) -> Column:
    """What hangs on renewals."""
    agreed = agreements_of(contracts, subscriptions, term_end, context)
    ours = agreed.by_contract
    ahead = _ahead(ours, context)
    ending = ahead & ~ours.notice & (ours.ends < _horizon(context))
    fees = total_of(contracts, _times(ours.yearly, _days_after(ours, context) / HORIZON), ending)
    values = where_counted(fees.values, agreed.counts_contracts(ahead))

    def _why(i: int) -> str:
        if np.isnan(values[i]):
            return fees.gaps[i]
        said = f"{money(values[i], context.firm.currency)} hang on {counted(fees.rows[i], 'renewal')}"
        return said if values[i] else "no renewal falls into them"

    return Column(values, _why)


@signal("revenue.pipeline_12m", unit="money")
def pipeline(deals: Deals, revenue_renewable_12m: Column, context: Context) -> Column:
    """Open deals expected in the next twelve months, each at the chance its stage has in the CRM."""
    settings: RevenueSettings = context.settings
    open_ = _open(deals, revenue_renewable_12m, context)
    chance = np.where(np.isnan(deals.probability), settings.sales.rate, deals.probability / 100)
    hoped = total_of(deals, _times(_of_deals(deals, context), np.clip(chance, 0, 1)), open_)
    return _deals_column(hoped, context)


@signal("revenue.pipeline_open", unit="money")
def pipeline_open(deals: Deals, revenue_renewable_12m: Column, context: Context) -> Column:
    """The same deals in full: what they bring if all are won."""
    hoped = total_of(deals, _of_deals(deals, context), _open(deals, revenue_renewable_12m, context))
    return _deals_column(hoped, context)


@signal("revenue.deals_won", unit="deals", keep="latest")
def deals_won(deals: Deals, context: Context) -> Column:
    """How many deals with the client were won in two years (unless set otherwise)."""
    return _decided(deals, deals.status == "won", context)


@signal("revenue.deals_decided", unit="deals", keep="latest")
def deals_decided(deals: Deals, context: Context) -> Column:
    """How many deals with the client were won or lost in that time."""
    return _decided(deals, np.isin(deals.status, ("won", "lost")), context)


@signal("revenue.renewals_decided", unit="contracts", keep="latest")
def renewals_decided(contracts: Contracts, context: Context) -> Column:
    """How many contracts of the client came to a stated end in two years (unless set otherwise)."""
    found = contracts.by_client.count(_ended(contracts, context))
    return Column(found, f"ends in the last {context.settings.rates_days} days")


@signal("revenue.renewals_kept", unit="contracts", keep="latest")
def renewals_kept(contracts: Contracts, context: Context) -> Column:
    """How many of those were followed by another contract, or went on by themselves."""
    ended, ends = _ended(contracts, context), np.where(np.isnat(contracts.end_date), FAR, contracts.end_date)
    reach = picked(ends, contracts.by_client.last_row(ends, _agreed(contracts)))
    followed = np.append(reach, np.datetime64("NaT"))[contracts.client] > contracts.end_date
    kept = ended & (followed | (contracts.auto_renew & (contracts.status == "active")))
    return Column(contracts.by_client.count(kept), "followed by a contract that ends later, or renewed by itself")


def _agreed(contracts: Contracts) -> Mask:
    return np.isin(contracts.status, ("active", "expired", "terminated"))


def _ended(contracts: Contracts, context: Context) -> Mask:
    """Contracts whose stated end lies in the window behind us."""
    ago = context.days_since(contracts.end_date)
    return np.asarray(_agreed(contracts) & (ago > 0) & (ago <= context.settings.rates_days))


def _decided(deals: Deals, which: Mask, context: Context) -> Column:
    closed = context.local_days(deals.closed_at)
    when = np.where(np.isnat(closed), deals.expected_close_date, closed)
    ago = context.days_since(when)
    found = deals.by_client.count(which & (ago >= 0) & (ago <= context.settings.rates_days))
    return Column(found, f"closed in the last {context.settings.rates_days} days")


def _open(deals: Deals, renewable_: Column, context: Context) -> Mask:
    """Open deals of the next year; renewals only where no contract tells of them, lest they count twice."""
    until = -context.days_since(deals.expected_close_date)
    soon = (until < HORIZON) & (until >= -context.settings.stale_deal_days)
    told = np.append(np.nan_to_num(renewable_.values, nan=1.0) > 0, False)[deals.client]
    return np.asarray((deals.status == "open") & (deals.amount > 0) & soon & ~((deals.deal_type == "renewal") & told))


def _of_deals(deals: Deals, context: Context) -> Amounts:
    return amounts_of(deals.amount, deals.currency, None, context)


def _deals_column(hoped: Total, context: Context) -> Column:
    def _why(i: int) -> str:
        if np.isnan(hoped.values[i]):
            return hoped.gaps[i]
        said = f"{money(hoped.values[i], context.firm.currency)} from {counted(hoped.rows[i], 'open deal')}"
        return said if hoped.rows[i] else "no deal is open for them"

    return Column(hoped.values, _why)


def _horizon(context: Context) -> np.datetime64:
    """The first day beyond the next twelve months."""
    return np.datetime64(context.today) + HORIZON


def _ahead(terms: Terms, context: Context) -> Mask:
    """Agreements that bring anything in the next twelve months."""
    return np.asarray(terms.agreed & (terms.ends >= np.datetime64(context.today)) & (terms.begins < _horizon(context)))


def _days_in(terms: Terms, context: Context) -> Values:
    """Days of the next twelve months on which each agreement holds."""
    first = np.maximum(terms.begins, np.datetime64(context.today))
    last = np.minimum(terms.ends, _horizon(context) - 1)
    return np.asarray(np.maximum((last - first).astype("f8") + 1, 0))


def _days_after(terms: Terms, context: Context) -> Values:
    """Days of the next twelve months after the end of each agreement."""
    return np.asarray(np.clip((_horizon(context) - 1 - terms.ends).astype("f8"), 0, HORIZON))


def _times(amounts: Amounts, factor: Values) -> Amounts:
    """The amounts multiplied; what is stated stays told as it was stated."""
    return Amounts(amounts.values * factor, amounts.stated, amounts.currencies, amounts.days, amounts.rates)


SIGNALS = [
    Signal("revenue.committed_12m", committed, MappingProxyType(NEEDS), COMMITTED, "money",
           optional=frozenset({"term_end"})),
    Signal("revenue.renewable_12m", renewable, MappingProxyType(NEEDS), RENEWABLE, "money",
           optional=frozenset({"term_end"})),
    pipeline, pipeline_open, deals_won, deals_decided, renewals_decided, renewals_kept,
]  # fmt: skip
