"""How a client pays: late or on time, and what is overdue now."""

from __future__ import annotations

import numpy as np

from core.sdk import Column, Context, Invoices, Mask, Payments, Values, counted, listed, money, signal

UNPAID = ("open", "partially_paid", "uncollectible")  # written off or not, the money never came
NO_INVOICE = "no invoice fell due"


@signal("payments.days_late", unit="days", digits=1)
def days_late(invoices: Invoices, context: Context) -> Column:
    """Average days that invoices of twelve months were paid late, weighted by amount; unpaid ones count until today."""
    late, judged = _lateness(invoices, context)
    average = invoices.by_client.mean(late, _weights(invoices, judged), judged)

    def _why(i: int) -> str:
        if np.isnan(average[i]):
            return NO_INVOICE
        return "pays on time" if average[i] < 0.5 else f"pays {counted(round(average[i]), 'day')} late on average"

    return Column(average, _why)


@signal("payments.on_time_share", unit="share")
def on_time_share(invoices: Invoices, context: Context) -> Column:
    """Share of the invoices of twelve months that were paid by their due date and a few days of grace."""
    late, judged = _lateness(invoices, context)
    return _share_on_time(invoices, late, judged, context)


@signal("payments.on_time_share_90d", unit="share", keep="nothing")
def on_time_share_90d(invoices: Invoices, context: Context) -> Column:
    """Share of the invoices of the last 90 days that were paid on time."""
    late, judged = _lateness(invoices, context)
    recent = judged & (_due(invoices) > np.datetime64(context.today) - 90)
    return _share_on_time(invoices, late, recent, context)


@signal("payments.failed_30d", unit="payments", keep="nothing")
def failed_30d(payments: Payments, context: Context) -> Column:
    """How many payments failed in the last 30 days."""
    since = context.now - np.timedelta64(30, "D")
    failed = payments.by_client.count((payments.status == "failed") & (payments.processed_at > since))
    failed[payments.by_client.count() == 0] = np.nan
    return Column(
        failed, lambda i: f"{counted(failed[i], 'failed payment')} in 30 days" if failed[i] >= 0 else "no payment yet"
    )


@signal("revenue.overdue", unit="money")
def overdue(invoices: Invoices, context: Context) -> Column:
    """Unpaid amount that is past its due date, in the firm's currency; unknown where it is owed in another one."""
    owed = _is_overdue(invoices, context)
    amounts = np.where(np.isnan(invoices.amount_due), invoices.total, invoices.amount_due)
    own = invoices.currency == context.firm.currency
    total = invoices.by_client.total(amounts, owed & own)
    foreign = invoices.by_client.words(invoices.currency, owed & ~own)
    total[[bool(currencies) for currencies in foreign]] = np.nan
    ever = invoices.by_client.count()
    total[ever == 0] = np.nan

    def _why(i: int) -> str:
        if foreign[i]:
            owed_in = listed(sorted(map(str, foreign[i])))
            return f"money is overdue in {owed_in}, and there is no rate to {context.firm.currency}"
        if ever[i] == 0:
            return "no invoice yet"
        return f"{money(total[i], context.firm.currency)} overdue" if total[i] else "nothing is overdue"

    return Column(total, _why)


@signal("revenue.days_late", unit="days", keep="latest")
def oldest_overdue(invoices: Invoices, context: Context) -> Column:
    """Days by which the oldest unpaid invoice is overdue now; 0 when nothing is."""
    due = _due(invoices)
    row = invoices.by_client.first_row(due, _is_overdue(invoices, context))
    ever = invoices.by_client.count()
    days = np.where(row >= 0, context.days_since(due)[row] if len(due) else 0.0, 0.0)
    days[ever == 0] = np.nan

    def _why(i: int) -> str:
        if row[i] >= 0:
            return f"invoice {invoices.number[row[i]] or invoices.ids[row[i]]} is {counted(days[i], 'day')} overdue"
        return "nothing is overdue" if ever[i] else "no invoice yet"

    return Column(days, _why)


def _due(invoices: Invoices) -> Values:
    """When each invoice falls due; one collected automatically carries no due date and is due at once."""
    return np.where(np.isnat(invoices.due_date), invoices.issue_date, invoices.due_date)


def _lateness(invoices: Invoices, context: Context) -> tuple[Values, Mask]:
    """Days late of each invoice (0 when early), and which invoices of the window say something about payment."""
    due = _due(invoices)
    unpaid = np.isin(invoices.status, UNPAID)
    settled = np.where(unpaid, np.datetime64(context.today), context.local_days(invoices.paid_at))
    late = (settled - due).astype("f8")
    late[np.isnat(settled) | np.isnat(due)] = np.nan
    age = context.days_since(due)
    judged = (unpaid | (invoices.status == "paid")) & (age >= 0) & (age < context.settings.payment_window_days)
    return np.maximum(late, 0), judged & (invoices.total > 0) & ~np.isnan(late)


def _weights(invoices: Invoices, judged: Mask) -> Values:
    """Amounts; where a client is billed in several currencies every invoice counts the same, for want of a rate."""
    mixed = np.array([len(words) > 1 for words in invoices.by_client.words(invoices.currency, judged)], np.bool_)
    return np.where(mixed[invoices.client] if len(mixed) else False, 1.0, invoices.total)


def _share_on_time(invoices: Invoices, late: Values, judged: Mask, context: Context) -> Column:
    on_time = (late <= context.settings.grace_days).astype("f8")
    share = invoices.by_client.mean(on_time, None, judged)
    numbers = invoices.by_client.count(judged)

    def _why(i: int) -> str:
        if np.isnan(share[i]):
            return NO_INVOICE
        return f"{round(share[i] * numbers[i])} of {counted(numbers[i], 'invoice')} paid on time"

    return Column(share, _why)


def _is_overdue(invoices: Invoices, context: Context) -> Mask:
    owed = np.where(np.isnan(invoices.amount_due), invoices.total, invoices.amount_due) > 0
    return np.isin(invoices.status, UNPAID) & owed & (context.days_since(_due(invoices)) > 0)


SIGNALS = [days_late, on_time_share, on_time_share_90d, failed_30d, overdue, oldest_overdue]
