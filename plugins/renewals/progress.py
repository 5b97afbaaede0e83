"""How far a renewal has come: what was decided and why, the renewal deal, and who has taken note."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.sdk import (
    Clients,
    Column,
    Context,
    Contracts,
    Deals,
    Mask,
    Tasks,
    Values,
    counted,
    money,
    signal,
    spoken_date,
)
from plugins.renewals.naming import client_name, task_title, title_beside
from plugins.renewals.settings import Decision, RenewalSettings

OPEN, MONITORED, IN_TALKS = "Open", "Monitored", "In talks"
RENEWING, ENDING, RENEWED = "Renewing", "Ending", "Renewed"
SETTLED = (MONITORED, RENEWING, ENDING, RENEWED)
"""Where nobody needs to be asked for a decision."""
DECIDED = {"renew": RENEWING, "let_end": ENDING, "renegotiate": IN_TALKS, "monitor": MONITORED}
CLOSED = ("completed", "canceled")
NEAR = 120  # days between a deal's close and the end of the contract that it renews
YEAR = 366  # days before the end within which a decision or a task is about the present term


@signal("term.decision", kind="text", subject="contract")
def decision(contracts: Contracts, term_end: Column, context: Context) -> Column:
    """What somebody decided about the present term: renew, renegotiate, let_end or monitor."""
    settings: RenewalSettings = context.settings
    rows = {id_: row for row, id_ in enumerate(contracts.ids)}
    made: dict[int, Decision] = {}
    for one in sorted(settings.decisions, key=lambda one: one.on):
        row = rows.get(one.contract)
        if row is not None and one.on <= context.today and _is_of_term(one, term_end.values[row]):
            made[row] = one
    values = np.full(len(contracts), None, "O")
    for row, one in made.items():
        values[row] = one.decision

    def _why(i: int) -> str:
        one = made.get(i)
        return "nobody decided yet" if one is None else f"{one.by} on {spoken_date(one.on)}: {one.reason}"

    return Column(values, _why)


@signal("term.deal", kind="text", subject="contract")
def deal(contracts: Contracts, deals: Deals, term_end: Column) -> Column:
    """The renewal deal: open, won, lost, or several where more than one is open; none where there is no such deal."""
    found: dict[int, list[str]] = {}
    by_client: dict[int, list[int]] = {}
    renewals = np.flatnonzero(deals.linked & (deals.deal_type == "renewal"))
    for row in np.flatnonzero(term_end.known & np.isin(contracts.client, deals.client[renewals])).tolist():
        by_client.setdefault(int(contracts.client[row]), []).append(row)
    for at in renewals.tolist():
        renewed = _renews(by_client.get(int(deals.client[at]), []), term_end.values, deals.expected_close_date[at])
        if renewed is not None:
            found.setdefault(renewed, []).append(str(deals.status[at]))
    values = np.full(len(contracts), None, "O")
    for row, states in found.items():
        values[row] = _together(states)
    return Column(
        values, lambda i: counted(len(found[i]), "renewal deal") if i in found else "there is no renewal deal"
    )


@signal("term.renewal_amount", unit="money", subject="contract")
def renewal_amount(contracts: Contracts, term_stage: Column, context: Context) -> Column:
    """Yearly value that the renewal should have: the present one with the uplift, in the contract's currency."""
    settings: RenewalSettings = context.settings
    due = np.array([stage is not None for stage in term_stage.values], np.bool_)
    values = np.where(due, contracts.annual_value * (1 + settings.uplift), np.nan)

    def _why(i: int) -> str:
        if np.isnan(values[i]):
            return "its yearly value is not known" if due[i] else "nothing is to be renewed yet"
        return f"{money(contracts.annual_value[i], contracts.currency[i])} a year and {settings.uplift:.1%} more"

    return Column(values, _why)


