"""What object types and properties the account has: HubSpot's own from ``schema.json``, and those created since."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from connectors.hubspot.sandbox.refusals import Refusal, missing, rejected

DataType = Literal["bool", "enumeration", "date", "datetime", "string", "number"]

# Which form field may show which type of value, as the properties guide lists them.
FIELD_TYPES: Mapping[str, frozenset[str]] = {
    "bool": frozenset({"booleancheckbox", "calculation_equation"}),
    "enumeration": frozenset({"booleancheckbox", "checkbox", "radio", "select", "calculation_equation"}),
    "date": frozenset({"date"}),
    "datetime": frozenset({"date"}),
    "string": frozenset({"file", "text", "textarea", "calculation_equation", "html", "phonenumber"}),
    "number": frozenset({"number", "calculation_equation"}),
}
_READ_ONLY = {"read_only": True}
_TYPE_ID = re.compile(r"\d+-\d+")
BOOLEAN_OPTIONS = {"true": "True", "false": "False"}


@dataclass
class Property:
    """One property of one object type, as the properties API shows it.

    ``free`` enumerations take any value (their options live elsewhere), ``refers`` names what else decides them.
    """

    name: str
    label: str
    type: str
    field_type: str
    group: str
    options: dict[str, str] = field(default_factory=dict)
    description: str = ""
    is_unique: bool = False
    is_read_only: bool = False
    is_calculated: bool = False
    is_hubspot_defined: bool = True
    is_free: bool = False
    refers: str | None = None
    format: str | None = None
    shows_currency: bool = False
    hidden_options: frozenset[str] = frozenset()
    created_at: datetime | None = None
    updated_at: datetime | None = None
    archived_at: datetime | None = None
    form_field: bool = False
    is_hidden: bool = False
    order: int = -1
    rules: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def takes_many(self) -> bool:
        """Whether several options may be chosen, joined by semicolons."""
        return self.type == "enumeration" and self.field_type == "checkbox"


@dataclass
class ObjectType:
    """One object type: its names, its properties and groups, and what a new record of it needs."""

    name: str
    type_id: str
    singular: str
    group: str
    scope: str
    created: str
    modified: str
    keys: tuple[str, ...]
    shown: tuple[str, ...]
    searched: tuple[str, ...]
    needs: tuple[str, ...]
    needs_any: tuple[str, ...]
    defaults: Mapping[str, str]
    is_activity: bool
    is_read_only: bool
    properties: dict[str, Property]
    groups: dict[str, str]
    group_order: dict[str, int] = field(default_factory=dict)
    custom: Mapping[str, Any] | None = None
    """What only a type of the account's own has: labels and display properties; None for HubSpot's."""

    def live(self, name: str) -> Property | None:
        """The property of that name unless it does not exist or is archived."""
        found = self.properties.get(name)
        return found if found is not None and found.archived_at is None else None

    def known(self, name: str) -> Property:
        """The live property of that name; refuses with 404 as the properties API does."""
        found = self.live(name)
        if found is None:
            raise missing(f'Property "{name}" does not exist')
        return found

    def unique_names(self) -> Iterator[str]:
        """The properties whose values may occur only once."""
        return (name for name, prop in self.properties.items() if prop.is_unique and prop.archived_at is None)

    def refuse_without_group(self, group: str) -> None:
        """Refuse a property that would belong to a group that does not exist."""
        if group not in self.groups:
            raise rejected(f'Property group "{group}" does not exist.', code="PROPERTY_GROUP_NOT_FOUND")


class Schema:
    """All object types of the account, found by plural name, singular name or type id."""

    def __init__(self) -> None:
        """Load HubSpot's own definitions."""
        data = json.loads((Path(__file__).parent / "schema.json").read_text(encoding="utf-8"))
        self._data = data
        self.types: dict[str, ObjectType] = {
            name: _object_type(name, facts, data) for name, facts in data["types"].items()
        }
        self._names: dict[str, ObjectType] = {}
        for kind in self.types.values():
            self.call(kind, kind.name, kind.singular, kind.type_id)

    def call(self, kind: ObjectType, *names: str) -> None:
        """Let an object type be found by these names."""
        self._names.update({name.lower(): kind for name in names})

    def add(self, kind: ObjectType, *names: str) -> None:
        """Add a type of the account's own, found by its name, its id and ``names``."""
        self.types[kind.name] = kind
        self.call(kind, kind.name, kind.type_id, *names)

    def remove(self, kind: ObjectType) -> None:
        """Take a type away; its names lead nowhere."""
        del self.types[kind.name]
        self._names = {name: known for name, known in self._names.items() if known is not kind}

    def standing(self, group: str) -> dict[str, Property]:
        """The properties that every object type has, in a group of the type's own."""
        rows = {**self._data["every"], "hs_lastmodifieddate": ["datetime", "date", "Last modified", _READ_ONLY]}
        return {name: _property(name, row, group, self._data["options"]) for name, row in rows.items()}

    def find(self, name: str) -> ObjectType:
        """The object type called so; the API infers it from names and ids alike."""
        try:
            return self._names[name.lower()]
        except KeyError:
            words = (
                "Invalid object or event type id:" if _TYPE_ID.fullmatch(name) else "Unable to infer object type from:"
            )
            raise Refusal(400, f"{words} {name}") from None


def _object_type(name: str, facts: Mapping[str, Any], data: Mapping[str, Any]) -> ObjectType:
    shared = {**data["every"], **(data["activity"] if facts.get("activity") else {})}
    listed = {**facts["properties"], **shared}
    return ObjectType(
        name=name,
        type_id=facts["id"],
        singular=facts["singular"],
        group=facts["group"],
        scope=facts["scope"],
        created=facts["created"],
        modified=facts["modified"],
        keys=tuple(facts["keys"]),
        shown=tuple(facts["shown"]),
        searched=tuple(facts["searched"]),
        needs=tuple(facts.get("needs", ())),
        needs_any=tuple(facts.get("needs_any", ())),
        defaults=facts.get("defaults", {}),
        is_activity=bool(facts.get("activity")),
        is_read_only=bool(facts.get("read_only")),
        properties={key: _property(key, row, facts["group"], data["options"]) for key, row in listed.items()},
        groups={facts["group"]: facts["group_label"]},
    )


def _property(name: str, row: list[Any], group: str, shared_options: Mapping[str, Any]) -> Property:
    data_type, field_type, label = row[:3]
    extras = row[3] if len(row) > 3 else {}
    return Property(
        name=name,
        label=label,
        type=data_type,
        field_type=field_type,
        group=group,
        options=BOOLEAN_OPTIONS if data_type == "bool" else _options(extras.get("options", {}), shared_options),
        is_unique=extras.get("unique", False),
        is_read_only=extras.get("read_only", False) or extras.get("calculated", False),
        is_calculated=extras.get("calculated", False),
        is_free=extras.get("free", False),
        refers=extras.get("refers"),
        format=extras.get("format"),
        shows_currency=extras.get("currency", False),
    )


def _options(given: Any, shared: Mapping[str, Any]) -> dict[str, str]:
    if isinstance(given, str):
        given = shared[given]
    if isinstance(given, list):
        return {value: value.replace("_", " ").capitalize() for value in given}
    return dict(given)
