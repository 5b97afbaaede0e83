"""Stripe: customers, subscriptions, invoices, payments and credit notes; writes notes into a customer's metadata."""

from __future__ import annotations

from core.sdk import Connector, hookimpl


@hookimpl
def register_connectors() -> list[type[Connector]]:
    """Name the one connector of this package."""
    from connectors.stripe.connector import StripeConnector  # noqa: PLC0415 - keeps `import connectors.stripe` cheap

    return [StripeConnector]
