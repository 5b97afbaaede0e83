"""What health asks people to do: call the client that is At Risk."""

from __future__ import annotations

from core.sdk import Context, CreateTask, Portfolio, Proposal, cut, proposal_key, spoken_date

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


def _call(portfolio: Portfolio, context: Context, row: int, assignee: str | None) -> CreateTask:
    client, name = portfolio.clients.ids[row], portfolio.clients.name[row] or portfolio.clients.ids[row]
    score = f"{portfolio.signal('health.score').values[row]:.0f}"
    return CreateTask(
        client_id=client,
        subject=cut(f"[Inlay] Call {name}: At Risk at {score}"),
        body=_body(portfolio, context, row, name, score),
        due=context.working_days.after(context.today, context.settings.at_risk_due_days),
        priority="high",
        key=proposal_key("health", "at-risk", client, f"{context.today:%Y-%m}"),
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
