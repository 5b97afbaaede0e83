"""What describe says of an object, in our words, and what a newer describe changed of it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.sdk import FieldFacts, Finding


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


def drift(before: ObjectFacts, now: ObjectFacts, place: str, used: frozenset[str]) -> Iterator[tuple[str, Finding]]:
    """Yield what changed of the fields that Inlay uses, and fields that have become required: name and finding."""
    for name in sorted(used & before.fields.keys()):
        old, new = before.fields[name], now.fields.get(name)
        if new is None:
            yield name, _gone(old, now, before, place)
        elif new.type != old.type:
            yield name, _retyped(old, new, place)
        elif old.options and (lost := [one for one in old.options if one not in (new.options or ())]):
            yield name, _options_gone(name, lost, place)
    for name, new in now.fields.items():
        was_required = name in before.fields and before.fields[name].is_required
        if new.is_required and not was_required:
            yield name, _required(name, place)


def _gone(old: FieldFacts, now: ObjectFacts, before: ObjectFacts, place: str) -> Finding:
    """A field that went away; one that came with the same label and type is most likely the same, renamed."""
    fresh = [one for name, one in now.fields.items() if name not in before.fields]
    heirs = [one.name for one in fresh if (one.label, one.type) == (old.label, old.type)]
    if len(heirs) == 1:
        what = f"the field {old.name} went away and {heirs[0]} came with its label: it seems to be renamed"
        return Finding("field_renamed", "warning", what, f"{place}.{old.name}", f"map {heirs[0]} instead")
    remedy = "take it out of the mapping, or grant it to the integration user again"
    return Finding("field_removed", "warning", f"the field {old.name} went away", f"{place}.{old.name}", remedy)


def _retyped(old: FieldFacts, new: FieldFacts, place: str) -> Finding:
    what = f"the field {old.name} was of type {old.type} and is of type {new.type} now"
    return Finding("field_retyped", "warning", what, f"{place}.{old.name}", "look whether the mapping still fits")


def _options_gone(name: str, lost: Sequence[str], place: str) -> Finding:
    what = f"the field {name} no longer has {', '.join(f'`{one}`' for one in lost)}"
    remedy = "map what writes them to another value, or bring them back in Setup"
    return Finding("option_gone", "warning", what, f"{place}.{name}", remedy, len(lost))


def _required(name: str, place: str) -> Finding:
    what = f"the field {name} has become required: records without it cannot be created"
    return Finding("field_required", "warning", what, f"{place}.{name}", "let the mapping's `create` fill it in")
