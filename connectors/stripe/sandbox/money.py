"""Amounts as Stripe writes them: whole numbers of the currency's smallest unit."""

from __future__ import annotations

from decimal import Decimal

# Currencies without a smaller unit.
ZERO_DECIMAL = frozenset(
    ("bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf")
)


def minor_units(amount: Decimal, currency: str) -> int:
    """The amount in cents, pence or, for yen and its like, whole units."""
    return int(amount if currency.lower() in ZERO_DECIMAL else amount * 100)
