"""The renewal deal: opened once per term where nobody has opened one, over the fee with its uplift."""

from __future__ import annotations

import numpy as np

from core.sdk import Context, Contracts, CreateRecord, Portfolio, Proposal, money, proposal_key, spoken_date
from plugins.renewals.keepers import keepers
from plugins.renewals.progress import ENDING
from plugins.renewals.renewal import Renewal, renewals_at_a_stage

INPUTS = ("term.end", "term.days_left", "term.deal", "term.renewal_amount")


def renewal_deals(portfolio: Portfolio, context: Context) -> list[Proposal]:
    """A deal for each contract that is near enough, that somebody means to renew or nobody has given up, and has none.

    Any deal there ever was for the term counts, also one that was lost: there is one, and only one.
    """
    lead = context.settings.deal_lead_days
    if not lead:
        return []
    due = [
        one
        for one in renewals_at_a_stage(portfolio, context)
        if one.days_left <= lead and one.said("term.deal") is None and one.said("term.progress") != ENDING
    ]
    usual = keepers(portfolio, portfolio.table(Contracts))
    return [_deal(one, usual[one.row]) for one in due if not np.isnat(one.day("term.end"))]


def _deal(renewal: Renewal, owner: str | None) -> CreateRecord:
    values: dict[str, str | float] = {
        "name": f"{renewal.client_name}: renewal of {renewal.title}",
        "deal_type": "renewal",
        "expected_close_date": str(renewal.day("term.end")),
        "description": _description(renewal),
    }
    amount = _amount(renewal)
    if amount is not None:
        values["amount"] = amount
    return CreateRecord(
        client_id=renewal.client_id,
        record_type="deal",
        values=values,
        key=proposal_key("renewal-deal", renewal.id, renewal.term),
        reason=f"contract {renewal.title} has {renewal.left} left, and no renewal deal is open",
        owner_id=owner,
        inputs=(*INPUTS, renewal.id),
    )


def _amount(renewal: Renewal) -> float | None:
    """The yearly fee with its uplift; none where it is in a currency that the deal would not be in."""
    amount = float(renewal.portfolio.signal("term.renewal_amount").values[renewal.row])
    is_ours = renewal.contracts.currency[renewal.row] in (None, renewal.context.firm.currency)
    return None if np.isnan(amount) or not is_ours else round(amount, 2)


def _description(renewal: Renewal) -> str:
    """What the deal is made of, for who opens it."""
    column = renewal.portfolio.signal("term.renewal_amount")
    amount, currency = float(column.values[renewal.row]), renewal.contracts.currency[renewal.row]
    worth = "" if np.isnan(amount) else f" Fee: {money(amount, currency)} a year ({column.reason(renewal.row)})."
    return f"[Inlay] Contract {renewal.title} ends on {spoken_date(renewal.day('term.end'))}.{worth}"
