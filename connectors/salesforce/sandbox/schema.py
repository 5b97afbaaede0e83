"""What an org knows about its objects and fields, and how ``describe`` tells it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Describe = dict[str, object]

_SOAP_TYPES = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "address": "urn:address",
}
_NUMERIC = frozenset({"int", "double", "currency", "percent"})


@dataclass(frozen=True)
class Field:
    """One field as describe gives it; lengths in characters, ``precision`` in digits including ``scale``."""

    name: str
    label: str
    type: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    digits: int = 0
    nillable: bool = True
    createable: bool = True
    updateable: bool = True
    defaulted_on_create: bool = False
    default: object = None
    calculated: bool = False
    auto_number: bool = False
    custom: bool = False
    external_id: bool = False
    unique: bool = False
    id_lookup: bool = False
    name_field: bool = False
    case_sensitive: bool = False
    options: tuple[str, ...] = ()
    restricted: bool = False
    reference_to: tuple[str, ...] = ()
    relationship_name: str | None = None
    child_relationship: str | None = None
    compound_of: str | None = None
    help_text: str | None = None
    formula: str | None = None
    inactive: frozenset[str] = frozenset()
    """Options that are switched off: restricted picklists refuse them, records that hold them keep them."""
    controller: str | None = None
    valid_for: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    """For a dependent picklist: with which controlling values each option goes."""

    @property
    def is_numeric(self) -> bool:
        """Tell whether values are numbers."""
        return self.type in _NUMERIC

    @property
    def is_long_text(self) -> bool:
        """Tell whether this is a text area over 255 characters: never filtered or sorted, and it halves the page."""
        return self.type == "textarea" and self.length > 255

    @property
    def is_polymorphic(self) -> bool:
        """Tell whether values may point at records of several objects."""
        return len(self.reference_to) > 1

    @property
    def is_required(self) -> bool:
        """Tell whether a create without a value is refused."""
        return self.createable and not self.nillable and not self.defaulted_on_create and self.type != "boolean"

    def describe(self, editable: bool, valid_for: Mapping[str, str | None] | None = None) -> Describe:
        """Return the field's entry in ``describe``; ``editable`` is what field-level security leaves to this user.

        ``valid_for`` gives a dependent picklist's bits by option.
        """
        return {
            **self._identity(),
            **self._value_shape(valid_for or {}),
            "createable": self.createable and editable,
            "updateable": self.updateable and editable,
            "nillable": self.nillable,
            "defaultedOnCreate": self.defaulted_on_create,
            "defaultValue": self.default if self.type == "boolean" else None,
            "calculated": self.calculated,
            "calculatedFormula": self.formula,
            "autoNumber": self.auto_number,
            "externalId": self.external_id,
            "idLookup": self.id_lookup or self.external_id,
            "unique": self.unique,
            "caseSensitive": self.case_sensitive,
            "nameField": self.name_field,
            "permissionable": self.custom or (self.nillable and self.createable),
            "deprecatedAndHidden": False,
            "encrypted": False,
            **self._querying(),
        }

    def _identity(self) -> Describe:
        return {
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "soapType": _SOAP_TYPES.get(self.type, "xsd:string"),
            "custom": self.custom,
            "inlineHelpText": self.help_text,
            "compoundFieldName": self.compound_of,
        }

    def _value_shape(self, valid_for: Mapping[str, str | None]) -> Describe:
        return {
            "length": self.length,
            "byteLength": self.length * 3 if self.type not in {"id", "reference"} else 18,
            "precision": self.precision,
            "scale": self.scale,
            "digits": self.digits,
            "picklistValues": [self._option(value, valid_for.get(value)) for value in self.options],
            "restrictedPicklist": self.restricted,
            "dependentPicklist": self.controller is not None,
            "controllerName": self.controller,
            "referenceTo": list(self.reference_to),
            "relationshipName": self.relationship_name,
            "polymorphicForeignKey": self.is_polymorphic,
            "htmlFormatted": False,
        }

    def _option(self, value: str, valid_for: str | None) -> Describe:
        return {
            "active": value not in self.inactive,
            "defaultValue": value == self.default,
            "label": value,
            "validFor": valid_for,
            "value": value,
        }

    def _querying(self) -> Describe:
        plain = not self.is_long_text and self.type != "address"
        return {
            "filterable": plain,
            "sortable": plain,
            "groupable": plain and not self.is_numeric,
            "aggregatable": plain,
        }


@dataclass
class SObject:
    """One object type; field names are found in any letter case, as the vendor does."""

    name: str
    label: str
    label_plural: str
    key_prefix: str
    fields: dict[str, Field]
    deletable: bool = True
    mergeable: bool = False
    replicateable: bool = True
    is_setup: bool = False
    is_tooling: bool = False
    on_change: Callable[[], None] = field(default=lambda: None, repr=False, compare=False)
    """Called after every change of the fields."""

    _by_lower: dict[str, Field] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._by_lower = {name.lower(): one for name, one in self.fields.items()}

    def find(self, name: str) -> Field | None:
        """Return the field called ``name`` in any letter case."""
        return self._by_lower.get(name.lower())

    def add(self, new: Field) -> None:
        """Add or replace a field."""
        self.fields[new.name] = new
        self._by_lower[new.name.lower()] = new
        self.on_change()

    def remove(self, name: str) -> None:
        """Forget a field."""
        del self.fields[name]
        del self._by_lower[name.lower()]
        self.on_change()

    def by_relationship(self, name: str) -> Field | None:
        """Return the reference field whose parent is reached as ``name`` (``Owner`` gives ``OwnerId``)."""
        wanted = name.lower()
        return next((f for f in self.fields.values() if (f.relationship_name or "").lower() == wanted), None)

    def name_field(self) -> Field | None:
        """Return the field that names a record for people."""
        return next((f for f in self.fields.values() if f.name_field), None)

    def summary(self, version: str) -> Describe:
        """Return the object's entry in the list of all objects."""
        base = f"/services/data/{version}/sobjects/{self.name}"
        return {
            "name": self.name,
            "label": self.label,
            "labelPlural": self.label_plural,
            "keyPrefix": self.key_prefix,
            "custom": self.name.endswith("__c"),
            "customSetting": False,
            "createable": True,
            "updateable": True,
            "deletable": self.deletable,
            "undeletable": self.deletable,
            "mergeable": self.mergeable,
            "queryable": True,
            "replicateable": self.replicateable,
            "retrieveable": True,
            "searchable": not self.is_setup,
            "triggerable": not self.is_setup,
            "layoutable": not self.is_setup,
            "activateable": False,
            "deprecatedAndHidden": False,
            "feedEnabled": False,
            "mruEnabled": False,
            "urls": {"sobject": base, "describe": f"{base}/describe", "rowTemplate": base + "/{ID}"},
        }


def child_relationships(parent: str, schema: dict[str, SObject]) -> list[tuple[str, SObject, Field]]:
    """Return (relationship name, child object, reference field) for every named way down from ``parent``."""
    return [
        (one.child_relationship, child, one)
        for child in schema.values()
        for one in child.fields.values()
        if one.child_relationship and parent in one.reference_to
    ]
