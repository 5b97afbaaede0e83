"""How the firm keeps its word on response times: what waits, until when, and how often replies came in time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.sdk import Clients, Column, Context, Interactions, Mask, Tickets, Users, Values, counted, signal
from plugins.sla.asked import Sources
from plugins.sla.requests import BREACHED, DUE_SOON, IN_TIME, WINDOW, Requests, requests_of
from plugins.sla.words import spoken_instant

NOTHING = "nothing waits for a reply"
NEVER = "the client has asked for nothing in 200 days"
NONE_DUE = "no reply fell due in 90 days"


@signal("sla.status", kind="text")
def status(clients: Clients, tickets: Tickets, interactions: Interactions, users: Users, context: Context) -> Column:
    """In time, Due soon or Breached: how the request stands that is worst off; In time where nothing waits."""
    found = requests_of(Sources(clients, tickets, interactions, users, context))
    worst = _first(found, len(clients), found.waiting)
    words = np.full(len(clients), None, "O")
    words[_clients_of(found, len(clients), np.ones(len(found.due), np.bool_)) > 0] = IN_TIME
    waiting = worst >= 0
    words[waiting] = found.state[worst[waiting]]
    return Column(words, _of_request(found, worst, context, lambda i: NEVER if words[i] is None else NOTHING))


@signal("sla.next_due", kind="instant", keep="latest")
def next_due(clients: Clients, tickets: Tickets, interactions: Interactions, users: Users, context: Context) -> Column:
    """Instant by which the next first reply to the client is due; unknown where nothing waits."""
    found = requests_of(Sources(clients, tickets, interactions, users, context))
    next_one = _first(found, len(clients), found.waiting)
    instants = np.full(len(clients), "NaT", "M8[s]")
    instants[next_one >= 0] = found.due[next_one[next_one >= 0]]
    return Column(instants, _of_request(found, next_one, context, lambda _: NOTHING))


@signal("sla.waiting", unit="requests")
def waiting(clients: Clients, tickets: Tickets, interactions: Interactions, users: Users, context: Context) -> Column:
    """How many tickets and messages of the client wait for their first reply; paused ones do not count."""
    found = requests_of(Sources(clients, tickets, interactions, users, context))
    numbers = _clients_of(found, len(clients), found.waiting)
    late = _clients_of(found, len(clients), found.state == BREACHED)
    soon = _clients_of(found, len(clients), found.state == DUE_SOON)

    def _why(i: int) -> str:
        if not numbers[i]:
            return NOTHING
        return f"{counted(numbers[i], 'request')}: {late[i]:.0f} breached, {soon[i]:.0f} due soon"

    return Column(numbers, _why)


@signal("sla.attainment_90d", unit="share", digits=4)
def attainment(
    clients: Clients, tickets: Tickets, interactions: Interactions, users: Users, context: Context
) -> Column:
    """Share of the first replies due in the last 90 days that came in time; those still open count as failed."""
    found = requests_of(Sources(clients, tickets, interactions, users, context))
    judged = found.judged(context.now)
    due = _clients_of(found, len(clients), judged)
    kept = _clients_of(found, len(clients), judged & found.in_time)
    share = np.full(len(clients), np.nan)
    np.divide(kept, due, out=share, where=due > 0)

    def _why(i: int) -> str:
        return f"{kept[i]:.0f} of {counted(due[i], 'reply', 'replies')} came in time" if due[i] else NONE_DUE

    return Column(share, _why)


@signal("sla.breached_90d", unit="requests")
def breached(clients: Clients, tickets: Tickets, interactions: Interactions, users: Users, context: Context) -> Column:
    """How many first replies due in the last 90 days came late or not at all."""
    found = requests_of(Sources(clients, tickets, interactions, users, context))
    judged = found.judged(context.now)
    late = _clients_of(found, len(clients), judged & ~found.in_time)
    due = _clients_of(found, len(clients), judged)
    return Column(late, lambda i: f"of {counted(due[i], 'reply', 'replies')} due" if due[i] else NONE_DUE)


@signal("sla.response_hours", unit="hours", digits=1)
def response_hours(
    clients: Clients, tickets: Tickets, interactions: Interactions, users: Users, context: Context
) -> Column:
    """Office hours until the first reply: the median of what was answered in the last 90 days."""
    found = requests_of(Sources(clients, tickets, interactions, users, context))
    recent = found.of.answered > context.now - WINDOW
    middle = np.full(len(clients), np.nan)
    numbers = _clients_of(found, len(clients), recent)
    order = np.lexsort((found.hours, found.of.client))
    order = order[recent[order] & ~np.isnan(found.hours[order])]
    edges = np.flatnonzero(np.diff(found.of.client[order])) + 1
    for rows in np.split(order, edges):
        if len(rows):
            middle[found.of.client[rows[0]]] = np.median(found.hours[rows])
    return Column(middle, lambda i: f"of {counted(numbers[i], 'reply', 'replies')}" if numbers[i] else "no reply yet")


def _first(found: Requests, size: int, where: Mask) -> Values:
    """Per client the request that is due first, or -1."""
    rows = np.flatnonzero(where & ~np.isnat(found.due))
    order = rows[np.argsort(found.due[rows], kind="stable")][::-1]
    first = np.full(size, -1, np.int64)
    first[found.of.client[order]] = order
    return first


def _clients_of(found: Requests, size: int, where: Mask) -> Values:
    """How many of some requests each client has."""
    return np.bincount(found.of.client[where], minlength=size).astype("f8")


def _of_request(found: Requests, rows: Values, context: Context, none: Callable[[int], str]) -> Callable[[int], str]:
    """Reasons that speak of one request of each client."""

    def _why(i: int) -> str:
        if rows[i] < 0:
            return none(i)
        at = int(rows[i])
        when = spoken_instant(found.due[at], context)
        return f"“{found.of.titles[at]}” ({found.of.urgency[at]}) is due {when}"

    return _why


SIGNALS = [status, next_due, waiting, attainment, breached, response_hours]
