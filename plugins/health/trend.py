"""How the score has moved, and since when it is what it is."""

from __future__ import annotations

import numpy as np

from core.sdk import Column, Context, signal

FLAT = 0.5


@signal("health.trend_7d", unit="points", digits=0, keep="latest")
def trend_7d(health_score: Column, context: Context) -> Column:
    """Points gained or lost against the score of a week ago."""
    return _moved(health_score, context, 7)


@signal("health.trend_30d", unit="points", digits=0, keep="latest")
def trend_30d(health_score: Column, context: Context) -> Column:
    """Points gained or lost against the score of 30 days ago."""
    return _moved(health_score, context, 30)


@signal("health.trend_90d", unit="points", digits=0, keep="latest")
def trend_90d(health_score: Column, context: Context) -> Column:
    """Points gained or lost against the score of 90 days ago."""
    return _moved(health_score, context, 90)


@signal("health.as_of", kind="instant", keep="latest")
def as_of(health_score: Column, health_band: Column, context: Context) -> Column:
    """Instant since when score and band are what they are: it moves with them, not with every run."""
    score, band = context.stored("health.score").values, context.stored("health.band").values
    stored = context.stored("health.as_of").values
    same = (health_score.values == score) & (health_band.values == band) & ~np.isnat(stored)
    since = np.where(same, stored, context.now)
    since[~health_score.known] = np.datetime64("NaT")
    return Column(since, "the evaluation in which score or band last changed")


def _moved(score: Column, context: Context, days: int) -> Column:
    before = context.past("health.score", days).values
    change = score.values - before

    def _why(i: int) -> str:
        if np.isnan(change[i]):
            return f"there was no score {days} days ago"
        way = "unchanged" if abs(change[i]) < FLAT else ("up" if change[i] > 0 else "down")
        return f"{way} from {before[i]:.0f} to {score.values[i]:.0f} in {days} days"

    return Column(change, _why)


SIGNALS = [trend_7d, trend_30d, trend_90d, as_of]
