"""When firm and client were last in touch, in what way and through whom, and how much went on of late."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np

from core.sdk import (
    Column,
    Context,
    Interactions,
    Signal,
    Tickets,
    Users,
    Values,
    counted,
    listed,
    picked,
    signal,
    spoken_date,
)
from plugins.engagement.events import NOT_HAPPENED, SAID, Activity, activity_of

NEVER = "no contact is on record"
NOTHING = "no activity is on record"
IN_TIME = "every event was recorded on its day"
SINCE = np.timedelta64(90, "D")


@signal("activity.last_date", kind="date")
def last_date(interactions: Interactions, tickets: Tickets, context: Context) -> Column:
    """Day of the client's last activity of any type: mail, call, meeting, message, portal visit or ticket."""
    activity = activity_of(interactions, context)
    row = interactions.by_client.last_row(interactions.started_at, activity.stands)
    talked = context.local_days(picked(interactions.started_at, row))
    asked = context.local_days(picked(opened(tickets), _last_ticket(tickets, context)))
    days = np.fmax(talked, asked)

    def _why(i: int) -> str:
        if np.isnat(days[i]):
            return NOTHING
        what = SAID[activity.type[row[i]]][0] if days[i] == talked[i] else SAID["ticket"][0]
        return f"{what} on {spoken_date(days[i])}"

    return Column(days, _why)


@signal("activity.last_contact", kind="date")
def last_contact(interactions: Interactions, context: Context) -> Column:
    """Day of the last two-way contact: what took place between people, or came from the client."""
    activity, row = _last_contact(interactions, context)
    days = context.local_days(picked(interactions.started_at, row))
    return Column(days, _of_row(row, lambda i, at: f"{SAID[activity.type[at]][0]} on {spoken_date(days[i])}"))


@signal("activity.contact_type", kind="text")
def contact_type(interactions: Interactions, context: Context) -> Column:
    """What the last two-way contact was."""
    activity, row = _last_contact(interactions, context)
    words = _words(row, lambda at: SAID[activity.type[at]][0].split(" from ")[0].capitalize())
    return Column(words, _of_row(row, lambda _, at: f"the {SAID[activity.type[at]][0]} of the last contact"))


@signal("activity.contact_by", kind="text")
def contact_by(interactions: Interactions, users: Users, context: Context) -> Column:
    """Who of the firm was in contact last."""
    _, row = _last_contact(interactions, context)
    who = users.rows_of(interactions.owner_id.tolist())
    words = _words(row, lambda at: users.name[who[at]] if who[at] >= 0 else None)
    return Column(
        words, _of_row(row, lambda _, at: "owner of that event" if who[at] >= 0 else "nobody owns that event")
    )


@signal("activity.days_since_contact", unit="days", keep="latest")
def days_since_contact(activity_last_contact: Column, context: Context) -> Column:
    """Days since the last two-way contact, in the firm's zone; unknown, not 9999, where there never was one."""
    last, business = activity_last_contact.values, context.settings.days == "business"
    days = context.working_days.count(last, context.today) if business else context.days_since(last)
    noun = "working day" if business else "day"

    def _why(i: int) -> str:
        if np.isnan(days[i]):
            return NEVER
        ago = "today" if days[i] == 0 else f"{counted(days[i], noun)} ago"
        return f"last contact {ago} ({activity_last_contact.reason(i)})"

    return Column(days, _why)


@signal("activity.never_contacted", kind="flag")
def never_contacted(activity_last_contact: Column) -> Column:
    """Whether there has never been any two-way contact with the client."""
    return Column(~activity_last_contact.known, activity_last_contact.reason)


def count_signals() -> list[Signal]:
    """``activity.count_7d``, ``_30d`` and ``_90d``: how many events of any type."""
    return [_count_signal(days) for days in (7, 30, 90)]


