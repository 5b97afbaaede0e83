"""The Salesforce connector: reads and writes an org through simple-salesforce (see README.md)."""

from __future__ import annotations

from core.sdk import Connector, hookimpl


@hookimpl
def register_connectors() -> list[type[Connector]]:
    """Name the connector; its client library is imported only now."""
    from connectors.salesforce.connector import SalesforceConnector  # noqa: PLC0415 - keeps `import connectors.salesforce` cheap

    return [SalesforceConnector]
