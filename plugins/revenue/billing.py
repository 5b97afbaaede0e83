"""What was billed, what is owed and how it is paid, credit notes taken off, in the firm's currency.

Amounts owed count at today's rate, amounts billed at that of the day of the invoice. What a billing system says is due
has the credit notes of that invoice taken off already; credits of no invoice and negative invoices lessen the whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.sdk import Column, Context, CreditNotes, Invoices, Mask, Payments, Values, counted, money, signal
from plugins.revenue.amounts import Amounts, Total, amounts_of, total_of
from plugins.revenue.settings import RevenueSettings

UNPAID = ("open", "partially_paid", "uncollectible")
BILLED = (*UNPAID, "paid")
NO_INVOICE = "no invoice yet"
NONE_DUE = "no invoice fell due"


@signal("billing.receivable", unit="money")
def receivable(invoices: Invoices, credit_notes: CreditNotes, context: Context) -> Column:
    """What the client owes: unpaid invoices less credits that belong to none of them."""
    return _owed(invoices, credit_notes, np.isin(invoices.status, UNPAID), context, "owed")


@signal("billing.overdue", unit="money")
def overdue(invoices: Invoices, credit_notes: CreditNotes, context: Context) -> Column:
    """What the client owes past its due date, less credits that belong to no invoice; never below nothing."""
    late = np.isin(invoices.status, UNPAID) & (context.days_since(_due(invoices)) > 0)
    column = _owed(invoices, credit_notes, late, context, "overdue")
    return Column(np.maximum(column.values, 0.0), column.reasons)


@signal("billing.sales_12m", unit="money")
def sales(invoices: Invoices, credit_notes: CreditNotes, context: Context) -> Column:
    """What the client was billed in twelve months, credit notes taken off."""
    return _billed(invoices, credit_notes, 0, context)


@signal("billing.growth", unit="share", digits=4)
def growth(invoices: Invoices, credit_notes: CreditNotes, billing_sales_12m: Column, context: Context) -> Column:
    """How much more or less the client was billed than in the twelve months before."""
    before = _billed(invoices, credit_notes, context.settings.payment_days, context)
    change = np.full(len(before), np.nan)
    np.divide(billing_sales_12m.values, before.values, out=change, where=before.values > 0)

    def _why(i: int) -> str:
        return f"after {before.reason(i)} the year before"

    return Column(change - 1, _why)


@signal("billing.days_late", unit="days", digits=1)
def days_late(invoices: Invoices, credit_notes: CreditNotes, payments: Payments, context: Context) -> Column:
    """Average days late, weighted by amount less credits; unpaid invoices count until today, disputed ones not."""
    judged = _judged(invoices, credit_notes, payments, context)
    average = invoices.by_client.mean(judged.late, judged.net.values, judged.rows)
    gaps = total_of(invoices, judged.net, judged.rows).gaps
    average[list(gaps)] = np.nan
    numbers = invoices.by_client.count(judged.rows)

    def _why(i: int) -> str:
        if i in gaps or np.isnan(average[i]):
            return gaps.get(i, NONE_DUE)
        return f"of {counted(numbers[i], 'invoice')}"

    return Column(average, _why)


@signal("billing.on_time_share", unit="share", digits=4)
def on_time_share(invoices: Invoices, credit_notes: CreditNotes, payments: Payments, context: Context) -> Column:
    """Share of the invoices due in twelve months that were paid by their due date and a few days of grace."""
    judged = _judged(invoices, credit_notes, payments, context)
    on_time = (judged.late <= context.settings.grace_days).astype("f8")
    share = invoices.by_client.mean(on_time, None, judged.rows)
    numbers = invoices.by_client.count(judged.rows)

    def _why(i: int) -> str:
        if np.isnan(share[i]):
            return NONE_DUE
        return f"{round(share[i] * numbers[i])} of {counted(numbers[i], 'invoice')} paid on time"

    return Column(share, _why)


@signal("billing.dso", unit="days", digits=1)
def dso(billing_receivable: Column, billing_sales_12m: Column, context: Context) -> Column:
    """Days sales outstanding: what is owed as a share of a year's sales, in days of that year."""
    days = np.full(len(billing_receivable), np.nan)
    sold = billing_sales_12m.values
    np.divide(billing_receivable.values * context.settings.payment_days, sold, out=days, where=sold > 0)

    def _why(i: int) -> str:
        return f"{billing_receivable.reason(i)}; {billing_sales_12m.reason(i)}"

    return Column(days, _why)


@dataclass(frozen=True)
class _Judged:
    """Invoices of the window that say something about payment: which, how many days late, and what they came to."""

    rows: Mask
    late: Values
    net: Amounts


