"""CSV exports as a connection: every CRM can produce them, no API key needed."""

from __future__ import annotations

from connectors.csv.connector import CsvConnector
from core.sdk import Connector, hookimpl


@hookimpl
def register_connectors() -> list[type[Connector]]:
    """The connector for folders of CSV files."""
    return [CsvConnector]
