"""One seeded life of a CRM in bad weather: people and Inlay write, all that can go wrong does, then it settles."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random

import orjson

from connectors.sandbox.audit import applied_twice, too_early
from connectors.sandbox.clock import ClientClock
from connectors.sandbox.faults import storm
from core.connector import Connector, Outcome, WriteRow
from core.errors import RetryLater
from core.mapping import Mapping
from core.store import Store
from core.store.golden import read_golden
from core.store.tables import metadata
from core.sync import ConnectionSetup, sync_connection
from tests.contract.simulated import SimulatedBench

LONG, SHORT = 18, 12
"""Steps of a life: of those of the soak, and of those lived in every run of the tests."""
NEW_PROCESS = 0.5
CONNECTION = "crm"
HERE = Path(__file__).parent


@dataclass
class Write:
    """One row of ours: what it says, what the record said before, and whether we know how it ended."""

    row: WriteRow
    text: str
    before: str | None = None


@dataclass
class Life:
    """The CRM, Inlay's copy of it, and what everybody believes is true."""

    bench: SimulatedBench
    store: Store
    dice: Random
    connector: Connector
    mapping: Mapping
    believed: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    open: list[tuple[str, Write]] = field(default_factory=list)
    number: int = 0

    def text(self) -> str:
        """A text that nobody has used before."""
        self.number += 1
        return f"text {self.number}"

    # --- people ---

    def people_add(self) -> None:
        """New records, sometimes many at one instant."""
        texts = [self.text() for _ in range(self.dice.randint(1, 5))]
        made = self.bench.add(texts, at_once=self.dice.random() < 0.5)
        self.believed |= dict(zip(made, texts, strict=True))

    def people_edit(self) -> None:
        """Somebody types a new name."""
        if free := self.free():
            record, text = self.dice.choice(free), self.text()
            self.bench.edit(record, text)
            self.believed[record] = text

    def people_delete(self) -> None:
        """Somebody deletes a record."""
        if len(free := self.free()) > 3:
            record = self.dice.choice(free)
            self.bench.delete(record)
            del self.believed[record]

    def people_merge(self) -> None:
        """Somebody merges two records."""
        if len(free := [one for one in self.free() if one not in self.keys.values()]) > 4:
            survivor, loser = self.dice.sample(free, 2)
            del self.believed[survivor], self.believed[loser]
            remains = self.bench.merge(survivor, loser)
            self.believed[remains] = str(self.bench.truth()[remains])  # which value survives is the vendor's affair

    def free(self) -> list[str]:
        """The live records on which nothing of ours is under way."""
        busy = {write.row.external_id for _, write in self.open}
        return sorted(set(self.believed) - busy)

    # --- Inlay ---

    def we_update(self) -> None:
        """A batch of updates."""
        free = self.free()
        for record in self.dice.sample(free, min(len(free), self.dice.randint(1, 3))):
            text = self.text()
            row = WriteRow({self.bench.text: text}, record)
            self.open.append(("update", Write(row, text, self.believed[record])))
        self.send()

    def we_create(self) -> None:
        """A batch of creates by key."""
        for _ in range(self.dice.randint(1, 2)):
            text = self.text()
            row = WriteRow({self.bench.text: text}, key=(self.bench.key, f"key/{CONNECTION}?{self.number}"))
            self.open.append(("upsert", Write(row, text)))
        self.send()

    def send(self) -> None:
        """Send what is open; what may have happened is read back before anything is sent again."""
        for verb in ("update", "upsert"):
            writes = [write for known, write in self.open if known == verb]
            if not writes:
                continue
            try:
                outcomes = self.connector.write(self.bench.stream, verb, [write.row for write in writes])
            except RetryLater:
                continue
            assert len(outcomes) == len(writes)
            for write, outcome in zip(writes, outcomes, strict=True):
                self.end(verb, write, outcome)

    def end(self, verb: str, write: Write, outcome: Outcome) -> None:
        """Believe an outcome; ``unknown`` is looked up until the vendor tells."""
        assert outcome.state != "rejected", outcome
        record = outcome.external_id if outcome.state == "applied" else None
        if outcome.state == "unknown":
            record = self.looked_up(write)
        if record is None:
            return
        self.open.remove((verb, write))
        self.believed[record] = write.text
        if write.row.key:
            self.keys[write.row.key[1]] = record

    def looked_up(self, write: Write) -> str | None:
        """The record in which a write of unknown outcome is found; None when it has surely not happened."""
        for _ in range(50):
            try:
                return self.found(write)
            except RetryLater as later:
                at = later.retry_at or self.connector.context.clock.now()
                self.connector.context.clock.sleep(max(1.0, (at - self.connector.context.clock.now()).total_seconds()))
        raise AssertionError("the vendor never answered again")

    def found(self, write: Write) -> str | None:
        """Ask the vendor."""
        if write.row.key:
            found = self.connector.find_by_key(self.bench.stream, self.bench.key, [write.row.key[1]])
            return found.get(write.row.key[1])
        record = str(write.row.external_id)
        rows = self.connector.fetch(self.bench.stream, [record], [self.bench.text])
        assert len(rows) == 1, "a record that is there is shown as missing"
        [row] = rows
        assert self.bench.text_of(row) in (write.text, write.before)
        return record if self.bench.text_of(row) == write.text else None

    def sync(self, *, full: bool = False) -> bool:
        """Read into the store; False when the vendor did not let it end.

        Every other time, as the dice fall, by a new process that knows nothing; else by one that has been at work.
        """
        if self.dice.random() < NEW_PROCESS:
            self.connector = self.bench.connector()
        setup = ConnectionSetup(CONNECTION, self.connector, self.mapping)
        report = sync_connection(self.store, setup, ClientClock(self.bench.app.clock), full=full)
        return all(stream.state == "done" for stream in report.streams)

    def mirror(self) -> dict[str, str | None]:
        """What the store holds: the name of each live record, by the vendor's id."""
        prefix = f"{CONNECTION}/{self.bench.stream}/"
        with self.store.read() as conn:
            rows = [row for row in read_golden(conn, "client") if row.id.startswith(prefix)]
        return {row.id.removeprefix(prefix): orjson.loads(row.data).get("name") for row in rows}


