"""Business reviews: when the last one was and when the next is due, so that there is always one single next task."""

from __future__ import annotations

import numpy as np

from core.sdk import (
    Clients,
    Column,
    Context,
    Interactions,
    Mask,
    Tasks,
    Values,
    contains,
    counted,
    picked,
    plain_subjects,
    signal,
    spoken_date,
)
from plugins.playbooks.settings import PlaybookSettings

HELD = ("meeting", "visit", "call")
RUNNING = ("active",)


@signal("qbr.last", kind="date")
def last(interactions: Interactions, tasks: Tasks, context: Context) -> Column:
    """Day of the last business review: a meeting whose subject says so, or a task for one that somebody completed."""
    words = context.settings.review_words
    met = interactions.by_client.last_row(interactions.started_at, _was_held(interactions, words, context))
    done = tasks.by_client.last_row(tasks.completed_at, (tasks.status == "completed") & _speaks(tasks.subject, words))
    days = np.fmax(
        context.local_days(picked(interactions.started_at, met)), context.local_days(picked(tasks.completed_at, done))
    )
    return Column(
        days, lambda i: "no business review is on record" if np.isnat(days[i]) else "as meetings and tasks say"
    )


@signal("qbr.next", kind="date")
def upcoming(clients: Clients, qbr_last: Column, context: Context) -> Column:
    """Working day by which the next business review is due, for active clients: an interval after the last one."""
    settings: PlaybookSettings = context.settings
    begun = np.where(np.isnat(clients.client_since), context.local_days(clients.created_at), clients.client_since)
    begun = np.where(np.isnat(begun), np.datetime64(context.today), begun)
    every = np.full(len(clients), settings.review_every_days)
    for tier, days in settings.review_days_by_tier.items():
        every[clients.tier == tier] = days
    due = np.where(qbr_last.known, qbr_last.values + every.astype("m8[D]"), _coming(begun, every, context))
    due = context.working_days.on_or_after(due)
    due[~np.isin(clients.status, RUNNING)] = np.datetime64("NaT")

    def _why(i: int) -> str:
        if np.isnat(due[i]):
            return f"clients of status {clients.status[i]} have no business reviews"
        since = f"the last one on {spoken_date(qbr_last.values[i])}" if qbr_last.known[i] else "there was none yet"
        return f"every {counted(every[i], 'day')}, {since}"

    return Column(due, _why)


def _coming(begun: Values, every: Values, context: Context) -> Values:
    """The first day not gone by that lies a whole number of intervals, but at least one, after the client came.

    Thus a firm that begins with reviews has them spread over a quarter, and none that was due years ago.
    """
    gone = context.days_since(begun)
    times = np.maximum(np.ceil(gone / every), 1).astype(np.int64)
    return np.asarray(begun.astype("M8[D]") + (times * every).astype("m8[D]"))


def _was_held(interactions: Interactions, words: tuple[str, ...], context: Context) -> Mask:
    past = interactions.started_at <= context.now
    met = np.isin(interactions.kind, HELD) & ~interactions.by_inlay & ~interactions.came_to_nothing
    return np.asarray(met & past & _speaks(interactions.subject, words))


def _speaks(subjects: Values, words: tuple[str, ...]) -> Mask:
    return contains(plain_subjects(subjects), tuple(word.casefold() for word in words))


SIGNALS = [last, upcoming]
