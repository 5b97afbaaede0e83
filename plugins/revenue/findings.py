"""What an admin or partner should mend, one clear line each: amounts without a rate, contracts without end or value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import MappingProxyType

import numpy as np

from core.sdk import (
    ClientRecords,
    Column,
    Context,
    Contracts,
    CreditNotes,
    Deals,
    Invoices,
    Mask,
    Signal,
    Subscriptions,
    counted,
    cut,
    money,
)
from plugins.revenue.amounts import Amounts, amounts_of
from plugins.revenue.billing import UNPAID
from plugins.revenue.contracts import title
from plugins.revenue.terms import Terms, contract_terms, subscription_terms

DOC = "What keeps the client's figures from being whole, one line each; unknown where nothing does."
NOTHING = "all amounts are in the firm's currency or have a rate, and all contracts state end and value"
SHOWN = 5
Line = tuple[int, str]


def findings(
    contracts: Contracts,
    subscriptions: Subscriptions,
    deals: Deals,
    invoices: Invoices,
    credit_notes: CreditNotes,
    term_end: Column | None,
    context: Context,
) -> Column:
    """The lines of each client, at most five."""
    terms = contract_terms(contracts, term_end, context)
    running = subscription_terms(subscriptions, context)
    found: dict[int, list[str]] = {}
    for client, line in [
        *_of_contracts(contracts, terms, context),
        *_lacking(subscriptions, running.yearly, running.in_force(context), "subscription"),
        *_lacking(deals, amounts_of(deals.amount, deals.currency, None, context), deals.status == "open", "deal"),
        *_of_invoices(invoices, context),
        *_of_credits(credit_notes, context),
    ]:
        found.setdefault(client, []).append(line)
    words = np.full(contracts.by_client.count().size, None, "O")
    for client, lines in found.items():
        more = [f"and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
        words[client] = "\n".join([*map(cut, lines[:SHOWN]), *more])
    return Column(words, lambda i: counted(len(found[i]), "finding") if i in found else NOTHING)


def _of_contracts(contracts: Contracts, terms: Terms, context: Context) -> Iterator[Line]:
    in_force = terms.in_force(context)
    yield from _lacking(contracts, terms.yearly, in_force, "contract")
    for row in _rows(contracts, in_force & terms.endless & np.isnan(contracts.total_value)):
        yield (
            int(contracts.client[row]),
            f"contract {title(contracts, row)} has no end: it counts by the year, not in the total",
        )
    for row in _rows(contracts, in_force & np.isnan(terms.yearly.stated)):
        yield int(contracts.client[row]), f"contract {title(contracts, row)} states no value: it counts as nothing"


def _of_invoices(invoices: Invoices, context: Context) -> Iterator[Line]:
    recent = context.days_since(invoices.issue_date) < 2 * context.settings.payment_days
    billed = np.isin(invoices.status, UNPAID) | ((invoices.status == "paid") & recent)
    sold = amounts_of(invoices.total, invoices.currency, invoices.issue_date, context)
    yield from _lacking(invoices, sold, billed, "invoice")
    for row in _rows(invoices, billed & (invoices.total < 0)):
        said = money(invoices.total[row], str(invoices.currency[row]))
        yield (
            int(invoices.client[row]),
            f"invoice {_called(invoices, row)} of {said} is negative: it counts as a credit",
        )
    for client, words in enumerate(invoices.by_client.words(invoices.currency, billed)):
        if len(words) > 1:
            yield client, f"billed in {len(words)} currencies: {', '.join(sorted(map(str, words)))}"


def _of_credits(credit_notes: CreditNotes, context: Context) -> Iterator[Line]:
    days = context.local_days(credit_notes.issued_at)
    given = amounts_of(credit_notes.amount, credit_notes.currency, days, context)
    recent = ~(context.days_since(days) >= 2 * context.settings.payment_days)
    yield from _lacking(credit_notes, given, recent & (credit_notes.status != "void"), "credit note")


def _lacking(records: ClientRecords, amounts: Amounts, where: Mask, kind: str) -> Iterator[Line]:
    """A line for every amount that has no rate."""
    for row in _rows(records, where & amounts.without_rate):
        yield int(records.client[row]), f"{kind} {_called(records, row)} over {amounts.gap(row)}"


def _rows(records: ClientRecords, where: Mask) -> Iterable[int]:
    rows: list[int] = np.flatnonzero(where & records.linked).tolist()
    return rows


def _called(records: ClientRecords, row: int) -> str:
    """A record as people call it: its number or name, else the vendor's id."""
    named = [getattr(records, field)[row] for field in ("number", "name", "plan_name") if hasattr(type(records), field)]
    return next((str(one) for one in named if one), records.ids[row].rpartition("/")[2])


SIGNALS = [
    Signal(
        "revenue.findings",
        findings,
        MappingProxyType(
            {
                "contracts": "contracts",
                "subscriptions": "subscriptions",
                "deals": "deals",
                "invoices": "invoices",
                "credit_notes": "credit_notes",
                "term_end": "term.end",
                "context": "context",
            }
        ),
        DOC,
        kind="text",
        optional=frozenset({"term_end"}),
    )
]
