"""Object types of the account's own: the schemas API, and what a new type brings with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connectors.hubspot.sandbox.calls import Answer, Call, field, names_in, objects
from connectors.hubspot.sandbox.crm import Crm
from connectors.hubspot.sandbox.links import LinkType
from connectors.hubspot.sandbox.numbers import PORTAL_ID
from connectors.hubspot.sandbox.property_api import checked_property, shown_property
from connectors.hubspot.sandbox.refusals import conflict, malformed, missing, rejected
from connectors.hubspot.sandbox.schema import ObjectType
from connectors.hubspot.sandbox.values import stamp

MOST_TYPES = 10
_NAME = re.compile(r"[a-z][a-z0-9_]{0,49}", re.IGNORECASE)
_FIRST_TYPE = 3_400_118
# Every type can be associated with these without asking.
_ACTIVITIES = ("calls", "emails", "meetings", "notes", "tasks")


def list_schemas(crm: Crm, call: Call) -> Answer:
    """The types of the account's own; an archived one is gone from the sandbox, so ``archived`` finds none."""
    found = [] if call.flag("archived") else [kind for kind in crm.schema.types.values() if kind.custom is not None]
    return Answer({"results": [_wanted(crm, kind, call.query()) for kind in found]}, rows=len(found))


def read_schema(crm: Crm, call: Call, kind: ObjectType) -> Answer:
    """One type with its properties and associations unless these are declined, HubSpot's own types too."""
    return Answer(_wanted(crm, kind, call.query()), rows=1)


def batch_read_schemas(crm: Crm, call: Call) -> Answer:
    """Several types by name or id."""
    body = call.body()
    kinds = [crm.schema.find(name) for name in names_in(body, "inputs")]
    return Answer({"results": [_wanted(crm, kind, body) for kind in kinds]}, rows=len(kinds))


# What may be declined of a type: the flag, and what is empty then.
_PARTS = {"includePropertyDefinitions": "properties", "includeAssociationDefinitions": "associations"}


def _wanted(crm: Crm, kind: ObjectType, asked: Mapping[str, Any]) -> dict[str, Any]:
    declined = [part for flag, part in _PARTS.items() if str(asked.get(flag, "true")).lower() == "false"]
    return {**_shown(crm, kind), **{part: [] for part in declined}}


def create_schema(crm: Crm, call: Call) -> Answer:
    """A new type with its properties: 201."""
    body = call.body()
    name, labels = str(field(body, "name")), field(body, "labels")
    taken = [kind for kind in crm.schema.types.values() if kind.custom is not None]
    if not isinstance(labels, Mapping):
        raise malformed("labels must be an object")
    if not _NAME.fullmatch(name):
        raise rejected(f"{name} is not a valid object type name", code="INVALID_NAME")
    if any(kind.singular == name.lower() for kind in crm.schema.types.values()):
        raise conflict(f"An object type named '{name}' already exists.")
    if len(taken) >= MOST_TYPES:
        raise rejected(f"At most {MOST_TYPES} custom object types are allowed", code="TOO_MANY_SCHEMAS")
    kind = _new_type(crm, name.lower(), {str(key): str(text) for key, text in labels.items()})
    for row in objects(body, "properties"):
        prop = checked_property(kind, {"groupName": kind.group, **row}, crm.clock.now())
        kind.properties[prop.name] = prop
    _set_roles(kind, body)
    crm.open(kind, kind.singular, f"p_{kind.singular}")
    for partner in dict.fromkeys((*_ACTIVITIES, *names_in(body, "associatedObjects"))):
        crm.links.connect(kind.name, crm.schema.find(partner).name)
    return Answer(_shown(crm, kind), 201, 1)


def _new_type(crm: Crm, name: str, labels: Mapping[str, str]) -> ObjectType:
    number = _FIRST_TYPE + 7 * sum(kind.custom is not None for kind in crm.schema.types.values())
    group = f"{name}_information"
    return ObjectType(
        name=f"p{PORTAL_ID}_{name}",
        type_id=f"2-{number}",
        singular=name,
        group=group,
        scope="crm.objects.custom",
        created="hs_createdate",
        modified="hs_lastmodifieddate",
        keys=(),
        shown=("hs_createdate", "hs_lastmodifieddate", "hs_object_id"),
        searched=(),
        needs=(),
        needs_any=(),
        defaults={},
        is_activity=False,
        is_read_only=False,
        properties=crm.schema.standing(group),
        groups={group: f"{labels.get('singular', name)} information"},
        custom={"labels": labels, "createdAt": stamp(crm.clock.now()), "primaryDisplayProperty": None},
    )


