"""Taking away what Inlay added to a CRM: shown first, and what the fields held is kept before they go."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson
from sqlalchemy import Connection, select

from core.clock import iso
from core.connector import ProvisionStep, WantedField
from core.hub import Hub
from core.provision import wanted_fields
from core.store.audit import append
from core.store.bulk import Values, insert_new
from core.store.tables import operation, removed_value, written_value
from core.sync import ConnectionSetup

COLUMNS = ("connection", "stream", "field", "external_id", "removed_at", "value")
CHUNK = 200


@dataclass(frozen=True)
class Detached:
    """What was taken away from one connection: steps carried out, values kept."""

    connection: str
    steps: int
    values: int


def removal_steps(setup: ConnectionSetup) -> list[ProvisionStep]:
    """The steps that would take away what Inlay made in this system; asks, changes nothing."""
    return setup.connector.plan_removal(wanted_fields(setup)) if setup.connector.writes else []


def detach(hub: Hub, setup: ConnectionSetup, steps: Sequence[ProvisionStep], export: Path) -> Detached:
    """Keep the values in the store and in a CSV file, then carry the steps out; safe to repeat after a crash."""
    at = iso(hub.clock.now())
    doomed = [step.field for step in steps if step.field is not None]
    kept = [row for field in _once(doomed) for row in _snapshot(hub, setup, field, at)]
    with hub.store.begin() as conn:
        insert_new(conn, removed_value, COLUMNS, kept)
    _export(export, kept)
    for step in steps:
        setup.connector.provision(step)
        with hub.store.begin() as conn:
            _forget(conn, setup.name, step.field)
            append(conn, at, "admin", "detach", f"{setup.name}/{step.name}", {"summary": step.summary})
    return Detached(setup.name, len(steps), len(kept))


def _once(fields: Sequence[WantedField]) -> list[WantedField]:
    """Each field once, however many steps it takes to remove it."""
    return list({(field.stream, field.name): field for field in fields}.values())


def _snapshot(hub: Hub, setup: ConnectionSetup, field: WantedField, at: str) -> Iterator[Values]:
    """What the field holds now in every record that Inlay has ever written it to."""
    with hub.store.read() as conn:
        ids = _written_to(conn, setup.name, field)
    id_field = setup.connector.streams()[field.stream].id_field
    for start in range(0, len(ids), CHUNK):
        for record in setup.connector.fetch(field.stream, ids[start : start + CHUNK], [field.name]):
            value = setup.mapping.streams[field.stream].value(record, field.name)
            if value not in (None, "") and isinstance(value, str | int | float | bool):
                text = orjson.dumps(value).decode()
                yield (setup.name, field.stream, field.name, str(record[id_field]), at, text)


def _written_to(conn: Connection, connection: str, field: WantedField) -> list[str]:
    """The records of a stream that hold Inlay's values: those it wrote the field to, and those it made."""
    values, made = written_value.c, operation.c
    wrote = select(values.external_id).where(
        values.connection == connection, values.stream == field.stream, values.field == field.name
    )
    created = select(made.external_id).where(
        made.connection == connection, made.stream == field.stream, made.kind == "create_record",
        made.external_id.is_not(None),
    )  # fmt: skip
    found = {row[0] for row in conn.execute(wrote)}
    if field.type == "key":
        found |= {row[0] for row in conn.execute(created)}
    return sorted(found)


def _export(path: Path, rows: Sequence[Values]) -> None:
    if not rows:
        return
    path.touch(mode=0o600)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows((*row[:-1], orjson.loads(row[-1])) for row in rows)


def _forget(conn: Connection, connection: str, field: WantedField | None) -> None:
    """Inlay wrote this field no more: should it be made again, every value is planned anew."""
    if field is not None:
        row = written_value.c
        same = (row.connection == connection) & (row.stream == field.stream) & (row.field == field.name)
        conn.execute(written_value.delete().where(same))
