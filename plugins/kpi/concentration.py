"""How much the firm depends on few clients, and who they are: concentration, tiers, growth, and the sector's median."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.sdk import Clients, Column, Context, Estimate, Values, money, nothing, ratio, signal
from plugins.kpi.figure import Definition, Told
from plugins.kpi.settings import KpiSettings
from plugins.kpi.standing import there_on

TOP = 10
Z = 1.96


@signal("client.sector", kind="text", keep="nothing")
def sector(clients: Clients) -> Column:
    """The client's industry, as the CRM says."""
    return Column(clients.industry, lambda i: clients.industry[i] or "no industry is recorded")


@signal("client.fixed_tier", kind="text", keep="nothing")
def fixed_tier(clients: Clients, context: Context) -> Column:
    """The tier that the firm has fixed for this client, whatever it pays."""
    settings: KpiSettings = context.settings
    values = np.array([settings.fixed_tiers.get(id_) for id_ in clients.ids], "O")
    return Column(values, lambda i: "fixed by the firm" if values[i] else "not fixed")


@signal("tier", kind="text", across=True)
def tier(fees_last_year: Column, client_fixed_tier: Column, context: Context) -> Column:
    """A, B or C: the largest clients that together pay half of the fees, those after them up to 80 %, the rest."""
    settings: KpiSettings = context.settings
    before = _paid_by_larger(fees_last_year.values)
    tiers = np.full(len(before), None, "O")
    for name, edge in (("C", np.inf), ("B", settings.tier_b), ("A", settings.tier_a)):
        tiers[before < edge] = name
    fixed = client_fixed_tier.known
    tiers[fixed] = client_fixed_tier.values[fixed]

    def _why(i: int) -> str:
        if fixed[i]:
            return "fixed by the firm"
        return "no fee in a year" if tiers[i] is None else f"larger clients pay {before[i]:.0%} of the fees"

    return Column(tiers, _why)


@signal("expansion.status", kind="text")
def expansion(
    fees_last_year: Column, fees_year_before: Column, client_since: Column, client_lost_on: Column, context: Context
) -> Column:
    """Growing, Steady or Shrinking by the fees of two years; New in the first year, Lost when gone."""
    now, before, today = fees_last_year.values, fees_year_before.values, np.datetime64(context.today)
    change = np.full(len(now), np.nan)
    np.divide(now - before, before, out=change, where=before > 0)
    words = np.full(len(now), None, "O")
    words[np.abs(change) <= context.settings.steady] = "Steady"
    words[change > context.settings.steady] = "Growing"
    words[change < -context.settings.steady] = "Shrinking"
    words[client_since.values > today - 365] = "New"
    words[client_lost_on.values <= today] = "Lost"

    def _why(i: int) -> str:
        if words[i] in ("New", "Lost"):
            return client_since.reason(i) if words[i] == "New" else client_lost_on.reason(i)
        return "no fee in the year before" if np.isnan(change[i]) else f"fees moved by {change[i]:+.0%} in a year"

    return Column(words, _why)


@signal("sector.fee_ratio", unit="times", across=True, keep="latest")
def sector_fee_ratio(client_sector: Column, fees_last_year: Column, context: Context) -> Column:
    """Fees of the client over the median of its sector in the firm's own book; unknown where there are few peers."""
    fees = fees_last_year.values
    found, peers = np.full(len(fees), np.nan), np.zeros(len(fees), np.int64)
    names, place = np.unique(np.array([name or "" for name in client_sector.values], "U"), return_inverse=True)
    for at, name in enumerate(names.tolist()):
        rows = np.flatnonzero((place == at) & (fees > 0))
        peers[place == at] = len(rows)
        if name and len(rows) >= context.settings.least_peers:
            found[rows] = fees[rows] / np.median(fees[rows])
    return Column(found, lambda i: f"{peers[i]} clients of the sector pay fees")


def herfindahl(fees: Column) -> Told:
    """The sum of the squares of all clients' shares of the fees: 1 for a single client, near 0 for many equal ones."""
    paid = _paying(fees.values)
    n = len(paid)
    if not n:
        return nothing(0), "no fees"
    shares = paid / paid.sum()
    value = float((shares**2).sum())
    pull = shares**2 - 2 * value * shares
    half = Z * float(np.sqrt(n / max(n - 1, 1) * ((pull - pull.mean()) ** 2).sum()))
    found = Estimate(value, max(value - half, 1 / n), min(value + half, 1.0), n)
    return found, f"as {1 / value:.0f} equal clients would be"


def top_share(fees: Column) -> Told:
    """The share of the fees that the ten largest clients pay."""
    paid = np.sort(_paying(fees.values))[::-1]
    found = ratio(np.where(np.arange(len(paid)) < TOP, paid, 0.0), paid)
    return found, f"the {min(TOP, len(paid))} largest clients pay {found.value:.0%} of the fees"


def largest(since: Column, lost: Column, fees: Column, context: Context) -> Told:
    """The share of the largest client."""
    there = there_on(since.values, lost.values, np.datetime64(context.today))
    paid = np.sort(_paying(fees.values[there]))[::-1]
    found = ratio(np.where(np.arange(len(paid)) < 1, paid, 0.0), paid)
    told = money(round(float(paid[0])), context.firm.currency) if len(paid) else "nothing"
    return found, f"the largest client pays {told}"


def _paying(fees: Values) -> Values:
    return np.asarray(fees[fees > 0])


def _paid_by_larger(fees: Values) -> Any:
    """The share of all fees that larger clients pay; unknown for a client that pays nothing. Equals share a place."""
    amounts, place = np.unique(np.where(fees > 0, fees, 0.0), return_inverse=True)
    sums = np.bincount(place, np.where(fees > 0, fees, 0.0), len(amounts))
    larger = sums.sum() - sums.cumsum()
    found = np.full(len(fees), np.nan)
    paying = fees > 0
    found[paying] = larger[place][paying] / sums.sum()
    return found


DEFINITIONS = [
    Definition(
        "fee_concentration", "C1", "index",
        "Herfindahl index of the fees of twelve months: the sum of the squares of all clients' shares.",
        {"fees": "fees.last_year"}, herfindahl, digits=4,
    ),
    Definition(
        "top_ten_fees", "C2", "share",
        "Share of the fees of twelve months that the ten largest clients paid.",
        {"fees": "fees.last_year"}, top_share,
    ),
    Definition(
        "largest_client_fees", "C3", "share",
        "Share of the fees of twelve months that the largest present client paid.",
        {"since": "client.since", "lost": "client.lost_on", "fees": "fees.last_year", "context": "context"}, largest,
    ),
]  # fmt: skip
SIGNALS = [sector, fixed_tier, tier, expansion, sector_fee_ratio]
