"""What the CRMs hold of Inlay now, asked of them and not of our store."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from core.hub import Hub
from core.store.tables import operation
from core.sync import ConnectionSetup

SHOWN = 3


def read_back(hub: Hub) -> Iterator[str]:
    """A few enriched records and tasks of every CRM, as it returns them."""
    for setup in hub.setups:
        if setup.connector.writes:
            yield from _fields(hub, setup)
            yield from _tasks(hub, setup)


def _fields(hub: Hub, setup: ConnectionSetup) -> Iterator[str]:
    for stream, fields in _written_fields(setup).items():
        ids = _applied(hub, setup, "set_field", stream)
        mapped = setup.mapping.streams[stream]
        for raw in setup.connector.fetch(stream, ids[:SHOWN], fields):
            held = {field: mapped.value(raw, field) for field in fields}
            said = ", ".join(f"{field}={value}" for field, value in held.items() if value not in (None, ""))
            yield f"{setup.name} {stream} {mapped.external_id(raw)}: {said}"


def _tasks(hub: Hub, setup: ConnectionSetup) -> Iterator[str]:
    for stream in dict.fromkeys(rule.stream for rule in setup.mapping.creates.values()):  # Salesforce's notes are tasks
        ids = _applied(hub, setup, "create_record", stream)
        mapped = setup.mapping.streams[stream]
        for raw in setup.connector.fetch(stream, ids[:SHOWN], mapped.fields):
            said = [str(mapped.value(raw, field)) for field in mapped.fields if "ubject" in field]
            yield f"{setup.name} {stream} {mapped.external_id(raw)}: {' '.join(said)}"


def _written_fields(setup: ConnectionSetup) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for write in setup.mapping.writes:
        fields.setdefault(write.stream, []).append(write.field)
    return fields


def _applied(hub: Hub, setup: ConnectionSetup, kind: str, stream: str) -> list[str]:
    """Ids of records that a run changed, in a fixed order."""
    c = operation.c
    chosen = select(c.external_id).where(
        c.kind == kind, c.connection == setup.name, c.stream == stream, c.state == "applied", c.external_id.isnot(None)
    )
    with hub.store.read() as conn:
        return sorted({row.external_id for row in conn.execute(chosen)})
