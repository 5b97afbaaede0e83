"""What the CRMs hold of Inlay now, asked of them and not of our store."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from core.hub import Hub
from core.store.tables import operation
from core.sync import ConnectionSetup

SHOWN = 3
TITLES = ("subject", "name")


def read_back(hub: Hub) -> Iterator[str]:
    """A few enriched records, tasks and deals of every CRM, as it returns them."""
    for setup in hub.setups:
        if setup.connector.writes:
            yield from _fields(hub, setup)
            yield from _made(hub, setup)


def _fields(hub: Hub, setup: ConnectionSetup) -> Iterator[str]:
    for stream, fields in _written_fields(setup).items():
        ids = _applied(hub, setup, "set_field", stream)
        mapped = setup.mapping.streams[stream]
        for raw in setup.connector.fetch(stream, ids[:SHOWN], fields):
            held = {field: mapped.value(raw, field) for field in fields}
            said = ", ".join(f"{field}={value}" for field, value in held.items() if value not in (None, ""))
            yield f"{setup.name} {stream} {mapped.external_id(raw)}: {said}"


def _made(hub: Hub, setup: ConnectionSetup) -> Iterator[str]:
    for stream, titles in _titles(setup).items():
        ids = _applied(hub, setup, "create_record", stream)
        mapped = setup.mapping.streams[stream]
        for raw in setup.connector.fetch(stream, ids[:SHOWN], titles):
            said = " ".join(str(mapped.value(raw, field)) for field in titles)
            yield f"{setup.name} {stream} {mapped.external_id(raw)}: {said}"


def _titles(setup: ConnectionSetup) -> dict[str, list[str]]:
    """The fields that name a new record, by stream; Salesforce's notes are tasks too."""
    titles: dict[str, list[str]] = {}
    for rule in setup.mapping.creates.values():
        named = [field for field, value in rule.fields.items() if value.source in TITLES]
        titles.setdefault(rule.stream, named)
    return titles


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
