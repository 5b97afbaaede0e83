"""The rules of a write: what HubSpot accepts, what it refuses and what it does besides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.hubspot.sandbox.crm import Crm, end_of
from connectors.hubspot.sandbox.links import End, LinkType
from connectors.hubspot.sandbox.numbers import PORTAL_ID
from connectors.hubspot.sandbox.records import INTEGRATION, Author, Record
from connectors.hubspot.sandbox.refusals import (
    Complaint,
    Refusal,
    conflict,
    invalid_values,
    lacking,
    machinery,
    malformed,
    missing,
    rejected,
)
from connectors.hubspot.sandbox.schema import ObjectType, Property
from connectors.hubspot.sandbox.validations import refuse_broken_rules
from connectors.hubspot.sandbox.values import InvalidValueError, appended, normal, not_an_option

LIFECYCLE = "lifecyclestage"


@dataclass(frozen=True)
class NewLink:
    """One association asked for together with a new record."""

    target: End
    kinds: Sequence[LinkType]


@dataclass(frozen=True)
class Write:
    """When and by whom something is written; a person may clear what the API may not."""

    at: datetime
    author: Author = INTEGRATION


@dataclass(frozen=True)
class Plan:
    """A write that has passed every check: ``record`` is None where a new one is to be made."""

    kind: ObjectType
    record: Record | None
    changes: Mapping[str, str]
    links: Sequence[NewLink] = ()


def plan_create(crm: Crm, kind: ObjectType, given: Mapping[str, Any], links: Sequence[NewLink] = ()) -> Plan:
    """Check a new record with its associations, or refuse it as a whole."""
    changes = _accepted(crm, kind, given, None)
    filled = {**kind.defaults, **{name: value for name, value in changes.items() if value}}
    _refuse_incomplete(kind, filled)
    return Plan(kind, None, filled, links)


def plan_update(crm: Crm, record: Record, given: Mapping[str, Any]) -> Plan:
    """Check a change of a record, or refuse it as a whole; 423 while it is in use elsewhere."""
    if crm.is_locked(record):
        raise machinery(423)
    return Plan(record.kind, record, _accepted(crm, record.kind, given, record))


def carry_out(crm: Crm, plan: Plan, write: Write) -> Record:
    """Do what was planned, with all its consequences for associated records."""
    return _create(crm, plan, write) if plan.record is None else _update(crm, plan.record, plan.changes, write)


def _create(crm: Crm, plan: Plan, write: Write) -> Record:
    record = crm.shelf(plan.kind).new(write.at)
    crm.shelf(plan.kind).add(record)
    crm.remember(record, {}, write.at)
    _put_all(crm, record, plan.changes, write)
    displaced = [
        end for link in plan.links for each in link.kinds for end in crm.links.add(end_of(record), link.target, each)
    ]
    crm.settle(record, write.at, {link.target for link in plan.links})
    for end in displaced:
        crm.touch(crm.at_end(end), write.at)
    return record


def _update(crm: Crm, record: Record, changes: Mapping[str, str], write: Write) -> Record:
    crm.remember(record, record.properties, write.at)
    _put_all(crm, record, changes, write)
    crm.settle(record, write.at)
    return record


def refuse_clashes(plans: Sequence[Plan]) -> None:
    """Refuse a batch two of whose rows claim the same unique value."""
    claimed: set[tuple[str, str]] = set()
    for plan in plans:
        for name in plan.kind.unique_names():
            claim = (name, plan.changes.get(name, "").lower())
            if claim[1] and claim in claimed:
                raise conflict(f"Two inputs of the batch have the same {name}")
            claimed.add(claim)


def archive(crm: Crm, record: Record, write: Write) -> None:
    """Move a record to the recycle bin; the stamp stays, associations end, and e-mails are gone for good."""
    for name in record.kind.unique_names():
        crm.unique.pop((record.kind.name, name, record.properties.get(name, "").lower()), None)
    crm.recycled[end_of(record)] = [(end, list(kinds)) for end, kinds in crm.links.partners(end_of(record))]
    former = crm.links.detach(end_of(record))
    record.put_away(write.at)
    if record.kind.name == "emails":
        crm.shelf(record.kind).drop(record)
    for partner in former:
        crm.touch(crm.at_end(partner), write.at)


def restore(crm: Crm, record: Record, write: Write) -> None:
    """Take a record out of the recycle bin, with its associations; whether its stamp moves is not documented."""
    if record.archived_at is None:
        raise rejected(f"{record.kind.singular} {record.id} is not archived")
    taken = [
        name
        for name in record.kind.unique_names()
        if (record.kind.name, name, record.properties.get(name, "").lower()) in crm.unique
    ]
    if taken:
        raise conflict(f"Another record has the same {', '.join(taken)}")
    record.put_away(None)
    for name in record.kind.unique_names():
        if name in record.properties:
            crm.unique[record.kind.name, name, record.properties[name].lower()] = record.id
    for end, kinds in crm.recycled.pop(end_of(record), []):
        if (partner := crm.shelves[end.type].get(end.id)) and partner.archived_at is None:
            for kind in kinds:
                crm.links.add(end_of(record), end, kind)
    if crm.behaviour.restore_moves_stamp:
        crm.touch(record, write.at)


def find_record(crm: Crm, kind: ObjectType, record_id: str, id_property: str | None) -> Record | None:
    """The live record of an id or of a unique property's value; ids of merged records are not followed."""
    if id_property in (None, "", "hs_object_id"):
        record = crm.shelf(kind).get(record_id)
    else:
        _refuse_not_unique(kind, str(id_property))
        owner = crm.unique.get((kind.name, str(id_property), record_id.lower()))
        record = crm.shelf(kind).get(owner) if owner else None
    return record if record is not None and record.archived_at is None else None


