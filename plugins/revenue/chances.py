"""How often things come true: shares of what was decided, with their intervals. Pure numbers."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from plugins.revenue.settings import Chance

Z = 1.959963984540054  # 95 %


@dataclass(frozen=True)
class Measured:
    """A share with its interval, and what it rests on."""

    rate: float
    low: float
    high: float
    basis: str


def wilson(hits: float, tries: float) -> tuple[float, float]:
    """Wilson's 95 % interval of a share; (0, 1) where nothing was tried."""
    if tries <= 0:
        return 0.0, 1.0
    share, weight = hits / tries, Z * Z / tries
    middle = (share + weight / 2) / (1 + weight)
    half = Z / (1 + weight) * sqrt(share * (1 - share) / tries + weight / (4 * tries))
    return max(0.0, middle - half), min(1.0, middle + half)


def measured(hits: float, tries: float, least: int, otherwise: Chance) -> Measured:
    """The firm's own share where enough was decided, else what the settings assume."""
    if tries < least:
        return Measured(otherwise.rate, otherwise.low, otherwise.high, f"{otherwise.rate:.0%} assumed")
    low, high = wilson(hits, tries)
    return Measured(hits / tries, low, high, f"{hits / tries:.0%}, {hits:.0f} of {tries:.0f}")
