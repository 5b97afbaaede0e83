"""How fresh the evidence of a factor is: 1 while it counts in full, 0 where it is as good as unknown."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from core.sdk import Column, Context, Signal, Values
from plugins.health.profile import Factor
from plugins.health.settings import HealthSettings

DATE = "M"


def fresh_name(name: str) -> str:
    """The signal that holds how fresh a factor's evidence is."""
    return f"health.fresh.{name}"


def freshness_signals(settings: HealthSettings) -> list[Signal]:
    """One signal for every factor whose evidence has an age: ``health.fresh.<name>``, 0 to 1."""
    return [_signal(settings, name, age) for name, age in settings.factor_ages.items()]


def freshness_of(days: Values, factor: Factor) -> Values:
    """From days of age: in full up to ``fresh_days``, nothing from ``stale_days`` on; in full where no age is known."""
    span = factor.stale_days - factor.fresh_days
    return np.where(np.isnan(days), 1.0, np.clip((factor.stale_days - days) / span, 0.0, 1.0))


def _signal(settings: HealthSettings, name: str, source: str) -> Signal:
    def _fresh(age: Column | None, profiles: Column, context: Context) -> Column:
        fresh = np.ones(len(profiles))
        if age is None:
            return Column(fresh, f"nothing tells {source}")
        days = context.days_since(age.values) if age.values.dtype.kind == DATE else age.values.astype("f8")
        for profile in settings.profiles:
            if name in profile.factors:
                rows = np.flatnonzero(profiles.values == profile.name)
                fresh[rows] = freshness_of(days[rows], profile.factors[name])
        return Column(fresh, lambda i: "its age is not known" if np.isnan(days[i]) else f"{days[i]:.0f} days old")

    return Signal(
        fresh_name(name),
        _fresh,
        MappingProxyType({"age": source, "profiles": "health.profile", "context": "context"}),
        f"How fresh the evidence of {name} is, from 0 to 1, by {source}.",
        unit="share",
        optional=frozenset({"age"}),
        wanted=frozenset({"age"}),
        keep="nothing",
    )
