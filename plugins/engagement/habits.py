"""By which channel, and in which hours, clients and people are most often reached: by the firm's attempts, as answered.

A mail or message is answered when anything comes from the client (or that person) within some days; a call when it was
taken.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.sdk import Column, Contacts, Context, Interactions, Mask, Values, counted, signal
from plugins.engagement.events import activity_of
from plugins.engagement.settings import EngagementSettings

CHANNELS = {"email": "Email", "call": "Phone", "sms": "SMS", "chat": "Chat"}
INBOUND = ("mail_in", "message_in")
SPAN = 10**11  # seconds since 1970 fit below it
SECONDS_OF_DAY = 86_400


@dataclass(frozen=True)
class _Attempts:
    """The firm's attempts of the window: rows of the interactions, whom each was made to, and which were answered.

    ``size`` is how many clients, or people, there are.
    """

    rows: Values
    whom: Values
    answered: Mask
    size: int


@signal("contact.best_channel", kind="text", keep="latest")
def best_channel(interactions: Interactions, context: Context) -> Column:
    """The channel by which the client answers most often; unknown with too few attempts by any."""
    return _best_channel(interactions, _attempts(interactions, context), context)


@signal("contact.best_window", kind="text", keep="latest")
def best_window(interactions: Interactions, context: Context) -> Column:
    """The hours, in the firm's zone, in which attempts are answered most often; unknown with too few in any."""
    return _best_window(interactions, _attempts(interactions, context), context)


@signal("person.best_channel", kind="text", subject="contact", keep="latest")
def best_channel_of_person(contacts: Contacts, interactions: Interactions, context: Context) -> Column:
    """The channel by which this person answers most often; unknown with too few attempts by any."""
    return _best_channel(interactions, _attempts(interactions, context, contacts), context)


@signal("person.best_window", kind="text", subject="contact", keep="latest")
def best_window_of_person(contacts: Contacts, interactions: Interactions, context: Context) -> Column:
    """The hours, in the firm's zone, in which this person answers most often; unknown with too few in any."""
    return _best_window(interactions, _attempts(interactions, context, contacts), context)


@signal("person.last_contact", kind="date", subject="contact")
def last_contact_of_person(contacts: Contacts, interactions: Interactions, context: Context) -> Column:
    """Day of the last two-way contact with this person: a talk that took place, or a message from them."""
    whom = contacts.rows_of(interactions.contact_id.tolist())
    counts = activity_of(interactions, context).of(context.settings.contact_types) & (whom >= 0)
    at = np.full(len(contacts), np.datetime64("NaT", "s"), "M8[s]")
    np.fmax.at(at, whom[counts], interactions.started_at[counts].astype("M8[s]"))
    days = context.local_days(at)
    return Column(days, lambda i: "nothing two-way is on record" if np.isnat(days[i]) else "the last that was two-way")


def _best_channel(interactions: Interactions, attempts: _Attempts, context: Context) -> Column:
    kinds = interactions.kind[attempts.rows]
    return _best(attempts, {said: kinds == kind for kind, said in CHANNELS.items()}, context)


def _best_window(interactions: Interactions, attempts: _Attempts, context: Context) -> Column:
    times = context.local_times(interactions.started_at[attempts.rows])
    seconds = times.astype(np.int64) % SECONDS_OF_DAY
    windows = {
        f"{begin:02d}:00-{end:02d}:00": (seconds >= begin * 3600) & (seconds < end * 3600)
        for begin, end in context.settings.windows
    }
    return _best(attempts, windows, context)


def _best(attempts: _Attempts, choices: dict[str, Mask], context: Context) -> Column:
    """For each the choice with the greatest share answered; of equals the one tried more often, then the first."""
    settings: EngagementSettings = context.settings
    whom, size = attempts.whom, attempts.size
    tried = np.array([np.bincount(whom[rows], minlength=size) for rows in choices.values()])
    taken = np.array([np.bincount(whom[rows & attempts.answered], minlength=size) for rows in choices.values()])
    told = (tried >= settings.habit_least) & (taken > 0)
    share = np.where(told, taken / np.maximum(tried, 1), -1.0)
    best = np.lexsort((np.arange(len(tried))[:, None] - np.zeros(size), -tried, -share), axis=0)[0]
    columns = np.arange(size)
    names = np.array(list(choices), "O")[best]
    names[~told[best, columns]] = None

    def _why(i: int) -> str:
        if names[i] is None:
            return f"fewer than {counted(settings.habit_least, 'attempt')} of any one way, or none answered"
        return f"{taken[best[i], i]} of {counted(tried[best[i], i], 'attempt')} answered in {settings.habit_days} days"

    return Column(names, _why)


def _attempts(interactions: Interactions, context: Context, contacts: Contacts | None = None) -> _Attempts:
    """The attempts to reach each client; with contacts, those to reach each person."""
    settings: EngagementSettings = context.settings
    activity = activity_of(interactions, context)
    since = context.now - np.timedelta64(settings.habit_days, "D")
    if contacts is None:
        whom, size = interactions.client, interactions.by_client.count().size
    else:
        whom, size = contacts.rows_of(interactions.contact_id.tolist()), len(contacts)
    known = activity.attempt & (interactions.started_at > since) & ~_untimed(interactions) & (whom >= 0)
    rows = np.flatnonzero(known)
    came = np.flatnonzero(activity.of(INBOUND) & (whom >= 0))
    by_call = interactions.kind[rows] == "call"
    back = _come_back(interactions, whom, came, rows, settings.answer_days)
    return _Attempts(rows, whom[rows], np.where(by_call, activity.stands[rows], back), size)


def _untimed(interactions: Interactions) -> Mask:
    """Records of which a system knows only the day: they tell nothing of hours, and not what came first."""
    return np.asarray(interactions.started_at.astype(np.int64) % SECONDS_OF_DAY == 0)


def _come_back(interactions: Interactions, whom: Values, came: Values, rows: Values, days: int) -> Mask:
    """Which attempts were followed by something from the same client, or person, within some days."""
    seconds = interactions.started_at.astype("M8[s]").astype(np.int64)
    places = np.sort(whom[came] * SPAN + seconds[came])
    asked = whom[rows] * SPAN + seconds[rows]
    after = np.searchsorted(places, asked, "right")
    next_one = np.append(places, np.iinfo(np.int64).max)[after]
    return np.asarray(next_one - asked <= days * SECONDS_OF_DAY)


SIGNALS = [best_channel, best_window, best_channel_of_person, best_window_of_person, last_contact_of_person]
