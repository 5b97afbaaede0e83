"""Change events as the vendor writes them: headers, bitmaps of changed fields, gaps and overflows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.salesforce.sandbox.moments import read_instant
from connectors.salesforce.sandbox.notes import RowChange
from connectors.salesforce.sandbox.pubsub.shapes import Place, Shape
from connectors.salesforce.sandbox.schema import Field, SObject
from connectors.salesforce.sandbox.values import Value

NO_RECORD = "000000000000000AAA"
_OVERFLOW = "GAP_OVERFLOW"
_HEADER = "ChangeEventHeader"


@dataclass(frozen=True)
class Commit:
    """One transaction: its number, when and by whom, and through which door."""

    number: int
    at: datetime
    user_id: str
    origin: str

    @property
    def key(self) -> str:
        """The name of the transaction."""
        return f"0006b7c1-{self.number >> 16 & 0xFFFF:04x}-{self.number & 0xFFFF:04x}-0000-inlaysandbox"

    def header(self, entity: str, kind: str, records: Sequence[str], sequence: int) -> dict[str, Any]:
        """The header of one event; its bitmaps are empty."""
        return {
            "entityName": entity,
            "recordIds": list(records),
            "changeType": kind,
            "changeOrigin": self.origin,
            "transactionKey": self.key,
            "sequenceNumber": sequence,
            "commitTimestamp": _milliseconds(self.at),
            "commitNumber": self.number,
            "commitUser": self.user_id,
            "nulledFields": [],
            "diffFields": [],
            "changedFields": [],
        }


def change_event(commit: Commit, sequence: int, sobject: SObject, shape: Shape, change: RowChange) -> dict[str, Any]:
    """The event of one row: all fields of a new row, the changed ones of an old one, none of one that is gone."""
    header = commit.header(change.object, change.kind, [str(change.after["Id"])], sequence)
    if change.kind == "DELETE":
        return {_HEADER: header}
    told = [name for name in shape.places if name in sobject.fields and sobject.fields[name].type != "address"]
    told = [name for name in told if not _is_joined(sobject.fields[name], sobject)]
    changed = [name for name in told if change.kind != "UPDATE" or _differs(change, name)]
    if change.kind == "UPDATE":
        header["changedFields"] = bitmaps([shape.places[name] for name in changed])
        nulled = [shape.places[name] for name in changed if change.after.get(name) is None]
        header["nulledFields"] = bitmaps(nulled)
    values = ((shape.places[name], _value(sobject.fields[name], change.after.get(name))) for name in changed)
    return {_HEADER: header, **_nested(values)}


def gap_events(commit: Commit, changes: Iterable[RowChange]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is told of changes made past the application servers: one event per object and kind, without values."""
    found: dict[tuple[str, str], list[str]] = {}
    for one in changes:
        found.setdefault((one.object, one.kind), []).append(str(one.after["Id"]))
    for (entity, kind), records in found.items():
        yield entity, {_HEADER: commit.header(entity, f"GAP_{kind}", records, 1)}


def overflow_events(commit: Commit, changes: Iterable[RowChange]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is told of changes beyond those one transaction may tell: one event per object, without records."""
    for entity in dict.fromkeys(one.object for one in changes):
        yield entity, {_HEADER: commit.header(entity, _OVERFLOW, [NO_RECORD], 1)}


def bitmaps(places: Iterable[Place]) -> list[str]:
    """Fields as the vendor names them: one bitmap of the plain ones, and one per compound field with its position."""
    bits: dict[int, int] = {}
    for one in places:
        outer, bit = (one.position, one.part) if one.inner else (0, one.position)
        bits[outer] = bits.get(outer, 0) | 1 << bit
    return [f"{outer}-{_hexadecimal(value)}" if outer else _hexadecimal(value) for outer, value in sorted(bits.items())]


def _hexadecimal(value: int) -> str:
    digits = f"{value:X}"
    return f"0x{digits if len(digits) % 2 == 0 else '0' + digits}"


def _is_joined(field: Field, sobject: SObject) -> bool:
    """A person's whole name is told by its parts."""
    return any(one.compound_of == field.name for one in sobject.fields.values())


def _differs(change: RowChange, name: str) -> bool:
    return change.before is not None and change.before.get(name) != change.after.get(name)


def _nested(values: Iterable[tuple[Place, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for place, value in values:
        if place.inner:
            found.setdefault(place.outer, {})[place.inner] = value
        else:
            found[place.outer] = value
    return {name: value for name, value in found.items() if not _is_empty(value)}


def _is_empty(value: object) -> bool:
    """A compound field without any part is told as nothing."""
    return isinstance(value, Mapping) and all(one is None for one in value.values())


def _value(field: Field, value: Value) -> Any:
    if value is None:
        return None
    if field.type == "datetime":
        return _milliseconds(read_instant(str(value)))
    if field.type == "date":
        return _milliseconds(datetime.fromisoformat(str(value)).replace(tzinfo=UTC))
    return float(value) if field.is_numeric and field.type != "int" else value


def _milliseconds(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)