PEOPLE = ("people_add", "people_edit", "people_delete", "people_merge")
INLAY = ("we_update", "we_update", "we_update", "we_create", "we_create", "sync", "sync", "sync")
DEEDS = (*PEOPLE, *INLAY)


def live(bench: SimulatedBench, store: Store, seed: int, steps: int = LONG) -> Life:
    """Live through one seed and check all that has to hold; raises ``AssertionError`` with the seed."""
    bench.begin_anew()
    empty(store)
    connector = bench.connector()
    life = Life(bench, store, Random(seed), connector, mirror_of(connector.kind))
    life.people_add()
    bench.app.faults.add(*storm(seed, bench.stream, seconds=0.0))
    for _ in range(steps):
        deed = life.dice.choice(DEEDS)
        getattr(life, deed)()
        bench.wait(life.dice.choice((0, 1, 5, 60, 600)))
        if deed.startswith("sync"):
            life.send()
    bench.app.faults.clear()
    settle(life)
    check(life, f"seed {seed}")
    return life


def empty(store: Store) -> None:
    """Forget the life before: bringing a new store into being takes longer than a life."""
    forgetting = "".join(f"DELETE FROM {table.name};" for table in metadata.sorted_tables)
    with closing(store.engine.raw_connection()) as raw:
        raw.cursor().executescript(f"BEGIN;{forgetting}COMMIT;")


@cache
def mirror_of(kind: str) -> Mapping:
    """The mapping of one vendor, compiled once."""
    return Mapping.load(HERE / f"mirror_{kind}.yaml", CONNECTION)


def settle(life: Life) -> None:
    """Let the weather pass: what is open ends, and the store catches up in one reading."""
    for _ in range(4):
        life.bench.wait(900)
        life.send()
        if not life.open:
            break
    assert not life.open, "every write ends in good weather"
    life.bench.wait(900)
    assert life.sync(), "a system that is well can be read"


def check(life: Life, seed: str) -> None:
    """Vendor, belief and store are one; nothing came early, nothing happened twice."""
    truth = life.bench.truth()
    assert truth == life.believed, f"{seed}: the vendor holds something else than was written"
    assert life.mirror() == truth, f"{seed}: the store holds something else than the vendor"
    entries = life.bench.app.log.entries()
    assert too_early(entries) == [], f"{seed}: a call before the time told"
    assert applied_twice(entries) == [], f"{seed}: a write applied twice"
    doubles = [record for record, times in Counter(life.keys.values()).items() if times > 1]
    assert doubles == [], f"{seed}: two keys, one record"