@signal("term.acknowledged", kind="date", subject="contract")
def acknowledged(clients: Clients, contracts: Contracts, tasks: Tasks, term_end: Column, context: Context) -> Column:
    """Day on which somebody last completed a task about the renewal of the present term."""
    done = context.local_days(tasks.completed_at)
    values = np.full(len(contracts), "NaT", "M8[D]")
    for row, at in _about(clients, contracts, tasks, (tasks.status == "completed") & ~np.isnat(done)):
        if np.isnat(term_end.values[row]) or done[at] >= term_end.values[row] - YEAR:
            values[row] = np.fmax(values[row], done[at])
    return Column(values, "as its tasks say")


@signal("term.unanswered_since", kind="date", subject="contract")
def unanswered_since(clients: Clients, contracts: Contracts, tasks: Tasks, context: Context) -> Column:
    """Day on which the oldest task about its renewal was due that is still open and late."""
    late = ~np.isin(tasks.status, CLOSED) & (tasks.due_date < np.datetime64(context.today))
    values = np.full(len(contracts), "NaT", "M8[D]")
    for row, at in _about(clients, contracts, tasks, late):
        values[row] = np.fmin(values[row], tasks.due_date[at])
    return Column(values, "as its tasks say")


@signal("term.progress", kind="text", subject="contract")
def progress(
    term_stage: Column, term_decision: Column, term_deal: Column, term_days_left: Column, context: Context
) -> Column:
    """How far the renewal is: Open, Monitored, In talks, Renewing, Ending or Renewed; none while it is not due."""
    settings: RenewalSettings = context.settings
    values = np.full(len(term_stage), None, "O")
    for row, stage in enumerate(term_stage.values):
        if stage is not None:
            watched = term_days_left.values[row] > settings.monitor_until
            values[row] = _progress(term_decision.values[row], term_deal.values[row], watched=watched)

    def _why(i: int) -> str:
        if values[i] is None:
            return "nothing is to be renewed yet"
        late = " (too late to go on watching)" if term_decision.values[i] == "monitor" and values[i] == OPEN else ""
        return f"{term_decision.reason(i)}{late}; {term_deal.reason(i)}"

    return Column(values, _why)


def _about(clients: Clients, contracts: Contracts, tasks: Tasks, where: Mask) -> Iterator[tuple[int, int]]:
    """Pairs of a contract and one of Inlay's tasks about its renewal, known by how its subject begins."""
    by_client: dict[int, list[int]] = {}
    for at in np.flatnonzero(tasks.linked & tasks.has_key & where).tolist():
        by_client.setdefault(int(tasks.client[at]), []).append(at)
    for row in np.flatnonzero(np.isin(contracts.client, list(by_client))).tolist():
        client = int(contracts.client[row])
        name = client_name(clients, client)
        begins = task_title(name, title_beside(name, contracts, row))
        yield from ((row, at) for at in by_client[client] if str(tasks.subject[at] or "").startswith(begins))


def _progress(decided: str | None, deal_state: str | None, *, watched: bool) -> str:
    """A deal that was won settles it; then what people decided; then an open deal."""
    if deal_state == "won":
        return RENEWED
    if decided == "monitor" and not watched:
        decided = None
    if decided is not None:
        return DECIDED[decided]
    return IN_TALKS if deal_state in ("open", "several") else OPEN


def _is_of_term(one: Decision, end: np.datetime64) -> bool:
    """Whether a decision is about the term that ends then; about one without end it always is."""
    return bool(np.isnat(end)) or 0 <= (end - np.datetime64(one.on)).astype(int) <= YEAR


def _renews(rows: list[int], ends: Values, close: np.datetime64) -> int | None:
    """The contract that a deal renews: the one that ends nearest to its close; without a close, the only one."""
    if np.isnat(close):
        return rows[0] if len(rows) == 1 else None
    gaps = sorted((abs(int((ends[row] - close).astype(int))), row) for row in rows)
    return gaps[0][1] if gaps and gaps[0][0] <= NEAR else None


def _together(states: list[str]) -> str:
    """One word for all deals of a renewal."""
    if "won" in states:
        return "won"
    number = states.count("open")
    return "several" if number > 1 else "open" if number else "lost"


SIGNALS = [decision, deal, renewal_amount, acknowledged, unanswered_since, progress]
