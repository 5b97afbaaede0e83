"""What each page shows, as values read from the store in one view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

import orjson
from sqlalchemy import Connection, func, select

from core.connector import Connector
from core.console.hands import Hands, hands
from core.errors import ConfigError
from core.hub import Hub
from core.ledger import Operation, Plan, show_plan
from core.lookup import FoundClient, find_client
from core.model import SourceKey
from core.report.figures import ClientRow, Source, read_clients, read_source
from core.store.crosswalk import members
from core.store.findings import StoredFinding, read_findings
from core.store.parked import Parked, read_parked
from core.store.runs import Run, read_runs
from core.store.tables import golden_record, inbox, operation, parked_record, signal_value

RUNS_ON_STATUS = 8
MOST_PROBLEMS = 200
PAGE_SIZE = 100


@dataclass(frozen=True)
class Status:
    """The first page: who works, what is read, what ran, what waits, what needs a person."""

    hands: Hands
    is_attended: bool
    sources: Sequence[Source]
    records: Mapping[str, int]
    operations: Mapping[str, int]
    events: Mapping[str, int]
    runs: Sequence[Run]
    parked: Sequence[Parked]
    parked_in_all: int
    findings: Sequence[StoredFinding]
    failures: Sequence[str]


@dataclass(frozen=True)
class ClientPage:
    """One page of the list of clients."""

    rows: Sequence[ClientRow]
    found: int
    number: int
    last: int


@dataclass(frozen=True)
class SignalLine:
    """One stored value of a client."""

    name: str
    value: Any
    reason: str
    as_of: str


@dataclass(frozen=True)
class RecordLine:
    """One vendor record that a client is made of, and where a person sees it."""

    id: str
    url: str | None


@dataclass(frozen=True)
class ClientView:
    """One client: its values, the records it is made of, and what the plan would change."""

    client: FoundClient
    signals: Sequence[SignalLine]
    records: Sequence[RecordLine]
    operations: Sequence[Operation]


def status_of(hub: Hub) -> Status:
    """Read the first page."""
    now, every = hub.clock.now(), timedelta(minutes=hub.config.settings.every_minutes)
    with hub.store.read() as conn:
        found = hands(conn, now)
        return Status(
            hands=found,
            is_attended=found.are_there(now, every),
            sources=[read_source(conn, setup) for setup in hub.setups],
            records=_counts(conn, golden_record.c.record_type, golden_record.c.gone.is_(None)),
            operations=_counts(conn, operation.c.state),
            events=_counts(conn, inbox.c.state),
            runs=read_runs(conn, limit=RUNS_ON_STATUS),
            parked=list(islice(read_parked(conn), MOST_PROBLEMS)),
            parked_in_all=_counts(conn, parked_record.c.state).get("open", 0),
            findings=read_findings(conn)[:MOST_PROBLEMS],
            failures=[failure.what for failure in hub.host.failures],
        )


def clients_of(hub: Hub, text: str, number: int) -> ClientPage:
    """One page of the clients whose name contains a text, the most urgent first."""
    plan = current_plan(hub)
    with hub.store.read() as conn:
        rows = [row for row in read_clients(conn, plan) if text.casefold() in row.name.casefold()]
    last = max(1, -(-len(rows) // PAGE_SIZE))
    number = min(max(number, 1), last)
    return ClientPage(rows[(number - 1) * PAGE_SIZE : number * PAGE_SIZE], len(rows), number, last)


def client_of(hub: Hub, text: str) -> ClientView:
    """One client by id or name; raises ``ConfigError`` when there is none, or several."""
    plan = current_plan(hub)
    with hub.store.read() as conn:
        client = find_client(conn, text)
        made_of = members(conn, "client", [client.id]).get(client.id, [client.id])
        signals = _signals(conn, client.id)
    mine = [one for one in plan.operations if one.client_id == client.id] if plan else []
    connectors = {setup.name: setup.connector for setup in hub.setups}
    return ClientView(client, signals, [_record(id_, connectors) for id_ in made_of], mine)


def current_plan(hub: Hub) -> Plan | None:
    """The plan of the last `inlay plan`; None when none was made yet."""
    try:
        return show_plan(hub.store)
    except ConfigError:
        return None


def runs_of(hub: Hub, limit: int = 100) -> list[Run]:
    """The latest runs of all kinds."""
    with hub.store.read() as conn:
        return read_runs(conn, limit=limit)


def _counts(conn: Connection, column: Any, condition: Any = None) -> dict[str, int]:
    query = select(column, func.count()).group_by(column).order_by(column)
    return {row[0]: row[1] for row in conn.execute(query if condition is None else query.where(condition))}


def _signals(conn: Connection, client: str) -> list[SignalLine]:
    c = signal_value.c
    mine = select(c.name, c.value, c.reason, c.as_of).where(c.subject_type == "client", c.subject_id == client)
    return [SignalLine(r.name, orjson.loads(r.value), r.reason, r.as_of) for r in conn.execute(mine.order_by(c.name))]


def _record(source_id: str, connectors: Mapping[str, Connector]) -> RecordLine:
    key = SourceKey.parse(source_id)
    connector = connectors.get(key.connection)
    url = connector.record_url(key.stream, key.external_id) if connector else None
    # An address in a file of somebody else's may be anything: only web addresses become links.
    return RecordLine(source_id, url if url and url.startswith(("https://", "http://")) else None)
