"""Publishes a tier per client: B for those who pay late."""

import numpy as np

from core.sdk import Column, Signal, hookimpl, signal


@signal("tier.letter", kind="text")
def letter(payments_days_late: Column) -> Column:
    """A, or B for a client whose invoices are paid more than ten days late on average."""
    late = payments_days_late.values
    tiers = np.full(len(late), "A", dtype="O")
    tiers[late > 10] = "B"
    tiers[~payments_days_late.known] = None
    return Column(tiers, lambda row: f"paid {late[row]:.0f} days late on average")


@hookimpl
def register_signals() -> list[Signal]:
    """One signal."""
    return [letter]
