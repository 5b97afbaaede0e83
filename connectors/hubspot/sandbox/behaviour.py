"""What can be switched about the simulated account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass
class Behaviour:
    """What differs between accounts or is documented in two ways; all of it can be switched while running."""

    search_lag_seconds: float = 0.0
    refuse_backward_lifecycle: bool = True
    merge_makes_new_id: bool = True
    rate_limits: bool = False
    ten_second_limit: int = 190
    daily_limit: int = 625_000
    search_per_second: int = 5

    def switch(self, options: Mapping[str, Any]) -> None:
        """Set several options; ``ValueError`` names one that does not exist."""
        for name, value in options.items():
            if not hasattr(self, name):
                raise ValueError(f"unknown option {name!r}; known are {', '.join(vars(self))}")
            setattr(self, name, value)
