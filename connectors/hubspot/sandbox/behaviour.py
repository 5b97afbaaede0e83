"""What can be switched about the simulated account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# What a subscription allows a private app and the associations API (usage guidelines; associations guide).
TIERS: Mapping[str, Mapping[str, int]] = {
    "starter": {"ten_second_limit": 100, "daily_limit": 250_000, "association_ten_second_limit": 100},
    "professional": {"ten_second_limit": 190, "daily_limit": 625_000, "association_ten_second_limit": 150},
    "enterprise": {"ten_second_limit": 190, "daily_limit": 1_000_000, "association_ten_second_limit": 150},
    "enterprise+": {"ten_second_limit": 250, "daily_limit": 2_000_000, "association_ten_second_limit": 200},
}


@dataclass
class Behaviour:
    """What differs between accounts or is documented in two ways; all of it can be switched while running."""

    search_lag_seconds: float = 0.0
    refuse_backward_lifecycle: bool = True
    merge_makes_new_id: bool = True
    batches_follow_merges: bool = False
    batches_tell_details: bool = True
    restore_moves_stamp: bool = False
    validation_rules_bind_the_api: bool = True
    longest_address: int = 16_000
    rate_limits: bool = False
    quota_on_sandbox_clock: bool = False
    ten_second_limit: int = 190
    oauth_ten_second_limit: int = 110
    daily_limit: int = 625_000
    association_ten_second_limit: int = 150
    association_daily_limit: int = 500_000
    search_per_second: int = 5

    def switch(self, options: Mapping[str, Any]) -> None:
        """Set several options, ``tier`` a whole subscription's at once; ``ValueError`` names an unknown one."""
        rest = dict(options)
        tier = rest.pop("tier", None)
        if tier is not None and tier not in TIERS:
            raise ValueError(f"unknown tier {tier!r}; known are {', '.join(TIERS)}")
        for name, value in {**TIERS.get(tier or "", {}), **rest}.items():
            if name not in vars(self):
                raise ValueError(f"unknown option {name!r}; known are tier, {', '.join(vars(self))}")
            setattr(self, name, value)
