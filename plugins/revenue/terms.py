"""What contracts and subscriptions bring: a year, over their term, and between which days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.sdk import Column, Context, Contracts, Mask, Subscriptions, Values
from plugins.revenue.amounts import Amounts, amounts_of

NOT_AGREED = ("draft", "in_approval", "sent", "expired")
PAYING = ("active", "past_due", "unpaid")
YEAR = 365.25
MONTHS_OF = {"day": 12 / YEAR, "week": 7 * 12 / YEAR, "month": 1.0, "quarter": 3.0, "year": 12.0}
FOREVER = np.datetime64("2200-01-01", "D")


@dataclass(frozen=True)
class Terms:
    """Agreements, row by row, with amounts in the firm's currency.

    ``years`` is the length of the term, NaN without end; ``notice`` says that it ends and will not go on.
    """

    yearly: Amounts
    once: Amounts
    total: Amounts
    years: Values
    begins: Values
    ends: Values
    agreed: Mask
    notice: Mask

    def in_force(self, context: Context) -> Mask:
        """Agreed, begun and not over today."""
        today = np.datetime64(context.today)
        return np.asarray(self.agreed & (self.begins <= today) & (self.ends >= today))

    @property
    def endless(self) -> Mask:
        """Without an end."""
        return np.asarray(self.ends == FOREVER)


def contract_terms(contracts: Contracts, term_end: Column | None, context: Context) -> Terms:
    """The terms of contracts. ``term_end`` is the end with renewals rolled on, where the plugin renewals tells it.

    What is billed once does not recur. Where only a total is stated, its part per year of the term is taken to recur. A
    negative value is none.
    """
    ends = contracts.end_date if term_end is None else term_end.values
    years, is_once = _years(contracts, ends), contracts.billing_frequency == "one_off"
    annual, whole = _not_negative(contracts.annual_value), _not_negative(contracts.total_value)
    no_annual, told = np.isnan(annual), ~np.isnan(whole)
    currencies = np.where(no_annual, contracts.total_currency, contracts.currency)
    yearly = np.where(is_once, 0.0, np.where(no_annual, whole / years, annual))
    once = np.where(is_once, np.where(no_annual, whole, annual), 0.0)
    by_term = np.where(is_once, once, yearly * years)
    total_in = np.where(told, contracts.total_currency, currencies)
    notice = contracts.status == "terminated"
    replaced = np.array([other is not None for other in contracts.replaced_by_id], np.bool_)
    return Terms(
        yearly=amounts_of(yearly, currencies, None, context),
        once=amounts_of(once, currencies, None, context),
        total=amounts_of(np.where(told, whole, by_term), total_in, None, context),
        years=years,
        begins=_or_long_ago(contracts.start_date),
        ends=np.where(np.isnat(ends), FOREVER, ends),
        agreed=~np.isin(contracts.status, NOT_AGREED) & ~replaced & ~(notice & np.isnat(ends)),
        notice=notice,
    )


def subscription_terms(subscriptions: Subscriptions, context: Context) -> Terms:
    """The terms of subscriptions that are paid for; one goes on until it is canceled."""
    units = np.where(np.isnan(subscriptions.quantity), 1.0, subscriptions.quantity)
    by_units = units * subscriptions.unit_amount / _months(subscriptions)
    no_mrr = np.isnan(subscriptions.mrr)
    yearly = 12 * np.where(no_mrr, by_units, subscriptions.mrr)
    currencies = np.where(no_mrr, subscriptions.unit_currency, subscriptions.currency)
    canceled = context.local_days(subscriptions.cancel_at)
    size = len(subscriptions)
    nothing = amounts_of(np.zeros(size), currencies, None, context)
    return Terms(
        yearly=amounts_of(yearly, currencies, None, context),
        once=nothing,
        total=nothing,
        years=np.full(size, np.nan),
        begins=_or_long_ago(context.local_days(subscriptions.started_at)),
        ends=np.where(np.isnat(canceled), FOREVER, canceled),
        agreed=np.isin(subscriptions.status, PAYING),
        notice=~np.isnat(canceled),
    )


def _months(subscriptions: Subscriptions) -> Values:
    """How many months one interval of each subscription has; NaN where it is not told."""
    months = np.array([MONTHS_OF.get(word, np.nan) for word in subscriptions.interval.tolist()], "f8")
    count = np.where(subscriptions.interval_count > 0, subscriptions.interval_count, 1.0)
    return np.asarray(months * count)


def _years(contracts: Contracts, ends: Values) -> Values:
    """Length of each term: as stated in months, else between its days; whole months are counted whole."""
    after = ends.astype("M8[D]") + 1
    whole = (after.astype("M8[M]") - contracts.start_date.astype("M8[M]")).astype("f8")
    into = (after - after.astype("M8[M]").astype("M8[D]")).astype("f8")
    begun = (contracts.start_date - contracts.start_date.astype("M8[M]").astype("M8[D]")).astype("f8")
    by_days = whole + (into - begun) / (YEAR / 12)
    by_days[np.isnat(ends) | np.isnat(contracts.start_date)] = np.nan
    months = np.where(contracts.term_months > 0, contracts.term_months, by_days)
    months[np.isnat(ends)] = np.nan
    return np.where(months > 0, months / 12, np.nan)


def _not_negative(values: Values) -> Values:
    """Stated values; a negative one states nothing."""
    return np.where(values < 0, np.nan, values)


def _or_long_ago(days: Values) -> Values:
    return np.where(np.isnat(days), np.datetime64("1900-01-01", "D"), days)
