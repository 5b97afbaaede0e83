"""Listening to an org's change events: from the place that was kept, with a good session, as fast as we keep up.

The place is the vendor's opaque replay id. One that it no longer keeps, or has never given, means a gap: what happened
until now has to be read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

import grpc

from connectors.salesforce import soql
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.pubsub.changes import deletions, read_change
from connectors.salesforce.pubsub.line import MOST_REQUESTED, Line, Metadata, Subscription
from connectors.salesforce.pubsub.messages import FetchRequest, FetchResponse, ReplayPreset
from connectors.salesforce.pubsub.refusals import EndedSession, LostPlace, to_our_error
from connectors.salesforce.pubsub.schemas import Schemas
from connectors.salesforce.refusals import as_promised, told_text
from connectors.salesforce.settings import SalesforceSettings
from core.sdk import PULSE_SECONDS, AuthError, ConnectorContext, Grant, Heard, RetryLater, ToldChange

SILENT_SECONDS = 600
"""The vendor gives a sign of life within 270 seconds; a line that has given none for so long is dead."""

T = TypeVar("T")


class ChangeEvents:
    """One org's events; may raise ``RetryLater``, ``AuthError`` and ``ConfigError``."""

    def __init__(self, client: SalesforceClient, settings: SalesforceSettings, context: ConnectorContext) -> None:
        self._client = client
        self._topic = f"/data/{settings.event_channel}"
        self._clock = context.clock
        self._where = f"{context.connection}: {self._topic}"
        self._address = settings.events_url
        self._line: Line | None = None
        self._grant: Grant | None = None
        self._is_fresh = False
        self._place = b""
        self._org = ""
        self._schemas = Schemas(lambda name: self._guarded(lambda: self._open().schema(name, self._metadata())))

    def check(self) -> None:
        """Raise what would keep us from listening."""
        try:
            if not self._renewed_once(lambda: self._open().topic(self._topic, self._metadata())).can_subscribe:
                raise AuthError("change events may not be subscribed to", where=self._where)
        finally:
            self._hang_up()

    def listen(self, since: str | None) -> Iterator[Heard]:
        """Listen from a place on; see ``core.listening``."""
        self._place = bytes.fromhex(since) if since else b""
        try:
            while True:
                if not self._place:
                    yield Heard(is_gap=True)
                try:
                    yield from self._heard()
                except LostPlace:
                    if not self._place:
                        raise
                    self._place = b""
                except EndedSession as ended:
                    self._renew(ended)
        finally:
            self._hang_up()

    def _heard(self) -> Iterator[Heard]:
        preset = ReplayPreset.CUSTOM if self._place else ReplayPreset.LATEST
        first = FetchRequest(self._topic, preset, self._place, MOST_REQUESTED)
        subscription = self._open().subscribe(first, self._metadata())
        last_sign = self._clock.monotonic()
        try:
            while True:
                response = self._guarded(lambda: self._next(subscription))
                if response is None:
                    self._bear_silence(since=last_sign)
                    yield Heard()
                    continue
                last_sign, self._is_fresh = self._clock.monotonic(), False
                yield self._told(response)
                self._place = response.latest_replay_id or self._place  # what was yielded is kept by now
                subscription.ask_on()
        finally:
            subscription.close()

    def _bear_silence(self, since: float) -> None:
        if self._clock.monotonic() - since > SILENT_SECONDS:
            raise RetryLater("the line to Salesforce is silent", where=self._where)

    def _next(self, subscription: Subscription) -> FetchResponse | None:
        try:
            return subscription.next(PULSE_SECONDS)
        except StopIteration:
            raise RetryLater("Salesforce has closed the line", where=self._where) from None

    def _told(self, response: FetchResponse) -> Heard:
        changes = [read_change(event, self._schemas) for event in response.events]
        masters = {entity: self._masters(entity, gone) for entity, gone in deletions(changes).items()}
        told = [_with_masters(change, masters.get(change.stream, {})) for change in changes]
        return Heard(told, response.latest_replay_id.hex() or None)

    def _masters(self, entity: str, gone: Sequence[str]) -> dict[str, str]:
        """Into which records these were merged, as far as they were: an event says of both only that it is gone."""
        found: dict[str, str] = {}
        for batch in soql.batches(gone):
            conditions = [soql.in_list("Id", batch), "MasterRecordId != null"]
            page = self._client.query(soql.select(["Id", "MasterRecordId"], entity, conditions), with_deleted=True)
            with as_promised("query"):
                found |= {told_text(row["Id"]): told_text(row["MasterRecordId"]) for row in page.records}
        return found

    def _open(self) -> Line:
        self._line = self._line or Line(self._address)
        return self._line

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    def _metadata(self) -> Metadata:
        """Who we are; every call says it."""
        self._org = self._org or self._client.ids("SELECT Id FROM Organization")[0]
        self._grant = self._client.access.grant()
        address = self._grant.address or f"https://{self._client.access.instance()}"
        return (("accesstoken", self._grant.access_token), ("instanceurl", address), ("tenantid", self._org))

    def _renew(self, ended: EndedSession) -> None:
        """Get another session; where a fresh one was refused too it is not the session that is wrong."""
        if self._is_fresh or self._grant is None:
            raise self._client.access.refused(ended)
        self._client.access.renew(self._grant)
        self._is_fresh = True

    def _renewed_once(self, call: Callable[[], T]) -> T:
        try:
            return self._guarded(call)
        except EndedSession as ended:
            self._renew(ended)
            return self._guarded(call)

    def _guarded(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except grpc.RpcError as error:
            raise to_our_error(error, self._where, self._clock.now()) from error


def _with_masters(change: ToldChange, masters: dict[str, str]) -> ToldChange:
    merged = {one: masters[one] for one in change.records if one in masters} if change.gone else {}
    return replace(change, merged=merged) if merged else change
