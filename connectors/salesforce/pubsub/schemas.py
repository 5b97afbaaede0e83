"""Avro schemas of events: asked for once by their fingerprint, for a changed event gets another fingerprint."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from fastavro import parse_schema, schemaless_reader
from fastavro.schema import SchemaParseException

UNREADABLE = (SchemaParseException, EOFError, ValueError, LookupError, TypeError, OverflowError, MemoryError)
"""What reading a schema, or an event that does not fit its schema, may raise."""

_Json = Any


@dataclass(frozen=True)
class EventSchema:
    """What an event looks like: its fields in order, each with the parts of a compound one."""

    parsed: _Json
    fields: tuple[tuple[str, tuple[str, ...]], ...]

    def decode(self, payload: bytes) -> dict[str, Any]:
        """The event in a payload; raises one of ``UNREADABLE``."""
        found = schemaless_reader(BytesIO(payload), self.parsed, None)
        if not isinstance(found, dict):
            raise TypeError("an event is a record")
        return found

    def named(self, bitmaps: Iterable[str]) -> frozenset[str]:
        """The fields that bitmaps stand for, parts as ``BillingAddress.City``; raises ``ValueError`` or ``IndexError``.

        ``0x1A0`` has a bit for every field in the order of the schema, the lowest for the first; ``4-0x10`` does the
        same for the parts of field 4.
        """
        found: set[str] = set()
        for one in bitmaps:
            place, _, bits = one.rpartition("-")
            if place:
                name, parts = self.fields[int(place)]
                found.update(f"{name}.{part}" for part in _picked(parts, bits))
            else:
                found.update(_picked([name for name, _ in self.fields], bits))
        return frozenset(found)


class Schemas:
    """The schemas of one connection; ``ask`` gets the JSON of one."""

    def __init__(self, ask: Callable[[str], str]) -> None:
        self._ask = ask
        self._known: dict[str, EventSchema] = {}

    def of(self, schema_id: str) -> EventSchema:
        """A schema by its fingerprint; raises what ``ask`` raises, and one of ``UNREADABLE``."""
        if schema_id not in self._known:
            self._known[schema_id] = read_schema(self._ask(schema_id))
        return self._known[schema_id]


def read_schema(text: str) -> EventSchema:
    """Read a schema; raises one of ``UNREADABLE``."""
    told = json.loads(text)
    records = dict(_records(told))
    fields = tuple((str(one["name"]), _parts(one["type"], records)) for one in told["fields"])
    return EventSchema(parse_schema(told), fields)


def _records(told: _Json) -> Iterable[tuple[str, Sequence[_Json]]]:
    """The fields of every record in a schema, by its name: a record is spelt out once and named afterwards."""
    if isinstance(told, list):
        for one in told:
            yield from _records(one)
    elif isinstance(told, Mapping):
        if told.get("type") == "record":
            yield str(told["name"]).rpartition(".")[2], told["fields"]
        for inner in (told.get("fields"), told.get("items"), told.get("type")):
            yield from _records(inner)


def _parts(kind: _Json, records: Mapping[str, Sequence[_Json]]) -> tuple[str, ...]:
    """The parts of a compound field; it is told as one of a record and nothing, or of a record and a text."""
    for one in kind if isinstance(kind, list) else [kind]:
        name = str(one.get("name", "") if isinstance(one, Mapping) else one).rpartition(".")[2]
        if name in records:
            return tuple(str(part["name"]) for part in records[name])
    return ()


def _picked(names: Sequence[str], bits: str) -> list[str]:
    number = int(bits, 16)
    return [names[place] for place in range(number.bit_length()) if number >> place & 1]