def new_links(crm: Crm, kind: ObjectType, given: Any) -> list[NewLink]:
    """Read the ``associations`` of a create body; refuses unknown types and partners that do not exist."""
    if not isinstance(given, list):
        raise malformed("associations must be a list")
    return [_new_link(crm, kind, row) for row in given]


def _new_link(crm: Crm, kind: ObjectType, row: Any) -> NewLink:
    try:
        target_id = str(row["to"]["id"])
        specs = [(str(spec["associationCategory"]), int(spec["associationTypeId"])) for spec in row["types"]]
    except (KeyError, TypeError, ValueError) as problem:
        raise malformed("an association needs to.id and types[].associationCategory and associationTypeId") from problem
    target_type = _target_type(crm, kind, specs)
    kinds = [crm.links.known(kind.name, target_type, *spec) for spec in specs]
    crm.live(crm.schema.find(target_type), target_id)
    return NewLink(End(target_type, target_id), kinds)


def _target_type(crm: Crm, kind: ObjectType, specs: Sequence[tuple[str, int]]) -> str:
    for name in crm.shelves:
        if any((each.category, each.type_id) in specs for each in crm.links.between(kind.name, name)):
            return name
    raise rejected(f"No association type of {specs} starts at {kind.name}", code="INVALID_ASSOCIATION_TYPE")


def _accepted(crm: Crm, kind: ObjectType, given: Mapping[str, Any], record: Record | None) -> dict[str, str]:
    """The changes in normal form, empty text where a property is cleared; refuses with every complaint at once."""
    changes: dict[str, str] = {}
    complaints: list[Complaint] = []
    for name, raw in given.items():
        text = _text(name, raw)
        if text is None:  # null says nothing, only empty text clears
            continue
        try:
            changes[name] = _value(crm, kind, name, text, record)
        except InvalidValueError as problem:
            complaints.append(problem.about(name))
    if complaints:
        raise invalid_values(complaints)
    _hold_lifecycle(crm, changes, record)
    _refuse_taken(crm, kind, changes, record)
    return changes


def _text(name: str, raw: Any) -> str | None:
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if raw is None or isinstance(raw, str):
        return raw
    if isinstance(raw, int | float):
        return str(raw)
    raise malformed(f"Cannot deserialize value of type `java.lang.String` for property {name}")


