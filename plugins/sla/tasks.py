"""The tasks that response times ask for: one when a reply is due soon, one when it is late; each once per request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from core.sdk import (
    CompleteTask,
    Context,
    CreateTask,
    Interactions,
    Portfolio,
    Priority,
    Proposal,
    Tickets,
    Users,
    cut,
    proposal_key,
    spoken_date,
)
from plugins.sla.asked import Sources
from plugins.sla.requests import BREACHED, DUE_SOON, Requests, requests_of
from plugins.sla.settings import SlaSettings, Stage
from plugins.sla.words import spoken_instant

STAGES: dict[str, Stage] = {DUE_SOON: "due_soon", BREACHED: "breached"}
INPUTS = ("sla.status", "sla.next_due")
BODY = """{client} asked on {asked}: “{title}” ({urgency}).
The first reply of a person {was} due on {due}.
As of {today}.

Step expected: {step}
To snooze, move the due date. To stop, complete this task; there will be no other one at this stage."""
STEPS: dict[Stage, str] = {
    "due_soon": "answer the client, if only to say when the answer will come.",
    "breached": "answer at once and say why it took so long; see that somebody takes it up.",
}


def response_tasks(portfolio: Portfolio, context: Context) -> list[Proposal]:
    """A task for each request that is due soon, or whose time has passed in the last days."""
    settings: SlaSettings = context.settings
    users = portfolio.table(Users)
    found = requests_of(
        Sources(portfolio.clients, portfolio.table(Tickets), portfolio.table(Interactions), users, context)
    )
    fresh = found.due > context.now - np.timedelta64(settings.breach_task_days, "D")
    wanted = [row for row in np.flatnonzero(fresh).tolist() if STAGES.get(found.state[row]) in settings.tasks]
    people = _assignees(portfolio, users, found, wanted, settings)
    tasks = [_Late(portfolio, context, found, row).task(person) for row, person in zip(wanted, people, strict=True)]
    return [*tasks, *_answered(portfolio, context, found)]


def _answered(portfolio: Portfolio, context: Context, found: Requests) -> Iterator[CompleteTask]:
    """The tasks for what was answered in the last days: needless, whoever answered; most were never made."""
    settings: SlaSettings = context.settings
    since = context.now - np.timedelta64(settings.breach_task_days, "D")
    for row in np.flatnonzero((found.of.answered > since) & (found.of.client >= 0)).tolist():
        client, record = portfolio.clients.ids[found.of.client[row]], found.of.ids[row]
        why = f"“{found.of.titles[row]}” was answered on {spoken_instant(found.of.answered[row], context)}"
        for stage in settings.tasks:
            yield CompleteTask(client, proposal_key("sla", stage, record), why, (INPUTS[0], record))


@dataclass(frozen=True)
class _Late:
    """One request that needs an answer."""

    portfolio: Portfolio
    context: Context
    found: Requests
    row: int

    @property
    def stage(self) -> Stage:
        """How far it has come."""
        return STAGES[self.found.state[self.row]]

    @property
    def client(self) -> int:
        """The row of its client."""
        return int(self.found.of.client[self.row])

    @property
    def name(self) -> str:
        """The client as people call it."""
        return self.portfolio.clients.name[self.client] or self.portfolio.clients.ids[self.client]

    def task(self, assignee: str | None) -> CreateTask:
        """The task for it."""
        record, title = self.found.of.ids[self.row], self.found.of.titles[self.row]
        due = spoken_instant(self.found.due[self.row], self.context)
        said = "due" if self.stage == "due_soon" else "was due"
        return CreateTask(
            client_id=self.portfolio.clients.ids[self.client],
            subject=cut(f"[Inlay] Answer {self.name}: {title}, {said} {due}"),
            body=self._body(title, due),
            due=self._due(),
            priority=self._priority(),
            key=proposal_key("sla", self.stage, record),
            reason=f"the first reply to “{title}” {'is' if said == 'due' else 'was'} due on {due}",
            assignee_id=assignee,
            inputs=(*INPUTS, record),
        )

    def _body(self, title: str, due: str) -> str:
        return BODY.format(
            client=self.name,
            asked=spoken_instant(self.found.of.asked[self.row], self.context),
            title=title,
            urgency=self.found.of.urgency[self.row],
            was="is" if self.stage == "due_soon" else "was",
            due=due,
            today=spoken_date(self.context.today),
            step=STEPS[self.stage],
        )

    def _due(self) -> date:
        """The day on which the reply is due, but never a day gone by or one that is not worked."""
        day = date.fromisoformat(str(self.context.local_days(self.found.due[[self.row]])[0]))
        return self.context.working_days.after(max(day, self.context.today), 0)

    def _priority(self) -> Priority:
        urgent = self.found.of.urgency[self.row] == "urgent"
        return "high" if urgent or self.stage == "breached" else "normal"


def _assignees(
    portfolio: Portfolio, users: Users, found: Requests, rows: list[int], settings: SlaSettings
) -> list[str | None]:
    """Who gets each task: who was asked; of a breach who looks after the client, unless set otherwise."""
    clients = found.of.client[rows] if rows else np.array([], np.int64)
    asked: list[str | None] = [users.ids[at] if (at := found.of.person[row]) >= 0 else None for row in rows]
    managers: list[str | None] = [portfolio.clients.account_manager_id[client] for client in clients]
    owners: list[str | None] = [portfolio.clients.owner_id[client] for client in clients]
    escalated = [settings.breach_to == "account_manager" and found.state[row] == BREACHED for row in rows]
    first = [manager if up else person for up, manager, person in zip(escalated, managers, asked, strict=True)]
    second = [person if up else manager for up, manager, person in zip(escalated, managers, asked, strict=True)]
    return portfolio.assignees(first, second, owners)
