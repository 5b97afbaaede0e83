"""The connector itself: what core asks, answered by the modules beside this one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from connectors.salesforce import streams
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.discovery import Discovery
from connectors.salesforce.provision import Provisioner
from connectors.salesforce.settings import SalesforceSettings
from connectors.salesforce.write import BATCH, write
from core.sdk import (
    AuthError,
    ConfigError,
    Connector,
    ConnectorContext,
    Cursor,
    FieldFacts,
    Finding,
    InlayError,
    Outcome,
    Page,
    ProvisionStep,
    RawRecord,
    RetryLater,
    Stream,
    Verb,
    WantedField,
    WriteRow,
)

QUOTA_WARNING = 75


class SalesforceConnector(Connector):
    """One Salesforce org."""

    kind: ClassVar[str] = "salesforce"
    settings_model = SalesforceSettings
    writes: ClassVar[bool] = True

    def __init__(self, settings: Any, context: ConnectorContext) -> None:
        super().__init__(settings, context)
        self._client = SalesforceClient(settings, context)
        self._discovery = Discovery(self._client, context.connection, context.clock)
        self._provisioner = Provisioner(self._client, self._discovery)
        self._streams = streams.known_streams(settings.objects)

    def check(self) -> list[Finding]:
        """Ask for the org's limits: that proves address, login and API right in one call."""
        place = self.context.connection
        try:
            daily = self._client.get("limits")["DailyApiRequests"]
        except (AuthError, ConfigError) as error:
            return [_finding("no_access", "error", error, place)]
        except RetryLater as error:
            return [_finding("unreachable", "error", error, place)]
        used = daily["Max"] - daily["Remaining"]
        if used * 100 < daily["Max"] * QUOTA_WARNING:
            return []
        message = f"{used} of the org's {daily['Max']} API calls of a day are used"
        return [Finding("quota", "warning", message, place, "spread the load, or ask Salesforce for more calls")]

    def streams(self) -> Mapping[str, Stream]:
        """Return the standard objects and those of the setting ``objects``."""
        return self._streams

    def read(self, stream: str, fields: Sequence[str], since: Cursor | None) -> Iterator[Page]:
        """Read an object from a cursor on, deleted and merged rows as tombstones."""
        overlap = self.settings.overlap_seconds
        yield from streams.start_reading(self._client, self._discovery, stream, fields, since, overlap).pages()

    def fetch(self, stream: str, ids: Sequence[str], fields: Sequence[str]) -> list[RawRecord]:
        """Read these records as they are now."""
        return streams.fetch(self._client, self._discovery, stream, ids, fields)

    def find_by_key(self, stream: str, field: str, values: Sequence[str]) -> dict[str, str]:
        """Find records by Inlay's key."""
        return streams.find_by_key(self._client, stream, field, values)

    def describe(self, stream: str) -> Mapping[str, FieldFacts]:
        """Return the fields that the integration user sees."""
        return self._discovery.object(stream).fields

    def findings(self) -> list[Finding]:
        """Return what discovery left out since the last call."""
        return self._discovery.take_findings()

    def batch_size(self, stream: str, verb: Verb) -> int:
        """Return 200: the most that one call to sObject Collections takes."""
        del stream, verb
        return BATCH

    def write(self, stream: str, verb: Verb, rows: Sequence[WriteRow]) -> list[Outcome]:
        """Send one batch to sObject Collections."""
        return write(self._client, self.context.clock, stream, verb, rows)

    def plan_fields(self, wanted: Sequence[WantedField]) -> list[ProvisionStep]:
        """Return the steps that would make the wanted fields exist and writable."""
        return self._provisioner.plan(wanted)

    def provision(self, step: ProvisionStep) -> None:
        """Carry out one step."""
        self._provisioner.carry_out(step)

    def record_url(self, stream: str, external_id: str) -> str | None:
        """Return the record's page in Lightning; None while the org's own host is unknown."""
        host = self._client.host
        return f"https://{host}/lightning/r/{stream}/{external_id}/view" if host else None


def _finding(code: str, severity: Any, error: InlayError, place: str) -> Finding:
    return Finding(code, severity, error.what, error.where or place, error.remedy)
