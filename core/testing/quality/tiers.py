"""From rules to a tier: the highest below which nothing is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from core.testing.quality.dossier import Dossier
from core.testing.quality.rules import RULES, Tier

TIERS: tuple[Tier, ...] = get_args(Tier)


@dataclass(frozen=True)
class Verdict:
    """The tier reached (None: not even the first), and per broken rule what is missing."""

    kind: str
    tier: Tier | None
    broken: tuple[tuple[Tier, str, str], ...]


def judge(dossier: Dossier) -> Verdict:
    """Ask every rule that is about this system."""
    asked = [rule for rule in RULES if rule.about <= dossier.bench.skills]
    broken = tuple((rule.tier, rule.name, why) for rule in asked if (why := rule.check(dossier)))
    lowest = min((TIERS.index(tier) for tier, _, _ in broken), default=len(TIERS))
    return Verdict(dossier.kind, TIERS[lowest - 1] if lowest else None, broken)
