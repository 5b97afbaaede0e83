"""What each client paid for in the last year and in the one before, and on which days it gave work."""

from __future__ import annotations

import numpy as np

from core.sdk import (
    Clients,
    Column,
    Context,
    CreditNotes,
    Invoices,
    Mask,
    Projects,
    Values,
    counted,
    listed,
    money,
    signal,
)  # fmt: skip
from plugins.kpi.settings import KpiSettings
from plugins.kpi.standing import BILLED

YEAR = 365
NOT_BEGUN = ("proposed",)


@signal("fees.last_year", unit="money", keep="latest")
def fees_last_year(invoices: Invoices, credit_notes: CreditNotes, context: Context) -> Column:
    """Fees billed in twelve months, credit notes taken off, in the firm's currency; unknown where a rate is missing."""
    return _fees(invoices, credit_notes, context, 0)


@signal("fees.year_before", unit="money", keep="latest")
def fees_year_before(invoices: Invoices, credit_notes: CreditNotes, context: Context) -> Column:
    """The same for the twelve months before."""
    return _fees(invoices, credit_notes, context, YEAR)


@signal("work.days", kind="text", keep="nothing")
def work_days(clients: Clients, invoices: Invoices, projects: Projects, context: Context) -> Column:
    """The days on which a client gave the firm a job, as counts of days since 1970: several on one day are one job."""
    client, day, _ = _jobs(invoices, projects, context)
    texts = np.full(len(clients), None, "O")
    spans = day.astype("M8[D]").astype(np.int64)
    order = np.lexsort((spans, client))
    keys = np.column_stack([client, spans])[order]
    keys = keys[(np.diff(keys, axis=0, prepend=-1) != 0).any(axis=1)]
    starts, days = np.flatnonzero(np.diff(keys[:, 0], prepend=-1)), keys[:, 1].tolist()
    for start, end in zip(starts.tolist(), np.append(starts, len(days))[1:].tolist(), strict=True):
        texts[keys[start, 0]] = " ".join(map(str, days[start:end]))
    return Column(texts, lambda i: counted(len((texts[i] or "").split()), "job"))


@signal("work.worth", unit="money", keep="nothing")
def work_worth(invoices: Invoices, projects: Projects, context: Context) -> Column:
    """What a repeated job of the client was worth on average; the first job is left out, as the models want it."""
    client, day, amount = _jobs(invoices, projects, context)
    size = len(invoices.by_client.count())
    first = np.full(size, np.datetime64("9999-12-31"))
    np.minimum.at(first, client, day)
    again = (day > first[client]) & ~np.isnan(amount)
    jobs = np.unique(np.column_stack([client[again], day[again].astype(np.int64)]), axis=0)
    count = np.bincount(jobs[:, 0], minlength=size)
    total = np.bincount(client[again], amount[again], size)
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return Column(mean, lambda i: "no repeated job of known worth" if np.isnan(mean[i]) else _a_job(mean[i], context))


@signal("work.last_year", unit="jobs", keep="latest")
def work_last_year(work_days: Column, context: Context) -> Column:
    """How many jobs a client gave the firm in twelve months; unknown for one that never gave any."""
    since = int(np.datetime64(context.today).astype(np.int64)) - YEAR
    found = np.array(
        [np.nan if text is None else sum(int(day) > since for day in text.split()) for text in work_days.values], "f8"
    )
    return Column(found, lambda i: "no job yet" if np.isnan(found[i]) else f"{counted(found[i], 'job')} in a year")


def _fees(invoices: Invoices, notes: CreditNotes, context: Context, ago: int) -> Column:
    settings: KpiSettings = context.settings
    rates = settings.rates_into(context.firm.currency)
    credited = context.local_days(notes.issued_at)
    billed = np.isin(invoices.status, BILLED) & _within(invoices.issue_date, context, ago)
    taken_off = (notes.status != "void") & _within(credited, context, ago)
    fee = rates.convert(invoices.total, invoices.currency, invoices.issue_date)
    credit = rates.convert(notes.amount, notes.currency, credited)
    total = invoices.by_client.total(fee, billed) - notes.by_client.total(credit, taken_off)
    lacking = [
        one | other
        for one, other in zip(
            invoices.by_client.words(invoices.currency, billed & np.isnan(fee) & ~np.isnan(invoices.total)),
            notes.by_client.words(notes.currency, taken_off & np.isnan(credit) & ~np.isnan(notes.amount)),
            strict=True,
        )
    ]
    total[[bool(words) for words in lacking]] = np.nan
    if not invoices.is_read:
        total[:] = np.nan

    def _why(i: int) -> str:
        if lacking[i]:
            currencies = listed(sorted(word or "an unnamed currency" for word in lacking[i]))
            return f"there is no rate from {currencies} to {context.firm.currency}"
        return f"{money(total[i], context.firm.currency)} in a year" if invoices.is_read else "no invoices are read"

    return Column(total, _why)


def _within(days: Values, context: Context, ago: int) -> Mask:
    age = context.days_since(days)
    return np.asarray((age >= ago) & (age < ago + YEAR))


def _jobs(invoices: Invoices, projects: Projects, context: Context) -> tuple[Values, Values, Values]:
    """Client, day and amount of everything that counts as a job and has begun; projects have no amount."""
    settings: KpiSettings = context.settings
    if settings.work == "projects":
        kept = projects.linked & ~np.isin(projects.status, NOT_BEGUN) & (context.days_since(projects.start_date) >= 0)
        return projects.client[kept], projects.start_date[kept], np.full(int(kept.sum()), np.nan)
    kept = invoices.linked & np.isin(invoices.status, BILLED) & (context.days_since(invoices.issue_date) >= 0)
    kept &= ~(invoices.total <= 0)
    amounts = settings.rates_into(context.firm.currency).convert(invoices.total, invoices.currency, invoices.issue_date)
    return invoices.client[kept], invoices.issue_date[kept], amounts[kept]


def _a_job(amount: float, context: Context) -> str:
    return f"{money(round(amount, 2), context.firm.currency)} a job"


SIGNALS = [fees_last_year, fees_year_before, work_days, work_worth, work_last_year]
