"""The Tooling API's CustomField: how an integration adds fields to objects, and removes them again."""

from __future__ import annotations

from connectors.salesforce.sandbox.calls import Call, Result
from connectors.salesforce.sandbox.errors import Refusal, not_found
from connectors.salesforce.sandbox.metadata import field_from
from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.schema import SObject
from connectors.salesforce.sandbox.site import Site
from connectors.salesforce.sandbox.soql.run import Record, attributes
from connectors.salesforce.sandbox.table import Row

# Tasks and events are refused: what they share is defined on Activity.
_SHARED = {"Activity": ("Task", "Event")}
_NOT_EXTENSIBLE = frozenset({"Task", "Event"})


def create_field(site: Site, call: Call) -> Result:
    """Add a custom field. Nobody sees it until a permission set grants it, its maker included."""
    _check_right(site)
    body = call.body()
    object_name, _, name = str(body.get("FullName", "")).partition(".")
    metadata = body.get("Metadata")
    if not isinstance(metadata, dict):
        raise Refusal("REQUIRED_FIELD_MISSING", "Required fields are missing: [Metadata]", ("Metadata",))
    targets = targets_of(site.org, object_name)
    new = field_from(name, metadata)
    for target in targets:
        if target.find(name):
            raise Refusal("DUPLICATE_DEVELOPER_NAME", f"There is already a field named {name} on {object_name}.")
    for target in targets:
        target.add(new)
    return _created(_record_field(site, call, object_name, name, metadata))


def read_field(site: Site, call: Call, row_id: str) -> Result:
    """Read one field's definition with its metadata."""
    row = _row(site.org, row_id)
    record: Record = {"attributes": attributes(call.version, "CustomField", row)}
    record.update(row)
    record["FullName"] = f"{row['TableEnumOrId']}.{row['DeveloperName']}__c"
    record["Metadata"] = site.org.field_metadata[str(row["Id"])]
    return Result(200, record, rows=1)


def change_field(site: Site, call: Call, row_id: str) -> Result:
    """Replace a field's metadata: label, help text, options, lengths."""
    _check_right(site)
    row = _row(site.org, row_id)
    metadata = call.body().get("Metadata")
    if not isinstance(metadata, dict):
        raise Refusal("REQUIRED_FIELD_MISSING", "Required fields are missing: [Metadata]", ("Metadata",))
    changed = field_from(f"{row['DeveloperName']}__c", metadata)
    for target in targets_of(site.org, str(row["TableEnumOrId"])):
        target.add(changed)
        site.org.tables[target.name].drop_index(changed.name)
    site.org.field_metadata[str(row["Id"])] = metadata
    return Result(204, rows=1)


def delete_field(site: Site, _call: Call, row_id: str) -> Result:
    """Remove a field, its values and its permissions."""
    _check_right(site)
    row = _row(site.org, row_id)
    name = f"{row['DeveloperName']}__c"
    for target in targets_of(site.org, str(row["TableEnumOrId"])):
        target.remove(name)
        site.org.tables[target.name].forget_field(name)
        _withdraw_permissions(site.org, f"{target.name}.{name}")
    del site.org.tables["CustomField"].rows[str(row["Id"])]
    return Result(204, rows=1)


def _check_right(site: Site) -> None:
    if not site.may_customize:
        message = "You do not have the right to do this: Customize Application is required"
        raise Refusal("INSUFFICIENT_ACCESS", message, status=403)


def targets_of(org: Org, object_name: str) -> list[SObject]:
    """Return the objects on which a field of ``object_name`` is defined; ``Activity`` stands for two."""
    names = _SHARED.get(object_name, (object_name,))
    found = [org.find(name) for name in names]
    if object_name in _NOT_EXTENSIBLE or None in found:
        message = f"Entity Enumeration Or ID: bad value for restricted picklist field: {object_name}"
        raise Refusal("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, ("TableEnumOrId",))
    return [one for one in found if one]


def _record_field(site: Site, call: Call, object_name: str, name: str, metadata: Record) -> str:
    table = site.org.tables["CustomField"]
    actor = site.org.act(call.user_id)
    row: Row = {
        "Id": table.next_id(),
        "IsDeleted": False,
        "DeveloperName": name.removesuffix("__c"),
        "TableEnumOrId": object_name,
        "NamespacePrefix": None,
        "InlineHelpText": _text(metadata, "inlineHelpText"),
        "Description": _text(metadata, "description"),
        "CreatedDate": actor.at,
        "CreatedById": actor.user_id,
        "LastModifiedDate": actor.at,
        "LastModifiedById": actor.user_id,
        "SystemModstamp": actor.at,
    }
    table.put(row)
    site.org.field_metadata[str(row["Id"])] = metadata
    return str(row["Id"])


def _text(metadata: Record, name: str) -> str | None:
    return str(metadata[name]) if metadata.get(name) else None


def _created(row_id: str) -> Result:
    return Result(201, {"id": row_id, "success": True, "errors": [], "warnings": [], "infos": []}, rows=1)


def _row(org: Org, row_id: str) -> Row:
    row = next((one for key, one in org.tables["CustomField"].rows.items() if key.startswith(row_id[:15])), None)
    if row is None or len(row_id) < 15:
        raise not_found()
    return row


def _withdraw_permissions(org: Org, full_name: str) -> None:
    table = org.tables["FieldPermissions"]
    for row_id in [key for key, row in table.rows.items() if row["Field"] == full_name]:
        del table.rows[row_id]
    org.access.forget()
