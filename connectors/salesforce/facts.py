"""What describe says of an object, in our words."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.sdk import FieldFacts


@dataclass(frozen=True)
class ObjectFacts:
    """One object: its fields by name, its parents by relationship name, and what can be done with it."""

    fields: Mapping[str, FieldFacts]
    relationships: Mapping[str, tuple[str, ...]]
    is_replicated: bool = False
    is_mergeable: bool = False


def object_facts(found: Mapping[str, Any]) -> ObjectFacts:
    """Read a describe; whatever it does not say counts as the more careful of the two."""
    fields: Sequence[Mapping[str, Any]] = found["fields"]
    by_name = {str(field["name"]): field for field in fields}
    return ObjectFacts(
        {name: _field_facts(field, by_name) for name, field in by_name.items()},
        {
            field["relationshipName"]: tuple(field.get("referenceTo") or ())
            for field in fields
            if field.get("relationshipName")
        },
        bool(found.get("replicateable")),
        bool(found.get("mergeable")),
    )


def _field_facts(field: Mapping[str, Any], all_fields: Mapping[str, Mapping[str, Any]]) -> FieldFacts:
    options = [option for option in field.get("picklistValues") or () if option.get("active")]
    is_restricted = bool(field.get("restrictedPicklist"))
    controller = field.get("controllerName") if field.get("dependentPicklist") else None
    can_create = bool(field.get("createable"))
    return FieldFacts(
        name=str(field["name"]),
        type=str(field["type"]),
        label=str(field.get("label") or field["name"]),
        can_create=can_create,
        can_update=bool(field.get("updateable")),
        is_custom=bool(field.get("custom")),
        is_unique=bool(field.get("unique") or field.get("externalId")),
        length=field.get("length") or None,
        # An unrestricted picklist takes other values too, so its options bind nobody.
        options=tuple(str(option["value"]) for option in options) if is_restricted else None,
        is_required=can_create and not field.get("nillable", True) and not field.get("defaultedOnCreate"),
        is_calculated=bool(field.get("calculated")),
        is_restricted=is_restricted,
        controller=controller,
        valid_for=_valid_for(options, all_fields.get(controller)) if controller else None,
    )


def _valid_for(
    options: Sequence[Mapping[str, Any]], controller: Mapping[str, Any] | None
) -> Mapping[str, frozenset[str]] | None:
    """Return the options per value of the controlling field; None where describe does not tell."""
    if controller is None:
        return None
    values = _controlling_values(controller)
    bits = [_bits(str(option.get("validFor") or "")) for option in options]
    names = [str(option["value"]) for option in options]
    return {
        value: frozenset(name for name, set_bits in zip(names, bits, strict=True) if index in set_bits)
        for index, value in enumerate(values)
    }


def _controlling_values(controller: Mapping[str, Any]) -> list[str]:
    """Return the values in the order in which ``validFor`` numbers them: a checkbox has two, false first."""
    if controller.get("type") == "boolean":
        return ["false", "true"]
    return [str(option["value"]) for option in controller.get("picklistValues") or ()]


def _bits(text: str) -> frozenset[int]:
    """Return the numbers of the bits set in a ``validFor``: base64, the highest bit of the first byte is number 0."""
    try:
        content = base64.b64decode(text, validate=True)
    except binascii.Error:
        return frozenset()
    return frozenset(8 * place + bit for place, byte in enumerate(content) for bit in range(8) if byte & (0x80 >> bit))
