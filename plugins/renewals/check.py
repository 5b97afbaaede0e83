"""What only the records can say of the settings of renewals, and which contracts cannot be watched."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.sdk import Context, Contracts, Finding, Portfolio, counted
from plugins.renewals.naming import number_of
from plugins.renewals.settings import RenewalSettings

SHOWN = 20


def look_over(portfolio: Portfolio, context: Context) -> Iterator[Finding]:
    """Decisions about contracts that are not there, an escalation to nobody, and contracts in force without an end."""
    settings: RenewalSettings = context.settings
    contracts = portfolio.table(Contracts)
    known = set(contracts.ids)
    for at, decision in enumerate(settings.decisions):
        if decision.contract not in known:
            what = f"the decision of {decision.on} is about {decision.contract}, which is no contract that was read"
            remedy = "write the id as `inlay explain` shows it, such as crm/Contract/800B2"
            yield Finding("unknown_contract", "warning", what, f"settings.decisions.{at}", remedy)
    if settings.escalate_to is not None and portfolio.unknown_people([settings.escalate_to]):
        what = f"{settings.escalate_to} names nobody who works here: escalations go to the client's owner"
        yield Finding("unknown_person", "warning", what, "settings.escalate_to", "write the id of a user")
    yield from _endless(portfolio, contracts)


def _endless(portfolio: Portfolio, contracts: Contracts) -> Iterator[Finding]:
    """Contracts in force of which no system says when they end: nobody is warned before they do."""
    endless = (portfolio.signal("term.status").values == "Evergreen") & ~contracts.auto_renew
    rows = np.flatnonzero(endless & contracts.linked).tolist()
    remedy = "enter its end or its term in months; one that goes on by itself is marked as renewing"
    for row in rows[:SHOWN]:
        what = f"contract {number_of(contracts, row)} has no end: no stage and no task will come"
        yield Finding("contract_without_end", "warning", what, contracts.ids[row], remedy)
    if len(rows) > SHOWN:
        more = f"{counted(len(rows) - SHOWN, 'more contract')} without end"
        yield Finding("contract_without_end", "warning", more, "", remedy, len(rows) - SHOWN)
