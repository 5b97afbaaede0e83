"""Merges: what all records were like is kept before the vendor makes them one, for no vendor takes a merge back.

The snapshot becomes the operation's ``before``: ``{"survivor": id, "fields": {id: {field: value}},
"children": [[stream, field, loser, [ids]]]}``. It is taken from the CRM itself and committed before the merge is sent;
a second attempt keeps the first one's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import update

from core.connector import Outcome, RawRecord
from core.errors import AuthError, ConfigError, RetryLater, UnknownOutcome
from core.ledger.operations import Operation, dump
from core.ledger.send import Sent
from core.ledger.target import Target
from core.store import Store
from core.store.sources import read_stream
from core.store.tables import operation

Snapshot = Mapping[str, Any]


def keep_snapshots(store: Store, target: Target, merges: Sequence[Operation]) -> None:
    """Read the records of merges that have no snapshot yet, and commit it; may raise ``RetryLater``."""
    for one in merges:
        if one.before is None:
            taken = snapshot(store, target, one)
            with store.begin() as conn:
                conn.execute(update(operation).where(operation.c.id == one.id).values(before=dump(taken)))


def snapshot(store: Store, target: Target, one: Operation) -> Snapshot:
    """All fields of survivor and losers as the CRM holds them, and the records that the store knows as the losers'."""
    ids = [one.external_id or "", *one.after["losers"]]
    names = fields_of(target, one.stream)
    records = target.connector.fetch(one.stream, ids, names)
    fields = {target.external_id(one.stream, raw): _values(target, one.stream, raw, names) for raw in records}
    return {"survivor": one.external_id, "fields": fields, "children": list(_children(store, target, one))}


def fields_of(target: Target, stream: str) -> list[str]:
    """The fields that a person could have filled: those Inlay's user may write, else those the mapping names."""
    described = target.describe(stream)
    known = target.mapping.streams.get(stream)
    writable = sorted(name for name, facts in described.items() if facts.can_update and not facts.is_calculated)
    return writable or (list(known.fields) if known else [])


def join_records(target: Target, merges: Sequence[Operation]) -> Sent:
    """Merge one after the other, each loser that is still there; ``trouble`` ends it."""
    sent = Sent([None] * len(merges))
    for at, one in enumerate(merges):
        try:
            sent.outcomes[at] = _join(target, one)
        except UnknownOutcome as lost:
            sent.outcomes[at] = Outcome("unknown", message=lost.what)
        except (RetryLater, AuthError, ConfigError) as trouble:
            sent.trouble = trouble
            break
    return sent


def _join(target: Target, one: Operation) -> Outcome:
    losers = one.after["losers"]
    id_field = target.connector.streams()[one.stream].id_field
    there = target.connector.fetch(one.stream, [one.external_id or "", *losers], [id_field])
    alive = {target.external_id(one.stream, raw) for raw in there}
    if one.external_id not in alive:
        return Outcome("rejected", code="GONE", message="the record that should survive is no longer in the CRM")
    remaining = [loser for loser in losers if loser in alive]
    if not remaining:
        return Outcome("applied", external_id=one.external_id)
    return target.connector.merge(one.stream, one.external_id or "", remaining)


def _values(target: Target, stream: str, raw: RawRecord, names: Sequence[str]) -> dict[str, Any]:
    return {name: value for name in names if (value := target.value(stream, raw, name)) is not None}


def _children(store: Store, target: Target, one: Operation) -> Iterator[list[Any]]:
    """[stream, field, loser, ids] of the records that point at a loser."""
    losers = set(one.after["losers"])
    for stream, mapped in target.mapping.streams.items():
        for name in mapped.references(one.stream):
            found: dict[str, list[str]] = {}
            with store.read() as conn:
                for row in read_stream(conn, target.name, stream):
                    parent = target.value(stream, row.raw, name)
                    if parent in losers:
                        found.setdefault(str(parent), []).append(target.external_id(stream, row.raw))
            yield from ([stream, name, loser, sorted(ids)] for loser, ids in sorted(found.items()))
