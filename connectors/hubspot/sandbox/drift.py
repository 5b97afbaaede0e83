"""What an administrator may do to the account's properties behind a connector's back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from connectors.hubspot.sandbox.crm import Crm
from connectors.hubspot.sandbox.schema import ObjectType, Property


def change_property(crm: Crm, kind: ObjectType, change: Mapping[str, Any]) -> Property:
    """Carry out ``change["do"]`` on the property ``change["property"]``; ``ValueError`` or ``KeyError`` if impossible.

    * ``remove``: archive it
    * ``rename``: archive it and keep its values in a new one named ``to`` (HubSpot itself never renames)
    * ``retype``: give it the type ``to`` and another ``fieldType``, with ``options`` where it needs them
    * ``drop_option``: take the option ``value`` off its list; records that have it keep it
    * ``require``: refuse new records without it
    * ``lock``: make it read-only
    """
    if change["do"] not in _CHANGES:
        raise ValueError(f"unknown change {change['do']!r}; known are {', '.join(_CHANGES)}")
    found = kind.live(change["property"])
    if found is None:
        raise ValueError(f"{kind.name} have no property {change['property']!r}")
    changed = _CHANGES[change["do"]](crm, kind, found, change)
    changed.updated_at = crm.clock.tick()
    return changed


def _remove(crm: Crm, _kind: ObjectType, prop: Property, _change: Mapping[str, Any]) -> Property:
    prop.archived_at = crm.clock.now()
    return prop


def _rename(crm: Crm, kind: ObjectType, prop: Property, change: Mapping[str, Any]) -> Property:
    new = replace(prop, name=str(change["to"]))
    kind.properties[new.name] = new
    prop.archived_at = crm.clock.now()
    for record in crm.shelf(kind).all():
        record.hold()
        if prop.name in record.properties:
            record.properties[new.name] = record.properties.pop(prop.name)
        if prop.name in record.history:
            record.history[new.name] = record.history.pop(prop.name)
    return new


def _retype(_crm: Crm, _kind: ObjectType, prop: Property, change: Mapping[str, Any]) -> Property:
    prop.type, prop.field_type = str(change["to"]), str(change["fieldType"])
    prop.options = {str(value): str(value).capitalize() for value in change.get("options", [])}
    return prop


def _drop_option(_crm: Crm, _kind: ObjectType, prop: Property, change: Mapping[str, Any]) -> Property:
    prop.options = {value: label for value, label in prop.options.items() if value != change["value"]}
    return prop


def _require(_crm: Crm, kind: ObjectType, prop: Property, _change: Mapping[str, Any]) -> Property:
    kind.needs = (*kind.needs, prop.name)
    return prop


def _lock(_crm: Crm, _kind: ObjectType, prop: Property, _change: Mapping[str, Any]) -> Property:
    prop.is_read_only = True
    return prop


_CHANGES: Mapping[str, Callable[[Crm, ObjectType, Property, Mapping[str, Any]], Property]] = {
    "remove": _remove,
    "rename": _rename,
    "retype": _retype,
    "drop_option": _drop_option,
    "require": _require,
    "lock": _lock,
}
