"""When and how often firm and client talk, and how fast the client answers.

What Inlay itself wrote never counts, or the figures would feed on themselves.
"""

from __future__ import annotations

import numpy as np

from core.sdk import Clients, Column, Context, Interactions, Mask, Values, counted, picked, signal, spoken_date

MESSAGES = ("email", "sms", "chat")  # the kinds that can go unanswered
CAME_TO_NOTHING = (
    "canceled",
    "cancelled",
    "no_show",
    "no answer",
    "no_answer",
    "left voicemail",
    "busy",
    "wrong number",
)
SECONDS = 86_400.0
NEVER = "no contact is on record"


@signal("contact.last_date", kind="date")
def last_date(interactions: Interactions, context: Context) -> Column:
    """Day of the last two-way contact: a call, meeting or visit that took place, or a message from the client."""
    row = interactions.by_client.last_row(interactions.started_at, _counts(interactions, context))
    days = context.local_days(picked(interactions.started_at, row))
    kinds = interactions.kind
    return Column(days, lambda i: NEVER if row[i] < 0 else f"{kinds[row[i]]} on {spoken_date(days[i])}")


@signal("contact.days_since", unit="days", keep="latest")
def days_since(contact_last_date: Column, context: Context) -> Column:
    """Days since the last two-way contact, counted in the firm's calendar days."""
    days = context.days_since(contact_last_date.values)

    def _why(i: int) -> str:
        if np.isnan(days[i]):
            return NEVER
        ago = "today" if days[i] == 0 else f"{counted(days[i], 'day')} ago"
        return f"last contact {ago} ({contact_last_date.reason(i)})"

    return Column(days, _why)


@signal("contact.count_90d", unit="contacts")
def count_90d(interactions: Interactions, context: Context) -> Column:
    """How many two-way contacts there were in the window (90 days unless set otherwise)."""
    window = context.settings.contact_window_days
    counting = _counts(interactions, context)
    recent = interactions.started_at > context.now - np.timedelta64(window, "D")
    found = interactions.by_client.count(counting & recent)
    ever = interactions.by_client.count(counting)
    found[ever == 0] = np.nan
    return Column(found, lambda i: NEVER if ever[i] == 0 else f"{counted(found[i], 'contact')} in {window} days")


@signal("contact.reply_days", unit="days", digits=1)
def reply_days(interactions: Interactions, context: Context) -> Column:
    """How many days the client takes to answer a message of ours: the median of the last 90 days."""
    return _replies(interactions, context, 0, context.settings.reply_window_days)


@signal("contact.reply_days_30d", unit="days", digits=1, keep="nothing")
def reply_days_30d(interactions: Interactions, context: Context) -> Column:
    """How many days the client takes to answer: the median of the last 30 days."""
    return _replies(interactions, context, 0, 30)


@signal("contact.reply_days_before", unit="days", digits=1, keep="nothing")
def reply_days_before(interactions: Interactions, context: Context) -> Column:
    """How many days the client used to take: the median of the 180 days before the last 30."""
    return _replies(interactions, context, 30, 210)


@signal("contact.is_silent", kind="flag")
def is_silent(clients: Clients, contact_last_date: Column, context: Context) -> Column:
    """Whether nobody has ever been in contact with a client of more than 90 days: told apart from 9999 days."""
    known_for = context.days_since(context.local_days(clients.created_at))
    silent = ~contact_last_date.known & (known_for > 90)
    return Column(silent, lambda i: contact_last_date.reason(i) if not silent[i] else f"{NEVER} in over 90 days")


def _counts(interactions: Interactions, context: Context) -> Mask:
    """Which interactions are contact with the client."""
    counting = np.isin(interactions.kind, context.settings.contact_kinds) & (interactions.started_at <= context.now)
    if not context.settings.outbound_messages_count:
        counting &= ~(np.isin(interactions.kind, MESSAGES) & (interactions.direction == "outbound"))
    return counting & ~_came_to_nothing(interactions.outcome) & ~interactions.by_inlay


def _came_to_nothing(outcomes: Values) -> Mask:
    nothing = [outcome for outcome in set(outcomes.tolist()) if (outcome or "").lower() in CAME_TO_NOTHING]
    return np.isin(outcomes, nothing) if nothing else np.zeros(len(outcomes), np.bool_)


def _replies(interactions: Interactions, context: Context, newest: int, oldest: int) -> Column:
    """Median days to reply, of replies received between ``oldest`` and ``newest`` days ago."""
    settings = context.settings
    received, taken = _reply_times(interactions)
    ago = _in_days(context.now - received)
    counted_in = (ago >= newest) & (ago < oldest) & (taken <= settings.reply_longest_days) & ~interactions.by_inlay
    numbers = interactions.by_client.count(counted_in)
    median = interactions.by_client.median(taken, counted_in)
    median[numbers < settings.reply_least] = np.nan

    def _why(i: int) -> str:
        if np.isnan(median[i]):
            return f"too few replies to time ({int(numbers[i])})"
        return f"answers within {counted(_shown(median[i]), 'day')}"

    return Column(median, _why)


def _reply_times(interactions: Interactions) -> tuple[Values, Values]:
    """For each message that follows one of ours from the same client's side: when it came, and after how many days."""
    messages = np.flatnonzero(
        np.isin(interactions.kind, MESSAGES) & interactions.linked & ~np.isnat(interactions.started_at)
    )
    at = interactions.started_at
    order = messages[np.lexsort((at[messages], interactions.client[messages]))]
    asked, answered = order[:-1], order[1:]
    is_reply = (
        (interactions.client[asked] == interactions.client[answered])
        & (interactions.direction[asked] == "outbound")
        & (interactions.direction[answered] == "inbound")
    )
    received = np.full(len(interactions), "NaT", "M8[s]")
    taken = np.full(len(interactions), np.nan)
    received[answered[is_reply]] = at[answered[is_reply]]
    taken[answered[is_reply]] = _in_days(at[answered[is_reply]] - at[asked[is_reply]])
    return received, taken


def _shown(days: float) -> float:
    """Days as people count them: halves and tenths matter only while there are few."""
    return round(days, 1) if days < 3 else round(days)


def _in_days(spans: Values) -> Values:
    """Spans of time as days and fractions; NaN where unknown."""
    return np.where(np.isnat(spans), np.nan, spans.astype("m8[s]").astype("f8") / SECONDS)


SIGNALS = [last_date, days_since, count_90d, reply_days, reply_days_30d, reply_days_before, is_silent]
