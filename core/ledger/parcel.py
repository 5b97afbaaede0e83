"""From operations to what a connector is handed: one row per vendor record, as many rows as one call may carry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from core.connector import Link, WriteRow
from core.ledger.delivery import Delivery
from core.ledger.operations import Act, Operation
from core.ledger.outbox import Slip
from core.ledger.target import Target

UNCONDITIONAL: Mapping[str, str] = MappingProxyType({})
USUAL = Delivery()


@dataclass(frozen=True, slots=True)
class Batch:
    """The operations that one call to a vendor will carry; ``guarded``: only if nobody has changed the records."""

    connection: str
    stream: str
    verb: Act
    ids: tuple[str, ...]
    guarded: bool = False


@dataclass(frozen=True, slots=True)
class Parcel:
    """All operations on one vendor record, and the row they make together."""

    operations: tuple[Operation, ...]
    row: WriteRow


def batches(slips: Sequence[Slip], targets: Mapping[str, Target], delivery: Delivery = USUAL) -> Iterator[Batch]:
    """Fill batches to the vendor's limit.

    What has to be read back first stays apart from what is sent, and what is sent under a condition from the rest. The
    group of the most urgent slip goes first.
    """
    groups: dict[tuple[str, str, Act, bool, bool], dict[str, list[str]]] = {}
    for slip in slips:
        guarded = slip.verb == "update" and delivery.guards(slip.policy)
        group = groups.setdefault((slip.connection, slip.stream, slip.verb, slip.doubtful, guarded), {})
        group.setdefault(slip.record, []).append(slip.operation_id)
    for (connection, stream, verb, _, guarded), records in groups.items():
        size = targets[connection].batch_size(stream, verb)
        per_record = list(records.values())
        for start in range(0, len(per_record), size):
            ids = tuple(one for record in per_record[start : start + size] for one in record)
            yield Batch(connection, stream, verb, ids, guarded)


def parcels(operations: Sequence[Operation], stamps: Mapping[str, str] = UNCONDITIONAL) -> list[Parcel]:
    """Merge operations on one record into one row, in the order they came.

    ``stamps`` are the modification instants of records that are written only if they still have them.
    """
    records: dict[str, list[Operation]] = {}
    for operation in operations:
        records.setdefault(operation.external_id or operation.key or "", []).append(operation)
    return [Parcel(tuple(group), _row(group, stamps)) for group in records.values()]


def _row(group: Sequence[Operation], stamps: Mapping[str, str]) -> WriteRow:
    row = replace(ROWS[group[0].kind](group), operations=tuple(one.id for one in group))
    stamp = stamps.get(row.external_id or "")
    return replace(row, unmodified_since=stamp) if stamp else row


def _update(operations: Sequence[Operation]) -> WriteRow:
    values = {one.field: one.after for one in operations if one.field}
    return WriteRow(values, external_id=operations[0].external_id)


def _upsert(operations: Sequence[Operation]) -> WriteRow:
    after, key = operations[0].after, operations[0].key or ""
    links = [Link(stream, external_id) for stream, external_id in after["links"]]
    return WriteRow(after["values"], key=(after["key_field"], key), links=links)


def _delete(operations: Sequence[Operation]) -> WriteRow:
    return WriteRow({}, external_id=operations[0].external_id)


ROWS = {
    "set_field": _update,
    "create_record": _upsert,
    "delete_record": _delete,
    "merge_records": _delete,
}
