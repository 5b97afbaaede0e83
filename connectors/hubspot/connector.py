"""The connector itself: what core asks, answered by the modules beside this one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from connectors.hubspot import lookup
from connectors.hubspot.attachments import Attacher
from connectors.hubspot.changes import read_changes
from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.discovery import Discovery
from connectors.hubspot.families import write_families
from connectors.hubspot.kinds import MERGED_IDS, OWNERS_STREAM, Kinds, Streams
from connectors.hubspot.listing import read_list, read_owners
from connectors.hubspot.login import login_address
from connectors.hubspot.merging import merge
from connectors.hubspot.places import is_unfinished
from connectors.hubspot.provision import Provisioner
from connectors.hubspot.records import Question, split_fields
from connectors.hubspot.relationships import read_relationships
from connectors.hubspot.sending import BATCH
from connectors.hubspot.settings import HubSpotSettings
from connectors.hubspot.subscriptions import TOLD, Subscriptions
from connectors.hubspot.sweeps import Sweeper
from connectors.hubspot.write import Writer
from core.sdk import (
    Attachment,
    AuthError,
    BugError,
    ConfigError,
    Connector,
    ConnectorContext,
    Cursor,
    Family,
    FieldChange,
    FieldFacts,
    Finding,
    Grant,
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
    keyed,
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
        self._kinds = Kinds()
        self._streams = Streams(self._kinds)
        self._discovery = Discovery(self._client, self._kinds, context.clock, context.connection)
        self._subscriptions = Subscriptions(settings, context)
        self._provisioner = Provisioner(self._client.interactive, self._discovery)
        self._writer = Writer(self._client, self._kinds, self._discovery, context.clock)
        self._attacher = Attacher(self._client, self._kinds, self._writer, context.clock)

    def check(self) -> list[Finding]:
        """Ask for the account's details and one owner: that proves address, token and quota in two calls."""
        place, client = self.context.connection, self._client.interactive
        try:
            _ = client.account
            next(read_owners(client), None)
        except (AuthError, ConfigError) as error:
            return [_finding("no_access", error, place)]
        except RetryLater as error:
            return [_finding("unreachable", error, place)]
        day = client.pace.day()
        used = 100 * day.used / day.allowed if day and day.allowed else 0
        if used < QUOTA_WARNING:
            return []
        message = f"{used:.0f} % of the account's API calls of today are used"
        return [Finding("quota", "warning", message, place, "spread the load, or buy more calls from HubSpot")]

    def web_login(self, redirect_uri: str, state: str, verifier: str) -> str:
        """HubSpot's page on which a person chooses the account and lets Inlay's app in."""
        where = self.context.connection
        return login_address(self.settings, where, redirect_uri=redirect_uri, state=state, verifier=verifier)

    def web_grant(self, code: str, redirect_uri: str, verifier: str) -> Grant:
        """The grant for the code that the browser brought back; good for one use within a minute."""
        return self._client.access.redeem(code, redirect_uri, verifier)

    def streams(self) -> Mapping[str, Stream]:
        """Object types, the account's own too, owners, and the relationships of any two types."""
        return self._streams

    def read(self, stream: str, fields: Sequence[str], since: Cursor | None) -> Iterator[Page]:
        """The whole list at first, which can be gone on with; afterwards what searches find, and what was archived."""
        pair = self._streams.pair(stream)
        if stream == OWNERS_STREAM:
            yield from read_owners(self._client)
        elif pair is not None:
            yield from read_relationships(self._client, *pair)
        else:
            yield from self._read_objects(self._question(stream, fields), since)

    def _read_objects(self, question: Question, since: Cursor | None) -> Iterator[Page]:
        every = timedelta(days=self.settings.sweep_days if question.is_swept else 0)
        sweeper = Sweeper(self._client, question, every, self.context.clock.now())
        if since is None or is_unfinished(since):
            pages = read_list(self._client, question, since)
            yield from sweeper.behind_list(pages) if question.is_swept else pages
        else:
            overlap = timedelta(seconds=self.settings.overlap_seconds)
            yield from sweeper.behind_changes(read_changes(self._client, question, since, overlap), since)

    def fetch(self, stream: str, ids: Sequence[str], fields: Sequence[str]) -> list[RawRecord]:
        """Read these records as they are now, a hundred at a time."""
        if stream not in self._kinds:
            wanted = set(ids)
            return [row for page in self.read(stream, fields, None) for row in page.records if row["id"] in wanted]
        return lookup.fetch(self._client, self._question(stream, fields), ids)

    def history(self, stream: str, ids: Sequence[str], fields: Sequence[str]) -> list[FieldChange]:
        """What properties of records were, when that changed and by whom; fifty records a call."""
        if stream not in self._kinds:
            return []
        present = self._discovery.present(stream, fields)
        return lookup.history(self._client, self._kinds[stream], ids, present)

    def find_by_key(self, stream: str, field: str, values: Sequence[str]) -> dict[str, str]:
        """Find records by a unique property."""
        return lookup.find_by_key(self._client, self._kinds[stream], field, values)

    def describe(self, stream: str) -> Mapping[str, FieldFacts]:
        """The properties of an object type, and which of them new records need."""
        return self._discovery.described(stream) if stream in self._kinds else {}

    def findings(self) -> list[Finding]:
        """What discovery left out, and what changed about properties, since the last call."""
        return self._discovery.take_findings()

    def batch_size(self, stream: str, verb: Verb) -> int:
        """A hundred: the most that one batch takes."""
        del stream, verb
        return BATCH

    def write(self, stream: str, verb: Verb, rows: Sequence[WriteRow]) -> list[Outcome]:
        """Send one batch. HubSpot has no conditional writes: ``unmodified_since`` is ignored."""
        self._refuse_unless_written(stream)
        return keyed(rows, self._writer.write(stream, verb, rows))

    def write_families(self, stream: str, families: Sequence[Family]) -> list[list[Outcome]]:
        """Parents, then their children; not all or none, which HubSpot cannot do: each outcome stands for itself."""
        self._refuse_unless_written(stream)
        return write_families(self._writer, stream, families)

    def merge(self, stream: str, survivor: str, losers: Sequence[str]) -> Outcome:
        """Merge one after the other; what was done stays done when a later one is refused."""
        self._refuse_unless_written(stream)
        return merge(self._client, self._kinds[stream], survivor, losers)

    def attach(self, stream: str, external_id: str, attachment: Attachment) -> Outcome:
        """Put a file on a record by a note; the outcome's id is the note's."""
        self._refuse_unless_written(stream)
        return self._attacher.attach(stream, external_id, attachment)

    def plan_fields(self, wanted: Sequence[WantedField]) -> list[ProvisionStep]:
        """The steps that would make the wanted properties exist."""
        return self._provisioner.plan(wanted)

    def plan_events(self, url: str, fields: Mapping[str, Sequence[str]] | None = None) -> list[ProvisionStep]:
        """The steps by which the app named in the settings tells ``url`` of these properties and objects."""
        properties = {
            stream: self._discovery.present(stream, split_fields(names)[0])
            for stream, names in (fields or {}).items()
            if stream in TOLD
        }
        return self._subscriptions.plan(url, properties)

    def plan_removal(self, fields: Sequence[WantedField]) -> list[ProvisionStep]:
        """The steps that would archive Inlay's properties and its groups, and end what the app sends."""
        return [*self._subscriptions.plan_removal(), *self._provisioner.plan_removal(fields)]

    def provision(self, step: ProvisionStep) -> None:
        """Carry out one step."""
        takes = self._subscriptions if self._subscriptions.takes(step) else self._provisioner
        takes.carry_out(step)

    def record_url(self, stream: str, external_id: str) -> str | None:
        """The record's page; None for what has none, and while the account cannot be asked for its number."""
        if stream not in self._kinds:
            return None
        try:
            account = self._client.account
        except InlayError:
            return None
        domain = account.get("uiDomain") or "app.hubspot.com"
        return f"https://{domain}/contacts/{account['portalId']}/record/{self._kinds[stream].type_id}/{external_id}"

    def _refuse_unless_written(self, stream: str) -> None:
        if stream not in self._kinds:
            raise BugError(f"{stream} cannot be written", where=self.context.connection)

    def _question(self, stream: str, fields: Sequence[str]) -> Question:
        kind = self._kinds[stream]
        properties, targets = split_fields(fields)
        present = self._discovery.present(stream, properties)
        return Question(
            kind,
            present,
            targets,
            with_merges=kind.can_merge and MERGED_IDS in self._discovery.properties(stream),
            own_targets=frozenset(name for name in targets if name in self._kinds and self._kinds[name].is_own),
            is_swept=self._discovery.changes_silently(stream, present),
        )


def _finding(code: str, error: InlayError, place: str) -> Finding:
    return Finding(code, "error", error.what, error.where or place, error.remedy)
