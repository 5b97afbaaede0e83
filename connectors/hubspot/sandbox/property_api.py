"""The endpoints of properties and property groups: how an account's schema is read and extended."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.hubspot.sandbox.calls import Answer, Call, batch, field, objects, whole_number
from connectors.hubspot.sandbox.crm import Crm
from connectors.hubspot.sandbox.refusals import Refusal, conflict, missing, rejected
from connectors.hubspot.sandbox.schema import BOOLEAN_OPTIONS, FIELD_TYPES, ObjectType, Property
from connectors.hubspot.sandbox.values import stamp

MOST_UNIQUE = 10
_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")


def shown_property(crm: Crm, kind: ObjectType, prop: Property) -> dict[str, Any]:
    """A property as the properties API shows it."""
    own = not prop.is_hubspot_defined
    body = {
        "name": prop.name,
        "label": prop.label,
        "type": prop.type,
        "fieldType": prop.field_type,
        "description": prop.description,
        "groupName": prop.group,
        "options": _shown_options(crm, kind, prop),
        "displayOrder": prop.order,
        "calculated": prop.is_calculated,
        "externalOptions": prop.refers == "OWNER",
        "hasUniqueValue": prop.is_unique and own,
        "hidden": prop.is_hidden,
        "hubspotDefined": prop.is_hubspot_defined,
        "formField": prop.form_field,
        "archived": prop.archived_at is not None,
        "modificationMetadata": {
            "archivable": own,
            "readOnlyDefinition": not own,
            "readOnlyValue": prop.is_read_only,
            **({} if own else {"readOnlyOptions": True}),
        },
    }
    optional = {
        "referencedObjectType": "OWNER" if prop.refers == "OWNER" else None,
        "showCurrencySymbol": True if prop.shows_currency else None,
        "createdAt": stamp(prop.created_at) if prop.created_at else None,
        "updatedAt": stamp(prop.updated_at) if prop.updated_at else None,
        "archivedAt": stamp(prop.archived_at) if prop.archived_at else None,
    }
    return {**body, **{key: value for key, value in optional.items() if value is not None}}


def _shown_options(crm: Crm, kind: ObjectType, prop: Property) -> list[dict[str, Any]]:
    return [
        {"label": label, "value": value, "displayOrder": order, "hidden": value in prop.hidden_options}
        for order, (value, label) in enumerate(crm.account.options_of(kind.name, prop).items())
    ]


def list_properties(crm: Crm, call: Call, kind: ObjectType) -> Answer:
    """Every property of an object type, without pages."""
    archived = call.flag("archived")
    found = [prop for prop in kind.properties.values() if (prop.archived_at is not None) is archived]
    return Answer({"results": [shown_property(crm, kind, prop) for prop in found]}, rows=len(found))


def read_property(crm: Crm, call: Call, kind: ObjectType, name: str) -> Answer:
    """One property by name, an archived one only where that is asked for."""
    found = _named(kind, name, archived=call.flag("archived"))
    return Answer(shown_property(crm, kind, found if found is not None else kind.known(name)), rows=1)


def _named(kind: ObjectType, name: str, *, archived: bool) -> Property | None:
    found = kind.properties.get(name)
    return found if found is not None and (found.archived_at is not None) is archived else None


def create_property(crm: Crm, call: Call, kind: ObjectType) -> Answer:
    """A property of the account's own: 201."""
    prop = checked_property(kind, call.body(), crm.clock.now())
    kind.properties[prop.name] = prop
    return Answer(shown_property(crm, kind, prop), 201, 1)


