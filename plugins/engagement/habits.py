"""By which channel, and in which hours, each client is most often reached: of the firm's own attempts, those answered.

A mail or message is answered when anything comes from the client within some days; a call when it was taken.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.sdk import Column, Context, Interactions, Mask, Values, counted, signal
from plugins.engagement.events import Activity, activity_of
from plugins.engagement.settings import EngagementSettings

CHANNELS = {"email": "Email", "call": "Phone", "sms": "SMS", "chat": "Chat"}
INBOUND = ("mail_in", "message_in")
SPAN = 10**11  # seconds since 1970 fit below it
SECONDS_OF_DAY = 86_400


@dataclass(frozen=True)
class _Attempts:
    """The firm's attempts of the window: rows of the interactions, and which were answered."""

    rows: Values
    answered: Mask


@signal("contact.best_channel", kind="text", keep="latest")
def best_channel(interactions: Interactions, context: Context) -> Column:
    """The channel by which the client answers most often; unknown with too few attempts by any."""
    attempts = _attempts(interactions, context)
    kinds = interactions.kind[attempts.rows]
    return _best(interactions, attempts, {said: kinds == kind for kind, said in CHANNELS.items()}, context)


@signal("contact.best_window", kind="text", keep="latest")
def best_window(interactions: Interactions, context: Context) -> Column:
    """The hours, in the firm's zone, in which attempts are answered most often; unknown with too few in any."""
    attempts = _attempts(interactions, context)
    times = context.local_times(interactions.started_at[attempts.rows])
    seconds = times.astype(np.int64) % SECONDS_OF_DAY
    windows = {
        f"{begin:02d}:00-{end:02d}:00": (seconds >= begin * 3600) & (seconds < end * 3600)
        for begin, end in context.settings.windows
    }
    return _best(interactions, attempts, windows, context)


def _best(interactions: Interactions, attempts: _Attempts, choices: dict[str, Mask], context: Context) -> Column:
    """Per client the choice with the greatest share answered; of equals the one tried more often, then the first."""
    settings: EngagementSettings = context.settings
    clients = interactions.client[attempts.rows]
    size = interactions.by_client.count().size
    tried = np.array([np.bincount(clients[rows], minlength=size) for rows in choices.values()])
    taken = np.array([np.bincount(clients[rows & attempts.answered], minlength=size) for rows in choices.values()])
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


def _attempts(interactions: Interactions, context: Context) -> _Attempts:
    settings: EngagementSettings = context.settings
    activity = activity_of(interactions, context)
    since = context.now - np.timedelta64(settings.habit_days, "D")
    rows = np.flatnonzero(activity.attempt & (interactions.started_at > since) & ~_untimed(interactions))
    by_call = interactions.kind[rows] == "call"
    answered = np.where(by_call, activity.stands[rows], _come_back(interactions, activity, rows, settings.answer_days))
    return _Attempts(rows, answered)


def _untimed(interactions: Interactions) -> Mask:
    """Records of which a system knows only the day: they tell nothing of hours, and not what came first."""
    return np.asarray(interactions.started_at.astype(np.int64) % SECONDS_OF_DAY == 0)


def _come_back(interactions: Interactions, activity: Activity, rows: Values, days: int) -> Mask:
    """Which attempts were followed by something from the client within some days."""
    came = np.flatnonzero(activity.of(INBOUND))
    seconds = interactions.started_at.astype("M8[s]").astype(np.int64)
    places = np.sort(interactions.client[came] * SPAN + seconds[came])
    asked = interactions.client[rows] * SPAN + seconds[rows]
    after = np.searchsorted(places, asked, "right")
    next_one = np.append(places, np.iinfo(np.int64).max)[after]
    return np.asarray(next_one - asked <= days * SECONDS_OF_DAY)


SIGNALS = [best_channel, best_window]
