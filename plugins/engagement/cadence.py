"""When each client should next be touched: weekly, monthly or quarterly by its state, counted from the last touch."""

from __future__ import annotations

import numpy as np

from core.sdk import (
    Clients,
    Column,
    Context,
    Interactions,
    Invoices,
    Mask,
    Projects,
    Values,
    counted,
    picked,
    signal,
    spoken_date,
)
from plugins.engagement.events import SAID, activity_of
from plugins.engagement.settings import Cadence, EngagementSettings

NOT_KEPT = "no cadence fits its state"
AT_WORK = ("active",)
UNBILLED = ("draft", "void")


@signal("contact.state", kind="text")
def state(
    clients: Clients,
    projects: Projects,
    invoices: Invoices,
    activity_days_since_contact: Column,
    activity_last_contact: Column,
    context: Context,
) -> Column:
    """The client's state, which decides how often it is to be touched; none for clients that no cadence fits."""
    settings: EngagementSettings = context.settings
    working = _working(projects, context)
    billed = invoices.by_client.last_row(invoices.issue_date, ~np.isin(invoices.status, UNBILLED))
    idle = np.fmin(
        context.days_since(activity_last_contact.values), context.days_since(picked(invoices.issue_date, billed))
    )
    idle = np.where(np.isnan(idle), _known_days(clients, context), idle)
    names = np.full(len(clients), None, "O")
    for cadence in reversed(settings.cadences):
        names[_fits(cadence, clients, working, idle)] = cadence.state

    def _why(i: int) -> str:
        if names[i] is None:
            return f"{NOT_KEPT} (status {clients.status[i]})"
        work = "work is going on" if working[i] else "no project is going on"
        return f"{work}; {activity_days_since_contact.reason(i)}"

    return Column(names, _why)


@signal("contact.next_due", kind="date")
def next_due(clients: Clients, interactions: Interactions, contact_state: Column, context: Context) -> Column:
    """Working day by which the client should be touched next."""
    settings: EngagementSettings = context.settings
    activity = activity_of(interactions, context)
    row = interactions.by_client.last_row(interactions.started_at, activity.of(settings.touch_types))
    touched = context.local_days(picked(interactions.started_at, row))
    begun = np.where(np.isnat(clients.client_since), context.local_days(clients.created_at), clients.client_since)
    begun = np.where(np.isnat(begun), np.datetime64(context.today), begun)
    every = _every(settings, contact_state.values)
    due = np.where(np.isnat(touched), begun, touched) + np.nan_to_num(every).astype("m8[D]")
    due[np.isnan(every)] = np.datetime64("NaT")
    due = context.working_days.on_or_after(due)

    def _why(i: int) -> str:
        if np.isnan(every[i]):
            return contact_state.reason(i)
        last = f"{SAID[activity.type[row[i]]][0]} on {spoken_date(touched[i])}" if row[i] >= 0 else "never touched yet"
        return f"{contact_state.values[i]}: every {counted(every[i], 'day')}, {last}"

    return Column(due, _why)


@signal("contact.touch_status", kind="text")
def touch_status(contact_next_due: Column, context: Context) -> Column:
    """In time, Due today or within the days of grace, or Overdue."""
    due = contact_next_due.values
    overdue_from = context.working_days.add(due, context.settings.grace_days)
    today = np.datetime64(context.today)
    words = np.full(len(due), "In time", "O")
    words[due <= today] = "Due"
    words[overdue_from < today] = "Overdue"
    words[np.isnat(due)] = None

    def _why(i: int) -> str:
        on = "" if np.isnat(due[i]) else f"due on {spoken_date(due[i])}; "
        return on + contact_next_due.reason(i)

    return Column(words, _why)


def _fits(cadence: Cadence, clients: Clients, working: Mask, idle: Values) -> Mask:
    conditions = [
        np.isin(clients.status, cadence.status) if cadence.status else None,
        np.isin(clients.tier, cadence.tier) if cadence.tier else None,
        working == cadence.with_project if cadence.with_project is not None else None,
        idle >= cadence.idle_days if cadence.idle_days is not None else None,
    ]
    given = [condition for condition in conditions if condition is not None]
    return np.logical_and.reduce(given) if given else np.ones(len(clients), np.bool_)


def _working(projects: Projects, context: Context) -> Mask:
    """Clients for whom a piece of work is going on."""
    today = np.datetime64(context.today)
    ended = projects.end_date < today
    return np.asarray(projects.by_client.count(np.isin(projects.status, AT_WORK) & ~ended) > 0)


def _known_days(clients: Clients, context: Context) -> Values:
    """For how many days each client is known."""
    begun = np.where(np.isnat(clients.client_since), context.local_days(clients.created_at), clients.client_since)
    return context.days_since(begun)


def _every(settings: EngagementSettings, states: Values) -> Values:
    """Days between touches by state; NaN where there is none."""
    found = np.full(len(states), np.nan)
    for cadence in reversed(settings.cadences):
        found[states == cadence.state] = cadence.every_days
    return found


SIGNALS = [state, next_due, touch_status]
