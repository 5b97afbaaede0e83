"""What an event costs once it is kept: from its row in the inbox to the model, beside the least that takes by hand.

The floor claims the same rows a hundred at a time, checks each record's twenty-five fields with pydantic, and updates
one flat table of thirty columns. Run as a module it measures one of the two, in a process of its own:
``python -m benchmarks.after_intake {inlay,floor} URL RECORDS EVENTS``.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import orjson
from pydantic import BaseModel

from benchmarks.child import Facts, measure
from benchmarks.figure import Figure
from benchmarks.load import AT, CONNECTION, MAPPING
from benchmarks.process import cpu_seconds
from benchmarks.records import SEED, accounts
from benchmarks.source import STREAM, BenchConnector, BenchSettings
from benchmarks.workload import SQLITE, Workload
from core.clock import FixedClock, iso
from core.connector import ConnectorContext, RawRecord
from core.engine.inbox import take_in_events
from core.http import Transport
from core.mapping import Mapping as FieldMapping
from core.store import Store
from core.store.inbox import Arrival, receive
from core.store.touches import Touch, touches_text
from core.sync import ConnectionSetup, sync_connection

EVENTS = 5_000
MOST = 5.0
CLAIMED_AT_ONCE = 100
COLUMNS = 30
INLAY, FLOOR = "inlay", "floor"
Way = Callable[[str, Path, int, int], float]
"""CPU seconds for some events: database, a file to use, records, events."""


def after_intake(work: Workload) -> Iterator[Figure]:
    """CPU per event after intake as a multiple of the floor's, median of interleaved rounds."""
    rounds = [(_cpu(work, INLAY), _cpu(work, FLOOR)) for _ in range(work.rounds)]
    ours, least = (median(pair[side] for pair in rounds) * 1e6 for side in (0, 1))
    ratio = median(inlay / floor for inlay, floor in rounds)
    note = f"{ours:,.0f} us an event, the floor {least:,.0f} us"
    yield Figure("CPU per event after intake", ratio, "x claim, check and upsert by hand", "at most", MOST, note=note)


def _cpu(work: Workload, kind: str) -> float:
    records = max(100, work.records)
    events = min(EVENTS, records)
    with work.database(SQLITE) as url:
        found: Facts = measure("benchmarks.after_intake", kind, url, str(records), str(events))
    return float(found["cpu"]) / events


class Source(BenchConnector):
    """A system that can be asked for single records and answers at once: what it costs to ask is the vendor's part."""

    shown: Mapping[str, RawRecord]

    def fetch(self, stream: str, ids: Sequence[str], fields: Sequence[str]) -> list[RawRecord]:
        """The records as they are now."""
        del stream, fields
        return [self.shown[one] for one in ids if one in self.shown]


def main(kind: str, url: str, records: str, events: str) -> None:
    """Measure and print, as one line of JSON."""
    file = Path(url.removeprefix("sqlite:///")).with_suffix(".jsonl")
    try:
        way: Way = {INLAY: _inlay, FLOOR: _floor}[kind]
        print(json.dumps({"cpu": way(url, file, int(records), int(events))}))
    finally:
        file.unlink(missing_ok=True)


def changed(records: int, events: int) -> list[dict[str, Any]]:
    """So many of the accounts, each changed in nearly every field, spread over all of them."""
    step = max(1, records // events)
    return [one for at, one in enumerate(accounts(records, seed=SEED + 1)) if at % step == 0][:events]


def _inlay(url: str, file: Path, records: int, events: int) -> float:
    """A loaded store, and events that name records which have changed."""
    with file.open("wb") as lines:
        lines.writelines(orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE) for one in accounts(records))
    clock = FixedClock(AT)
    context = ConnectorContext(CONNECTION, clock, Transport(clock=clock), file.parent)
    connector = Source(BenchSettings(file=file), context)
    setup = ConnectionSetup(CONNECTION, connector, FieldMapping.load("bench", CONNECTION, MAPPING))
    connector.shown = {one["Id"]: one for one in changed(records, events)}
    with Store.open(url) as store:
        store.migrate()
        sync_connection(store, setup, clock)
        with store.begin() as conn:
            receive(conn, [_arrival(number, one) for number, one in enumerate(connector.shown)])
        before = cpu_seconds()
        take_in_events(store, setup, clock)
        used = cpu_seconds() - before
        with store.read() as conn:
            done = conn.exec_driver_sql("SELECT count(*) FROM inbox WHERE state = 'done'").scalar_one()
    assert done == events
    return used


