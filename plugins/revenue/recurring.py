"""Recurring fees: what comes in every month, from contracts or subscriptions, counted once."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from core.sdk import Column, Context, Contracts, Mask, Signal, Subscriptions, Values, counted, signal
from plugins.revenue.amounts import Total, total_of
from plugins.revenue.terms import Terms, contract_terms, subscription_terms

MRR = "Recurring fees of a month, from the contracts in force or, without any, from the subscriptions that run."
NOTHING = "no contract in force or subscription states a recurring fee"


@dataclass(frozen=True)
class Agreements:
    """The contracts and subscriptions of all clients with their terms, and of which of them each client's fees are."""

    contracts: Contracts
    subscriptions: Subscriptions
    by_contract: Terms
    by_subscription: Terms
    context: Context

    def counts_contracts(self, relevant: Mask) -> Mask:
        """Per client whether contracts count; ``relevant`` are those that could, row by row."""
        source = self.context.settings.recurring_from
        theirs = self.subscriptions.by_client.count(self._paid) > 0
        ours = self.contracts.by_client.count(relevant & ~np.isnan(self.by_contract.yearly.stated)) > 0
        return np.asarray(ours if source != "subscriptions" else ours & ~theirs)

    def counts_subscriptions(self, relevant: Mask) -> Mask:
        """Per client whether subscriptions count."""
        theirs = self.subscriptions.by_client.count(self._paid) > 0
        if self.context.settings.recurring_from == "contracts":
            return np.asarray(theirs & ~self.counts_contracts(relevant))
        return np.asarray(theirs)

    @property
    def _paid(self) -> Mask:
        return np.asarray(self.by_subscription.in_force(self.context) & ~np.isnan(self.by_subscription.yearly.stated))


def agreements_of(
    contracts: Contracts, subscriptions: Subscriptions, term_end: Column | None, context: Context
) -> Agreements:
    """All agreements under the settings."""
    by_contract = contract_terms(contracts, term_end, context)
    return Agreements(contracts, subscriptions, by_contract, subscription_terms(subscriptions, context), context)


def mrr(contracts: Contracts, subscriptions: Subscriptions, term_end: Column | None, context: Context) -> Column:
    """Monthly recurring fees."""
    agreed = agreements_of(contracts, subscriptions, term_end, context)
    in_force, running = agreed.by_contract.in_force(context), agreed.by_subscription.in_force(context)
    ours = total_of(contracts, agreed.by_contract.yearly, in_force)
    theirs = total_of(subscriptions, agreed.by_subscription.yearly, running)
    by_contract, by_subscription = agreed.counts_contracts(in_force), agreed.counts_subscriptions(in_force)
    yearly = where_counted(ours.values, by_contract) + where_counted(theirs.values, by_subscription)
    yearly[~by_contract & ~by_subscription] = np.nan

    def _why(i: int) -> str:
        gaps = [
            total.gaps[i] for total, on in ((ours, by_contract), (theirs, by_subscription)) if on[i] and i in total.gaps
        ]
        return gaps[0] if gaps else _said(i, ours, theirs, by_contract, by_subscription)

    return Column(yearly / 12, _why)


@signal("revenue.arr", unit="money")
def arr(revenue_mrr: Column) -> Column:
    """Annual recurring revenue: twelve times the monthly recurring fees."""
    return Column(12 * revenue_mrr.values, revenue_mrr.reasons)


def where_counted(values: Values, counted_in: Mask) -> Values:
    """The values where they count, 0 elsewhere; what is not known stays so only where it counts."""
    return np.where(counted_in, values, 0.0)


def _said(i: int, ours: Total, theirs: Total, by_contract: Mask, by_subscription: Mask) -> str:
    parts = [
        counted(ours.rows[i], "contract") if by_contract[i] else "",
        counted(theirs.rows[i], "subscription") if by_subscription[i] else "",
    ]
    return " and ".join(part for part in parts if part) or NOTHING


SIGNALS = [
    Signal(
        "revenue.mrr",
        mrr,
        MappingProxyType(
            {
                "contracts": "contracts",
                "subscriptions": "subscriptions",
                "term_end": "term.end",
                "context": "context",
            }
        ),
        MRR,
        "money",
        optional=frozenset({"term_end"}),
    ),
    arr,
]
