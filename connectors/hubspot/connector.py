"""The connector itself: what core asks, answered by the modules beside this one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any, ClassVar

from connectors.hubspot import lookup
from connectors.hubspot.changes import read_changes
from connectors.hubspot.client import ACCOUNT, HubSpotClient
from connectors.hubspot.discovery import Discovery
from connectors.hubspot.kinds import MERGED_IDS, OWNERS_STREAM, known_kinds, streams_of
from connectors.hubspot.listing import is_unfinished, read_list, read_owners
from connectors.hubspot.provision import Provisioner
from connectors.hubspot.records import Question, split_fields
from connectors.hubspot.settings import HubSpotSettings
from connectors.hubspot.write import BATCH, Writer
from core.sdk import (
    AuthError,
    BugError,
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


class HubSpotConnector(Connector):
    """One HubSpot account."""

    kind: ClassVar[str] = "hubspot"
    settings_model: ClassVar[type[HubSpotSettings]] = HubSpotSettings
    writes: ClassVar[bool] = True

    settings: HubSpotSettings

    def __init__(self, settings: Any, context: ConnectorContext) -> None:
        super().__init__(settings, context)
        self._client = HubSpotClient(settings, context)
        self._discovery = Discovery(self._client, context.connection)
        self._provisioner = Provisioner(self._client, self._discovery)
        self._kinds = known_kinds(settings.objects)
        self._streams = streams_of(self._kinds)
        self._writer = Writer(self._client, self._kinds)

    def check(self) -> list[Finding]:
        """Ask for the account's details and one owner: that proves address, token and quota in two calls."""
        place = self.context.connection
        try:
            _ = self._account
            next(read_owners(self._client), None)
        except (AuthError, ConfigError) as error:
            return [_finding("no_access", error, place)]
        except RetryLater as error:
            return [_finding("unreachable", error, place)]
        used = self._client.pace.used_percent()
        if used is None or used < QUOTA_WARNING:
            return []
        message = f"{used:.0f} % of the account's API calls of today are used"
        return [Finding("quota", "warning", message, place, "spread the load, or buy more calls from HubSpot")]

    def streams(self) -> Mapping[str, Stream]:
        """The standard object types, those of the setting ``objects``, and the owners."""
        return self._streams

    def read(self, stream: str, fields: Sequence[str], since: Cursor | None) -> Iterator[Page]:
        """The whole list at first, which can be gone on with; afterwards what searches find, and what was archived."""
        if stream == OWNERS_STREAM:
            yield from read_owners(self._client)
            return
        question = self._question(stream, fields)
        if since is None or is_unfinished(since):
            yield from read_list(self._client, question, since)
        else:
            overlap = timedelta(seconds=self.settings.overlap_seconds)
            yield from read_changes(self._client, question, since, overlap)

    def fetch(self, stream: str, ids: Sequence[str], fields: Sequence[str]) -> list[RawRecord]:
        """Read these records as they are now, a hundred at a time."""
        if stream == OWNERS_STREAM:
            wanted = set(ids)
            return [row for page in read_owners(self._client) for row in page.records if row["id"] in wanted]
        return lookup.fetch(self._client, self._question(stream, fields), ids)

    def find_by_key(self, stream: str, field: str, values: Sequence[str]) -> dict[str, str]:
        """Find records by a unique property."""
        return lookup.find_by_key(self._client, self._kinds[stream], field, values)

    def describe(self, stream: str) -> Mapping[str, FieldFacts]:
        """The properties of an object type."""
        return {} if stream == OWNERS_STREAM else self._discovery.properties(stream)

    def findings(self) -> list[Finding]:
        """What discovery left out since the last call."""
        return self._discovery.take_findings()

    def batch_size(self, stream: str, verb: Verb) -> int:
        """A hundred: the most that one batch takes."""
        del stream, verb
        return BATCH

    def write(self, stream: str, verb: Verb, rows: Sequence[WriteRow]) -> list[Outcome]:
        """Send one batch."""
        if stream == OWNERS_STREAM:
            raise BugError("owners cannot be written", where=self.context.connection)
        return self._writer.write(stream, verb, rows)

    def plan_fields(self, wanted: Sequence[WantedField]) -> list[ProvisionStep]:
        """The steps that would make the wanted properties exist."""
        return self._provisioner.plan(wanted)

    def provision(self, step: ProvisionStep) -> None:
        """Carry out one step."""
        self._provisioner.carry_out(step)

    def record_url(self, stream: str, external_id: str) -> str | None:
        """The record's page; None for owners, and while the account cannot be asked for its number."""
        if stream not in self._kinds:
            return None
        try:
            account = self._account
        except InlayError:
            return None
        domain = account.get("uiDomain") or "app.hubspot.com"
        return f"https://{domain}/contacts/{account['portalId']}/record/{self._kinds[stream].type_id}/{external_id}"

    @cached_property
    def _account(self) -> dict[str, Any]:
        return self._client.get(ACCOUNT).body

    def _question(self, stream: str, fields: Sequence[str]) -> Question:
        kind = self._kinds[stream]
        properties, targets = split_fields(fields)
        with_merges = kind.can_merge and MERGED_IDS in self._discovery.properties(stream)
        return Question(kind, self._discovery.present(stream, properties), targets, with_merges)


def _finding(code: str, error: InlayError, place: str) -> Finding:
    return Finding(code, "error", error.what, error.where or place, error.remedy)
