"""What a client's contracts are worth: over their term, a year, and from today on.

TCV = recurring fee of a year x years of the term + one-off fees. ACV = recurring fee of a year. Remaining value = the
part of the recurring fees that falls on the days still to come.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Literal

import numpy as np

from core.sdk import Column, Context, Contracts, Mask, Signal, Values, counted
from plugins.revenue.amounts import Total, total_of
from plugins.revenue.terms import YEAR, Terms, contract_terms

NO_CONTRACT = "no contract is in force"
NO_TOTAL, NO_YEARLY = "has no end or states no value", "states no yearly value"
NEEDS = {"contracts": "contracts", "term_end": "term.end", "context": "context"}
TCV = "Total value of the contracts in force over their whole terms, one-off fees included."
ACV = "Recurring fees of a year from the contracts in force."
REMAINING = "Recurring fees of the contracts in force that fall on the days from today to their ends."


def tcv(contracts: Contracts, term_end: Column | None, context: Context) -> Column:
    """Total contract value; contracts that neither end nor state a total are left out and named."""
    terms = contract_terms(contracts, term_end, context)
    in_force = terms.in_force(context)
    summed = total_of(contracts, terms.total, in_force)
    return _column(contracts, summed, in_force, ~np.isnan(terms.total.stated), NO_TOTAL)


def acv(contracts: Contracts, term_end: Column | None, context: Context) -> Column:
    """Annual contract value."""
    terms = contract_terms(contracts, term_end, context)
    in_force = terms.in_force(context)
    summed = total_of(contracts, terms.yearly, in_force)
    return _column(contracts, summed, in_force, ~np.isnan(terms.yearly.stated), NO_YEARLY)


def remaining(contracts: Contracts, term_end: Column | None, context: Context) -> Column:
    """Value that is still to come."""
    terms = contract_terms(contracts, term_end, context)
    in_force = terms.in_force(context) & ~terms.endless
    left = _left(terms, context)
    values = total_of(contracts, terms.yearly, in_force)
    to_come = contracts.by_client.total(terms.yearly.values * left, in_force)
    summed = Total(np.where(np.isnan(values.values), np.nan, to_come), values.rows, values.gaps)
    return _column(
        contracts, summed, terms.in_force(context), ~terms.endless & ~np.isnan(terms.yearly.stated), NO_TOTAL
    )


def _left(terms: Terms, context: Context) -> Values:
    """Years from today to the end of each term, today included, but no more than the term has."""
    days = (terms.ends - np.datetime64(context.today)).astype("f8") + 1
    return np.asarray(np.fmin(np.maximum(days, 0) / YEAR, terms.years))


def _column(contracts: Contracts, summed: Total, in_force: Mask, told: Mask, lack: str) -> Column:
    """The sums of clients with a contract in force of which the value is told; ``lack`` says why another is not."""
    counts = contracts.by_client.count(in_force)
    known = contracts.by_client.count(in_force & told)
    values = np.where(known > 0, summed.values, np.nan)
    silent = _first(contracts, in_force & ~told)

    def _why(i: int) -> str:
        if not counts[i]:
            return NO_CONTRACT
        if i in summed.gaps:
            return summed.gaps[i]
        said = [f"{counted(known[i], 'contract')} in force"] if known[i] else []
        rest = [f"contract {title(contracts, silent[i])} {lack}, so it is not counted"] if silent[i] >= 0 else []
        return "; ".join([*said, *rest])

    return Column(values, _why)


def _first(contracts: Contracts, where: Mask) -> Values:
    return contracts.by_client.first_row(np.arange(len(contracts), dtype="f8"), where)


def title(contracts: Contracts, row: int) -> str:
    """A contract as people call it."""
    return contracts.number[row] or contracts.name[row] or contracts.ids[row].rpartition("/")[2]


def _signal(name: str, compute: Callable[..., Column], doc: str, keep: Literal["history", "latest"]) -> Signal:
    return Signal(name, compute, MappingProxyType(NEEDS), doc, "money", optional=frozenset({"term_end"}), keep=keep)


SIGNALS = [
    _signal("contract.tcv", tcv, TCV, "history"),
    _signal("contract.acv", acv, ACV, "history"),
    _signal("contract.remaining", remaining, REMAINING, "latest"),
]
