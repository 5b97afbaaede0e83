"""Turns the JSON of one record into values: unknown, hidden and read-only fields are noticed here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from connectors.salesforce.sandbox.errors import Refusal
from connectors.salesforce.sandbox.org import Actor, Org
from connectors.salesforce.sandbox.schema import Field, SObject
from connectors.salesforce.sandbox.table import Row
from connectors.salesforce.sandbox.values import read_value

Purpose = Literal["createable", "updateable"]


def read_record(org: Org, actor: Actor, sobject: SObject, body: Mapping[str, object], purpose: Purpose) -> Row:
    """Return the values of ``body`` by field name; ``Refusal`` names what cannot be taken."""
    named = [_name(org, actor, sobject, key, raw) for key, raw in body.items() if key != "attributes"]
    locked = [field.name for field, _ in named if not _is_writable(org, actor, sobject, field, purpose)]
    if locked:
        raise _read_only(locked)
    return {field.name: read_value(field, raw) for field, raw in named}


def _name(org: Org, actor: Actor, sobject: SObject, key: str, raw: object) -> tuple[Field, object]:
    field = sobject.find(key)
    if field is not None and (actor.sees_all or org.access.can_read(actor.user_id, sobject.name, field)):
        return field, raw
    parent = sobject.by_relationship(key)
    if parent is not None and isinstance(raw, dict):
        return parent, _by_external_id(org, parent, raw)
    message = f"No such column '{key}' on sobject of type {sobject.name}"
    raise Refusal("INVALID_FIELD", message, is_of_whole_call=True)


def _by_external_id(org: Org, reference: Field, raw: Mapping[str, object]) -> str:
    """Return the id meant by ``{"Account": {"Ext__c": "x"}}``."""
    named = [(key, value) for key, value in raw.items() if key != "attributes"]
    target = org.find(reference.reference_to[0])
    field = target.find(named[0][0]) if target and len(named) == 1 else None
    if target is None or field is None or not (field.external_id or field.name == "Id"):
        raise Refusal("INVALID_FIELD", f"no external id in the reference {dict(raw)}", is_of_whole_call=True)
    value = read_value(field, named[0][1])
    found = org.tables[target.name].matching(field, value)
    if len(found) != 1:
        message = f"Foreign key external ID: {value} not found for field {field.name} in entity {target.name}"
        raise Refusal("INVALID_FIELD", message)
    return found[0]


def _is_writable(org: Org, actor: Actor, sobject: SObject, field: Field, purpose: Purpose) -> bool:
    permitted = actor.sees_all or org.access.can_edit(actor.user_id, sobject.name, field)
    return permitted and (field.createable if purpose == "createable" else field.updateable)


def _read_only(names: list[str]) -> Refusal:
    message = (
        f"Unable to create/update fields: {', '.join(names)}. Please check the security settings of this field "
        "and verify that it is read/write for your profile or permission set."
    )
    return Refusal("INVALID_FIELD_FOR_INSERT_UPDATE", message, tuple(names))
