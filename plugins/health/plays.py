"""What health asks people to do: call the client that is At Risk; and the call that is needless, as it is no longer."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from core.sdk import (
    CompleteTask,
    Context,
    CreateTask,
    Portfolio,
    Proposal,
    Tasks,
    cut,
    proposal_key,
    spoken_date,
)

CALL = "[Inlay] Call "
CLOSED = ("completed", "canceled")
WELL = ("Excellent", "Good", "Fair")
INPUTS = ("health.band", "health.score", "health.reasons")
BODY = """{name} is At Risk: its health is {score} of 100{trend}.
{reasons}
As of {today}.

Step expected: speak to the client within {days} working days, and write down here what will be done.
To snooze, move the due date. To stop, complete the task; there will be no other one this month."""


def call_clients_at_risk(portfolio: Portfolio, context: Context) -> list[Proposal]:
    """One task per client At Risk and month, for the account manager, due in two working days.

    Whoever has said that the client is not at risk is not asked to call it while that counts.
    """
    said = portfolio.signal("health.override_band").values
    at_risk = [
        row
        for row, band in enumerate(portfolio.signal("health.band").values)
        if band == "At Risk" and said[row] in (None, "At Risk")
    ]
    assignees = portfolio.assignees()
    return [_call(portfolio, context, row, assignees[row]) for row in at_risk]


def calls_no_longer_needed(portfolio: Portfolio, context: Context) -> list[Proposal]:
    """The open calls of this month and the last to clients that are surely not At Risk any more."""
    tasks, clients = portfolio.table(Tasks), portfolio.clients
    bands = portfolio.signal("health.band")
    ours = np.flatnonzero(tasks.linked & tasks.has_key & ~np.isin(tasks.status, CLOSED)).tolist()
    called = {int(tasks.client[at]) for at in ours if str(tasks.subject[at] or "").startswith(CALL)}
    well = [row for row in sorted(called) if bands.values[row] in WELL]
    months = (context.today, context.today.replace(day=1) - timedelta(days=1))
    return [
        CompleteTask(clients.ids[row], _key(clients.ids[row], day), bands.reason(row), INPUTS)
        for row in well
        for day in months
    ]


def _key(client: str, day: date) -> str:
    return proposal_key("health", "at-risk", client, f"{day:%Y-%m}")


def _call(portfolio: Portfolio, context: Context, row: int, assignee: str | None) -> CreateTask:
    client, name = portfolio.clients.ids[row], portfolio.clients.name[row] or portfolio.clients.ids[row]
    score = f"{portfolio.signal('health.score').values[row]:.0f}"
    return CreateTask(
        client_id=client,
        subject=cut(f"{CALL}{name}: At Risk at {score}"),
        body=_body(portfolio, context, row, name, score),
        due=context.working_days.after(context.today, context.settings.at_risk_due_days),
        priority="high",
        key=_key(client, context.today),
        reason=portfolio.signal("health.band").reason(row),
        assignee_id=assignee,
        inputs=INPUTS,
    )


def _body(portfolio: Portfolio, context: Context, row: int, name: str, score: str) -> str:
    change = portfolio.signal("health.trend_30d").values[row]
    return BODY.format(
        name=name,
        score=score,
        trend="" if change != change or not change else f" ({change:+.0f} in 30 days)",  # noqa: PLR0124  NaN
        reasons=portfolio.signal("health.reasons").values[row] or "",
        today=spoken_date(context.today),
        days=context.settings.at_risk_due_days,
    )
