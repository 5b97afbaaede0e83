"""Whatever happens to the records and to the connection, what Inlay has read ends up equal to what HubSpot holds.

Each seed plays a story: people and programs create, change, link, archive and merge records, the index lags, calls fail
in every way, and in between the connector reads from its last cursor, sometimes only a part of the way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from connectors.hubspot.connector import HubSpotConnector
from connectors.hubspot.sandbox import account_of
from connectors.hubspot.sandbox.links import End
from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.demo import AS_OF, empty_firm
from core.sdk import Cursor, InlayError, RawRecord
from tests.connectors.hubspot.connected import connect
from tests.connectors.hubspot.hub import Hub

FIELDS = ("name", "city", "associations.contacts")
FAULTS = ("status", "cut", "html", "truncate")


@dataclass
class Mirror:
    """What a store would hold: live records by id, as the pages told."""

    cursor: Cursor | None = None
    records: dict[str, RawRecord] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    def read(self, connector: HubSpotConnector, most_pages: int | None = None) -> None:
        """Read from the last cursor on; stops after some pages as if killed, or at an error."""
        try:
            for number, page in enumerate(connector.read("companies", FIELDS, self.cursor), 1):
                self.records.update({str(record["id"]): record for record in page.records})
                for stone in page.tombstones:
                    self.records.pop(stone.external_id, None)
                    self.gone.add(stone.external_id)
                self.cursor = page.cursor or self.cursor
                if number == most_pages:
                    return
        except InlayError:
            return


class Story:
    """Random deeds of the account's people."""

    def __init__(self, hub: Hub, seed: int) -> None:
        self.hub = hub
        self.dice = Random(seed)
        self.contact = hub.make("contacts", email="someone@x.example")
        self.deeds: list[Callable[[], None]] = [
            self.create,
            self.create,
            self.change,
            self.change,
            self.change_many,
            self.link,
            self.archive,
            self.merge,
            self.wait,
        ]

    def companies(self) -> list[str]:
        return [record.id for record in self.hub.app.crm.shelves["companies"].live()]

    def pick(self, count: int) -> list[str]:
        known = self.companies()
        return self.dice.sample(known, min(count, len(known)))

    def create(self) -> None:
        count = self.dice.choice([1, 1, 3, 40, 150])
        self.hub.make_many("companies", [{"name": f"C{self.dice.random():.6f}"} for _ in range(count)])

    def change(self) -> None:
        for each in self.pick(2):
            self.edit(each, city=f"City {self.dice.randrange(99)}")

    def change_many(self) -> None:
        inputs = [{"id": each, "properties": {"city": f"City {self.dice.randrange(99)}"}} for each in self.pick(100)]
        if inputs:
            self.hub.post("/crm/v3/objects/companies/batch/update", {"inputs": inputs})

    def link(self) -> None:
        for each in self.pick(1):
            self.hub.link("companies", each, "contacts", self.contact)

    def archive(self) -> None:
        for each in self.pick(1):
            self.edit(each, archive=True)

    def merge(self) -> None:
        chosen = self.pick(2)
        if len(chosen) == 2:
            body = {"primaryObjectId": chosen[0], "objectIdToMerge": chosen[1]}
            self.hub.post("/crm/v3/objects/companies/merge", body)

    def wait(self) -> None:
        self.hub.app.clock.advance(timedelta(seconds=self.dice.choice([1, 30, 400, 4_000])))

    def edit(self, company: str, archive: bool = False, **properties: Any) -> None:
        change = {"type": "companies", "id": company, "archive": archive, "properties": properties}
        self.hub.post("/__sandbox__/edit", change)

    def break_something(self) -> None:
        """One or several of the next calls go wrong."""
        what = {
            "do": self.dice.choice(FAULTS),
            "path": "^/crm",
            "nth": self.dice.randrange(1, 6),
            "times": self.dice.choice([1, 1, 2, 8]),
            "status": self.dice.choice([429, 500, 502, 503]),
        }
        self.hub.ask("POST", "/__sandbox__/faults", [what])


def truth(hub: Hub) -> dict[str, tuple[str | None, str | None, list[str]]]:
    """Name, city and contacts of every live company, from the state itself."""
    crm = hub.app.crm
    return {
        record.id: (
            record.properties.get("name"),
            record.properties.get("city"),
            list(crm.links.of(End("companies", record.id), "contacts")),
        )
        for record in crm.shelves["companies"].live()
    }


def told(mirror: Mirror) -> dict[str, tuple[str | None, str | None, list[str]]]:
    """The same from what was read."""
    return {
        key: (record["properties"]["name"], record["properties"]["city"], list(record["associations"]["contacts"]))
        for key, record in mirror.records.items()
    }


def play(hub: Hub, seed: int) -> None:
    hub.app.start_anew(account_of(empty_firm(), SandboxClock(AS_OF)))
    story = Story(hub, seed)
    hub.configure(search_lag_seconds=story.dice.choice([0, 0, 5, 120]), merge_makes_new_id=story.dice.random() < 0.7)
    mirror = Mirror()
    for _ in range(story.dice.randrange(4, 9)):
        for _ in range(story.dice.randrange(1, 6)):
            story.dice.choice(story.deeds)()
        if story.dice.random() < 0.5:
            story.break_something()
        mirror.read(connect(hub), most_pages=story.dice.choice([None, None, 1, 2]))
        hub.ask("DELETE", "/__sandbox__/faults")
    hub.app.clock.advance(timedelta(seconds=121))
    hub.make("companies", name="The last word")
    for _ in range(2):
        hub.app.clock.advance(timedelta(seconds=121))
        mirror.read(connect(hub))
    assert told(mirror) == truth(hub), f"seed {seed}"
    assert not mirror.gone & set(truth(hub)), f"seed {seed}: a living record was called gone"


@pytest.mark.parametrize("seed", range(24))
def test_what_was_read_equals_what_is_there(hub: Hub, seed: int) -> None:
    play(hub, seed)


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("start", range(0, 2_000, 100))
def test_it_does_so_two_thousand_times(hub: Hub, start: int) -> None:
    for seed in range(1_000 + start, 1_100 + start):
        play(hub, seed)
