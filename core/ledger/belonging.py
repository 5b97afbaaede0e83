"""Whose data a proposal rests on: what is another client's may not end up in this client's records."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from sqlalchemy import Connection, select

from core.model import RECORD_TYPES
from core.store.among import among
from core.store.crosswalk import HOMES, resolve
from core.store.tables import golden_record

HOME, GOLDEN = HOMES.c, golden_record.c
# The types are named so that both tables are entered by their keys, which begin with the type.
OWN = select(HOME.source_id, HOME.record_type, HOME.golden_id).where(
    HOME.record_type.in_(sorted(RECORD_TYPES)), among(HOME.source_id, "ids")
)
CLIENTS = select(GOLDEN.record_type, GOLDEN.id, GOLDEN.client_ref).where(
    GOLDEN.record_type.in_(sorted(RECORD_TYPES)), among(GOLDEN.id, "ids"), GOLDEN.client_ref.isnot(None)
)


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
    homes = {row[0]: (row[1], row[2]) for row in conn.execute(OWN, {"ids": ids})} if ids else {}
    theirs = {golden for kind, golden in homes.values() if kind != "client"}
    said = {(row[0], row[1]): row[2] for row in conn.execute(CLIENTS, {"ids": theirs})} if theirs else {}
    golden = resolve(conn, "client", set(said.values()))
    owners = {record: home[1] for record, home in homes.items() if home[0] == "client"}
    return owners | {record: golden[said[home]] for record, home in homes.items() if home in said}
