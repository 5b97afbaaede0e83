"""Makes Inlay's properties exist, together in a group of their own, and takes them away again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connectors.hubspot.client import PROPERTIES, HubSpotClient, Json
from connectors.hubspot.discovery import Discovery
from connectors.hubspot.refusals import VendorRefusal
from core.sdk import BugError, Finding, ProvisionStep, WantedField

GROUP, GROUP_LABEL = "inlay", "Inlay"
MAKE_GROUP, CREATE, EXTEND = "create_group", "create_property", "extend_options"
REMOVE, REMOVE_GROUP = "archive_property", "archive_group"

_TYPES: Mapping[str, Mapping[str, Any]] = {
    "text": {"type": "string", "fieldType": "text"},
    "long_text": {"type": "string", "fieldType": "textarea"},
    "number": {"type": "number", "fieldType": "number"},
    "percent": {"type": "number", "fieldType": "number"},
    "currency": {"type": "number", "fieldType": "number", "showCurrencySymbol": True},
    "date": {"type": "date", "fieldType": "date"},
    "datetime": {"type": "datetime", "fieldType": "date"},
    "picklist": {"type": "enumeration", "fieldType": "select"},
    "checkbox": {"type": "bool", "fieldType": "booleancheckbox"},
    "url": {"type": "string", "fieldType": "text"},
    "key": {"type": "string", "fieldType": "text", "hasUniqueValue": True},
}
_TAKES_TEXT = frozenset({"text", "long_text", "url", "picklist", "key"})


class Provisioner:
    """Plans and carries out the changes of the account's schema that Inlay needs."""

    def __init__(self, client: HubSpotClient, discovery: Discovery) -> None:
        self._client = client
        self._discovery = discovery
        self._deeds: Mapping[str, Callable[[str, WantedField | None], None]] = {
            MAKE_GROUP: self._make_group,
            CREATE: self._create,
            EXTEND: self._extend,
            REMOVE: self._remove,
            REMOVE_GROUP: self._remove_group,
        }

    def plan(self, wanted: Sequence[WantedField]) -> list[ProvisionStep]:
        """The steps still needed: first the groups, then the properties, then options that lists lack."""
        missing = [one for one in wanted if one.name not in self._discovery.properties(one.stream)]
        present = [one for one in wanted if one.name in self._discovery.properties(one.stream)]
        groups = [
            _group_step(name) for name in dict.fromkeys(one.stream for one in missing) if not self._has_group(name)
        ]
        return [*groups, *map(_create_step, missing), *filter(None, map(self._extension, present))]

    def plan_removal(self, fields: Sequence[WantedField]) -> list[ProvisionStep]:
        """The steps that take away what Inlay made: of these properties those in its own group, then empty groups.

        HubSpot keeps an archived property and its values for 90 days, and refuses to archive one that is in use.
        """
        ours = [one for one in fields if self._discovery.learnt(one.stream).groups.get(one.name) == GROUP]
        emptied = [
            stream for stream in dict.fromkeys(one.stream for one in fields)
            if self._holds_only(stream, {one.name for one in ours if one.stream == stream}) and self._has_group(stream)
        ]  # fmt: skip
        return [*map(_remove_step, ours), *map(_remove_group_step, emptied)]

    def _holds_only(self, stream: str, names: set[str]) -> bool:
        groups = self._discovery.learnt(stream).groups
        return {name for name, group in groups.items() if group == GROUP} <= names

    def carry_out(self, step: ProvisionStep) -> None:
        """Take one step; one that was taken before changes nothing."""
        stream = step.field.stream if step.field else step.name.partition(" ")[0]
        self._deeds[step.kind](stream, step.field)
        self._discovery.forget(stream)

    def _make_group(self, stream: str, _field: WantedField | None) -> None:
        self._make(f"{PROPERTIES}/{stream}/groups", {"name": GROUP, "label": GROUP_LABEL, "displayOrder": -1})

    def _create(self, stream: str, wanted: WantedField | None) -> None:
        self._make(f"{PROPERTIES}/{stream}", _definition(_needed(wanted, stream)))

    def _remove(self, stream: str, wanted: WantedField | None) -> None:
        """Answered alike whether or not the property was there."""
        self._client.delete(f"{PROPERTIES}/{stream}/{_needed(wanted, stream).name}")

    def _remove_group(self, stream: str, _field: WantedField | None) -> None:
        if self._has_group(stream):
            self._client.delete(f"{PROPERTIES}/{stream}/groups/{GROUP}")

    def _make(self, path: str, body: Json) -> None:
        try:
            self._client.post(path, body)
        except VendorRefusal as refusal:
            if refusal.status != 409:  # what exists already is as good as made
                raise

    def _has_group(self, stream: str) -> bool:
        groups = self._client.get(f"{PROPERTIES}/{stream}/groups").rows
        return any(group.get("name") == GROUP and not group.get("archived") for group in groups)

    def _extension(self, wanted: WantedField) -> ProvisionStep | None:
        facts = self._discovery.properties(wanted.stream)[wanted.name]
        fits = facts.type == _TYPES[wanted.type]["type"] or (facts.type == "string" and wanted.type in _TAKES_TEXT)
        if not fits or not facts.can_update:
            self._discovery.notice(_unfit(wanted, facts.type), wanted.stream, wanted.name)
            return None
        lacking = [option for option in wanted.options if facts.options is not None and option not in facts.options]
        if not lacking or not facts.is_custom:
            return None
        name = f"{wanted.stream}.{wanted.name}"
        summary = f"add {', '.join(lacking)} to the options of {name}"
        return ProvisionStep(f"extend {name}", EXTEND, summary, 2, wanted)

    def _extend(self, stream: str, field: WantedField | None) -> None:
        wanted = _needed(field, stream)
        path = f"{PROPERTIES}/{stream}/{wanted.name}"
        options = self._client.get(path).part("options", list)
        present = {option["value"] for option in options}
        added = [row for row in _options(wanted) if row["value"] not in present]
        if added:
            self._client.patch(path, {"options": [*options, *added]})


