"""The org's event bus: what happened in the last three days, in order, and from where one may go on."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Condition
from typing import Any

from connectors.salesforce.pubsub.messages import ProducerEvent
from connectors.salesforce.sandbox.notes import RowChange
from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.pubsub.events import Commit, change_event, gap_events, overflow_events
from connectors.salesforce.sandbox.pubsub.shapes import Shape, event_name, shape_of

RETENTION = timedelta(hours=72)
MOST_CHANGES = 100_000
EVERYTHING = "/data/ChangeEvents"
_FIRST, _STEP = 5_936_384, 4
_TAIL = b"\0\0"


@dataclass(frozen=True)
class KeptEvent:
    """An event on the bus; ``number`` orders all of them."""

    number: int
    at: datetime
    entity: str
    event: ProducerEvent


class EventBus:
    """Takes what transactions did, keeps it, and wakes those that wait on ``news``."""

    def __init__(self, org: Org) -> None:
        self.news = Condition()
        self.most_changes = MOST_CHANGES
        self.tells_gaps = False
        """Whether changes are made past the application servers from now on, so that only gaps are told of them."""

        self._org = org
        self._events: list[KeptEvent] = []
        self._issued: dict[int, datetime] = {}
        self._number, self._commits = _FIRST, 0
        self._shapes: dict[str, Shape] = {}
        org.notes.is_kept = True

    def publish(self, origin: str) -> None:
        """Tell of everything that was done since the last time, as one transaction that came by ``origin``."""
        changes = [one for one in self._org.notes.take() if self._is_told(one.object)]
        if not changes:
            return
        first = changes[0].after
        self._commits += 1
        commit = Commit(self._commits, self._org.clock.now(), str(first["LastModifiedById"]), origin)
        self.put(self._told(commit, changes))

    def put(self, events: Iterable[tuple[str, dict[str, Any]]]) -> None:
        """Put events on the bus, each with its object's name."""
        with self.news:
            for entity, event in events:
                self._add(entity, event)
            self.news.notify_all()

    def topics(self) -> Collection[str]:
        """What may be subscribed to."""
        return {EVERYTHING, *(f"/data/{event_name(name)}" for name in self._org.schema if self._is_told(name))}

    def after(self, number: int, topic: str, most: int) -> list[KeptEvent]:
        """The next events of a topic, at most so many."""
        found = [one for one in self._kept() if one.number > number and _is_of(topic, one.entity)]
        return found[:most]

    def latest(self) -> int:
        """A place behind everything; each is another, as the vendor's signs of life move on with the bus."""
        self._number += _STEP
        return self._issue(self._number)

    def earliest(self) -> int:
        """A place before all that is kept."""
        kept = self._kept()
        return kept[0].number - 1 if kept else self._number

    def place(self, replay_id: bytes) -> int | None:
        """The place that a replay id stands for; None when it is none of ours, or too old."""
        number = int.from_bytes(replay_id.removesuffix(_TAIL), "big")
        issued = self._issued.get(number) if replay_id == replay_id_of(number) else None
        return number if issued is not None and issued >= self._org.clock.now() - RETENTION else None

    def forget(self) -> None:
        """Give no place any more for one of ours, as when an org has moved to another instance."""
        with self.news:
            self._issued.clear()
            self._events.clear()

    def schema(self, schema_id: str) -> str | None:
        """The text of a schema, also of one that no event has any more."""
        found = self._shapes.get(schema_id)
        return found.text if found else None

    def shape(self, entity: str) -> Shape:
        """The schema of an object's events as it is now."""
        shape = shape_of(self._org.schema[entity])
        return self._shapes.setdefault(shape.id, shape)

    def _told(self, commit: Commit, changes: list[RowChange]) -> Iterable[tuple[str, dict[str, Any]]]:
        if self.tells_gaps:
            yield from gap_events(commit, changes)
            return
        for sequence, one in enumerate(changes[: self.most_changes], start=1):
            yield one.object, change_event(commit, sequence, self._org.schema[one.object], self.shape(one.object), one)
        yield from overflow_events(commit, changes[self.most_changes :])

    def _add(self, entity: str, event: dict[str, Any]) -> None:
        shape = self.shape(entity)
        self._number += _STEP
        name = f"{self._number:08x}-0000-4000-8000-inlaysandbox"
        told = ProducerEvent(name, shape.id, shape.encode(event))
        self._events.append(KeptEvent(self._issue(self._number), self._org.clock.now(), entity, told))

    def _issue(self, number: int) -> int:
        self._issued[number] = self._org.clock.now()
        return number

    def _kept(self) -> list[KeptEvent]:
        oldest = self._org.clock.now() - RETENTION
        while self._events and self._events[0].at < oldest:
            self._events.pop(0)
        return self._events

    def _is_told(self, name: str) -> bool:
        """Whether an admin has selected an object: all of the demo org's but those that set it up."""
        sobject = self._org.schema[name]
        return name == "User" or not (sobject.is_setup or sobject.is_tooling)


def replay_id_of(number: int) -> bytes:
    """A place as clients are told it."""
    return number.to_bytes(8, "big") + _TAIL


def _is_of(topic: str, entity: str) -> bool:
    return topic in (EVERYTHING, f"/data/{event_name(entity)}")
