"""The tasks that renewals ask for: one per contract, term and stage, when the stage is reached.

The month in which the term ends is part of the key, so that a contract that renews by itself is asked about every time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from core.sdk import (
    Context,
    Contracts,
    CreateTask,
    Deals,
    Portfolio,
    Priority,
    Proposal,
    counted,
    cut,
    money,
    proposal_key,
    spoken_date,
)
from plugins.renewals.naming import client_name, task_title, title_beside
from plugins.renewals.progress import SETTLED
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
    stages, progress = portfolio.signal("term.stage").values, portfolio.signal("term.progress").values
    at_stage = [row for row in np.flatnonzero(contracts.linked).tolist() if stages[row] is not None]
    due_now = [_Renewal(portfolio, context, row, int(stages[row])) for row in at_stage if progress[row] not in SETTLED]
    usual, above = _assignees(portfolio, contracts), _above(portfolio, contracts, context)
    return [_task(one, above[one.row] if one.is_escalated else usual[one.row]) for one in due_now]


@dataclass(frozen=True)
class _Renewal:
    """One contract at one stage."""

    portfolio: Portfolio
    context: Context
    row: int
    stage: int

    @property
    def contracts(self) -> Contracts:
        """The table its row points into."""
        return self.portfolio.table(Contracts)

    @property
    def client(self) -> int:
        """The row of its client."""
        return int(self.contracts.client[self.row])

    @property
    def client_name(self) -> str:
        """The client as people call it."""
        return client_name(self.portfolio.clients, self.client)

    @property
    def title(self) -> str:
        """The contract as people call it, without the client's name, which is said beside it."""
        return title_beside(self.client_name, self.contracts, self.row)

    @property
    def is_escalated(self) -> bool:
        """Whether time is short and an earlier task was left open."""
        return self.stage <= self.context.settings.escalate_from and not np.isnat(self.day("term.unanswered_since"))

    @property
    def left(self) -> str:
        """The days left, in words."""
        return counted(float(self.portfolio.signal("term.days_left").values[self.row]), "day")

    def day(self, signal: str) -> np.datetime64:
        """One of its dates; NaT when unknown."""
        found: np.datetime64 = self.portfolio.signal(signal).values[self.row]
        return found


def _task(renewal: _Renewal, assignee: str | None) -> CreateTask:
    contract = renewal.contracts.ids[renewal.row]
    why = renewal.portfolio.signal("term.days_left").reason(renewal.row)
    return CreateTask(
        client_id=renewal.portfolio.clients.ids[renewal.client],
        subject=cut(f"{task_title(renewal.client_name, renewal.title)} {renewal.left} left"),
        body=_body(renewal),
        due=_due(renewal),
        priority=_priority(renewal),
        key=proposal_key("renewal", contract, str(renewal.day("term.end"))[:7], str(renewal.stage)),
        reason=f"contract {renewal.title} has {renewal.left} left: {why}",
        assignee_id=assignee,
        inputs=(*INPUTS, contract),
    )


def _body(renewal: _Renewal) -> str:
    return BODY.format(
        contract=renewal.title,
        client=renewal.client_name,
        left=renewal.left,
        facts="\n".join(_facts(renewal)),
        today=spoken_date(renewal.context.today),
    )


def _facts(renewal: _Renewal) -> list[str]:
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


def _deal(renewal: _Renewal) -> str:
    """Whether there is a renewal deal, and else what it should be: there is to be one, and only one."""
    state = renewal.portfolio.signal("term.deal").values[renewal.row]
    if state in DEALS:
        return DEALS[state]
    amount = renewal.portfolio.signal("term.renewal_amount").values[renewal.row]
    currency = renewal.contracts.currency[renewal.row]
    over = "" if np.isnan(amount) else f" over {money(amount, currency)} a year"
    return f"No renewal deal is open: open one{over} that closes on {spoken_date(renewal.day('term.end'))}."


def _due(renewal: _Renewal) -> date:
    """Some working days from today, but never after the last working day before the decision."""
    context, settings = renewal.context, renewal.context.settings
    wished = context.working_days.after(context.today, settings.days_for(renewal.stage))
    left = int(renewal.portfolio.signal("term.days_left").values[renewal.row])
    decision = np.array([np.datetime64(context.today) + left])
    latest = date.fromisoformat(str(context.working_days.on_or_before(decision)[0]))
    return min(wished, latest) if latest >= context.today else wished


def _priority(renewal: _Renewal) -> Priority:
    """High when time is short or much is at stake."""
    settings: RenewalSettings = renewal.context.settings
    value = renewal.contracts.annual_value[renewal.row]
    return "high" if renewal.stage <= URGENT or value >= settings.high_value else "normal"


def _above(portfolio: Portfolio, contracts: Contracts, context: Context) -> list[str | None]:
    """Who is asked when nobody answered: the person in the settings, else the client's owner, else its manager."""
    named: list[str | None] = [context.settings.escalate_to] * len(contracts)
    clients, rows = portfolio.clients, contracts.client.tolist()
    owners = [clients.owner_id[row] if row >= 0 else None for row in rows]
    managers = [clients.account_manager_id[row] if row >= 0 else None for row in rows]
    return portfolio.assignees(named, owners, managers, contracts.owner_id.tolist())


def _assignees(portfolio: Portfolio, contracts: Contracts) -> list[str | None]:
    """Who looks after each contract: its owner, else the client's account manager or owner."""
    clients = portfolio.clients
    managers = [clients.account_manager_id[row] if row >= 0 else None for row in contracts.client]
    owners = [clients.owner_id[row] if row >= 0 else None for row in contracts.client]
    return portfolio.assignees(contracts.owner_id.tolist(), managers, owners)
