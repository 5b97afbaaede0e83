"""Creates, updates, deletes, restores and merges rows, with everything that follows from it."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.salesforce.sandbox.activities import note_activity
from connectors.salesforce.sandbox.derive import derive
from connectors.salesforce.sandbox.errors import Refusal
from connectors.salesforce.sandbox.files import file_saved
from connectors.salesforce.sandbox.ids import to_18
from connectors.salesforce.sandbox.incoming import read_record
from connectors.salesforce.sandbox.org import Actor, Org
from connectors.salesforce.sandbox.relations import keep_relation
from connectors.salesforce.sandbox.rules import check_row
from connectors.salesforce.sandbox.schema import Field, SObject
from connectors.salesforce.sandbox.table import Row, Table
from connectors.salesforce.sandbox.values import Value

Body = Mapping[str, object]

# What goes into the recycle bin with a row, and what keeps a row from going there.
_CASCADES = {
    "Account": (("Contact", "AccountId"), ("Opportunity", "AccountId"), ("Task", "WhatId"), ("Event", "WhatId")),
    "Contact": (("OpportunityContactRole", "ContactId"),),
    "Opportunity": (("OpportunityContactRole", "OpportunityId"), ("Task", "WhatId"), ("Event", "WhatId")),
    "Contract": (("Task", "WhatId"), ("Event", "WhatId")),
    "Case": (("Task", "WhatId"), ("Event", "WhatId")),
    "PermissionSet": (("FieldPermissions", "ParentId"), ("PermissionSetAssignment", "PermissionSetId")),
}
_BLOCKS = {
    "Account": (("Case", "AccountId"), ("Contract", "AccountId")),
    "Contact": (("Case", "ContactId"),),
}


def create(org: Org, actor: Actor, sobject: SObject, body: Body) -> str:
    """Store a new row and return its id."""
    values = read_record(org, actor, sobject, body, "createable")
    return insert(org, actor, sobject, values)


def insert(org: Org, actor: Actor, sobject: SObject, values: Row) -> str:
    """Store a new row of values that were read before; also how the demo firm is loaded."""
    table = org.tables[sobject.name]
    row: Row = {**_defaults(actor, sobject, table), **_stamps(actor), **values}
    row["Id"] = ""
    derive(org, actor, sobject.name, row, None)
    check_row(org, actor, sobject, row, None)
    row["Id"] = table.next_id()
    org.put(sobject.name, row)
    note_activity(org, sobject.name, row)
    keep_relation(org, actor, sobject.name, row)
    file_saved(org, actor, sobject.name, row)
    return str(row["Id"])


def update(org: Org, actor: Actor, sobject: SObject, row_id: str, body: Body) -> None:
    """Change the named values of a stored row."""
    before = org.live_row(sobject.name, row_id)
    values = read_record(org, actor, sobject, body, "updateable")
    row: Row = {**before, **values, "LastModifiedDate": actor.at, "LastModifiedById": actor.user_id}
    row["SystemModstamp"] = actor.at
    derive(org, actor, sobject.name, row, before)
    check_row(org, actor, sobject, row, before)
    org.put(sobject.name, row)
    note_activity(org, sobject.name, row)
    keep_relation(org, actor, sobject.name, row)


def delete(org: Org, actor: Actor, sobject: SObject, row_id: str) -> None:
    """Move a row, and what hangs on it, into the recycle bin."""
    row = org.live_row(sobject.name, row_id)
    if not sobject.deletable:
        raise Refusal(
            "INSUFFICIENT_ACCESS_OR_READONLY", f"insufficient access rights on object id: {row_id}", status=403
        )
    if not actor.sees_all:
        org.row_faults.check(sobject.name, row)
    for child, reference in _BLOCKS.get(sobject.name, ()):
        _refuse_if_used(org, child, reference, row)
    for child, reference in _CASCADES.get(sobject.name, ()):
        for child_id in _children(org, child, reference, row_id):
            delete(org, actor, org.schema[child], child_id)
    org.put(sobject.name, {**row, "IsDeleted": True, **_touched(actor)})


def restore(org: Org, actor: Actor, sobject: SObject, row_id: str) -> None:
    """Take a row, and what went with it, out of the recycle bin; it no longer says into what it was merged."""
    row = org.tables[sobject.name].rows.get(row_id)
    if row is None or not row["IsDeleted"]:
        raise Refusal("UNDELETE_FAILED", "entity is not in the recycle bin", status=404)
    went = row["SystemModstamp"]
    back: Row = {**row, "IsDeleted": False, **_touched(actor)}
    if "MasterRecordId" in sobject.fields:
        back["MasterRecordId"] = None
    org.put(sobject.name, back)
    org.tables[sobject.name].forget_deletion(row_id)
    for child, reference in _CASCADES.get(sobject.name, ()):
        for one in list(org.tables[child].rows.stored()):
            if one["IsDeleted"] and one.get(reference) == row_id and one["SystemModstamp"] == went:
                restore(org, actor, org.schema[child], str(one["Id"]))


def merge(org: Org, actor: Actor, sobject: SObject, master_id: str, loser_id: str) -> list[str]:
    """Merge one row into another: the loser is deleted and points at the master; return the ids that moved over."""
    org.live_row(sobject.name, master_id)
    loser = org.live_row(sobject.name, loser_id)
    moved: list[str] = []
    for table in org.tables.values():
        for reference in _references_to(sobject.name, table.sobject):
            moved.extend(_repoint(org, actor, table, reference, loser_id, master_id))
    org.put(sobject.name, {**loser, "IsDeleted": True, "MasterRecordId": master_id, **_touched(actor)})
    org.put(sobject.name, {**org.live_row(sobject.name, master_id), **_touched(actor)})
    return moved


def normal_id(sobject: SObject, text: object) -> str:
    """Return the 18-character form of an id in a path or body; ``Refusal`` when it is none of this object's."""
    full = to_18(text)
    if full is None or not full.startswith(sobject.key_prefix):
        raise Refusal("MALFORMED_ID", f"{sobject.label} ID: id value of incorrect type: {text}", ("Id",))
    return full


