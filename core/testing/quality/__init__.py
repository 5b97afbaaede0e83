"""How good a connector is, computed: every rule has a check that looks at code, papers and the contract's results.

Nothing is claimed. ``python -m core.testing.quality`` runs the contract of each connector and prints its tier with
the rules it fails; what a system cannot do at all is no rule for it.
"""

from __future__ import annotations

from core.testing.quality.dossier import Dossier, dossier_of
from core.testing.quality.rules import RULES, Rule, Tier
from core.testing.quality.tiers import TIERS, Verdict, judge

__all__ = ["RULES", "TIERS", "Dossier", "Rule", "Tier", "Verdict", "dossier_of", "judge"]
