"""Dependent picklists: which options go with which value of the controlling field."""

from __future__ import annotations

import base64

from connectors.salesforce.sandbox.errors import Refusal
from connectors.salesforce.sandbox.rowstore import Row
from connectors.salesforce.sandbox.schema import Field, SObject
from connectors.salesforce.sandbox.values import Value


def check_dependencies(sobject: SObject, row: Row, before: Row | None) -> None:
    """Refuse an option of a restricted dependent picklist that does not go with its controlling value."""
    for field in sobject.fields.values():
        if field.controller is None or not field.restricted or row.get(field.name) is None:
            continue
        names = (field.name, field.controller)
        if before is not None and all(row.get(name) == before.get(name) for name in names):
            continue
        if _word(row.get(field.controller)) not in field.valid_for.get(str(row[field.name]), ()):
            message = f"{field.label}: bad value for restricted picklist field: {row[field.name]}"
            raise Refusal("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, (field.name,))


def valid_for(field: Field, option: str, controlling: tuple[str, ...]) -> str | None:
    """Return an option's ``validFor``: base64 of bits, the first controlling value in the highest bit of byte one."""
    if field.controller is None:
        return None
    bits = bytearray(-(-len(controlling) // 8) or 1)
    for position, value in enumerate(controlling):
        if value in field.valid_for.get(option, ()):
            bits[position // 8] |= 0x80 >> position % 8
    return base64.b64encode(bytes(bits)).decode()


def controlling_values(sobject: SObject, field: Field) -> tuple[str, ...]:
    """Return the values that control ``field`` in the order of its bits; a checkbox has two."""
    controller = sobject.find(field.controller or "")
    if controller is None:
        return ()
    return ("false", "true") if controller.type == "boolean" else controller.options


def _word(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
