"""Who comes back, and who brings others."""

from __future__ import annotations

import numpy as np

from core.sdk import (
    Column,
    Context,
    Referrals,
    ReferredClients,
    counted,
    mean_of,
    money,
    ratio,
    share,
    signal,
)
from plugins.kpi.figure import Definition, Told
from plugins.kpi.standing import there_on

YEAR = 365


@signal("referral.brought", kind="flag", keep="nothing")
def was_brought(referred_clients: ReferredClients) -> Column:
    """Whether somebody sent this client to the firm."""
    found = referred_clients.by_client.count(referred_clients.status != "declined") > 0
    return Column(found, lambda i: "sent to the firm" if found[i] else "came by itself")


@signal("referral.gave", kind="flag", keep="nothing")
def gave(referrals: Referrals) -> Column:
    """Whether this client ever sent somebody to the firm."""
    found = referrals.by_client.count(referrals.status != "declined") > 0
    return Column(found, lambda i: "has sent others" if found[i] else "has sent nobody")


def repeat(jobs: Column) -> Told:
    """Clients with two jobs or more among those with any, in twelve months."""
    once, twice = int((jobs.values >= 1).sum()), int((jobs.values >= 2).sum())
    return share(twice, once), f"{twice} of {counted(once, 'client')} with a job in twelve months gave another"


def old_fees(since: Column, fees: Column, context: Context) -> Told:
    """The part of the fees that comes from clients of more than a year."""
    paid = np.maximum(fees.values, 0)
    paying = paid > 0
    old = since.values <= np.datetime64(context.today) - YEAR
    found = ratio(np.where(old, paid, 0.0)[paying], paid[paying])
    return found, f"{found.value:.0%} of the fees come from clients of more than a year"


def referred(since: Column, brought: Column, context: Context) -> Told:
    """New clients that were sent among all new clients."""
    new = since.values > np.datetime64(context.today) - YEAR
    sent = int((new & brought.values.astype(bool)).sum())
    return share(sent, int(new.sum())), f"{sent} of {counted(int(new.sum()), 'new client')} were sent by others"


def givers(since: Column, lost: Column, given: Column, context: Context) -> Told:
    """Clients who ever sent others among all clients."""
    there = there_on(since.values, lost.values, np.datetime64(context.today))
    found = int((there & given.values.astype(bool)).sum())
    return share(found, int(there.sum())), f"{found} of {counted(int(there.sum()), 'client')} have sent others"


def per_client(since: Column, lost: Column, fees: Column, context: Context) -> Told:
    """Fees of twelve months of clients that are there, on average."""
    there = there_on(since.values, lost.values, np.datetime64(context.today))
    found = mean_of(fees.values[there])
    if not found.n:
        return found, "no client's fees are known"
    return found, f"{counted(found.n, 'client')} paid {money(round(found.value), context.firm.currency)} on average"


DEFINITIONS = [
    Definition(
        "repeat_business", "B1", "share",
        "Share of the clients with a job in twelve months that gave two or more.",
        {"jobs": "work.last_year"}, repeat,
    ),
    Definition(
        "old_client_fees", "B2", "share",
        "Share of the fees of twelve months that clients of more than a year paid.",
        {"since": "client.since", "fees": "fees.last_year", "context": "context"}, old_fees,
    ),
    Definition(
        "referral_rate", "F1", "share",
        "Share of the new clients of twelve months that others sent to the firm.",
        {"since": "client.since", "brought": "referral.brought", "context": "context"}, referred,
    ),
    Definition(
        "referring_clients", "F2", "share",
        "Share of the clients that ever sent others to the firm.",
        {"since": "client.since", "lost": "client.lost_on", "given": "referral.gave", "context": "context"}, givers,
    ),
    Definition(
        "fees_per_client", "V1", "money",
        "Fees of twelve months per client.",
        {"since": "client.since", "lost": "client.lost_on", "fees": "fees.last_year", "context": "context"},
        per_client, digits=2,
    ),
]  # fmt: skip
SIGNALS = [was_brought, gave]
