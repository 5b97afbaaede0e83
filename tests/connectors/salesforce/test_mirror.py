"""A mirror kept by incremental reads equals the org after any history, with outages and ended locators on the way."""

from __future__ import annotations

import random
from typing import Any

import pytest

from connectors.sandbox.server import serve
from core.sdk import Cursor, RetryLater
from tests.connectors.salesforce.links import Link
from tests.connectors.salesforce.orgs import Api, open_org

FAULTS: tuple[dict[str, Any], ...] = (
    {"do": "cut"},
    {"do": "truncate"},
    {"do": "html"},
    {"do": "status", "status": 503, "body": "down"},
    {"do": "status", "status": 503, "body": "down", "times": 5},
)


class World:
    """An org in which people work, and a mirror of its accounts."""

    def __init__(self, seed: int, base: Api, link: Link) -> None:
        self._dice = random.Random(seed)
        self._api = base
        self._link = link
        self._cursor: Cursor | None = None
        self._serial = 0
        self.mirror: dict[str, Any] = {}
        self.merged: dict[str, str] = {}
        api_options = {"page_size": self._dice.choice((3, 5, 50))}
        base.options(**api_options)

    def live(self) -> dict[str, Any]:
        """Return the names of the org's accounts by id."""
        table = self._api.app.site.org.tables["Account"]
        return {str(row["Id"]): row["Name"] for row in table.live()}

    def step(self) -> None:
        """Let somebody do something."""
        deeds = (
            self._create,
            self._create,
            self._edit,
            self._edit,
            self._delete,
            self._destroy,
            self._restore,
            self._merge,
            self._wait,
            self._trouble,
            self._read,
            self._read,
        )
        self._dice.choice(deeds)()

    def settle(self) -> None:
        """Let all go well and read to the end: once, and once more when the delete log is due again."""
        self._api.control("DELETE", "faults")
        for _ in range(2):
            self._api.wait(7200)
            self._link.clock.sleep(7200)
            self._read()

    def _create(self) -> None:
        records = []
        for _ in range(self._dice.randint(1, 9)):
            self._serial += 1
            records.append({"attributes": {"type": "Account"}, "Name": f"a{self._serial}"})
        self._api.app.faults.clear()
        self._api.call("POST", "composite/sobjects", {"records": records})

    def _some(self) -> str | None:
        ids = sorted(self.live())
        return self._dice.choice(ids) if ids else None

    def _edit(self) -> None:
        row_id = self._some()
        if row_id:
            self._serial += 1
            self._api.person_edits("Account", row_id, Name=f"edited {self._serial}")

    def _delete(self) -> None:
        row_id = self._some()
        if row_id:
            self._api.person_does("delete", "Account", row_id)

    def _destroy(self) -> None:
        """Delete a record past the recycle bin, so that the delete log alone knows of it."""
        row_id = self._some()
        if row_id:
            self._api.person_does("delete", "Account", row_id)
            self._api.person_does("purge", "Account", row_id)

    def _restore(self) -> None:
        table = self._api.app.site.org.tables["Account"]
        gone = sorted(
            str(row["Id"]) for row in table.rows.values() if row["IsDeleted"] and not row.get("MasterRecordId")
        )
        if gone:
            self._api.person_does("restore", "Account", self._dice.choice(gone))

    def _merge(self) -> None:
        loser, master = self._some(), self._some()
        if loser and master and loser != master:
            self._api.person_does("merge", "Account", loser, into=master)
            self.merged[loser] = master

    def _wait(self) -> None:
        seconds = self._dice.choice((1, 60, 600, 7200))
        self._api.wait(seconds)
        self._link.clock.sleep(seconds)

    def _trouble(self) -> None:
        fault = self._dice.choice(FAULTS)
        self._api.control("POST", "faults", [{**fault, "path": "query", "nth": self._dice.randint(1, 3)}])

    def _read(self) -> None:
        try:
            for page in self._link.connector.read("Account", ["Name"], self._cursor):
                self.mirror.update((str(record["Id"]), record["Name"]) for record in page.records)
                for stone in page.tombstones:
                    self.mirror.pop(stone.external_id, None)
                    assert stone.merged_into == self.merged.get(stone.external_id)
                assert self._cursor is None or page.cursor is None or page.cursor >= self._cursor
                self._cursor = page.cursor or self._cursor
                if self._dice.random() < 0.2:
                    self._api.options(expire_locators=True)
        except RetryLater:
            assert self._link.transport.calls.by_status()


def play(seed: int, steps: int) -> None:
    """Play one history and compare."""
    api = Api(open_org())
    with serve(api.app) as running:
        world = World(seed, api, Link(running.base_url))
        for _ in range(steps):
            world.step()
        world.settle()
        assert world.mirror == world.live()


@pytest.mark.parametrize("seed", range(12))
def test_a_mirror_equals_the_org(seed: int) -> None:
    play(seed, 60)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 400))
def test_a_mirror_equals_the_org_for_long(seed: int) -> None:
    play(seed, 200)