def _group_step(stream: str) -> ProvisionStep:
    summary = f"create the property group “{GROUP_LABEL}” for {stream}"
    return ProvisionStep(f"{stream} group", MAKE_GROUP, summary, 1)


def _create_step(wanted: WantedField) -> ProvisionStep:
    name = f"{wanted.stream}.{wanted.name}"
    shape = _TYPES[wanted.type]
    summary = f"create the property {name} ({shape['type']}, “{wanted.label}”)"
    return ProvisionStep(f"create {name}", CREATE, summary, 1, wanted)


def _remove_step(field: WantedField) -> ProvisionStep:
    name = f"{field.stream}.{field.name}"
    return ProvisionStep(f"remove {name}", REMOVE, f"archive the property {name} with all its values", 1, field)


def _remove_group_step(stream: str) -> ProvisionStep:
    summary = f"remove the empty property group “{GROUP_LABEL}” from {stream}"
    return ProvisionStep(f"{stream} group removal", REMOVE_GROUP, summary, 2)


def _needed(field: WantedField | None, stream: str) -> WantedField:
    if field is None:
        raise BugError("a provision step names no field", where=stream)
    return field


def _definition(wanted: WantedField) -> Json:
    body: Json = {
        "name": wanted.name,
        "label": wanted.label,
        "description": wanted.help,
        "groupName": GROUP,
        **_TYPES[wanted.type],
    }
    if wanted.type == "picklist":
        body["options"] = _options(wanted)
    if wanted.type == "checkbox":
        body["options"] = [
            {"label": "Yes", "value": "true", "displayOrder": 0, "hidden": False},
            {"label": "No", "value": "false", "displayOrder": 1, "hidden": False},
        ]
    return body


def _options(wanted: WantedField) -> list[Json]:
    return [
        {"label": option, "value": option, "displayOrder": order, "hidden": False}
        for order, option in enumerate(wanted.options)
    ]


def _unfit(wanted: WantedField, found: str) -> Finding:
    return Finding(
        "field_retyped",
        "error",
        f"{wanted.stream}.{wanted.name} is a {found} property that Inlay cannot fill with a {wanted.type}",
        where=f"{wanted.stream}.{wanted.name}",
        remedy="map the signal to another property, or archive this one and run `inlay provision`",
    )
