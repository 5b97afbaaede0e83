"""Retention: how many clients stayed, and how much of what they paid."""

from __future__ import annotations

import numpy as np

from core.sdk import Column, Context, Values, counted, money, ratio, share
from plugins.kpi.figure import Definition, Told
from plugins.kpi.standing import there_on

YEAR = 365
STANDING = {"since": "client.since", "lost": "client.lost_on", "context": "context"}
FEES = STANDING | {"now": "fees.last_year", "before": "fees.year_before"}


def logo(since: Column, lost: Column, context: Context) -> Told:
    """Clients of a year ago who are still there; those who came since are left out."""
    begin, today = _days(context)
    at_start = there_on(since.values, lost.values, begin)
    stayed = at_start & there_on(since.values, lost.values, today)
    found = share(int(stayed.sum()), int(at_start.sum()))
    return found, f"{int(stayed.sum())} of the {counted(found.n, 'client')} of a year ago are still clients"


def gross(since: Column, lost: Column, now: Column, before: Column, context: Context) -> Told:
    """Of the fees of the year before what the same clients still paid; nobody counts for more than before."""
    paid, base = _of_old_clients(since, lost, now, before, context)
    found = ratio(np.minimum(paid, base), base)
    return found, f"of {_sum(base, paid, context)} a year before, {_sum(np.minimum(paid, base), base, context)} stayed"


def net(since: Column, lost: Column, now: Column, before: Column, context: Context) -> Told:
    """Of the fees of the year before what the same clients paid, with what they added."""
    paid, base = _of_old_clients(since, lost, now, before, context)
    found = ratio(paid, base)
    return found, f"{_sum(base, paid, context)} a year before became {_sum(paid, base, context)}"


def _days(context: Context) -> tuple[np.datetime64, np.datetime64]:
    today = np.datetime64(context.today)
    return today - YEAR, today


def _of_old_clients(
    since: Column, lost: Column, now: Column, before: Column, context: Context
) -> tuple[Values, Values]:
    begin, _ = _days(context)
    old = there_on(since.values, lost.values, begin) & (before.values > 0)
    return np.maximum(now.values[old], 0), before.values[old]


def _sum(amounts: Values, beside: Values, context: Context) -> str:
    """The sum where both are known: what has no rate is in neither."""
    both = ~(np.isnan(amounts) | np.isnan(beside))
    return money(round(float(amounts[both].sum())), context.firm.currency)


DEFINITIONS = [
    Definition(
        "logo_retention", "R1", "share",
        "Share of the clients of a year ago that are still clients: an agreement runs, or a fee was billed lately.",
        STANDING, logo,
    ),
    Definition(
        "gross_retention", "R2", "share",
        "Share of the fees of the year before that the same clients still paid; never above 1.",
        FEES, gross,
    ),
    Definition(
        "net_retention", "R3", "share",
        "Fees of twelve months over those of the twelve months before, of clients who were there a year ago.",
        FEES, net,
    ),
]  # fmt: skip