def update_property(crm: Crm, call: Call, kind: ObjectType, name: str) -> Answer:
    """Another label, description, place, option list or type; the name never changes."""
    prop = kind.known(name)
    if prop.is_hubspot_defined:
        raise rejected(f"Property {name} is defined by HubSpot and cannot be edited", code="READ_ONLY_DEFINITION")
    body = call.body()
    if "groupName" in body:
        kind.refuse_without_group(str(body["groupName"]))
    data_type, field_type = body.get("type", prop.type), body.get("fieldType", prop.field_type)
    _refuse_ill_matched(str(data_type), str(field_type))
    if "options" in body:
        prop.options, prop.hidden_options = _options(objects(body, "options")), _hidden(body)
    prop.type, prop.field_type = data_type, field_type
    for told, attribute in _CHANGEABLE.items():
        setattr(prop, attribute, body.get(told, getattr(prop, attribute)))
    prop.updated_at = crm.clock.now()
    return Answer(shown_property(crm, kind, prop), rows=1)


# What of a property may be changed as it is given: field of the body, attribute.
_CHANGEABLE = {
    "label": "label",
    "description": "description",
    "groupName": "group",
    "displayOrder": "order",
    "hidden": "is_hidden",
    "formField": "form_field",
    "showCurrencySymbol": "shows_currency",
}


def _refuse_ill_matched(data_type: str, field_type: str) -> None:
    if field_type not in FIELD_TYPES.get(data_type, ()):
        raise rejected(f"fieldType {field_type} is not valid for type {data_type}", code="INVALID_FIELD_TYPE")


