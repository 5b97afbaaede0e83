"""Red flags: single facts that deserve a look whatever the score says."""

from __future__ import annotations

import numpy as np

from core.sdk import Column, Context, Contracts, Deals, Mask, Subscriptions, Values, counted, listed, signal


@signal("flag.payment", kind="flag")
def payment(
    revenue_days_late: Column,
    payments_on_time_share: Column,
    payments_on_time_share_90d: Column,
    payments_failed_30d: Column,
    context: Context,
) -> Column:
    """Payment trouble: an invoice long overdue, far fewer paid on time than before, or a payment that failed."""
    settings = context.settings
    overdue = revenue_days_late.values > settings.flag_overdue_days
    drop = payments_on_time_share.values - payments_on_time_share_90d.values > settings.flag_on_time_drop
    failed = payments_failed_30d.values > 0

    def _why(i: int) -> str:
        raised = {
            revenue_days_late.reason(i): overdue[i],
            f"in the last 90 days only {payments_on_time_share_90d.reason(i)}": drop[i],
            payments_failed_30d.reason(i): failed[i],
        }
        return listed([why for why, holds in raised.items() if holds]) or "no payment trouble"

    return Column(_where_known(overdue | drop | failed, revenue_days_late, payments_failed_30d), _why)


@signal("flag.slow_replies", kind="flag")
def slow_replies(contact_reply_days_30d: Column, contact_reply_days_before: Column, context: Context) -> Column:
    """The client answers much more slowly than it used to, or takes very long."""
    now, before = contact_reply_days_30d.values, contact_reply_days_before.values
    settings = context.settings
    slower = (now > before * settings.flag_reply_times) & (now - before >= 1)
    slow = (now > settings.flag_reply_days) | slower

    def _why(i: int) -> str:
        used_to = f", used to take {counted(round(before[i], 1), 'day')}" if slower[i] else ""
        return contact_reply_days_30d.reason(i) + used_to

    return Column(_where_known(slow, contact_reply_days_30d), _why)


@signal("flag.no_pipeline", kind="flag")
def no_pipeline(deals: Deals, contracts: Contracts, subscriptions: Subscriptions, context: Context) -> Column:
    """No open deal, and nothing agreed beyond the coming months."""
    beyond = np.datetime64(context.today) + context.settings.flag_pipeline_days
    hoped = deals.by_client.count((deals.status == "open") & ~deals.by_inlay)
    agreed = contracts.by_client.count(_lasts(contracts, beyond))
    running = subscriptions.by_client.count(_runs(subscriptions, beyond))
    ever = deals.by_client.count() + contracts.by_client.count() + subscriptions.by_client.count()
    empty = (hoped + agreed + running) == 0
    values = empty.astype("O")
    values[ever == 0] = None

    def _why(i: int) -> str:
        if ever[i] == 0:
            return "no deal, contract or subscription was ever recorded"
        if empty[i]:
            return f"nothing agreed or in sight beyond {context.settings.flag_pipeline_days} days"
        return f"{counted(hoped[i], 'open deal')} and {counted(agreed[i] + running[i], 'lasting agreement')}"

    return Column(values, _why)


def _lasts(contracts: Contracts, beyond: np.datetime64) -> Mask:
    ends_later = np.isnat(contracts.end_date) | (contracts.end_date > beyond) | contracts.auto_renew
    return np.asarray((contracts.status == "active") & ends_later)


def _runs(subscriptions: Subscriptions, beyond: np.datetime64) -> Mask:
    goes_on = np.isnat(subscriptions.cancel_at) | (subscriptions.cancel_at > beyond.astype("M8[s]"))
    return np.asarray(np.isin(subscriptions.status, ("active", "trialing", "past_due")) & goes_on)


def _where_known(flag: Mask, *inputs: Column) -> Values:
    """The flag, unknown where every input is."""
    values = flag.astype("O")
    values[~np.logical_or.reduce([column.known for column in inputs])] = None
    return values


SIGNALS = [payment, slow_replies, no_pipeline]
