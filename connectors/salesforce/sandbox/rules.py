"""What must hold for a row before it is stored: required values, live references, unique keys."""

from __future__ import annotations

from connectors.salesforce.sandbox.dependencies import check_dependencies
from connectors.salesforce.sandbox.duplicates import check_duplicates
from connectors.salesforce.sandbox.errors import Refusal
from connectors.salesforce.sandbox.org import Actor, Org
from connectors.salesforce.sandbox.schema import Field, SObject
from connectors.salesforce.sandbox.table import Row


def check_row(org: Org, actor: Actor, sobject: SObject, row: Row, before: Row | None) -> None:
    """Raise the ``Refusal`` of the first rule that ``row`` breaks; unchanged references are not looked at again."""
    _check_required(sobject, row)
    for field in _written(sobject, row, before):
        if field.type == "reference":
            _check_reference(org, field, str(row[field.name]))
        if field.unique:
            _check_unique(org, sobject, field, row)
    _check_owner(org, sobject, row, before)
    check_dependencies(sobject, row, before)
    if not actor.sees_all:
        org.row_faults.check(sobject.name, row)
        table = org.tables[sobject.name]
        check_duplicates(org.duplicate_rules, table, row, before, actor.allows_duplicates)


def _written(sobject: SObject, row: Row, before: Row | None) -> list[Field]:
    """Return the fields that clients may set and that hold another value than before."""
    old = before or {}
    fields = (f for f in sobject.fields.values() if f.createable and row.get(f.name) is not None)
    return [f for f in fields if row[f.name] != old.get(f.name)]


def _check_required(sobject: SObject, row: Row) -> None:
    missing = [f.name for f in sobject.fields.values() if f.createable and not f.nillable and row.get(f.name) is None]
    if missing:
        raise Refusal("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", tuple(missing))


def _check_reference(org: Org, field: Field, row_id: str) -> None:
    if org.object_of(row_id) not in field.reference_to:
        raise Refusal("MALFORMED_ID", f"{field.label}: id value of incorrect type: {row_id}", (field.name,))
    target = org.row(row_id)
    if target is None:
        raise Refusal("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", (field.name,))
    if target["IsDeleted"]:
        raise Refusal("ENTITY_IS_DELETED", "entity is deleted", (field.name,))


def _check_unique(org: Org, sobject: SObject, field: Field, row: Row) -> None:
    holders = [one for one in org.tables[sobject.name].matching(field, row[field.name]) if one != row["Id"]]
    if holders:
        message = f"duplicate value found: {field.name} duplicates value on record with id: {holders[0]}"
        raise Refusal("DUPLICATE_VALUE", message, (field.name,))


def _check_owner(org: Org, sobject: SObject, row: Row, before: Row | None) -> None:
    owner_id = row.get("OwnerId")
    if "OwnerId" not in sobject.fields or (before and before.get("OwnerId") == owner_id):
        return
    owner = org.row(str(owner_id))
    if owner is not None and owner.get("IsActive") is False:
        message = f"operation performed with inactive user [{str(owner_id)[:15]}] as owner of {sobject.label.lower()}"
        raise Refusal("INACTIVE_OWNER_OR_USER", message, ("OwnerId",))