def _value(crm: Crm, kind: ObjectType, name: str, text: str, record: Record | None) -> str:
    prop = kind.live(name)
    if prop is None:
        raise InvalidValueError("PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist')
    if prop.is_read_only:
        raise InvalidValueError("READ_ONLY_VALUE", f'"{name}" is a read only property; its value cannot be set.')
    if not text:
        return ""
    value = normal(prop, appended(prop, text, record.properties.get(name) if record else None))
    _refuse_dangling(crm, kind, prop, value)
    if crm.behaviour.validation_rules_bind_the_api:
        refuse_broken_rules(prop, value)
    return value


def _refuse_dangling(crm: Crm, kind: ObjectType, prop: Property, value: str) -> None:
    if prop.refers == "OWNER" and value not in crm.account.owners:
        raise InvalidValueError("INVALID_OWNER_ID", f"{value} is not a valid owner id")
    if prop.refers in ("PIPELINE", "STAGE"):
        options = crm.account.options_of(kind.name, prop)
        if value not in options:
            raise not_an_option(value, options)


def _hold_lifecycle(crm: Crm, changes: dict[str, str], record: Record | None) -> None:
    """The API moves the lifecycle stage forward only; to go back one has to clear it first."""
    new, old = changes.get(LIFECYCLE), record.properties.get(LIFECYCLE) if record else None
    if not (new and old and record):
        return
    order = list(record.kind.properties[LIFECYCLE].options)
    if order.index(new) >= order.index(old):
        return
    if crm.behaviour.refuse_backward_lifecycle:
        message = f"{new} is before {old}: the lifecycle stage can only be moved forward"
        raise invalid_values([Complaint("INVALID_LIFECYCLE_STAGE", message, LIFECYCLE)])
    del changes[LIFECYCLE]


def _refuse_taken(crm: Crm, kind: ObjectType, changes: Mapping[str, str], record: Record | None) -> None:
    for name in kind.unique_names():
        value = changes.get(name)
        owner = crm.unique.get((kind.name, name, value.lower())) if value else None
        if owner is None or (record is not None and owner == record.id):
            continue
        if kind.name == "contacts" and name == "email":
            raise conflict(f"Contact already exists. Existing ID: {owner}")
        message = f"{value} is already the value of {name} of {kind.singular} {owner}"
        raise invalid_values([Complaint("CONFLICTING_UNIQUE_VALUE", message, name)])


def _refuse_incomplete(kind: ObjectType, filled: Mapping[str, str]) -> None:
    absent = [name for name in kind.needs if name not in filled]
    if absent:
        raise lacking(kind.singular, absent)
    if kind.needs_any and not any(name in filled for name in kind.needs_any):
        raise lacking(kind.singular, kind.needs_any)


def _refuse_not_unique(kind: ObjectType, name: str) -> None:
    if name not in kind.unique_names():
        raise not_unique(kind, name)


def not_unique(kind: ObjectType, name: str) -> Refusal:
    """The refusal to find a record by a property that does not single one out; a record's id is none to HubSpot."""
    text = f"Unable to perform update/upsert by non-unique {kind.type_id} property {name} in portal ID {PORTAL_ID}"
    return rejected(text)


def _put_all(crm: Crm, record: Record, changes: Mapping[str, str], write: Write) -> None:
    unique = set(record.kind.unique_names())
    for name, value in changes.items():
        old = record.properties.get(name, "")
        if record.put(name, value, write.at, write.author) and name in unique:
            crm.unique.pop((record.kind.name, name, old.lower()), None)
            if value:
                crm.unique[(record.kind.name, name, value.lower())] = record.id


def to_update(crm: Crm, kind: ObjectType, record_id: str, id_property: str | None) -> Record:
    """The record a single read or update names; here, unlike in batches, an id from before a merge still leads on."""
    record = find_record(crm, kind, record_id, id_property)
    if record is None and not id_property:
        record = crm.shelf(kind).follow(record_id)
    if record is None or record.archived_at is not None:
        raise missing()
    return record