def _judged(invoices: Invoices, credit_notes: CreditNotes, payments: Payments, context: Context) -> _Judged:
    settings: RevenueSettings = context.settings
    today = np.datetime64(context.today)
    due, unpaid = _due(invoices), np.isin(invoices.status, UNPAID)
    settled = np.where(unpaid, today, context.local_days(invoices.paid_at))
    late = np.where(np.isnat(settled) | np.isnat(due), np.nan, (settled - due).astype("f8"))
    net = _net(invoices, credit_notes, context)
    age = context.days_since(due)
    within = (age >= 0) & (age < settings.payment_days) & np.isin(invoices.status, BILLED)
    rows = within & ~np.isnan(late) & (net.stated > 0) & ~_disputed(invoices, payments)
    return _Judged(rows, np.maximum(late, 0), net)


def _disputed(invoices: Invoices, payments: Payments) -> Mask:
    disputed = {
        invoice for invoice, status in zip(payments.invoice_id, payments.status, strict=True) if status == "disputed"
    }
    return np.array([id_ in disputed for id_ in invoices.ids], np.bool_)


def _owed(invoices: Invoices, credit_notes: CreditNotes, owing: Mask, context: Context, word: str) -> Column:
    """Amounts due of some invoices, less credits of no invoice; unknown for a client that was never billed."""
    due = np.where(np.isnan(invoices.amount_due), _less_credits(invoices, credit_notes), invoices.amount_due)
    owed = total_of(invoices, amounts_of(due, invoices.currency, None, context), owing)
    loose = total_of(
        credit_notes,
        amounts_of(credit_notes.amount, credit_notes.currency, None, context),
        _loose(credit_notes, context),
    )
    ever = invoices.by_client.count(np.isin(invoices.status, BILLED))
    values = np.where(ever > 0, owed.values - loose.values, np.nan)
    return _column(values, (owed, loose), ever, context, word)


def _billed(invoices: Invoices, credit_notes: CreditNotes, back: int, context: Context) -> Column:
    """Invoices less credit notes of the twelve months that ended so many days ago."""
    span = context.settings.payment_days
    issued, credited = (
        context.days_since(invoices.issue_date),
        context.days_since(context.local_days(credit_notes.issued_at)),
    )
    counting = np.isin(invoices.status, BILLED) & (issued >= back) & (issued < back + span)
    given = (credit_notes.status != "void") & (credited >= back) & (credited < back + span)
    sold = total_of(invoices, amounts_of(invoices.total, invoices.currency, invoices.issue_date, context), counting)
    days = context.local_days(credit_notes.issued_at)
    taken = total_of(credit_notes, amounts_of(credit_notes.amount, credit_notes.currency, days, context), given)
    ever = invoices.by_client.count(np.isin(invoices.status, BILLED))
    values = np.where(ever > 0, sold.values - taken.values, np.nan)
    return _column(values, (sold, taken), ever, context, "billed")


def _column(values: Values, totals: tuple[Total, Total], ever: Values, context: Context, word: str) -> Column:
    plus, minus = totals

    def _why(i: int) -> str:
        if i in plus.gaps or i in minus.gaps:
            return plus.gaps.get(i) or minus.gaps[i]
        if not ever[i]:
            return NO_INVOICE
        credits_ = f", {money(minus.values[i], context.firm.currency)} of credits taken off" if minus.rows[i] else ""
        return f"{money(values[i], context.firm.currency)} {word} on {counted(plus.rows[i], 'invoice')}{credits_}"

    return Column(values, _why)


def _net(invoices: Invoices, credit_notes: CreditNotes, context: Context) -> Amounts:
    """What each invoice came to after its credit notes, at the rate of its day."""
    return amounts_of(_less_credits(invoices, credit_notes), invoices.currency, invoices.issue_date, context)


def _less_credits(invoices: Invoices, credit_notes: CreditNotes) -> Values:
    """Totals less the credit notes of the same invoice and currency."""
    row_of = {id_: row for row, id_ in enumerate(invoices.ids)}
    net = invoices.total.copy()
    for invoice, amount, currency, status in zip(
        credit_notes.invoice_id, credit_notes.amount, credit_notes.currency, credit_notes.status, strict=True
    ):
        row = row_of.get(invoice)
        if row is not None and status != "void" and currency == invoices.currency[row]:
            net[row] -= amount
    return net


def _loose(credit_notes: CreditNotes, context: Context) -> Mask:
    """Credits that belong to no invoice."""
    alone = np.array([invoice is None for invoice in credit_notes.invoice_id], np.bool_)
    given = ~(credit_notes.issued_at > context.now)
    return np.asarray(alone & given & (credit_notes.status != "void"))


def _due(invoices: Invoices) -> Values:
    """When each invoice falls due; at once where no day is told."""
    return np.where(np.isnat(invoices.due_date), invoices.issue_date, invoices.due_date)


SIGNALS = [receivable, overdue, sales, growth, days_late, on_time_share, dso]
