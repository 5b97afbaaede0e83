"""What the report says, as values: gathered from the store in a few reads, without any wording of the page."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, func, select

from core.config import FirmSettings
from core.ledger import Operation, Plan
from core.model import SourceKey
from core.report.quota import Need, needs
from core.store import Store
from core.store.crosswalk import read_crosswalk
from core.store.findings import StoredFinding, read_findings
from core.store.golden import read_golden
from core.store.parked import Parked, read_parked
from core.store.sources import of_connection
from core.store.tables import crosswalk, signal_value, source_record
from core.sync import ConnectionSetup

BANDS = ("At Risk", "Fair", "Good", "Excellent", "Provisional")
SOON = timedelta(days=90)


@dataclass(frozen=True)
class ClientRow:
    """One client as the table shows it; what is unknown is None."""

    id: str
    name: str
    band: str | None
    score: float | None
    trend: float | None
    coverage: float | None
    reasons: str
    overdue: float | None
    days_since: float | None
    contract: str | None
    deadline: date | None
    task: str | None
    systems: tuple[str, ...]


@dataclass(frozen=True)
class Join:
    """Records of several systems that are one client, and the key that says so."""

    client: str
    records: tuple[str, ...]
    rule: str


@dataclass(frozen=True)
class Source:
    """How fresh one connection is."""

    connection: str
    kind: str
    records: int
    newest: str | None


@dataclass(frozen=True)
class Report:
    """Everything on the page."""

    firm: FirmSettings
    as_of: datetime
    clients: tuple[ClientRow, ...]
    bands: Mapping[str, int]
    changes: tuple[tuple[str, tuple[Operation, ...]], ...]
    plan: Plan | None
    needs: tuple[Need, ...]
    joins: tuple[Join, ...]
    sources: tuple[Source, ...]
    parked: tuple[Parked, ...]
    findings: tuple[StoredFinding, ...]

    @property
    def overdue(self) -> float:
        """Money overdue in all, in the firm's currency."""
        return sum(client.overdue or 0.0 for client in self.clients)

    @property
    def at_risk(self) -> int:
        """Clients in the lowest band."""
        return self.bands.get("At Risk", 0)

    @property
    def deadlines(self) -> int:
        """Contracts whose notice deadline falls into the next ninety days."""
        today = self.as_of.date()
        return sum(1 for client in self.clients if client.deadline and today <= client.deadline <= today + SOON)


def gather(
    store: Store, setups: Sequence[ConnectionSetup], plan: Plan | None, *, firm: FirmSettings, as_of: datetime
) -> Report:
    """Read what the page shows, in one consistent view of the store."""
    with store.read() as conn:
        clients = read_clients(conn, plan)
        names = {client.id: client.name for client in clients}
        return Report(
            firm=firm,
            as_of=as_of,
            clients=clients,
            bands=Counter(client.band for client in clients if client.band),
            changes=_changes(plan, names),
            plan=plan,
            needs=tuple(needs(plan, setups)) if plan else (),
            joins=_joins(conn, names),
            sources=tuple(read_source(conn, setup) for setup in setups),
            parked=tuple(read_parked(conn)),
            findings=tuple(read_findings(conn)),
        )


def read_clients(conn: Connection, plan: Plan | None) -> tuple[ClientRow, ...]:
    """All live clients, the most urgent first."""
    names = {row.id: str(orjson.loads(row.data).get("name") or row.id) for row in read_golden(conn, "client")}
    return _clients(names, _signals(conn), _tasks(plan), _systems(conn, names))


def _signals(conn: Connection) -> dict[str, dict[str, Any]]:
    values: dict[str, dict[str, Any]] = defaultdict(dict)
    c = signal_value.c
    for row in conn.execute(select(c.subject_id, c.name, c.value).where(c.subject_type == "client")):
        values[row.subject_id][row.name] = orjson.loads(row.value)
    return values


def _clients(
    names: Mapping[str, str],
    signals: Mapping[str, Mapping[str, Any]],
    tasks: Mapping[str, str],
    systems: Mapping[str, set[str]],
) -> tuple[ClientRow, ...]:
    rows = [
        _client(id_, name, signals.get(id_, {}), tasks.get(id_), tuple(sorted(systems.get(id_, set()))))
        for id_, name in names.items()
    ]
    return tuple(sorted(rows, key=lambda row: (row.score is None, row.score or 0.0, row.name)))


def _client(id_: str, name: str, signal: Mapping[str, Any], task: str | None, systems: tuple[str, ...]) -> ClientRow:
    deadline = signal.get("renewal.notice_deadline")
    return ClientRow(
        id=id_,
        name=name,
        band=signal.get("health.band"),
        score=signal.get("health.score"),
        trend=signal.get("health.trend_30d"),
        coverage=signal.get("health.coverage"),
        reasons=signal.get("health.reasons") or "",
        overdue=signal.get("revenue.overdue"),
        days_since=signal.get("contact.days_since"),
        contract=signal.get("contract.status"),
        deadline=date.fromisoformat(deadline) if deadline else None,
        task=task,
        systems=systems,
    )


def _tasks(plan: Plan | None) -> dict[str, str]:
    """The first task the plan holds for each client."""
    found: dict[str, str] = {}
    for operation in plan.operations if plan else ():
        if operation.kind == "create_record" and operation.client_id:
            found.setdefault(operation.client_id, operation.reason)
    return found


def _systems(conn: Connection, names: Mapping[str, str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for source_id, golden_id in read_crosswalk(conn, "client"):
        if golden_id in names:
            found[golden_id].add(SourceKey.parse(source_id).connection)
    return found


def _changes(plan: Plan | None, names: Mapping[str, str]) -> tuple[tuple[str, tuple[Operation, ...]], ...]:
    grouped: dict[str, list[Operation]] = defaultdict(list)
    for operation in plan.operations if plan else ():
        grouped[names.get(operation.client_id or "", "no client")].append(operation)
    return tuple((name, tuple(grouped[name])) for name in sorted(grouped))


def _joins(conn: Connection, names: Mapping[str, str]) -> tuple[Join, ...]:
    c = crosswalk.c
    linked = select(c.golden_id, c.source_id, c.rule, c.evidence).where(
        c.record_type == "client", c.golden_id != c.source_id
    )
    groups: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in conn.execute(linked.order_by(c.golden_id, c.source_id)):
        groups[row.golden_id].append((row.source_id, row.evidence or row.rule))
    joins = [
        Join(names.get(golden, golden), (golden, *(source for source, _ in found)), "; ".join(dict(found).values()))
        for golden, found in groups.items()
    ]
    return tuple(sorted(joins, key=lambda join: join.client))


def read_source(conn: Connection, setup: ConnectionSetup) -> Source:
    """Count one connection's live records and find the newest change among them."""
    c = source_record.c
    mine = select(func.count(), func.max(c.stamp)).where(of_connection(setup.name, c.id), c.gone.is_(None))
    count, newest = conn.execute(mine).one()
    return Source(setup.name, setup.connector.kind, count, newest)