def _count_signal(days: int) -> Signal:
    def _counted(interactions: Interactions, tickets: Tickets, context: Context) -> Column:
        activity = activity_of(interactions, context)
        since = context.now - np.timedelta64(days, "D")
        talks = interactions.by_client.count(activity.stands & (interactions.started_at > since))
        asked = opened(tickets)
        told = tickets.by_client.count((asked > since) & (asked <= context.now))
        ever = interactions.by_client.count(activity.stands) + tickets.by_client.count(asked <= context.now)
        found = np.where(ever > 0, talks + told, np.nan)
        return Column(
            found, lambda i: NOTHING if np.isnan(found[i]) else f"{counted(found[i], 'event')} in {days} days"
        )

    needs = {"interactions": "interactions", "tickets": "tickets", "context": "context"}
    doc = f"Events of the client in the last {days} days, each once however many systems tell of it."
    return Signal(f"activity.count_{days}d", _counted, needs, doc, unit="events", keep="latest")


@signal("activity.left_out_90d", unit="records", keep="latest")
def left_out_90d(interactions: Interactions, context: Context) -> Column:
    """Records of the last 90 days that count for nothing: told twice, bulk mail, written by machines or by Inlay."""
    activity = activity_of(interactions, context)
    recent = (interactions.started_at > context.now - SINCE) & (interactions.started_at <= context.now)
    left = recent & np.array([why is not None and why not in NOT_HAPPENED for why in activity.left_out], np.bool_)
    found = interactions.by_client.count(left)
    why: dict[int, Counter[str]] = {}
    for row in np.flatnonzero(left & interactions.linked).tolist():
        why.setdefault(int(interactions.client[row]), Counter())[activity.left_out[row]] += 1

    def _why(i: int) -> str:
        return listed([f"{number} {word}" for word, number in sorted(why[i].items())]) if i in why else "none"

    return Column(found, _why)


@signal("activity.logged_late_90d", unit="events", keep="latest")
def logged_late_90d(interactions: Interactions, context: Context) -> Column:
    """Events of the last 90 days that were recorded after their day had ended: they re-opened it."""
    activity = activity_of(interactions, context)
    happened, recorded = context.local_days(interactions.started_at), context.local_days(interactions.created_at)
    late = activity.stands & (interactions.started_at > context.now - SINCE) & (recorded > happened)
    late &= interactions.created_at <= context.now
    found = interactions.by_client.count(late)
    row = interactions.by_client.last_row(interactions.started_at, late)
    return Column(found, _of_row(row, lambda _, at: f"the last happened on {spoken_date(happened[at])}", IN_TIME))


def opened(tickets: Tickets) -> Values:
    """When each ticket was opened; when it was made where nothing else is told."""
    return np.where(np.isnat(tickets.opened_at), tickets.created_at, tickets.opened_at)


def _last_ticket(tickets: Tickets, context: Context) -> Values:
    return tickets.by_client.last_row(opened(tickets), opened(tickets) <= context.now)


def _last_contact(interactions: Interactions, context: Context) -> tuple[Activity, Values]:
    activity = activity_of(interactions, context)
    of_contact = activity.of(context.settings.contact_types)
    return activity, interactions.by_client.last_row(interactions.started_at, of_contact)


def _words(rows: Values, word: Callable[[int], str | None]) -> Values:
    """A word per client for the row picked of it; None where there is none."""
    found = np.full(len(rows), None, "O")
    for client in np.flatnonzero(rows >= 0).tolist():
        found[client] = word(int(rows[client]))
    return found


def _of_row(rows: Values, said: Callable[[int, int], str], none: str = NEVER) -> Callable[[int], str]:
    """Reasons that speak of the row picked of each client; ``said`` is told client and row."""
    return lambda i: said(i, int(rows[i])) if rows[i] >= 0 else none


SIGNALS = [
    last_date, last_contact, contact_type, contact_by, days_since_contact, never_contacted,
    *count_signals(), left_out_90d, logged_late_90d,
]  # fmt: skip
