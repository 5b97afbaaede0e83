"""The connector pointed at a sandbox, and short ways to use it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connectors.hubspot.connector import HubSpotConnector
from connectors.hubspot.sandbox import TOKEN
from connectors.hubspot.settings import HubSpotSettings
from connectors.sandbox.clock import ClientClock
from connectors.sandbox.demo import AS_OF
from core.http import Transport
from core.http.discipline import HttpLimits
from core.sdk import (
    Budgets,
    Clock,
    ConnectorContext,
    Cursor,
    FixedClock,
    Grants,
    LocalGrants,
    Page,
    RawRecord,
    Tombstone,
)
from tests.connectors.hubspot.hub import Hub

NAME = "crm"


def connect(
    hub: Hub, *, grants: Grants | None = None, budgets: Budgets | None = None, **settings: Any
) -> HubSpotConnector:
    """A fresh connector, as at the start of a run; it lives in the sandbox's time, which its pauses move."""
    return _connected(hub.url, ClientClock(hub.app.clock), settings, grants, budgets)


def connect_to(url: str, **settings: Any) -> HubSpotConnector:
    """The same for any address; its clock stands still but for pauses."""
    return _connected(url, FixedClock(AS_OF), settings)


def _connected(
    url: str, clock: Clock, settings: dict[str, Any], grants: Grants | None = None, budgets: Budgets | None = None
) -> HubSpotConnector:
    transport = Transport(clock=clock, limits=HttpLimits(total=5.0, first_wait=0.1))
    wanted = HubSpotSettings(**{"base_url": url, **({} if "oauth" in settings else {"token": TOKEN}), **settings})
    context = ConnectorContext(NAME, clock, transport, grants=grants or LocalGrants(), shared_budgets=budgets)
    return HubSpotConnector(wanted, context)


def pages(
    connector: HubSpotConnector, stream: str, since: Cursor | None = None, fields: Sequence[str] = ("name",)
) -> list[Page]:
    """Everything one read yields."""
    return list(connector.read(stream, fields, since))


def records(found: Sequence[Page]) -> list[RawRecord]:
    """All records of the pages."""
    return [record for page in found for record in page.records]


def ids(found: Sequence[Page]) -> list[str]:
    """The ids of all records of the pages, in order."""
    return [str(record["id"]) for record in records(found)]


def stones(found: Sequence[Page]) -> list[Tombstone]:
    """All tombstones of the pages."""
    return [stone for page in found for stone in page.tombstones]


def last_cursor(found: Sequence[Page]) -> Cursor:
    """Where the next read has to begin."""
    return next(page.cursor for page in reversed(found) if page.cursor is not None)


def calls(hub: Hub) -> list[str]:
    """What reached the vendor's API since the last call of this function, as ``METHOD path-after-version``."""
    entries = [f"{entry.method} {entry.path.split('/', 2)[-1]}" for entry in hub.app.log.entries()]
    hub.app.log.clear()
    return entries
