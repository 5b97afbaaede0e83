"""Since when somebody is a client, and when the firm lost it: the rule every retention figure stands on."""

from __future__ import annotations

import numpy as np

from core.sdk import (
    Clients,
    Column,
    Context,
    Contracts,
    Invoices,
    Mask,
    Subscriptions,
    Values,
    picked,
    signal,
    spoken_date,
)  # fmt: skip
from plugins.kpi.settings import KpiSettings

BILLED = ("open", "paid", "partially_paid", "uncollectible")
RUNNING = ("active", "trialing", "past_due", "unpaid", "paused")
SIGNED = ("active", "expired", "terminated")
NEVER = np.datetime64("NaT", "D")
MONTH = 30.4375  # days, on average


@signal("client.since", kind="date", keep="latest")
def since(
    clients: Clients, contracts: Contracts, subscriptions: Subscriptions, invoices: Invoices, context: Context
) -> Column:
    """Day on which somebody became a client: as the CRM says, else the first agreement or the first invoice."""
    first_fee = _pick(invoices.by_client.first_row(invoices.issue_date, _is_fee(invoices)), invoices.issue_date)
    signed = contracts.by_client.first_row(contracts.start_date, np.isin(contracts.status, SIGNED))
    begun = context.local_days(subscriptions.started_at)
    seen = np.fmin(np.fmin(first_fee, _pick(signed, contracts.start_date)), _pick(_first(subscriptions, begun), begun))
    days = np.where(np.isnat(clients.client_since), seen, clients.client_since)
    days[(clients.status == "prospect") | (days > np.datetime64(context.today))] = NEVER

    def _why(i: int) -> str:
        if np.isnat(days[i]):
            return "not a client: no agreement and no invoice yet"
        return f"a client since {spoken_date(days[i])}"

    return Column(days, _why)


@signal("client.lost_on", kind="date")
def lost_on(
    clients: Clients, contracts: Contracts, subscriptions: Subscriptions, invoices: Invoices, context: Context
) -> Column:
    """Day on which the firm lost a client: its last agreement ended and no fee followed, or no fee came for long."""
    settings: KpiSettings = context.settings
    today = np.datetime64(context.today)
    runs = _running(contracts, subscriptions, today)
    ended, fee = _last_end(contracts, subscriptions, context), _last_fee(invoices)
    after_fee = fee + np.timedelta64(round(settings.fee_months * MONTH), "D")
    until = np.where(np.isnat(ended) | (fee > ended + settings.grace_days), np.fmax(after_fee, ended), ended)
    lost = ~runs & (until + np.where(until == ended, settings.grace_days, 0) < today)
    told = (clients.status == "churned") & ~lost
    until = np.where(told, np.fmin(np.fmax(ended, fee), today), until)
    until[~(lost | told)] = NEVER

    def _why(i: int) -> str:
        if np.isnat(until[i]):
            return "an agreement runs" if runs[i] else "still a client, or never one"
        if told[i]:
            return f"the CRM says it is lost; last seen on {spoken_date(until[i])}"
        if until[i] == ended[i]:
            return f"the last agreement ended on {spoken_date(until[i])}, and no fee followed"
        return f"no fee for {settings.fee_months} months since {spoken_date(fee[i])}"

    return Column(until, _why)


@signal("client.under_agreement", kind="flag", keep="nothing")
def under_agreement(contracts: Contracts, subscriptions: Subscriptions, context: Context) -> Column:
    """Whether a contract or a subscription of the client runs."""
    runs = _running(contracts, subscriptions, np.datetime64(context.today))
    return Column(runs, lambda i: "an agreement runs" if runs[i] else "no agreement runs")


def there_on(since: Values, lost: Values, day: np.datetime64) -> Mask:
    """Who was a client at the end of a day."""
    return np.asarray((since <= day) & ~(lost <= day))


def _is_fee(invoices: Invoices) -> Mask:
    return np.asarray(np.isin(invoices.status, BILLED) & (invoices.total > 0))


def _last_fee(invoices: Invoices) -> Values:
    return _pick(invoices.by_client.last_row(invoices.issue_date, _is_fee(invoices)), invoices.issue_date)


def _running(contracts: Contracts, subscriptions: Subscriptions, today: np.datetime64) -> Mask:
    lasts = np.isnat(contracts.end_date) | (contracts.end_date >= today) | contracts.auto_renew
    held = contracts.by_client.count((contracts.status == "active") & lasts)
    goes_on = np.isnat(subscriptions.canceled_at) | (subscriptions.canceled_at > today.astype("M8[s]"))
    return np.asarray(held + subscriptions.by_client.count(np.isin(subscriptions.status, RUNNING) & goes_on) > 0)


def _last_end(contracts: Contracts, subscriptions: Subscriptions, context: Context) -> Values:
    signed = contracts.by_client.last_row(contracts.end_date, np.isin(contracts.status, SIGNED))
    canceled = context.local_days(subscriptions.canceled_at)
    return np.fmax(_pick(signed, contracts.end_date), _pick(subscriptions.by_client.last_row(canceled), canceled))


def _first(subscriptions: Subscriptions, begun: Values) -> Values:
    return subscriptions.by_client.first_row(begun)


def _pick(rows: Values, days: Values) -> Values:
    return picked(days, rows)


SIGNALS = [since, lost_on, under_agreement]
