"""The band of a score. It does not flicker: it moves when the score is clear of an edge, or beyond it for two days."""

from __future__ import annotations

import numpy as np

from core.sdk import Column, Context, Values, signal
from plugins.health.settings import HealthSettings

PROVISIONAL = "Provisional"


@signal("health.band", kind="text")
def band(health_score: Column, health_coverage: Column, context: Context) -> Column:
    """Excellent, Good, Fair or At Risk; Provisional where too little is known, nothing where hardly anything is."""
    settings: HealthSettings = context.settings
    plain = band_of(health_score.values, settings)
    held = context.past("health.band", 1).values
    earlier = band_of(context.past("health.score", 1).values, settings)
    stays = _stays(health_score.values, plain, held, earlier, settings)
    shown = np.where(stays, held, plain)
    shown[health_coverage.values < settings.provisional_below] = PROVISIONAL
    shown[~(health_coverage.values >= settings.no_band_below) | ~health_score.known] = None

    def _why(i: int) -> str:
        if shown[i] is None or shown[i] == PROVISIONAL:
            if not health_score.known[i]:
                return health_score.reason(i)
            return f"only {health_coverage.values[i]:.0%} of what counts is known ({health_coverage.reason(i)})"
        if stays[i]:
            return f"{health_score.values[i]:.0f} is {plain[i]}, but not clearly or for long enough: it stays {held[i]}"
        return f"{health_score.values[i]:.0f} is {plain[i]}"

    return Column(shown, _why)


def band_of(score: Values, settings: HealthSettings) -> Values:
    """The band a rounded score falls into, its lower edge included; None where there is no score."""
    found = np.full(len(score), None, "O")
    for name, edge in reversed(settings.edges.items()):
        found[score >= edge] = name
    return found


def _stays(score: Values, plain: Values, held: Values, earlier: Values, settings: HealthSettings) -> Values:
    """Where the old band is kept: the score is barely beyond its edge, and was not yet so yesterday."""
    edges = settings.edges
    above = dict(zip(edges, [np.inf, *edges.values()], strict=False))
    lower = np.array([edges.get(name, np.nan) for name in held], "f8")
    upper = np.array([above.get(name, np.nan) for name in held], "f8")
    near = (score > lower - settings.band_margin) & (score < upper + settings.band_margin)
    return np.asarray(near & (plain != held) & (earlier != plain))
