"""HubSpot: companies, contacts, deals, tickets, activities and owners; writes properties, tasks and notes."""

from __future__ import annotations

from core.sdk import Connector, hookimpl


@hookimpl
def register_connectors() -> list[type[Connector]]:
    """Name the one connector of this package."""
    from connectors.hubspot.connector import HubSpotConnector  # noqa: PLC0415 - keeps `import connectors.hubspot` cheap

    return [HubSpotConnector]
