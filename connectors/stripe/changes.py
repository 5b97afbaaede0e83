"""Reads what has changed since a cursor, from the account's events.

An event carries the object as it was then, rendered in the API version of its time. The newest one of an object is
its present state, unless the stream asks for more than an event shows, the version differs, or two events of the same
second disagree (Stripe promises no order among them): such objects are read again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.stripe.client import API_VERSION, PAGE_SIZE, StripeApi, as_promised
from connectors.stripe.streams import Question
from core.sdk import Cursor, Page, RawRecord, Tombstone, iso

OVERLAP = timedelta(minutes=10)
EVENTS_KEPT = timedelta(days=29)
"""Stripe keeps events for thirty days; a day less leaves room for a slow read."""


@dataclass
class Digest:
    """What many events say about the objects of one stream, the newest word of each."""

    question: Question
    newest: dict[str, RawRecord] = field(default_factory=dict)
    doubtful: set[str] = field(default_factory=set)

    def add(self, event: RawRecord) -> None:
        """Take in one event; they must come newest first."""
        told: dict[str, Any] = event["data"]["object"]
        if not isinstance(event["type"], str) or not isinstance(event["created"], int):
            raise TypeError("an event without its kind or its time")
        key = str(told["id"])
        newest = self.newest.setdefault(key, event)
        if newest is event:
            doubtful = self._shows_less(event)
        else:
            disagrees = newest["data"]["object"] != told or event["type"] in self.question.source.gone_events
            doubtful = newest["created"] == event["created"] and disagrees
        if doubtful:
            self.doubtful.add(key)

    def _shows_less(self, event: RawRecord) -> bool:
        """Whether the event's snapshot is not what a read would show."""
        is_own = event["data"]["object"]["object"] == self.question.source.kind
        return not is_own or event["api_version"] != API_VERSION or bool(self.question.expand)

    def settled(self) -> list[RawRecord]:
        """The objects whose present state the events show, oldest change first."""
        return [event["data"]["object"] for key, event in self._told() if key not in self.doubtful]

    def unsettled(self) -> list[RawRecord]:
        """The objects, as events showed them, that have to be read again, oldest change first."""
        return [event["data"]["object"] for key, event in self._told() if key in self.doubtful]

    def tombstones(self) -> list[Tombstone]:
        """The objects that are no longer there."""
        return [
            Tombstone(key, "deleted", iso(datetime.fromtimestamp(event["created"], UTC)))
            for key, event in reversed(self.newest.items())
            if event["type"] in self.question.source.gone_events
        ]

    def _told(self) -> Iterator[tuple[str, RawRecord]]:
        for key, event in reversed(self.newest.items()):
            if event["type"] not in self.question.source.gone_events:
                yield key, event


def read_changes(api: StripeApi, question: Question, since: Cursor, now: datetime) -> Iterator[Page] | None:
    """All objects that changed since the cursor, or None when that is longer ago than events are kept."""
    begin = datetime.fromisoformat(since.stamp)
    params = {"types": list(question.source.all_events), "created": {"gte": int((begin - OVERLAP).timestamp())}}
    first = api.page("events", params)
    told_at = first.told_at or now
    if told_at - begin > EVENTS_KEPT:
        return None
    digest = Digest(question)
    events: Sequence[RawRecord] = first.records
    more = first.has_more
    while events:
        with as_promised("events"):
            for event in events:
                digest.add(event)
        page = api.page("events", {**params, "starting_after": events[-1]["id"]}) if more else None
        events, more = (page.records, page.has_more) if page else ((), False)
    return _pages(api, digest, Cursor(iso(max(told_at, begin))))


def _pages(api: StripeApi, digest: Digest, cursor: Cursor) -> Iterator[Page]:
    """The cursor moves with the last page only: events come newest first, so all must be in before any is done with."""
    settled = digest.settled()
    for start in range(0, len(settled), PAGE_SIZE):
        yield Page(settled[start : start + PAGE_SIZE])
    for told in digest.unsettled():
        yield _read_again(api, digest.question, told)
    yield Page((), cursor=cursor, tombstones=digest.tombstones())


def _read_again(api: StripeApi, question: Question, told: RawRecord) -> Page:
    """The present state of the object; of a charge, the invoice payments that it belongs to."""
    source = question.source
    if told["object"] == source.kind:
        record = api.get(source.path, str(told["id"]), question.object_params())
        return Page([record]) if record else Page((), tombstones=[Tombstone(str(told["id"]), "deleted")])
    intent = told.get("payment_intent")
    if not intent:
        return Page(())
    payment = {"type": "payment_intent", "payment_intent": intent}
    return Page(api.page(source.path, {**question.list_params(), "payment": payment}).records)
