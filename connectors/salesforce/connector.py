"""The connector itself: what core asks, answered by the modules beside this one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from connectors.salesforce import lookup
from connectors.salesforce.attach import attach
from connectors.salesforce.bundle import write_bundle
from connectors.salesforce.client import open_client
from connectors.salesforce.discovery import Discovery
from connectors.salesforce.events import change_events
from connectors.salesforce.family import write_families
from connectors.salesforce.merge import Merger
from connectors.salesforce.provision import Provisioner
from connectors.salesforce.reader import Reader
from connectors.salesforce.refusals import OutOfQuota, as_promised
from connectors.salesforce.settings import SalesforceSettings
from connectors.salesforce.streams import Streams
from connectors.salesforce.write import Writer, calls_for
from core.sdk import (
    Attachment,
    AuthError,
    ConfigError,
    Connector,
    ConnectorContext,
    Cursor,
    Family,
    FieldFacts,
    Finding,
    Grant,
    Heard,
    InlayError,
    Listener,
    Outcome,
    Page,
    ProvisionStep,
    RawRecord,
    RetryLater,
    Stream,
    Verb,
    WantedField,
    WriteRow,
    keyed,
)

QUOTA_WARNING = 75


class SalesforceConnector(Connector, Listener):
    """One Salesforce org."""

    kind: ClassVar[str] = "salesforce"
    settings_model = SalesforceSettings
    writes: ClassVar[bool] = True

    def __init__(self, settings: Any, context: ConnectorContext) -> None:
        super().__init__(settings, context)
        self._client = open_client(settings, context)
        self._for_a_person = self._client.for_a_person()
        self._discovery = Discovery(self._client, context.connection, context.clock)
        self._provisioner = Provisioner(self._for_a_person, self._discovery)
        self._writer = Writer(self._client, self._discovery, context.clock)
        self._merger = Merger(self._client, context.clock)
        self._reader = Reader(self._client, self._discovery, settings, context.clock, context.connection)

    def check(self) -> list[Finding]:
        """Ask for the org's limits: that proves address, login and API right in one call."""
        place = self.context.connection
        try:
            limits = self._for_a_person.get("limits")
            with as_promised(place):
                allowed = int(limits["DailyApiRequests"]["Max"])
                used = allowed - int(limits["DailyApiRequests"]["Remaining"])
        except (AuthError, ConfigError) as error:
            return [_finding("no_access", "error", error, place)]
        except OutOfQuota as error:
            return [_finding("quota", "warning", error, place)]
        except RetryLater as error:
            return [_finding("unreachable", "error", error, place)]
        findings = self._check_events()
        if used * 100 >= allowed * QUOTA_WARNING:
            message = f"{used} of the org's {allowed} API calls of a day are used"
            remedy = "spread the load, or ask Salesforce for more calls"
            findings.append(Finding("quota", "warning", message, place, remedy))
        return findings

    def streams(self) -> Mapping[str, Stream]:
        """Return the standard objects; any other that the mapping names is a stream too."""
        return Streams()

    def web_login(self, redirect_uri: str, state: str, verifier: str) -> str:
        """Return the page on which a person lets Inlay in; for ``flow: refresh_token``."""
        return self._client.access.web_login(redirect_uri, state, verifier)

    def web_grant(self, code: str, redirect_uri: str, verifier: str) -> Grant:
        """Exchange the code that the browser brought back."""
        return self._client.access.web_grant(code, redirect_uri, verifier)

    def read(self, stream: str, fields: Sequence[str], since: Cursor | None) -> Iterator[Page]:
        """Read an object from a cursor on, deleted and merged rows as tombstones."""
        yield from self._reader.pages(stream, fields, since)

    def fetch(self, stream: str, ids: Sequence[str], fields: Sequence[str]) -> list[RawRecord]:
        """Read these records as they are now; very many, when no job is changing them."""
        self._writer.let_jobs_end(stream, len(ids))
        return lookup.fetch(self._client, self._discovery, stream, ids, fields)

    @property
    def is_listening(self) -> bool:
        """Return the setting ``change_events``."""
        return bool(self.settings.change_events)

    def listen(self, since: str | None) -> Iterator[Heard]:
        """Listen to change events from a replay id on."""
        yield from change_events(self._client, self.settings, self.context).listen(since)

    def find_by_key(self, stream: str, field: str, values: Sequence[str]) -> dict[str, str]:
        """Find records by Inlay's key; very many, when no job is making them."""
        self._writer.let_jobs_end(stream, len(values))
        return lookup.find_by_key(self._client, stream, field, values)

    def describe(self, stream: str) -> Mapping[str, FieldFacts]:
        """Return the fields that the integration user sees."""
        return self._discovery.object(stream).fields

    def findings(self) -> list[Finding]:
        """Return what discovery left out since the last call."""
        return self._discovery.take_findings()

    def batch_size(self, stream: str, verb: Verb) -> int:
        """Return the setting ``write_batch``; fewer rows than are worth a job are cut into calls here."""
        del stream, verb
        return int(self.settings.write_batch)

    def calls_for(self, stream: str, verb: Verb, rows: int) -> int:
        """Return about what a batch costs: a job, or one call per collection."""
        del stream, verb
        return calls_for(rows)

    def write(self, stream: str, verb: Verb, rows: Sequence[WriteRow]) -> list[Outcome]:
        """Send one batch: as collections (Salesforce promises their results in order), conditionally, or as a job."""
        return keyed(rows, self._writer.write(stream, verb, rows))

    def write_families(self, stream: str, families: Sequence[Family]) -> list[list[Outcome]]:
        """Write parents with their children as composite graphs."""
        return write_families(self._client, self.context.clock, stream, families)

    def merge(self, stream: str, survivor: str, losers: Sequence[str]) -> Outcome:
        """Merge accounts, contacts or leads."""
        return self._merger.merge(stream, survivor, losers)

    def attach(self, stream: str, external_id: str, attachment: Attachment) -> Outcome:
        """Put a file on a record."""
        del stream
        return attach(self._client, self.context.clock, external_id, attachment)

    def plan_fields(self, wanted: Sequence[WantedField]) -> list[ProvisionStep]:
        """Return the steps that would make the wanted fields exist and writable."""
        return self._provisioner.plan(wanted)

    def provision(self, step: ProvisionStep) -> None:
        """Carry out one step."""
        self._provisioner.carry_out(step)

    def plan_removal(self, fields: Sequence[WantedField]) -> list[ProvisionStep]:
        """Return the steps that take away what Inlay made."""
        return self._provisioner.plan_removal(fields)

    def write_bundle(self, folder: Path, wanted: Sequence[WantedField]) -> list[Path]:
        """Write a project that an admin can deploy instead of ``provision``; returns its files."""
        return write_bundle(folder, wanted, self.settings.api_version)

    def record_url(self, stream: str, external_id: str) -> str | None:
        """Return the record's page in Lightning; None while the org's own host is unknown."""
        host = self._client.access.instance()
        return f"https://{host}/lightning/r/{stream}/{external_id}/view" if host else None

    def _check_events(self) -> list[Finding]:
        """Look whether there is something to listen to, where Inlay is to listen."""
        try:
            if self.is_listening:
                change_events(self._for_a_person, self.settings, self.context).check()
        except InlayError as error:
            return [_finding("no_events", "error", error, self.context.connection)]
        return []


def _finding(code: str, severity: Any, error: InlayError, place: str) -> Finding:
    return Finding(code, severity, error.what, error.where or place, error.remedy)
