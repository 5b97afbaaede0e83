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
    Portfolio,
    Priority,
    Proposal,
    counted,
    cut,
    money,
    proposal_key,
    spoken_date,
)
from plugins.renewals.settings import RenewalSettings

URGENT = 30  # days left from which every renewal is of high priority
INPUTS = ("term.stage", "term.days_left", "term.end", "term.notice_deadline")
BODY = """Contract {contract} of {client} needs a decision: {left} left.
{facts}
As of {today}.

Step expected: agree with the client whether and how to go on, and write the outcome down here.
To snooze, move the due date. To stop, complete this task; the next stage makes a new one."""


def renewal_tasks(portfolio: Portfolio, context: Context) -> list[Proposal]:
    """A task for each contract that stands at a stage today; earlier stages that went by are not made up for."""
    contracts = portfolio.table(Contracts)
    stages = portfolio.signal("term.stage").values
    due_now = [row for row in np.flatnonzero(contracts.linked).tolist() if stages[row] is not None]
    assignees = _assignees(portfolio, contracts)
    return [_task(_Renewal(portfolio, context, row, int(stages[row])), assignees[row]) for row in due_now]


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
        return self.portfolio.clients.name[self.client] or self.portfolio.clients.ids[self.client]

    @property
    def title(self) -> str:
        """The contract as people call it, without the client's name, which is said beside it."""
        contracts = self.contracts
        called = contracts.number[self.row] or contracts.name[self.row] or contracts.ids[self.row].rpartition("/")[2]
        return str(called.replace(self.client_name, "").strip(" -:,") or called)

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
        subject=cut(f"[Inlay] Renew {renewal.client_name}: {renewal.title}, {renewal.left} left"),
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
    return facts


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


def _assignees(portfolio: Portfolio, contracts: Contracts) -> list[str | None]:
    """Who looks after each contract: its owner, else the client's account manager or owner."""
    clients = portfolio.clients
    managers = [clients.account_manager_id[row] if row >= 0 else None for row in contracts.client]
    owners = [clients.owner_id[row] if row >= 0 else None for row in contracts.client]
    return portfolio.assignees(contracts.owner_id.tolist(), managers, owners)
