"""Each factor's points: a signal read along the straight lines of the client's profile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.sdk import Clients, Column, Context, Mask, Signal, Values, signal
from plugins.health.freshness import fresh_name
from plugins.health.profile import Factor, Profile
from plugins.health.settings import HealthSettings


@signal("health.profile", kind="text")
def profile(clients: Clients, context: Context) -> Column:
    """Name of the profile by which the client is scored: the first that fits; none for clients that are not scored."""
    settings: HealthSettings = context.settings
    names = np.full(len(clients), None, "O")
    for candidate in reversed(settings.profiles):
        names[_fits(clients, candidate)] = candidate.name
    names[np.isin(clients.status, settings.not_scored)] = None

    def _why(i: int) -> str:
        status = clients.status[i]
        if names[i] is None:
            return f"clients of status {status} are not scored" if status in settings.not_scored else "no profile fits"
        return "the first profile that fits"

    return Column(names, _why)


def factor_signals(settings: HealthSettings) -> list[Signal]:
    """One signal per factor of any profile: ``health.factor.<name>``, 0 to 100."""
    return [_factor_signal(settings, name, source) for name, source in settings.factor_signals.items()]


def factor_name(name: str) -> str:
    """The signal that holds a factor's points."""
    return f"health.factor.{name}"


def points_of(values: Values, factor: Factor) -> Values:
    """Points for values: straight lines between the factor's points, flat beyond them, unknown where unknown."""
    xs, ys = zip(*factor.points, strict=True)
    return np.asarray(np.interp(values.astype("f8"), xs, ys))


def rows_of(profiles: Values, profile: Profile) -> Mask:
    """The clients that are scored by this profile."""
    return np.asarray(profiles == profile.name)


def _factor_signal(settings: HealthSettings, name: str, source: str) -> Signal:
    def _points(evidence: Column | None, profiles: Column, fresh: Column | None = None) -> Column:
        if evidence is None:
            return Column.unknown(len(profiles), f"nothing measures {source} yet")
        points = np.full(len(profiles), np.nan)
        for profile in settings.profiles:
            if name in profile.factors:
                rows = rows_of(profiles.values, profile)
                points[rows] = points_of(evidence.values[rows], profile.factors[name])
        if fresh is None:
            return Column(points, lambda i: f"{evidence.reason(i)}: {_shown(points[i])}")
        stale = fresh.values <= 0
        points[stale] = np.nan
        old = f"{source} is too old to count"
        return Column(
            points, lambda i: f"{old}: {fresh.reason(i)}" if stale[i] else f"{evidence.reason(i)}: {_shown(points[i])}"
        )

    return Signal(
        factor_name(name),
        _points,
        {"evidence": source, "profiles": "health.profile"}
        | ({"fresh": fresh_name(name)} if name in settings.factor_ages else {}),
        f"Points from 0 to 100 for {source}, as the client's profile sees it.",
        unit="points",
        digits=1,
        optional=frozenset({"evidence"}),
        keep="nothing",
        wanted=frozenset({"evidence"} if "profiles" in settings.model_fields_set else ()),
    )


def _shown(points: Any) -> str:
    return "no points" if np.isnan(points) else f"{points:.0f} of 100 points"


def _fits(clients: Clients, profile: Profile) -> Mask:
    fields: Sequence[tuple[str, tuple[str, ...]]] = list(profile.when.items())
    matches = [np.isin(getattr(clients, field), allowed) for field, allowed in fields]
    return np.logical_and.reduce(matches) if matches else np.ones(len(clients), np.bool_)
