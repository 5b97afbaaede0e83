"""Checks and carries out a deployment: all of it, or nothing when one component is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable

from connectors.salesforce.sandbox.bundle import Component, Deployment
from connectors.salesforce.sandbox.calls import Call
from connectors.salesforce.sandbox.deploying.fields import metadata_of
from connectors.salesforce.sandbox.envelope import Element
from connectors.salesforce.sandbox.errors import Refusal
from connectors.salesforce.sandbox.metadata import field_from
from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.saving import create, update
from connectors.salesforce.sandbox.site import Site
from connectors.salesforce.sandbox.table import Row
from connectors.salesforce.sandbox.tooling import change_field, create_field, delete_field, targets_of

MOST_COMPACT_FIELDS = 10
_SHARED = {"Task": "Activity", "Event": "Activity"}


def carry_out(site: Site, user_id: str, deployment: Deployment) -> None:
    """Check every component, and deploy them when none is wrong and more than a check was asked for."""
    for component in deployment.components:
        try:
            _checked(site, deployment, component)
        except Refusal as refusal:
            deployment.problems[component.name] = refusal.message
    if deployment.succeeded and not deployment.is_check:
        for component in sorted(deployment.components, key=lambda one: one.kind != "CustomField"):
            _DEEDS.get(component.kind, _keep)(site, user_id, component)


def _checked(site: Site, deployment: Deployment, component: Component) -> None:
    if component.is_removal:
        return
    if component.content is None:
        words = f"An object '{component.name}' of type {component.kind} was named in package.xml, but was not found in"
        raise Refusal("INVALID_PACKAGE", f"{words} zipped directory")
    if component.kind == "CustomField":
        object_name, _, name = component.name.partition(".")
        targets_of(site.org, object_name)
        field_from(name, metadata_of(component.content))
    if component.kind == "PermissionSet":
        for granted in component.content.all("fieldPermissions"):
            _check_known(site.org, deployment, str(granted.value("field")), "field")
    if component.kind == "CompactLayout":
        _check_compact(site.org, deployment, component.name.partition(".")[0], component.content)


def _check_compact(org: Org, deployment: Deployment, object_name: str, content: Element) -> None:
    fields = [one.text for one in content.all("fields")]
    if not content.value("label"):
        raise Refusal("REQUIRED_FIELD_MISSING", "Required field is missing: label")
    if not 0 < len(fields) <= MOST_COMPACT_FIELDS:
        raise Refusal("LIMIT_EXCEEDED", f"A compact layout has 1 to {MOST_COMPACT_FIELDS} fields, not {len(fields)}")
    for name in fields:
        _check_known(org, deployment, f"{object_name}.{name}", "fields")


def _check_known(org: Org, deployment: Deployment, full_name: str, element: str) -> None:
    """Refuse the name of a field that the org lacks and the deployment does not bring."""
    new = {one.name for one in deployment.components if one.kind == "CustomField" and not one.is_removal}
    object_name, _, name = full_name.partition(".")
    sobject = org.find(object_name)
    is_new = full_name in new or f"{_SHARED.get(object_name, object_name)}.{name}" in new
    if sobject is None or not (sobject.find(name) or is_new):
        raise Refusal("INVALID_CROSS_REFERENCE_KEY", f"In field: {element} - no CustomField named {full_name} found")


def _deploy_field(site: Site, user_id: str, component: Component) -> None:
    row_id = _field_id(site.org, component.name)
    if component.is_removal:
        if row_id is not None:
            delete_field(site, _call(user_id, {}), row_id)
        return
    metadata = metadata_of(component.content) if component.content else {}
    if row_id is None:
        create_field(site, _call(user_id, {"FullName": component.name, "Metadata": metadata}))
    else:
        change_field(site, _call(user_id, {"Metadata": metadata}), row_id)


def _field_id(org: Org, full_name: str) -> str | None:
    object_name, _, name = full_name.partition(".")
    rows = org.tables["CustomField"].rows.stored()
    wanted = (object_name, name.removesuffix("__c"))
    return next((str(row["Id"]) for row in rows if (row["TableEnumOrId"], row["DeveloperName"]) == wanted), None)


def _call(user_id: str, body: dict[str, object]) -> Call:
    return Call("POST", "v64.0", (), {}, {}, json.dumps(body), user_id)


def _deploy_permission_set(site: Site, user_id: str, component: Component) -> None:
    org, actor = site.org, site.org.act(user_id)
    known = next((one for one in org.tables["PermissionSet"].live() if one["Name"] == component.name), None)
    if component.is_removal or component.content is None:
        if known is not None:
            org.put("PermissionSet", {**known, "IsDeleted": True})
        return
    label = component.content.value("label") or component.name
    values = {"Name": component.name, "Label": label, "Description": component.content.value("description")}
    set_id = str(known["Id"]) if known else create(org, actor, org.schema["PermissionSet"], values)
    for granted in component.content.all("fieldPermissions"):
        rights = {"PermissionsRead": granted.value("readable"), "PermissionsEdit": granted.value("editable")}
        full_name = str(granted.value("field"))
        grant: dict[str, object] = {
            "ParentId": set_id,
            "SobjectType": full_name.partition(".")[0],
            "Field": full_name,
            **rights,
        }
        _grant(site, user_id, grant)


def _grant(site: Site, user_id: str, grant: dict[str, object]) -> None:
    org, actor = site.org, site.org.act(user_id)
    table, sobject = org.tables["FieldPermissions"], org.schema["FieldPermissions"]
    key = (grant["ParentId"], grant["Field"])
    known: Row | None = next((one for one in table.live() if (one["ParentId"], one["Field"]) == key), None)
    if known is None:
        create(org, actor, sobject, grant)
    else:
        rights = {name: grant[name] for name in ("PermissionsRead", "PermissionsEdit")}
        update(org, actor, sobject, str(known["Id"]), rights)


def _keep(site: Site, _user_id: str, component: Component) -> None:
    """Remember pages, layouts and views as they were sent: nothing in the API shows what they do."""
    if component.is_removal:
        site.deployed.pop((component.kind, component.name), None)
    else:
        site.deployed[component.kind, component.name] = component.file


_DEEDS: dict[str, Callable[[Site, str, Component], None]] = {
    "CustomField": _deploy_field,
    "PermissionSet": _deploy_permission_set,
}
