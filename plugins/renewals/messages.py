"""Messages about renewals: one per contract, term and stage, to who looks after it; above where nobody answered.

A message goes once, whatever becomes of the task beside it. One of a later stage is needless when the one before was
acknowledged by its link.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from core.sdk import Context, Contracts, Portfolio, Proposal, SendMessage, proposal_key, spoken_date
from plugins.renewals.keepers import above, keepers
from plugins.renewals.renewal import Renewal, is_settled, renewals_at_a_stage

INPUTS = ("term.stage", "term.days_left", "term.end", "term.notice_deadline")
TEXT = "{client}: contract {contract} has {left} left. It ends on {end}{notice}. Please decide, and close its task."


def renewal_messages(portfolio: Portfolio, context: Context) -> list[Proposal]:
    """A message for each contract at a stage for which the settings name channels."""
    wanted = context.settings.messages
    if not wanted:
        return []
    contracts = portfolio.table(Contracts)
    at_stage = [one for one in renewals_at_a_stage(portfolio, context) if one.stage in wanted and not is_settled(one)]
    usual, higher = keepers(portfolio, contracts), above(portfolio, contracts, context)
    people = [higher[one.row] if one.is_escalated else usual[one.row] for one in at_stage]
    return [_message(one, person) for one, person in zip(at_stage, people, strict=True) if person is not None]


def _message(renewal: Renewal, person: str) -> SendMessage:
    settings, told = renewal.context.settings, _told(renewal)
    template = settings.message_template
    notice = f", notice must arrive by {told['notice']}" if told["notice"] else ""
    text = TEXT.format(client=renewal.client_name, **(told | {"notice": notice}))
    return SendMessage(
        to="user",
        key=_key(renewal, renewal.stage),
        reason=f"contract {renewal.title} has {renewal.left} left",
        client_id=renewal.client_id,
        recipient_id=person,
        template=template,
        subject="" if template else f"Renewal of {renewal.client_name}: {renewal.left} left",
        text="" if template else text,
        values=told if template else {},
        channels=settings.messages[renewal.stage],
        unless_acknowledged=_earlier(renewal),
        inputs=(*INPUTS, renewal.id),
    )


def _told(renewal: Renewal) -> dict[str, str]:
    """The fields that a template may show."""
    days = {"end": renewal.day("term.end"), "notice": renewal.day("term.notice_deadline")}
    spoken = {name: "" if np.isnat(day) else spoken_date(day) for name, day in days.items()}
    return {"contract": renewal.title, "left": renewal.left, **spoken}


def _earlier(renewal: Renewal) -> str | None:
    """The key of the message of the stage before, whose acknowledgement makes this one needless."""
    stages = sorted(renewal.context.settings.messages, reverse=True)
    before = {late: early for early, late in pairwise(stages)}.get(renewal.stage)
    return None if before is None else _key(renewal, before)


def _key(renewal: Renewal, stage: int) -> str:
    return proposal_key("renewal-message", renewal.id, renewal.term, str(stage))
