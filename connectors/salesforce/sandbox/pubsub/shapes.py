"""The Avro schema of an object's change events: the header, then a field for each field whose changes are told.

As documented: system fields that go with every write are told, formulas and the marks of viewing are not; the parts of
an address or a person's name are told inside the compound field; instants and dates are milliseconds.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import Any

from fastavro import parse_schema, schemaless_writer

from connectors.salesforce.sandbox.schema import Field, SObject

NAMESPACE = "com.sforce.eventbus"
KINDS = ("CREATE", "UPDATE", "DELETE", "UNDELETE")
CHANGE_TYPES = (*KINDS, *(f"GAP_{kind}" for kind in KINDS), "GAP_OVERFLOW", "SNAPSHOT")

_UNTOLD = frozenset(
    {
        "Id", "IsDeleted", "SystemModstamp", "MasterRecordId", "LastActivityDate", "LastViewedDate",
        "LastReferencedDate",
    }
)  # fmt: skip
_PLAIN = {
    "boolean": "boolean", "int": "int", "double": "double", "currency": "double", "percent": "double", "date": "long",
    "datetime": "long",
}  # fmt: skip
_LIST = {"type": "array", "items": "string"}
_HEADER = {
    "type": "record",
    "name": "ChangeEventHeader",
    "fields": [
        {"name": "entityName", "type": "string"},
        {"name": "recordIds", "type": _LIST},
        {"name": "changeType", "type": {"type": "enum", "name": "ChangeType", "symbols": list(CHANGE_TYPES)}},
        {"name": "changeOrigin", "type": "string"},
        {"name": "transactionKey", "type": "string"},
        {"name": "sequenceNumber", "type": "int"},
        {"name": "commitTimestamp", "type": "long"},
        {"name": "commitNumber", "type": "long"},
        {"name": "commitUser", "type": "string"},
        {"name": "nulledFields", "type": _LIST},
        {"name": "diffFields", "type": _LIST},
        {"name": "changedFields", "type": _LIST},
    ],
}


@dataclass(frozen=True)
class Place:
    """Where a field stands in the schema: its own position, or its compound field's and its own within that."""

    outer: str
    position: int
    inner: str = ""
    part: int = 0


@dataclass(frozen=True)
class Shape:
    """One schema of an object's events."""

    text: str
    places: Mapping[str, Place]

    @cached_property
    def id(self) -> str:
        """The schema's fingerprint, by which clients ask for it."""
        digest = hashlib.md5(self.text.encode(), usedforsecurity=False).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def encode(self, event: Mapping[str, Any]) -> bytes:
        """The payload of an event."""
        written = BytesIO()
        schemaless_writer(written, self._parsed, dict(event))
        return written.getvalue()

    @cached_property
    def _parsed(self) -> Any:
        return parse_schema(json.loads(self.text))


def shape_of(sobject: SObject) -> Shape:
    """The schema of an object's events as its fields are now."""
    told = [one for one in sobject.fields.values() if one.name not in _UNTOLD and not one.calculated]
    parts: dict[str, list[Field]] = {}
    for one in told:
        if one.compound_of:
            parts.setdefault(one.compound_of, []).append(one)
    spelt: set[str] = set()
    fields = [_field(sobject, one, parts, spelt) for one in told if not one.compound_of]
    text = json.dumps(
        {
            "type": "record",
            "name": event_name(sobject.name),
            "namespace": NAMESPACE,
            "fields": [{"name": "ChangeEventHeader", "type": _HEADER}, *fields],
        }
    )
    return Shape(text, _places([one.name for one in told if not one.compound_of], parts))


def event_name(name: str) -> str:
    """What an object's event is called: ``AccountChangeEvent``, ``Site__ChangeEvent`` for an object of one's own."""
    return f"{name.removesuffix('c')}ChangeEvent" if name.endswith("__c") else f"{name}ChangeEvent"


def part_name(field: Field) -> str:
    """What a part is called within its compound field: ``BillingCity`` is ``City`` there."""
    return field.name.removeprefix((field.compound_of or "").removesuffix("Address"))


def _field(sobject: SObject, field: Field, parts: Mapping[str, list[Field]], spelt: set[str]) -> dict[str, Any]:
    if field.name not in parts:
        kinds: list[Any] = ["null", _PLAIN.get(field.type, "string")]
        if sobject.name == "Account" and field.name_field:
            kinds.append(_switchable_name())
        return {"name": field.name, "type": kinds, "default": None}
    record = "Address" if field.type == "address" else "PersonName"
    kind: Any = f"{NAMESPACE}.{record}"
    if record not in spelt:
        spelt.add(record)
        inner = [
            {"name": part_name(one), "type": ["null", _PLAIN.get(one.type, "string")], "default": None}
            for one in parts[field.name]
        ]
        kind = {"type": "record", "name": record, "fields": inner}
    return {"name": field.name, "type": ["null", kind], "default": None}


def _switchable_name() -> dict[str, Any]:
    """An account that is a person has a person's name; the demo org has none, but its schema is the vendor's."""
    inner = [{"name": name, "type": ["null", "string"], "default": None} for name in ("FirstName", "LastName")]
    return {"type": "record", "name": "Switchable_PersonName", "fields": inner}


def _places(names: list[str], parts: Mapping[str, list[Field]]) -> dict[str, Place]:
    found = {}
    for position, name in enumerate(names, start=1):  # the header stands first
        found[name] = Place(name, position)
        for part, one in enumerate(parts.get(name, ())):
            found[one.name] = Place(name, position, part_name(one), part)
    return found
