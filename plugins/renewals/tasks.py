"""The tasks that renewals ask for: one per contract, term and stage, when the stage is reached.

The month in which the term ends is part of the key, so that a contract that renews by itself is asked about every time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np

from core.sdk import (
    CompleteTask,
    Context,
    Contracts,
    CreateTask,
    Deals,
    Portfolio,
    Priority,
    Proposal,
    cut,
    money,
    proposal_key,
    spoken_date,
)
from plugins.renewals.keepers import above, keepers
from plugins.renewals.naming import task_title
from plugins.renewals.renewal import Renewal, is_settled, renewals_at_a_stage
from plugins.renewals.settings import RenewalSettings

URGENT = 30  # days left from which every renewal is of high priority
INPUTS = ("term.stage", "term.days_left", "term.end", "term.notice_deadline")
DEALS = {
    "open": "A renewal deal is open.",
    "several": "More than one renewal deal is open: close all but one.",
}
BODY = """Contract {contract} of {client} needs a decision: {left} left.
{facts}
As of {today}.

Step expected: agree with the client whether and how to go on, and write the outcome down here.
To snooze, move the due date. To stop, complete this task; the next stage makes a new one."""


def renewal_tasks(portfolio: Portfolio, context: Context) -> list[Proposal]:
    """A task for each contract that stands at a stage today; earlier stages that went by are not made up for."""
    if not context.settings.tasks:
        return []
    contracts = portfolio.table(Contracts)
    at_stage = renewals_at_a_stage(portfolio, context)
    usual, higher = keepers(portfolio, contracts), above(portfolio, contracts, context)
    due_now = [one for one in at_stage if not is_settled(one)]
    tasks = [_task(one, higher[one.row] if one.is_escalated else usual[one.row]) for one in due_now]
    return [*tasks, *(closing for one in at_stage if is_settled(one) for closing in _closings(one))]


def _closings(renewal: Renewal) -> Iterator[CompleteTask]:
    """The tasks of this term, which are needless once it is settled; those that were never made need nothing."""
    why = f"contract {renewal.title} is settled: {renewal.said('term.progress')}"
    for stage in renewal.context.settings.stages:
        if stage >= renewal.stage:
            yield CompleteTask(renewal.client_id, _key(renewal, stage), why, ("term.progress", renewal.id))


def _key(renewal: Renewal, stage: int) -> str:
    return proposal_key("renewal", renewal.id, renewal.term, str(stage))


def _task(renewal: Renewal, assignee: str | None) -> CreateTask:
    why = renewal.portfolio.signal("term.days_left").reason(renewal.row)
    return CreateTask(
        client_id=renewal.client_id,
        subject=cut(f"{task_title(renewal.client_name, renewal.title)} {renewal.left} left"),
        body=_body(renewal),
        due=_due(renewal),
        priority=_priority(renewal),
        key=_key(renewal, renewal.stage),
        reason=f"contract {renewal.title} has {renewal.left} left: {why}",
        assignee_id=assignee,
        inputs=(*INPUTS, renewal.id),
    )


def _body(renewal: Renewal) -> str:
    return BODY.format(
        contract=renewal.title,
        client=renewal.client_name,
        left=renewal.left,
        facts="\n".join(_facts(renewal)),
        today=spoken_date(renewal.context.today),
    )


def _facts(renewal: Renewal) -> list[str]:
    """The dates and figures the reader decides by."""
    dated = {
        "Ends on": renewal.day("term.end"),
        "Notice must arrive by": renewal.day("term.notice_deadline"),
        "Send notice by post no later than": renewal.day("term.latest_send"),
    }
    facts = [f"{what} {spoken_date(day)}." for what, day in dated.items() if not np.isnat(day)]
    if renewal.contracts.auto_renew[renewal.row]:
        facts.append("It renews by itself unless notice is given.")
    value = renewal.contracts.annual_value[renewal.row]
    if not np.isnan(value):
        facts.append(f"Worth {money(value, renewal.contracts.currency[renewal.row])} a year.")
    if renewal.portfolio.table(Deals).is_read:
        facts.append(_deal(renewal))
    if renewal.is_escalated:
        since = spoken_date(renewal.day("term.unanswered_since"))
        facts.append(f"The task that was due on {since} is still open: that is why this one comes to you.")
    return facts


def _deal(renewal: Renewal) -> str:
    """Whether there is a renewal deal, and else what it should be: there is to be one, and only one."""
    state = renewal.said("term.deal")
    if state in DEALS:
        return DEALS[state]
    amount = renewal.portfolio.signal("term.renewal_amount").values[renewal.row]
    currency = renewal.contracts.currency[renewal.row]
    over = "" if np.isnan(amount) else f" over {money(amount, currency)} a year"
    return f"No renewal deal is open: open one{over} that closes on {spoken_date(renewal.day('term.end'))}."


def _due(renewal: Renewal) -> date:
    """Some working days from today, but never after the last working day before the decision."""
    context, settings = renewal.context, renewal.context.settings
    wished = context.working_days.after(context.today, settings.days_for(renewal.stage))
    left = int(renewal.days_left)
    decision = np.array([np.datetime64(context.today) + left])
    latest = date.fromisoformat(str(context.working_days.on_or_before(decision)[0]))
    return min(wished, latest) if latest >= context.today else wished


def _priority(renewal: Renewal) -> Priority:
    """High when time is short or much is at stake."""
    settings: RenewalSettings = renewal.context.settings
    value = renewal.contracts.annual_value[renewal.row]
    return "high" if renewal.stage <= URGENT or value >= settings.high_value else "normal"
