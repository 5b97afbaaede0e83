"""Pinned fields: what a person keeps for themselves in one record, or a record as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from core.clock import Clock, iso
from core.errors import ConfigError
from core.ledger.operations import Operation
from core.model import SourceKey
from core.store import Store
from core.store.audit import append
from core.store.bulk import upsert_rows
from core.store.tables import pinned_field

COLUMNS = ("connection", "stream", "external_id", "field", "pinned_by", "pinned_at", "reason")
WHOLE = ""
ALL = select(pinned_field)


@dataclass(frozen=True, slots=True)
class Pin:
    """One pinned field (an empty ``field``: the whole record), by whom, since when and why."""

    connection: str
    stream: str
    external_id: str
    field: str
    pinned_by: str
    pinned_at: str
    reason: str

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return f"{self.connection}/{self.stream}/{self.external_id}" + (f".{self.field}" if self.field else "")


@dataclass(frozen=True)
class Pins:
    """All pins, by place."""

    by_place: Mapping[tuple[str, str, str, str], Pin]

    def holder(self, planned: Operation) -> str | None:
        """Who has pinned what an operation would change; None when nobody has."""
        if not self.by_place or planned.external_id is None:
            return None
        record = (planned.connection, planned.stream, planned.external_id)
        pin = self.by_place.get((*record, planned.field or WHOLE)) or self.by_place.get((*record, WHOLE))
        return pin.pinned_by if pin else None


def read_pins(conn: Connection) -> Pins:
    """All pins."""
    found = [Pin(*row) for row in conn.execute(ALL)]
    return Pins({(one.connection, one.stream, one.external_id, one.field): one for one in found})


def list_pins(store: Store) -> list[Pin]:
    """All pins, by place."""
    with store.read() as conn:
        return sorted(read_pins(conn).by_place.values(), key=lambda one: one.place)


def pin(store: Store, clock: Clock, record: str, name: str, *, actor: str, reason: str = "") -> Pin:
    """Keep Inlay from writing a field of a record (``""``: any of them); pinning again renews who and why."""
    key = _record(record)
    made = Pin(key.connection, key.stream, key.external_id, name, actor, iso(clock.now()), reason)
    with store.begin() as conn:
        upsert_rows(conn, pinned_field, COLUMNS, [tuple(getattr(made, column) for column in COLUMNS)])
        append(conn, made.pinned_at, actor, "pin", made.place, {})
    return made


def unpin(store: Store, clock: Clock, record: str, name: str, *, actor: str) -> None:
    """Let Inlay write it again; raises ``ConfigError`` for what is not pinned."""
    key, row = _record(record), pinned_field.c
    where = (row.connection == key.connection, row.stream == key.stream, row.external_id == key.external_id)
    place = f"{record}.{name}" if name else record
    with store.begin() as conn:
        if not conn.execute(pinned_field.delete().where(*where, row.field == name)).rowcount:
            raise ConfigError(f"{place} is not pinned", remedy="`inlay pins list` shows what is")
        append(conn, iso(clock.now()), actor, "unpin", place, {})


def _record(text: str) -> SourceKey:
    parts = text.split("/", 2)
    if len(parts) < 3 or not all(parts):
        raise ConfigError(f"{text!r} names no record", remedy="write connection/stream/id, as plans do")
    return SourceKey(*parts)
