"""Both CRMs' connectors pointed at their simulators."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Any

from connectors.hubspot import sandbox as hubspot_sandbox
from connectors.hubspot.connector import HubSpotConnector
from connectors.hubspot.settings import HubSpotSettings
from connectors.salesforce import sandbox as salesforce_sandbox
from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.settings import SalesforceSettings
from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.demo import demo_firm
from connectors.sandbox.firm import Firm
from connectors.sandbox.fleet import Fleet
from connectors.sandbox.server import serve
from core.clock import Clock
from core.connector import Connector, ConnectorContext
from core.http import HttpLimits, Transport
from core.mapping import Mapping
from core.provision import missing_fields
from core.store.golden import read_golden
from core.sync import ConnectionSetup, sync_connection
from tests.core.ledger.world import World, task

MODULES = {"salesforce": salesforce_sandbox, "hubspot": hubspot_sandbox}
STREAMS = {"crm": ("Account", "User", "Task"), "marketing": ("companies", "owners", "tasks")}


@cache
def quiet_firm() -> Firm:
    """The demo firm without its two years of activity, which the ledger does not look at."""
    return replace(demo_firm(), touches=(), cases=(), bills=(), fees=(), openings=(), people=())


@contextmanager
def both_crms() -> Iterator[Fleet]:
    """Fresh simulators of both CRMs."""
    firm = quiet_firm()
    clock = SandboxClock(firm.as_of)
    running = {name: serve(module.sandbox(firm, clock)) for name, module in MODULES.items()}
    with Fleet(firm, clock, running, {name: module.TOKEN for name, module in MODULES.items()}) as fleet:
        yield fleet


def connections(clock: Clock, salesforce: str, hubspot: str) -> list[ConnectionSetup]:
    """The two connections as the configuration would make them, from the addresses of the simulators."""
    auth = {"flow": "token", "token": salesforce_sandbox.TOKEN, "domain": "hartwell.my"}
    ours = SalesforceSettings.model_validate({"auth": auth, "base_url": salesforce})
    theirs = HubSpotSettings.model_validate({"token": hubspot_sandbox.TOKEN, "base_url": hubspot})
    return [
        _connection(clock, "crm", SalesforceConnector, ours, redirect=salesforce),
        _connection(clock, "marketing", HubSpotConnector, theirs),
    ]


def _connection(
    clock: Clock, name: str, kind: type[Connector], settings: Any, redirect: str | None = None
) -> ConnectionSetup:
    transport = Transport(clock=clock, limits=HttpLimits(total=10.0), redirect=redirect)
    connector = kind(settings, ConnectorContext(name, clock, transport))
    return ConnectionSetup(name, connector, Mapping.load(kind.kind, name, currency="GBP", region="GB"))


class VendorWorld(World):
    """A world whose CRMs are the vendors' simulators; only the streams that the ledger needs are read."""

    def attach(self, fleet: Fleet) -> None:
        """Connect both CRMs and make Inlay's fields there."""
        at = fleet.endpoints()
        self.setups = connections(self.clock, at["salesforce"]["base_url"], at["hubspot"]["base_url"])
        for setup in self.setups:
            for step in missing_fields(setup):
                setup.connector.provision(step)

    def sync(self) -> None:
        self.clock.sleep(5)
        for setup in self.setups:
            report = sync_connection(self.store, setup, self.clock, streams=STREAMS[setup.name])
            assert report.complete, report
        self.clock.sleep(5)

    def clients(self, connection: str) -> list[str]:
        """The clients of one CRM, by id."""
        with self.store.read() as conn:
            return [row.id for row in read_golden(conn, "client") if row.id.startswith(f"{connection}/")]

    def publish(self, tasks: int = 1) -> tuple[list[str], list[str]]:
        """Five signals for all clients, and tasks for some of each CRM."""
        ours, theirs = self.clients("crm"), self.clients("marketing")
        for number, client in enumerate([*ours, *theirs]):
            self.signal(client, "health.score", number % 101)
            self.signal(client, "health.band", "Good")
            self.signal(client, "renewal.date", "2026-12-31")
            self.signal(client, "revenue.overdue", 1234.5)
            self.signal(client, "health.as_of", "2026-06-30T09:00:00Z")
        self.proposals = {"renewals": [task(client, client) for client in [*ours[:tasks], *theirs[:tasks]]]}
        return ours, theirs
