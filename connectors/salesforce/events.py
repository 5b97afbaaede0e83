"""The door to change events: what they need is imported only where a connection is to listen to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.settings import SalesforceSettings
from core.sdk import ConfigError, ConnectorContext

if TYPE_CHECKING:
    from connectors.salesforce.pubsub.listener import ChangeEvents


def change_events(client: SalesforceClient, settings: SalesforceSettings, context: ConnectorContext) -> ChangeEvents:
    """What listens to the org; ``ConfigError`` where the libraries for it are not installed."""
    try:
        from connectors.salesforce.pubsub.listener import ChangeEvents  # noqa: PLC0415  an extra that few installs have
    except ModuleNotFoundError as error:
        what = f"change events need a library that is not installed: {error.name}"
        remedy = "install Inlay with its extra `pubsub`, or set `change_events: false`"
        raise ConfigError(what, where=context.connection, remedy=remedy) from error
    return ChangeEvents(client, settings, context)
