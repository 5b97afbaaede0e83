"""From operations to what a connector is handed: one row per vendor record, as many rows as one call may carry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.connector import Link, Verb, WriteRow
from core.ledger.operations import Operation
from core.ledger.outbox import Slip
from core.ledger.target import Target


@dataclass(frozen=True, slots=True)
class Batch:
    """The operations that one call to a vendor will carry."""

    connection: str
    stream: str
    verb: Verb
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parcel:
    """All operations on one vendor record, and the row they make together."""

    operations: tuple[Operation, ...]
    row: WriteRow


def batches(slips: Sequence[Slip], targets: Mapping[str, Target]) -> Iterator[Batch]:
    """Fill batches to the vendor's limit; what has to be read back first stays apart from what is sent."""
    groups: dict[tuple[str, str, Verb, bool], dict[str, list[str]]] = {}
    for slip in slips:
        group = groups.setdefault((slip.connection, slip.stream, slip.verb, slip.doubtful), {})
        group.setdefault(slip.record, []).append(slip.operation_id)
    for (connection, stream, verb, _), records in groups.items():
        size = targets[connection].connector.batch_size(stream, verb)
        per_record = list(records.values())
        for start in range(0, len(per_record), size):
            ids = tuple(one for record in per_record[start : start + size] for one in record)
            yield Batch(connection, stream, verb, ids)


def parcels(operations: Sequence[Operation]) -> list[Parcel]:
    """Merge operations on one record into one row, in the order they came."""
    records: dict[str, list[Operation]] = {}
    for operation in operations:
        records.setdefault(operation.external_id or operation.key or "", []).append(operation)
    return [Parcel(tuple(group), ROWS[group[0].kind](group)) for group in records.values()]


def _update(operations: Sequence[Operation]) -> WriteRow:
    values = {one.field: one.after for one in operations if one.field}
    return WriteRow(values, external_id=operations[0].external_id)


def _upsert(operations: Sequence[Operation]) -> WriteRow:
    after, key = operations[0].after, operations[0].key or ""
    links = [Link(stream, external_id) for stream, external_id in after["links"]]
    return WriteRow(after["values"], key=(after["key_field"], key), links=links)


def _delete(operations: Sequence[Operation]) -> WriteRow:
    return WriteRow({}, external_id=operations[0].external_id)


ROWS = {"set_field": _update, "create_record": _upsert, "delete_record": _delete}
