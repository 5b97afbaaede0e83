"""Finding 1, repeated with our own scorer: what one missing factor does to clients' bands."""

from __future__ import annotations

import numpy as np

from core.sdk import Values
from plugins.health.band import band_of
from plugins.health.profile import Factor, Group, Missing, Profile
from plugins.health.settings import HealthSettings
from plugins.health.weighing import rounded, weigh

WEIGHTS = {"communication": 25, "payment": 25, "satisfaction": 25, "referrals": 10, "responsiveness": 15}
LINE = ((0.0, 0.0), (100.0, 100.0))


def bands_with_one_missing(missing: Missing, seed: int, clients: int) -> tuple[float, float]:
    """Share of clients whose band changes, and who are wrongly At Risk, when one factor at random is unknown."""
    of, points = _profile(missing), simulated(seed, clients)
    gone = np.random.default_rng(seed + 1).integers(0, len(WEIGHTS), clients)
    gaps = {name: np.where(gone == at, np.nan, points[name]) for at, name in enumerate(WEIGHTS)}
    true, shown = (band_of(rounded(weigh(of, some).score), HealthSettings()) for some in (points, gaps))
    return float(np.mean(true != shown)), float(np.mean((shown == "At Risk") & (true != "At Risk")))


def simulated(seed: int, clients: int) -> dict[str, Values]:
    """Clients whose five factors share a common cause, as those of real clients do."""
    random = np.random.default_rng(seed)
    common = random.normal(65, 16, clients)
    return {name: np.clip(common + random.normal(0, 12, clients), 0, 100) for name in WEIGHTS}


def _profile(missing: Missing) -> Profile:
    """Five factors, each a group of its own."""
    factors = {name: Factor(signal="any.signal", points=LINE, weight=1, missing=missing) for name in WEIGHTS}
    groups = {name: Group(weight=weight, factors={name: factors[name]}) for name, weight in WEIGHTS.items()}
    return Profile(name="test", groups=groups)
