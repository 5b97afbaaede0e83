"""What clients have asked and still wait for."""

from __future__ import annotations

import numpy as np

from core.sdk import Column, Context, Mask, Tickets, Values, counted, signal

OPEN = ("new", "open", "pending", "on_hold")
SEVERITY = {"urgent": 3.0, "high": 2.0, "normal": 1.0, "low": 0.5}
UNREAD = "no tickets are read from any system"


@signal("support.open_tickets", unit="tickets")
def open_tickets(tickets: Tickets) -> Column:
    """How many tickets of the client are open."""
    found = tickets.by_client.count(_is_open(tickets))
    return Column(_where_read(tickets, found), lambda i: _said(found[i]) if tickets.is_read else UNREAD)


@signal("support.oldest_days", unit="days", keep="latest")
def oldest_days(tickets: Tickets, context: Context) -> Column:
    """Age of the oldest open ticket in days; unknown when none is open."""
    row = tickets.by_client.first_row(_opened(tickets), _is_open(tickets))
    age = context.days_since(context.local_days(_opened(tickets)))
    days = np.full(len(row), np.nan)
    days[row >= 0] = age[row[row >= 0]]

    def _why(i: int) -> str:
        if row[i] < 0:
            return "no ticket is open"
        return f"ticket {tickets.number[row[i]] or tickets.ids[row[i]]} is open for {counted(days[i], 'day')}"

    return Column(days, _why)


@signal("support.pressure", unit="points", digits=1, keep="nothing")
def pressure(tickets: Tickets, support_open_tickets: Column, support_oldest_days: Column, context: Context) -> Column:
    """Weight of the open tickets: by priority, up to double with age, half as much again when reopened or late."""
    severity = np.array([SEVERITY.get(word, 1.0) for word in tickets.priority.tolist()], "f8")
    age = np.nan_to_num(context.days_since(context.local_days(_opened(tickets))))
    ageing = 1 + np.clip(age / 30, 0, 1)
    strained = np.where(
        (np.nan_to_num(tickets.reopened_count) > 0) | tickets.sla_breached | tickets.is_escalated, 1.5, 1.0
    )
    weight = tickets.by_client.total(severity * ageing * strained, _is_open(tickets))

    def _why(i: int) -> str:
        oldest = support_oldest_days.values[i]
        age_of_it = "" if np.isnan(oldest) else f" (the oldest for {counted(oldest, 'day')})"
        return f"{support_open_tickets.reason(i)}{age_of_it}"

    return Column(_where_read(tickets, weight), _why)


def _said(number: float) -> str:
    return counted(number, "open ticket") if number else "no open ticket"


def _opened(tickets: Tickets) -> Values:
    return np.where(np.isnat(tickets.opened_at), tickets.created_at, tickets.opened_at)


def _is_open(tickets: Tickets) -> Mask:
    return np.isin(tickets.status, OPEN)


def _where_read(tickets: Tickets, found: Values) -> Values:
    """No ticket of this client means none is open; no ticket of anybody means that no system delivers them."""
    return found if tickets.is_read else np.full(len(found), np.nan)


SIGNALS = [open_tickets, oldest_days, pressure]
