"""The judgements that count today, as signals beside the computed ones."""

from __future__ import annotations

import numpy as np

from core.sdk import Clients, Column, Context, Values, signal, spoken_date
from plugins.health.in_crm import said_in_crm
from plugins.health.judgement import Override
from plugins.health.settings import HealthSettings

NOTHING = "nobody has overridden the score"


@signal("health.override", kind="text")
def override(clients: Clients, context: Context) -> Column:
    """What a person says of the client instead of the computed score: with author, reason and last day."""
    found = _counting(clients, context)
    return Column(_texts([None if one is None else said(one) for one in found]), lambda i: _why(found[i]))


@signal("health.override_band", kind="text")
def override_band(clients: Clients, context: Context) -> Column:
    """The band a person gives the client, or the one of the score given; the computed band is shown beside it."""
    found, edges = _counting(clients, context), context.settings.edges
    return Column(_texts([None if one is None else _band(one, edges) for one in found]), lambda i: _why(found[i]))


@signal("health.override_score", unit="points")
def override_score(clients: Clients, context: Context) -> Column:
    """The score a person gives the client; unknown where only a band was given."""
    found = _counting(clients, context)
    scores = [np.nan if one is None or one.score is None else one.score for one in found]
    return Column(np.array(scores, "f8"), lambda i: _why(found[i]))


@signal("health.override_until", kind="date")
def override_until(clients: Clients, context: Context) -> Column:
    """Last day on which the judgement counts; the day after, only the computed score is left."""
    found = _counting(clients, context)
    return Column(np.array([one.until if one else "NaT" for one in found], "M8[D]"), lambda i: _why(found[i]))


def said(one: Override) -> str:
    """A judgement in words."""
    given = f"{one.score:.0f}" if one.band is None else one.band
    return f"{one.author} says {given} until {spoken_date(one.until)}: {one.reason}"


def _counting(clients: Clients, context: Context) -> list[Override | None]:
    """The judgement that counts today, per client: that of the configuration, else that of the CRM."""
    settings: HealthSettings = context.settings
    counting = {one.client: one for one in settings.overrides if one.counts_on(context.today)}
    if settings.overrides_from_crm:
        said = said_in_crm(clients, context.today, settings)
        counting = {one.client: one for one in said.values() if isinstance(one, Override)} | counting
    return [counting.get(id_) for id_ in clients.ids]


def _band(one: Override, edges: dict[str, float]) -> str:
    if one.band is not None or one.score is None:
        return str(one.band)
    return next(name for name, edge in edges.items() if one.score >= edge)


def _why(one: Override | None) -> str:
    return NOTHING if one is None else f"{one.reason} (by {one.author} on {spoken_date(one.made_on)})"


def _texts(words: list[str | None]) -> Values:
    values = np.full(len(words), None, "O")
    values[:] = words
    return values


SIGNALS = [override, override_band, override_score, override_until]
