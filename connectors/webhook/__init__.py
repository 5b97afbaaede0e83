"""A CRM without an API for us, written through its own automation: each change is a signed webhook."""

from __future__ import annotations

from connectors.webhook.connector import WebhookConnector
from core.sdk import Connector, hookimpl


@hookimpl
def register_connectors() -> list[type[Connector]]:
    """The connector for automations."""
    return [WebhookConnector]