def _hidden(given: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(str(row.get("value")) for row in objects(given, "options") if row.get("hidden"))


def archive_property(crm: Crm, _call: Call, kind: ObjectType, name: str) -> Answer:
    """Archive a property of the account's own: 204, whatever its state before."""
    _archive(crm, kind, name)
    return Answer(status=204, rows=1)


def _archive(crm: Crm, kind: ObjectType, name: str) -> None:
    prop = kind.live(name)
    if prop is not None and prop.is_hubspot_defined:
        raise rejected(f"Property {name} is defined by HubSpot and cannot be archived", code="READ_ONLY_DEFINITION")
    if prop is not None:
        prop.archived_at = crm.clock.now()


def batch_create_properties(crm: Crm, call: Call, kind: ObjectType) -> Answer:
    """Several new properties: 201, or 207 where some were refused."""
    results, errors = [], []
    for row in call.inputs():
        try:
            prop = checked_property(kind, row, crm.clock.now())
        except Refusal as refusal:
            errors.append(refusal.row({"name": [str(row.get("name"))]}))
            continue
        kind.properties[prop.name] = prop
        results.append(shown_property(crm, kind, prop))
    return batch(results, errors, crm.clock.now(), status=201)


def batch_read_properties(crm: Crm, call: Call, kind: ObjectType) -> Answer:
    """Several properties by name; those that do not exist are error rows."""
    names, archived = [str(field(row, "name")) for row in call.inputs()], bool(call.body().get("archived"))
    found = [prop for name in names if (prop := _named(kind, name, archived=archived)) is not None]
    absent = [name for name in names if _named(kind, name, archived=archived) is None]
    refusal = Refusal(404, "Some properties do not exist", "OBJECT_NOT_FOUND", context={"name": absent})
    return batch(
        [shown_property(crm, kind, prop) for prop in found], [refusal.row({})] if absent else [], crm.clock.now()
    )


def batch_archive_properties(crm: Crm, call: Call, kind: ObjectType) -> Answer:
    """Archive several properties: 204."""
    inputs = call.inputs()
    for row in inputs:
        _archive(crm, kind, str(field(row, "name")))
    return Answer(status=204, rows=len(inputs))


def checked_property(kind: ObjectType, given: Mapping[str, Any], at: datetime) -> Property:
    """The new property that a body describes; refuses impossible names, types, groups and option lists."""
    name, data_type, field_type = (str(field(given, key)) for key in ("name", "type", "fieldType"))
    if not _NAME.fullmatch(name):
        raise rejected(f"{name} is not a valid property name", code="INVALID_PROPERTY_NAME")
    _refuse_ill_matched(data_type, field_type)
    if kind.live(name) is not None:
        raise conflict(f"A property named '{name}' already exists.")
    kind.refuse_without_group(str(field(given, "groupName")))
    _refuse_too_many_unique(kind, given)
    return Property(
        name=name,
        label=str(field(given, "label")),
        type=data_type,
        field_type=field_type,
        group=str(given["groupName"]),
        options=_needed_options(data_type, given),
        description=str(given.get("description") or ""),
        is_unique=bool(given.get("hasUniqueValue")),
        is_hubspot_defined=False,
        hidden_options=_hidden(given),
        created_at=at,
        updated_at=at,
        form_field=bool(given.get("formField")),
        shows_currency=bool(given.get("showCurrencySymbol")),
        is_hidden=bool(given.get("hidden")),
        order=whole_number(given.get("displayOrder", -1), "displayOrder"),
    )


def _refuse_too_many_unique(kind: ObjectType, given: Mapping[str, Any]) -> None:
    if given.get("hasUniqueValue"):
        own = [name for name in kind.unique_names() if not kind.properties[name].is_hubspot_defined]
        if len(own) >= MOST_UNIQUE:
            raise rejected(f"At most {MOST_UNIQUE} unique properties are allowed", code="TOO_MANY_UNIQUE_PROPERTIES")
        if given["type"] not in ("string", "number"):
            raise rejected(f"A {given['type']} property cannot be unique", code="INVALID_UNIQUE_TYPE")


def _needed_options(data_type: str, given: Mapping[str, Any]) -> dict[str, str]:
    options = _options(objects(given, "options"))
    if data_type == "bool":
        return options or dict(BOOLEAN_OPTIONS)
    return options if data_type == "enumeration" else {}


def _options(given: list[Any]) -> dict[str, str]:
    options: dict[str, str] = {}
    for row in given:
        value = str(field(row, "value"))
        field(row, "hidden")
        if value in options:
            raise rejected(f"Option value {value} occurs twice", code="DUPLICATE_OPTION")
        options[value] = str(field(row, "label"))
    return options


def list_groups(_crm: Crm, _call: Call, kind: ObjectType) -> Answer:
    """The property groups of an object type."""
    return Answer({"results": [_group(kind, name) for name in kind.groups]}, rows=len(kind.groups))


def read_group(_crm: Crm, _call: Call, kind: ObjectType, name: str) -> Answer:
    """One property group."""
    _refuse_unknown_group(kind, name)
    return Answer(_group(kind, name), rows=1)


def create_group(_crm: Crm, call: Call, kind: ObjectType) -> Answer:
    """A new property group: 201."""
    body = call.body()
    name = str(field(body, "name"))
    if name in kind.groups:
        raise conflict(f"A property group named '{name}' already exists.")
    kind.groups[name] = str(field(body, "label"))
    kind.group_order[name] = whole_number(body.get("displayOrder", -1), "displayOrder")
    return Answer(_group(kind, name), 201, 1)


def update_group(_crm: Crm, call: Call, kind: ObjectType, name: str) -> Answer:
    """Another label or place for a property group: 200."""
    _refuse_unknown_group(kind, name)
    body = call.body()
    kind.groups[name] = str(body.get("label", kind.groups[name]))
    kind.group_order[name] = whole_number(body.get("displayOrder", kind.group_order.get(name, -1)), "displayOrder")
    return Answer(_group(kind, name), rows=1)


def _refuse_unknown_group(kind: ObjectType, name: str) -> None:
    if name not in kind.groups:
        raise missing(f'Property group "{name}" does not exist')


def archive_group(_crm: Crm, _call: Call, kind: ObjectType, name: str) -> Answer:
    """Take an empty property group away: 204."""
    if any(prop.group == name and prop.archived_at is None for prop in kind.properties.values()):
        raise rejected(f"Property group {name} still has properties", code="GROUP_NOT_EMPTY")
    kind.groups.pop(name, None)
    return Answer(status=204, rows=1)


def _group(kind: ObjectType, name: str) -> dict[str, Any]:
    return {"name": name, "label": kind.groups[name], "displayOrder": kind.group_order.get(name, -1), "archived": False}
