"""How engaged each client is: a score from 0 to 100, how it has moved, and what it is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.sdk import Clients, Column, Context, Interactions, Mask, Tickets, Values, counted, listed, signal
from plugins.engagement.contact import opened
from plugins.engagement.events import SAID, activity_of
from plugins.engagement.points import LN2, drawn, faded, first_of_day, rounded, saturation_of
from plugins.engagement.settings import EngagementSettings, Weights

BEFORE = 30  # days over which the trend is measured
NAMED = 3
FALLBACK = 10.0  # points that make 63 where there are too few clients to compare with


@dataclass(frozen=True)
class _Tally:
    """Per client and type of event, as of one day: how many count, and what they are still worth together."""

    numbers: Values
    worths: Values

    @property
    def points(self) -> Values:
        """What the events of each client are worth."""
        return np.asarray(self.worths.sum(axis=1))

    @property
    def events(self) -> Values:
        """How many events each client has."""
        return np.asarray(self.numbers.sum(axis=1))


@signal("engagement.points", unit="points", digits=4, keep="latest")
def points(interactions: Interactions, tickets: Tickets, context: Context) -> Column:
    """Weights of the client's events, each halved every half-life; unknown with too few events."""
    return _points(_tally(interactions, tickets, context), context.settings)


@signal("engagement.points_30d_ago", unit="points", digits=4, keep="latest")
def points_before(interactions: Interactions, tickets: Tickets, context: Context) -> Column:
    """The same points as of 30 days ago, from all that is known today: what was logged late counts on its day."""
    return _points(_tally(interactions, tickets, context, BEFORE), context.settings)


@signal("engagement.segment", kind="text", keep="nothing")
def segment(clients: Clients, context: Context) -> Column:
    """The clients that this one is compared with: those alike in the field that the settings name."""
    field = context.settings.segment
    names = np.full(len(clients), None, "O") if field == "none" else getattr(clients, field)
    return Column(names, "all clients are compared" if field == "none" else f"its {field.replace('_', ' ')}")


@signal("engagement.saturation", unit="points", digits=4, keep="latest", across=True)
def saturation(engagement_points: Column, engagement_segment: Column, context: Context) -> Column:
    """Points that make a score of 63 in the client's segment: such that its middle client has 50."""
    settings: EngagementSettings = context.settings
    points_, names, known = engagement_points.values, engagement_segment.values, engagement_points.known
    if settings.saturation is not None:
        return Column(np.full(len(points_), settings.saturation), "as set")
    whole = _of_group(points_, known, settings.segment_least)
    found = np.full(len(points_), whole if whole > 0 else FALLBACK)
    compared = np.full(len(points_), int(known.sum()) if whole > 0 else 0)
    for name in {one for one in names.tolist() if one is not None}:
        alike = known & (names == name)
        group = _of_group(points_, alike, settings.segment_least)
        if group > 0:
            found[names == name], compared[names == name] = group, int(alike.sum())

    def _why(i: int) -> str:
        return f"half of {counted(compared[i], 'client')} have more" if compared[i] else "too few to compare with"

    return Column(found, _why)


@signal("engagement.score", unit="points", digits=0, across=True)
def score(engagement_points: Column, engagement_saturation: Column, context: Context) -> Column:
    """Engagement from 0 to 100: how much goes on between firm and client; 50 is the middle of its segment."""
    value = rounded(drawn(engagement_points.values, engagement_saturation.values))

    def _why(i: int) -> str:
        if np.isnan(value[i]):
            return f"insufficient: fewer than {counted(context.settings.least_events, 'event')}"
        middle = engagement_saturation.values[i] * LN2
        return f"{counted(round(engagement_points.values[i], 1), 'point')}, where {middle:.1f} make 50"

    return Column(value, _why)


@signal("engagement.trend_30d", unit="points", digits=0, keep="latest", across=True)
def trend_30d(
    engagement_score: Column, engagement_points_30d_ago: Column, engagement_saturation: Column, context: Context
) -> Column:
    """Points of the score gained or lost in 30 days, measured today at both ends."""
    before = rounded(drawn(engagement_points_30d_ago.values, engagement_saturation.values))
    change = engagement_score.values - before

    def _why(i: int) -> str:
        if np.isnan(change[i]):
            return f"fewer than {counted(context.settings.least_events, 'event')} were on record 30 days ago"
        way = "unchanged" if change[i] == 0 else ("up" if change[i] > 0 else "down")
        return f"{way} from {before[i]:.0f} to {engagement_score.values[i]:.0f} in 30 days"

    return Column(change, _why)


@signal("engagement.drivers", kind="text", keep="latest")
def drivers(interactions: Interactions, tickets: Tickets, engagement_points: Column, context: Context) -> Column:
    """What the score is made of: the types of events that count most, with their share of the points."""
    tally, types = _tally(interactions, tickets, context), list(Weights.model_fields)
    order = np.argsort(-tally.worths, axis=1, kind="stable")[:, :NAMED]
    words = np.full(len(engagement_points), None, "O")
    for client in np.flatnonzero(engagement_points.known & (engagement_points.values > 0)).tolist():
        whole, numbers, worths = engagement_points.values[client], tally.numbers[client], tally.worths[client]
        parts = [at for at in order[client].tolist() if worths[at] > 0]
        words[client] = listed([f"{counted(numbers[at], *SAID[types[at]])} ({worths[at] / whole:.0%})" for at in parts])
    return Column(words, engagement_points.reasons)


def _points(tally: _Tally, settings: EngagementSettings) -> Column:
    found = np.where(tally.events >= settings.least_events, tally.points, np.nan)

    def _why(i: int) -> str:
        said = counted(tally.events[i], "event")
        return f"insufficient: only {said}" if np.isnan(found[i]) else said

    return Column(found, _why)


def _tally(interactions: Interactions, tickets: Tickets, context: Context, back: int = 0) -> _Tally:
    """All events up to the day so many days back, those beyond the daily cap left out; ages are whole days."""
    settings: EngagementSettings = context.settings
    activity = activity_of(interactions, context)
    talks = np.flatnonzero(activity.stands)
    asked = np.flatnonzero(tickets.linked & (opened(tickets) <= context.now))
    client = np.concatenate([interactions.client[talks], tickets.client[asked]])
    kind = _numbers(np.concatenate([activity.type[talks], np.full(len(asked), "ticket", "O")]))
    at = np.concatenate([interactions.started_at[talks], opened(tickets)[asked]])
    day = context.local_days(at)
    ages = context.days_since(day) - back
    weights = np.array(list(settings.weights.model_dump().values()))
    counting = first_of_day(client, kind, day, at, settings.daily_cap) & (weights[kind] > 0) & (ages >= 0)
    shape = (tickets.by_client.count().size, len(weights))
    cells = client[counting] * shape[1] + kind[counting]
    worth = faded(weights[kind[counting]], ages[counting], settings.half_life_days)
    numbers = np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)
    worths = np.bincount(cells, weights=worth, minlength=shape[0] * shape[1]).reshape(shape)
    return _Tally(numbers, worths)


def _numbers(kind: Values) -> Values:
    """Each type of event as its place among the weights."""
    found = np.zeros(len(kind), np.int64)
    for number, name in enumerate(Weights.model_fields):
        found[kind == name] = number
    return found


def _of_group(values: Values, rows: Mask, least: int) -> float:
    """The saturation of some clients; NaN where they are too few."""
    return saturation_of(values[rows]) if int(rows.sum()) >= least else np.nan


SIGNALS = [points, points_before, segment, saturation, score, trend_30d, drivers]
