"""Why a signal has its value: the tree of its inputs, down to the vendors' records and fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, select

from core.config import FirmSettings
from core.errors import ConfigError
from core.signals.dag import Publisher, arrange
from core.signals.definition import Signal
from core.signals.loading import FIRM, Tables
from core.signals.tables import TABLES, ClientRecords, Table
from core.signals.trace import Trace, trace
from core.store import Store
from core.store.golden import lookup, read_provenance
from core.store.tables import crosswalk, signal_value

SHOWN = 8
COMPARED = Trace({}, {})


@dataclass(frozen=True)
class FieldValue:
    """One field of a record: its canonical value, and the source record that said so, and when."""

    value: Any
    source_id: str
    at: str | None


@dataclass(frozen=True)
class RecordEvidence:
    """One record that a signal looked at, with the fields it read."""

    id: str
    fields: Mapping[str, FieldValue]


@dataclass(frozen=True)
class TableEvidence:
    """The client's records of one type that a signal looked at: how many, and the first few, newest first."""

    record_type: str
    total: int
    records: tuple[RecordEvidence, ...]


@dataclass(frozen=True)
class Explanation:
    """One signal of one subject, and all it rests on."""

    subject_id: str
    name: str
    value: Any
    unit: str
    reason: str
    version: str
    config_hash: str
    as_of: str | None
    doc: str
    inputs: tuple[Explanation, ...] = ()
    evidence: tuple[TableEvidence, ...] = ()

    def lines(self) -> Iterator[str]:
        """The tree as indented text; what was already told above is not told again."""
        yield from _lines(self, 0, set())


def explain(
    store: Store, publishers: Iterable[Publisher], subject_id: str, name: str, *, firm: FirmSettings, as_of: datetime
) -> Explanation:
    """Explain the stored value of a signal for a client, contract or contact, given by golden or source id.

    Values are those stored; what is not kept is computed once more for this client, which also shows the fields read.
    Raises ``ConfigError`` when nobody publishes the signal or no such client, contract or contact is known.
    """
    arrangement = arrange(publishers)
    if name not in arrangement.signals:
        known = ", ".join(sorted(arrangement.signals))
        raise ConfigError(f"no signal `{name}` is published", where=name, remedy=f"choose one of: {known}")
    with store.read() as conn:
        subject, client = _subject_and_client(conn, arrangement.signals[name], subject_id)
        tables = Tables(conn, only=client or ())
        traces = trace(conn, arrangement, tables, firm, as_of)
        return _Tree(conn, arrangement.signals, tables, traces).of(name, subject)


def _subject_and_client(conn: Connection, signal: Signal, asked: str) -> tuple[str, str]:
    """Golden ids of the subject and of the client it belongs to; no client is behind a figure of the firm."""
    if signal.subject == FIRM:
        return FIRM, ""
    subject = _golden(conn, signal.subject, asked)
    found = lookup(conn, signal.subject, [subject]).get(subject)
    if found is None or found.gone:
        remedy = "give the id as `inlay status` shows it: connection/stream/id"
        raise ConfigError(f"no {signal.subject} `{asked}` is known", where=asked, remedy=remedy)
    if signal.subject == "client":
        return subject, subject
    return subject, _golden(conn, "client", found.client_ref or "")


def _golden(conn: Connection, record_type: str, source_id: str) -> str:
    query = select(crosswalk.c.golden_id).where(
        crosswalk.c.record_type == record_type, crosswalk.c.source_id == source_id
    )
    return conn.execute(query).scalar() or source_id


