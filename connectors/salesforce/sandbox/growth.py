"""What an administrator adds: objects of the firm's own, formulas and roll-ups, contacts with several accounts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from connectors.salesforce.sandbox.builders import firm_owned, number, owner, read_only, text
from connectors.salesforce.sandbox.builders import naming as named_by
from connectors.salesforce.sandbox.builders import sobject as object_of
from connectors.salesforce.sandbox.metadata import field_from
from connectors.salesforce.sandbox.org import Formula, Org
from connectors.salesforce.sandbox.schema import Field, SObject
from connectors.salesforce.sandbox.table import Row
from connectors.salesforce.sandbox.values import Value


def add_object(org: Org, wanted: Mapping[str, Any]) -> SObject:
    """Add a custom object: ``{"name": "Visit__c", "label", "fields": {name: metadata}}``; its fields are open to all.

    Metadata of the type ``Lookup`` names its ``referenceTo`` and, for the way down, its ``relationshipName``.
    """
    name, label = str(wanted["name"]), str(wanted["label"])
    if not name.endswith("__c"):
        raise ValueError("the name of a custom object ends in __c")
    fields = [_field(one, metadata) for one, metadata in dict(wanted.get("fields", {})).items()]
    prefix = f"a{len([one for one in org.schema if one.endswith('__c')]):02d}"
    naming = named_by(text("Name", f"{label} Name", 80))
    new = object_of(name, (label, f"{label}s"), prefix, naming, owner(), *fields)
    org.add_object(new)
    return new


def _field(name: str, metadata: Mapping[str, Any]) -> Field:
    if metadata["type"] != "Lookup":
        return replace(field_from(name, metadata), custom=False)
    children = metadata.get("relationshipName")
    return Field(
        name,
        str(metadata["label"]),
        "reference",
        length=18,
        reference_to=(str(metadata["referenceTo"]),),
        relationship_name=name.replace("__c", "__r"),
        child_relationship=f"{children}__r" if children else None,
        nillable=not metadata.get("required"),
    )


def add_formula(org: Org, wanted: Mapping[str, Any]) -> None:
    """Add a calculated field and open it to those who see custom fields.

    ``{"field": "Account.Total__c", "label", "path": "Parent.Name"}`` shows a value of the row or of a parent;
    ``{"of": "Opportunity", "through": "AccountId", "sum": "Amount"}`` adds up children, without ``sum`` it counts them.
    """
    object_name, _, name = str(wanted["field"]).partition(".")
    sobject = org.sobject(object_name)
    rolls_up = "of" in wanted
    label = str(wanted["label"])
    plain = number(name, label, "double", 18, 2) if rolls_up else text(name, label, 1300)
    calculated = firm_owned(read_only(plain, calculated=True))
    sobject.add(calculated if rolls_up else replace(calculated, formula=str(wanted["path"])))
    org.formulas[sobject.name, name] = _roll_up(wanted) if rolls_up else _path(str(wanted["path"]))
    _grant_to_all(org, f"{sobject.name}.{name}")


def _roll_up(wanted: Mapping[str, Any]) -> Formula:
    child, through, summed = str(wanted["of"]), str(wanted["through"]), wanted.get("sum")

    def worked_out(org: Org, row: Row) -> Value:
        """Add the children of one row up."""
        found = [one for one in org.tables[child].live() if one.get(through) == row["Id"]]
        values = (one.get(str(summed)) for one in found)
        return float(len(found)) if summed is None else sum(v for v in values if isinstance(v, int | float))

    return worked_out


def _path(path: str) -> Callable[[Org, Row], Value]:
    *steps, last = path.split(".")

    def worked_out(org: Org, row: Row) -> Value:
        """Follow the path from one row."""
        here: Row | None = row
        for step in steps:
            sobject = org.schema[org.object_of(str(here["Id"])) or ""] if here else None
            reference = sobject.by_relationship(step) if sobject else None
            here = org.row(str(here.get(reference.name))) if here and reference else None
        return here.get(last) if here else None

    return worked_out


def _grant_to_all(org: Org, full_name: str) -> None:
    """Let every profile read a field, as the wizard in Setup offers."""
    table = org.tables["FieldPermissions"]
    for row in [one for one in org.tables["PermissionSet"].live() if one["IsOwnedByProfile"]]:
        stamps = {name: row[name] for name in ("CreatedDate", "CreatedById", "LastModifiedDate", "SystemModstamp")}
        grant: Row = {"Id": table.next_id(), "IsDeleted": False, "ParentId": row["Id"], "Field": full_name}
        grant.update(stamps, LastModifiedById=row["LastModifiedById"], SobjectType=full_name.partition(".")[0])
        org.put("FieldPermissions", {**grant, "PermissionsRead": True, "PermissionsEdit": False})
