"""Mail, SMS and chats: where messages of the ledger leave the house."""

from __future__ import annotations

from core.sdk import Connector, hookimpl


@hookimpl
def register_connectors() -> list[type[Connector]]:
    """Name the one connector of this package."""
    from connectors.messages.connector import MessagesConnector  # noqa: PLC0415 - apprise knows 170 services

    return [MessagesConnector]
