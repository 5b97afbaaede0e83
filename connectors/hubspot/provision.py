"""Makes Inlay's properties exist, together in a group of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.hubspot.client import PROPERTIES, HubSpotClient, Json
from connectors.hubspot.discovery import Discovery
from connectors.hubspot.refusals import VendorRefusal
from core.sdk import BugError, Finding, ProvisionStep, WantedField

GROUP, GROUP_LABEL = "inlay", "Inlay"
MAKE_GROUP, CREATE, EXTEND = "create_group", "create_property", "extend_options"

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

    def plan(self, wanted: Sequence[WantedField]) -> list[ProvisionStep]:
        """The steps still needed: first the groups, then the properties, then options that lists lack."""
        missing = [one for one in wanted if one.name not in self._discovery.properties(one.stream)]
        present = [one for one in wanted if one.name in self._discovery.properties(one.stream)]
        groups = [
            _group_step(name) for name in dict.fromkeys(one.stream for one in missing) if not self._has_group(name)
        ]
        return [*groups, *map(_create_step, missing), *filter(None, map(self._extension, present))]

    def carry_out(self, step: ProvisionStep) -> None:
        """Take one step; one that was taken before changes nothing."""
        if step.kind == MAKE_GROUP:
            stream = step.name.partition(" ")[0]
            self._make(f"{PROPERTIES}/{stream}/groups", {"name": GROUP, "label": GROUP_LABEL, "displayOrder": -1})
            return
        if step.field is None:
            raise BugError(f"a provision step of kind {step.kind} names no field", where=step.name)
        if step.kind == CREATE:
            self._make(f"{PROPERTIES}/{step.field.stream}", _definition(step.field))
        else:
            self._extend(step.field)
        self._discovery.forget(step.field.stream)

    def _make(self, path: str, body: Json) -> None:
        try:
            self._client.post(path, body)
        except VendorRefusal as refusal:
            if refusal.status != 409:  # what exists already is as good as made
                raise

    def _has_group(self, stream: str) -> bool:
        groups = self._client.get(f"{PROPERTIES}/{stream}/groups").body["results"]
        return any(group["name"] == GROUP and not group.get("archived") for group in groups)

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

    def _extend(self, wanted: WantedField) -> None:
        path = f"{PROPERTIES}/{wanted.stream}/{wanted.name}"
        options = self._client.get(path).body["options"]
        present = {option["value"] for option in options}
        added = [row for row in _options(wanted) if row["value"] not in present]
        if added:
            self._client.call("PATCH", path, body={"options": [*options, *added]})


def _group_step(stream: str) -> ProvisionStep:
    summary = f"create the property group “{GROUP_LABEL}” for {stream}"
    return ProvisionStep(f"{stream} group", MAKE_GROUP, summary, 1)


def _create_step(wanted: WantedField) -> ProvisionStep:
    name = f"{wanted.stream}.{wanted.name}"
    shape = _TYPES[wanted.type]
    summary = f"create the property {name} ({shape['type']}, “{wanted.label}”)"
    return ProvisionStep(f"create {name}", CREATE, summary, 1, wanted)


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