def _arrival(number: int, record: str) -> Arrival:
    body = orjson.dumps({"eventId": number, "objectId": record})
    return Arrival(CONNECTION, str(number), "change", body, iso(AT), body, touches_text([Touch(STREAM, record)]))


class Checked(BaseModel):
    """An account as pydantic checks it: every field of the source."""

    Id: str
    Name: str
    Type: str
    Industry: str
    Website: str
    Phone: str
    Email: str
    NumberOfEmployees: int
    AnnualRevenue: float
    CurrencyIsoCode: str
    OwnerId: str
    ParentId: str | None
    AccountSource: str | None
    Rating: str | None
    HealthScore: int
    Description: str
    IsDeleted: bool
    CreatedDate: str
    LastModifiedDate: str
    SystemModstamp: str
    BillingAddress: dict[str, str | None]
    Tags: list[str]


def _floor(url: str, _file: Path, records: int, events: int) -> float:
    path = url.removeprefix("sqlite:///")
    bodies = {one["Id"]: orjson.dumps(one) for one in changed(records, events)}
    database = sqlite3.connect(path, isolation_level=None)
    _prepare(database, records, list(bodies))
    before = cpu_seconds()
    done = 0
    while batch := _claimed(database):
        rows = [_row(Checked.model_validate_json(bodies[record])) for _, record in batch]
        database.execute("BEGIN IMMEDIATE")
        database.executemany(_upsert(), rows)
        database.executemany("UPDATE inbox SET state = 'done' WHERE id = ?", [(number,) for number, _ in batch])
        database.execute("COMMIT")
        done += len(batch)
    used = cpu_seconds() - before
    database.close()
    assert done == events
    return used


def _prepare(database: sqlite3.Connection, records: int, events: Sequence[str]) -> None:
    columns = ", ".join(f"c{number}" for number in range(1, COLUMNS))
    for statement in (
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=NORMAL",
        f"CREATE TABLE account (c0 TEXT PRIMARY KEY, {columns})",
        "CREATE TABLE inbox (id INTEGER PRIMARY KEY, record TEXT, state TEXT, lease INTEGER)",
        "CREATE INDEX waiting ON inbox (id) WHERE state = 'new'",
        "BEGIN",
    ):
        database.execute(statement)
    database.executemany(_upsert(), (_row(Checked.model_validate(one)) for one in accounts(records)))
    rows = [(number, record) for number, record in enumerate(events)]
    database.executemany("INSERT INTO inbox VALUES (?, ?, 'new', 0)", rows)
    database.execute("COMMIT")


def _claimed(database: sqlite3.Connection) -> list[tuple[int, str]]:
    """Claim a hundred rows under a lease, as a queue does."""
    database.execute("BEGIN IMMEDIATE")
    wanted = f"SELECT id FROM inbox WHERE state = 'new' ORDER BY id LIMIT {CLAIMED_AT_ONCE}"
    claim = f"UPDATE inbox SET state = 'taken', lease = 1 WHERE id IN ({wanted}) RETURNING id, record"
    rows: list[tuple[int, str]] = database.execute(claim).fetchall()
    database.execute("COMMIT")
    return rows


def _row(one: Checked) -> tuple[Any, ...]:
    """Thirty columns: the fields, the address in six of them, the tags as one text."""
    fields = [getattr(one, name) for name in Checked.model_fields if name not in ("BillingAddress", "Tags")]
    address = [*one.BillingAddress.values()]
    filled = [*fields, *address, " ".join(one.Tags)]
    return tuple((filled + [None] * COLUMNS)[:COLUMNS])


def _upsert() -> str:
    places = ", ".join("?" * COLUMNS)
    sets = ", ".join(f"c{number} = excluded.c{number}" for number in range(1, COLUMNS))
    return f"INSERT INTO account VALUES ({places}) ON CONFLICT (c0) DO UPDATE SET {sets}"


if __name__ == "__main__":
    main(*sys.argv[1:])
