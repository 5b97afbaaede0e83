"""Taking a merge back as far as vendors let us: the losers made again from the snapshot, their records moved back.

It goes in two steps, for a record has to be there before others can point at it. What no vendor gives back is named:
the old id, the history, and what is kept as an association.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from core.connector import RawRecord
from core.ledger.inverse import LeftAlone, inverse
from core.ledger.operations import Operation, vendor_key
from core.ledger.readback import GONE, shown
from core.ledger.target import Target
from core.store.tables import operation

NO_SNAPSHOT = "there is no snapshot of what was there before"
NEW_ID = "it comes back under a new id; its history stays with the survivor"
KEPT_BY_VENDOR = "stay with the survivor where the vendor itself keeps what ties them (associations, derived fields)"
Answers = Iterator[Operation | LeftAlone]


@dataclass(frozen=True)
class Unmerge:
    """The way back of one merge; ``remade`` are the losers that exist again: old id -> new id."""

    target: Target
    merge: Operation
    remade: Mapping[str, str]

    def steps(self) -> Answers:
        """What can be done now, what has to stay, and what follows in the next step."""
        kept = self.merge.before
        if not kept:
            yield LeftAlone(self.merge, NO_SNAPSHOT)
            return
        names = sorted({name for values in kept["fields"].values() for name in values})
        found = self.target.connector.fetch(self.merge.stream, [self.merge.external_id or ""], names)
        if not found:
            yield LeftAlone(self.merge, GONE)
            return
        yield from self._survivor(found[0], names)
        for loser in self.merge.after["losers"]:
            yield from self._loser(loser)
        for stream, field, loser, ids in kept["children"]:
            yield from self._children(stream, field, loser, ids)

    def _survivor(self, raw: RawRecord, names: Sequence[str]) -> Answers:
        """What the merge brought into the survivor goes; what a person wrote since stays."""
        kept, stream = self.merge.before["fields"], self.merge.stream
        before = kept.get(self.merge.before["survivor"], {})
        brought = [values for loser, values in kept.items() if loser != self.merge.before["survivor"]]
        for name in names:
            held, was = self.target.value(stream, raw, name), before.get(name)
            if self.target.same(stream, name, held, was):
                continue
            if any(self.target.same(stream, name, held, values.get(name)) for values in brought):
                yield inverse(self.merge, kind="set_field", field=name, key=None, before=held, after=was)
            else:
                yield LeftAlone(self.merge, f"{name} was edited by a person since; it holds {shown(held)} now")

    def _loser(self, loser: str) -> Answers:
        values = self.merge.before["fields"].get(loser)
        if loser in self.remade:
            return
        if values is None:
            yield LeftAlone(self.merge, f"{loser}: {NO_SNAPSHOT}")
            return
        facts = self.target.describe(self.merge.stream)
        key_field = next(
            (rule.key_field for rule in self.target.mapping.creates.values() if rule.key_field in facts), ""
        )
        if not key_field:
            why = "cannot be made again safely: its kind of record has no field for Inlay's key"
            yield LeftAlone(self.merge, f"{loser} {why}; `inlay provision` may make one")
            return
        writable = {name: value for name, value in values.items() if name in facts and facts[name].can_create}
        writable.pop(key_field, None)
        after: dict[str, Any] = {"values": writable, "links": [], "key_field": key_field, "owner": None}
        key = remaking_key(self.merge, loser)
        yield inverse(self.merge, kind="create_record", external_id=None, key=key, before=None, after=after)
        yield LeftAlone(self.merge, f"{loser}: {NEW_ID}")

    def _children(self, stream: str, field: str, loser: str, ids: Sequence[str]) -> Answers:
        facts = self.target.describe(stream)
        if "." in field or (facts and not (field in facts and facts[field].can_update)):
            yield LeftAlone(self.merge, f"{len(ids)} {stream} of {loser} {KEPT_BY_VENDOR}")
            return
        if loser not in self.remade:
            yield LeftAlone(self.merge, f"{len(ids)} {stream} of {loser} follow once it is back", follows=True)
            return
        for raw in self.target.connector.fetch(stream, list(ids), [field]):
            yield from self._child(stream, field, raw, self.remade[loser])

    def _child(self, stream: str, field: str, raw: RawRecord, home: str) -> Answers:
        held: Any = self.target.value(stream, raw, field)
        name = self.target.external_id(stream, raw)
        if held == home:
            return
        if held == self.merge.external_id:
            change = {"stream": stream, "external_id": name, "field": field, "key": None}
            yield inverse(self.merge, kind="set_field", before=held, after=home, **change)
        else:
            yield LeftAlone(self.merge, f"{stream} {name} was given to {shown(held)} since")


def remaking_key(merge: Operation, loser: str) -> str:
    """The key under which a merged record is made again, once."""
    return vendor_key("undo", f"{merge.id}\n{loser}")


def remade_by(conn: Connection, merge: Operation) -> dict[str, str]:
    """The losers of a merge that were made again: old id -> new id."""
    keys = {remaking_key(merge, loser): loser for loser in merge.after["losers"]}
    op = operation.c
    query = select(op.key, op.external_id).where(op.key.in_(list(keys)), op.state == "applied")
    made = conn.execute(query.where(op.kind == "create_record")).all()
    return {keys[row[0]]: row[1] for row in made if row[1]}
