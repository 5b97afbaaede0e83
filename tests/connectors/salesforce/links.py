"""A connector on a served org, as core sets one up: real client library, real HTTP, a clock that stands still."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.sandbox import TOKEN
from connectors.salesforce.settings import SalesforceSettings
from core.http import HttpLimits, Transport
from core.sdk import Budgets, ConnectorContext, Cursor, FixedClock, Grants, LocalGrants, Page, WantedField
from tests.connectors.salesforce.orgs import AS_OF

TOKEN_LOGIN = {"flow": "token", "token": TOKEN, "domain": "hartwell.my"}
KEY = WantedField("Task", "Inlay_Key__c", "Inlay key", "key")
SCORE = WantedField("Account", "Inlay_Health_Score__c", "Health score", "number", "From 0 to 100.")


class Link:
    """One connector with its clock and transport."""

    def __init__(
        self,
        base_url: str,
        folder: Path | None = None,
        auth: dict[str, Any] | None = None,
        seconds: float = 10.0,
        grants: Grants | None = None,
        budgets: Budgets | None = None,
        clock: FixedClock | None = None,
        **more: Any,
    ) -> None:
        self.clock = clock or FixedClock(AS_OF)
        limits = HttpLimits(total=seconds, connect=2.0, attempts=3, first_wait=0.5)
        self.transport = Transport(clock=self.clock, limits=limits, redirect=base_url)
        self.settings = SalesforceSettings.model_validate({"auth": auth or TOKEN_LOGIN, "base_url": base_url, **more})
        context = ConnectorContext(
            "crm", self.clock, self.transport, folder or Path(), grants or LocalGrants(), budgets
        )
        self.connector = SalesforceConnector(self.settings, context)

    def pages(self, stream: str, *fields: str, since: Cursor | None = None) -> list[Page]:
        """Read a stream to its end."""
        return list(self.connector.read(stream, fields, since))

    def records(self, stream: str, *fields: str, since: Cursor | None = None) -> list[dict[str, Any]]:
        """Read a stream and return its live records."""
        return [dict(record) for page in self.pages(stream, *fields, since=since) for record in page.records]

    def provision(self, *wanted: WantedField) -> None:
        """Make fields exist."""
        for step in self.connector.plan_fields(wanted):
            self.connector.provision(step)

    def calls(self) -> list[tuple[str, str]]:
        """Return method and path of every request since the last look, shortened to what follows the version."""
        found = [(call.method, call.path.partition("/v64.0/")[2] or call.path) for call in self.transport.calls]
        fresh = found[self._seen :]
        self._seen = len(found)
        return fresh

    _seen = 0