def _defaults(actor: Actor, sobject: SObject, table: Table) -> Row:
    row: Row = {}
    for field in sobject.fields.values():
        if field.auto_number:
            row[field.name] = f"{1000 + len(table.rows) + 1:08d}"
        elif field.defaulted_on_create and field.default is not None:
            row[field.name] = _default(field)
    if "OwnerId" in sobject.fields:
        row["OwnerId"] = actor.user_id
    return row


def _default(field: Field) -> Value:
    return field.default if isinstance(field.default, str | int | float | bool) else None


def _stamps(actor: Actor) -> Row:
    return {"IsDeleted": False, "CreatedDate": actor.at, "CreatedById": actor.user_id, **_touched(actor)}


def _touched(actor: Actor) -> Row:
    return {"LastModifiedDate": actor.at, "LastModifiedById": actor.user_id, "SystemModstamp": actor.at}


def _children(org: Org, child: str, reference: str, row_id: str) -> list[str]:
    found = (row for row in org.tables[child].rows.filling(reference) if not row["IsDeleted"])
    return [str(row["Id"]) for row in found if row.get(reference) == row_id]


def _refuse_if_used(org: Org, child: str, reference: str, row: Row) -> None:
    users = _children(org, child, reference, str(row["Id"]))
    if users:
        plural = org.schema[child].label_plural.lower()
        message = f"Your attempt to delete {row.get('Name')} could not be completed because it is associated with "
        raise Refusal("DELETE_FAILED", message + f"the following {plural}.: {', '.join(users)}")


def _references_to(name: str, sobject: SObject) -> list[Field]:
    return [f for f in sobject.fields.values() if name in f.reference_to and f.name != "MasterRecordId"]


def _repoint(org: Org, actor: Actor, table: Table, reference: Field, old_id: str, new_id: str) -> list[str]:
    found = (row for row in table.rows.filling(reference.name) if row.get(reference.name) == old_id)
    moved = [row for row in found if not row["IsDeleted"]]
    for row in moved:
        org.put(table.sobject.name, {**row, reference.name: new_id, **_touched(actor)})
    return [str(row["Id"]) for row in moved]