class _Tree:
    """Builds explanations of one client's signals."""

    def __init__(
        self,
        conn: Connection,
        signals: Mapping[str, Signal],
        tables: Tables,
        traces: Mapping[str, Trace],
    ) -> None:
        self._conn = conn
        self._signals = signals
        self._tables = tables
        self._traces = traces
        self._built: dict[tuple[str, str], Explanation] = {}

    def of(self, name: str, subject: str) -> Explanation:
        """The signal's stored value, and below it everything it needs; each is built once."""
        if (name, subject) not in self._built:
            self._built[name, subject] = self._build(name, subject)
        return self._built[name, subject]

    def _build(self, name: str, subject: str) -> Explanation:
        signal = self._signals[name]
        stored = signal_value.c
        fresh, why = self._traces.get(name, COMPARED).of(subject)
        row = self._conn.execute(select(signal_value).where(stored.name == name, stored.subject_id == subject)).first()
        return Explanation(
            subject, name,
            value=orjson.loads(row.value if row else fresh),
            unit=signal.unit,
            reason=row.reason if row else why,
            version=row.version if row else signal.version,
            config_hash=row.config_hash if row else "",
            as_of=row.as_of if row else None,
            doc=signal.doc,
            inputs=tuple(self._inputs(signal, subject)),
            evidence=tuple(self._evidence(signal, subject)),
        )  # fmt: skip

    def _inputs(self, signal: Signal, subject: str) -> Iterator[Explanation]:
        for name in signal.inputs:
            if name not in self._signals:
                continue
            same = self._signals[name].subject == signal.subject
            for below in [subject] if same else self._tables.subjects(self._signals[name].subject):  # none of the firm
                yield self.of(name, below)

    def _evidence(self, signal: Signal, subject: str) -> Iterator[TableEvidence]:
        for name in signal.tables:
            fields = self._traces[signal.name].reads[name]
            table = self._tables.named(name)
            mine = _mine(table, subject)
            if signal.subject != "client" and name == f"{signal.subject}s":
                mine = [subject]
            if fields and mine:
                yield self._table(name, mine, sorted(fields))

    def _table(self, name: str, ids: list[str], fields: list[str]) -> TableEvidence:
        record_type = TABLES[name].record_type
        rows = lookup(self._conn, record_type, ids)
        data = {id_: orjson.loads(row.data) for id_, row in rows.items()}
        newest = sorted(ids, key=lambda id_: (_latest(data[id_], fields), id_), reverse=True)[:SHOWN]
        shown = tuple(RecordEvidence(id_, self._fields(record_type, id_, data[id_], fields)) for id_ in newest)
        return TableEvidence(record_type, len(ids), shown)

    def _fields(
        self, record_type: str, id_: str, data: Mapping[str, Any], fields: Iterable[str]
    ) -> dict[str, FieldValue]:
        provenance = read_provenance(self._conn, record_type, id_)
        found = {}
        for path in fields:
            value = _at(data, path)
            said = provenance.get(path.partition(".")[0]) or provenance.get("*") or [id_, None]
            if value is not None:
                found[path] = FieldValue(value, said[0] or id_, said[1])
        return found


def _mine(table: Table, subject: str) -> list[str]:
    """The ids of the rows that are about the subject: the client's records, or the subject itself."""
    if isinstance(table, ClientRecords):
        return [id_ for id_, client in zip(table.ids, table.client.tolist(), strict=True) if client >= 0]
    return [id_ for id_ in table.ids if id_ == subject]


def _at(data: Mapping[str, Any], path: str) -> Any:
    outer, _, inner = path.partition(".")
    value = data.get(outer)
    return value.get(inner) if inner and isinstance(value, dict) else value


def _latest(data: Mapping[str, Any], fields: Iterable[str]) -> str:
    """The greatest date among the fields, for sorting; every date and instant begins with its year."""
    dates = [value for path in fields if isinstance(value := _at(data, path), str) and value[4:5] == "-"]
    return max(dates, default="")


def _lines(node: Explanation, depth: int, told: set[tuple[str, str]]) -> Iterator[str]:
    pad = "  " * depth
    shown = "unknown" if node.value is None else f"{node.value} {node.unit}".rstrip()
    if (node.subject_id, node.name) in told:
        yield f"{pad}{node.name} = {shown} (see above)"
        return
    told.add((node.subject_id, node.name))
    since = f" (version {node.version}, since {node.as_of})" if node.as_of else ""
    yield f"{pad}{node.name} = {shown}{since}"
    if node.reason:
        yield f"{pad}  because {node.reason}"
    for table in node.evidence:
        yield from _table_lines(table, pad + "  ")
    for below in node.inputs:
        yield from _lines(below, depth + 1, told)


def _table_lines(table: TableEvidence, pad: str) -> Iterator[str]:
    for record in table.records:
        said = ", ".join(f"{path} {found.value}" for path, found in record.fields.items())
        yield f"{pad}{table.record_type} {record.id}: {said or 'nothing of it is known'}"
    if table.total > len(table.records):
        yield f"{pad}and {table.total - len(table.records)} more"
