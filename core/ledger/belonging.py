"""Whose data a proposal rests on: what is another client's may not end up in this client's records."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from sqlalchemy import Connection, select

from core.ledger.current import chunks
from core.store.crosswalk import resolve
from core.store.tables import crosswalk, golden_record


class Rests(Protocol):
    """What rests on named inputs, for one client."""

    @property
    def client_id(self) -> str:
        """The client it is about."""
        ...

    @property
    def inputs(self) -> tuple[str, ...]:
        """Signals (``subject#name``) and records by id."""
        ...


def foreign(conn: Connection, proposals: Sequence[Rests]) -> dict[int, str]:
    """Which of the proposals (by position) rest on another client's data, and on what."""
    named = {at: records_in(one.inputs) for at, one in enumerate(proposals)}
    owners = owners_of_records(conn, {record for records in named.values() for record in records})
    clients = resolve(conn, "client", {one.client_id for one in proposals})
    found: dict[int, str] = {}
    for at, records in named.items():
        mine = clients[proposals[at].client_id]
        strange = next((record for record in records if owners.get(record, mine) != mine), None)
        if strange is not None:
            found[at] = strange
    return found


def records_in(inputs: Iterable[str]) -> list[str]:
    """The record ids among inputs; ``client#signal`` names a record, the bare name of a signal does not."""
    return [record for one in inputs if (record := one.partition("#")[0]).count("/") >= 2]


def owners_of_records(conn: Connection, ids: Collection[str]) -> Mapping[str, str]:
    """The golden client that each record belongs to; records of nobody, and unknown ones, are left out."""
    homes: dict[str, tuple[str, str]] = {}
    for chunk in chunks(sorted(ids)):
        query = select(crosswalk.c.source_id, crosswalk.c.record_type, crosswalk.c.golden_id)
        homes |= {row[0]: (row[1], row[2]) for row in conn.execute(query.where(crosswalk.c.source_id.in_(chunk)))}
    said: dict[tuple[str, str], str] = {}
    for chunk in chunks(sorted({golden for kind, golden in homes.values() if kind != "client"})):
        row = golden_record.c
        query = select(row.record_type, row.id, row.client_ref).where(row.id.in_(chunk), row.client_ref.isnot(None))
        said |= {(one[0], one[1]): one[2] for one in conn.execute(query)}
    golden = resolve(conn, "client", set(said.values()))
    owners = {record: home[1] for record, home in homes.items() if home[0] == "client"}
    return owners | {record: golden[said[home]] for record, home in homes.items() if home in said}