def _set_roles(kind: ObjectType, body: Mapping[str, Any]) -> None:
    """Which properties show a record, are searched and must be given; all of them must exist."""
    primary = body.get("primaryDisplayProperty")
    required, searched = names_in(body, "requiredProperties"), names_in(body, "searchableProperties")
    secondary = names_in(body, "secondaryDisplayProperties")
    for name in (*([primary] if primary else []), *required, *searched, *secondary):
        if kind.live(str(name)) is None:
            raise rejected(f"Property {name} does not exist on {kind.singular}", code="PROPERTY_DOESNT_EXIST")
    facts = kind.custom if kind.custom is not None else {}
    kind.custom = {
        **facts,
        "primaryDisplayProperty": primary or facts.get("primaryDisplayProperty"),
        "secondaryDisplayProperties": secondary or facts.get("secondaryDisplayProperties", []),
    }
    kind.needs = tuple(required) if "requiredProperties" in body else kind.needs
    kind.searched = tuple(searched) if "searchableProperties" in body else kind.searched


def update_schema(crm: Crm, call: Call, kind: ObjectType) -> Answer:
    """Other roles of properties, or other labels: 200 with what the type is, less what it consists of."""
    _refuse_hubspots_own(kind)
    body = call.body()
    _set_roles(kind, body)
    if isinstance(body.get("labels"), Mapping) and kind.custom is not None:
        kind.custom = {**kind.custom, "labels": dict(body["labels"])}
    changed = {name: value for name, value in _shown(crm, kind).items() if name not in _PARTS.values()}
    return Answer({**changed, "portalId": PORTAL_ID}, rows=1)


def delete_schema(crm: Crm, _call: Call, kind: ObjectType) -> Answer:
    """Take a type away: 204; refused while there are records of it."""
    _refuse_hubspots_own(kind)
    if any(True for _ in crm.shelf(kind).live()):
        raise rejected(f"{kind.singular} still has records and cannot be deleted", code="OBJECT_TYPE_NOT_EMPTY")
    crm.close(kind)
    return Answer(status=204, rows=1)


def associate_schema(crm: Crm, call: Call, kind: ObjectType) -> Answer:
    """Let records of the type be associated with those of another: 201."""
    target = crm.schema.find(str(field(call.body(), "toObjectTypeId")))
    if crm.links.between(kind.name, target.name):
        raise conflict(f"{kind.singular} and {target.singular} can be associated already")
    return Answer(_shown_link(crm, crm.links.connect(kind.name, target.name)), 201, 1)


def disassociate_schema(crm: Crm, _call: Call, kind: ObjectType, link: str) -> Answer:
    """Let records of two types be associated no more: 204; what was associated so is parted."""
    found = next((each for each in _plain_links(crm, kind) if str(each.type_id) == link), None)
    if found is None:
        raise missing(f"{kind.singular} has no association definition {link}")
    crm.links.delete_label(found)
    return Answer(status=204, rows=1)


def _plain_links(crm: Crm, kind: ObjectType) -> list[LinkType]:
    return [link for other in crm.schema.types for link in crm.links.between(kind.name, other) if link.label is None]


def _refuse_hubspots_own(kind: ObjectType) -> None:
    if kind.custom is None:
        raise rejected(f"{kind.name} is defined by HubSpot", code="READ_ONLY_DEFINITION")


def _shown(crm: Crm, kind: ObjectType) -> dict[str, Any]:
    facts = kind.custom if kind.custom is not None else {}
    return {
        "id": kind.type_id.partition("-")[2],
        "objectTypeId": kind.type_id,
        "name": kind.singular,
        "fullyQualifiedName": kind.name if kind.custom is not None else kind.singular.upper(),
        "labels": facts.get("labels", {"singular": kind.singular, "plural": kind.name}),
        **({"primaryDisplayProperty": primary} if (primary := facts.get("primaryDisplayProperty")) else {}),
        "secondaryDisplayProperties": facts.get("secondaryDisplayProperties", []),
        "requiredProperties": list(kind.needs),
        "searchableProperties": list(kind.searched),
        "properties": [shown_property(crm, kind, prop) for prop in kind.properties.values()],
        "associations": [_shown_link(crm, link) for link in _plain_links(crm, kind)],
        "archived": False,
        "createdAt": facts.get("createdAt", "2019-10-30T03:30:17.883Z"),
        "updatedAt": facts.get("createdAt", "2019-10-30T03:30:17.883Z"),
    }


def _shown_link(crm: Crm, link: LinkType) -> dict[str, Any]:
    return {
        "id": str(link.type_id),
        "name": link.name,
        "fromObjectTypeId": crm.schema.types[link.from_type].type_id,
        "toObjectTypeId": crm.schema.types[link.to_type].type_id,
    }
