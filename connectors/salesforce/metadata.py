"""Inlay's fields in the words of Salesforce's metadata, for the Tooling API and for deployments alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.sdk import FieldFacts, WantedField

OWN_PREFIX = "Inlay_"
"""Fields so named are Inlay's own; others were there before, and stay."""

# Tasks and events share their custom fields, which are defined on Activity but granted on each.
DEFINED_ON = {"Task": "Activity", "Event": "Activity"}

TYPES: Mapping[str, Mapping[str, Any]] = {
    "text": {"type": "Text", "length": 255},
    "long_text": {"type": "LongTextArea", "length": 32_768, "visibleLines": 6},
    "number": {"type": "Number", "precision": 18, "scale": 2},
    "percent": {"type": "Percent", "precision": 5, "scale": 2},
    "currency": {"type": "Currency", "precision": 18, "scale": 2},
    "date": {"type": "Date"},
    "datetime": {"type": "DateTime"},
    "picklist": {"type": "Picklist"},
    "checkbox": {"type": "Checkbox", "defaultValue": "false"},
    "url": {"type": "Url"},
    "key": {"type": "Text", "length": 80, "unique": True, "externalId": True, "caseSensitive": True},
}
DESCRIBED_AS: Mapping[str, frozenset[str]] = {
    "text": frozenset({"string", "textarea", "picklist", "url"}),
    "long_text": frozenset({"textarea"}),
    "number": frozenset({"double", "int", "percent", "currency"}),
    "percent": frozenset({"percent", "double"}),
    "currency": frozenset({"currency", "double"}),
    "date": frozenset({"date"}),
    "datetime": frozenset({"datetime"}),
    "picklist": frozenset({"picklist", "string"}),
    "checkbox": frozenset({"boolean"}),
    "url": frozenset({"url", "string"}),
    "key": frozenset({"string"}),
}


def definition(wanted: WantedField) -> str:
    """Return the full name under which a field is defined, as ``Activity.Inlay_Key__c``."""
    return f"{DEFINED_ON.get(wanted.stream, wanted.stream)}.{wanted.name}"


def field_metadata(wanted: WantedField) -> dict[str, Any]:
    """Return a field as the Tooling API and a deployment want to be told of it."""
    metadata: dict[str, Any] = {"label": wanted.label[:40], **TYPES[wanted.type]}
    if wanted.help:
        metadata["inlineHelpText"] = wanted.help[:510]
        metadata["description"] = f"Filled in by Inlay. {wanted.help}"[:1000]
    if wanted.type == "picklist":
        values = [{"valueName": option, "label": option, "default": False} for option in wanted.options]
        metadata["valueSet"] = {"restricted": True, "valueSetDefinition": {"sorted": False, "value": values}}
    return metadata


def lacking_options(wanted: WantedField, known: FieldFacts) -> list[str]:
    """Return the options that a restricted picklist of the org lacks."""
    return [one for one in wanted.options if one not in known.options] if known.options is not None else []
