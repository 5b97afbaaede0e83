"""Turns the XML of a custom field into the metadata that the Tooling API takes as JSON."""

from __future__ import annotations

from connectors.salesforce.sandbox.envelope import Element

_LISTS = frozenset({"value", "valueSettings", "controllingFieldValue"})
_COUNTS = frozenset({"length", "precision", "scale", "visibleLines"})


def metadata_of(element: Element) -> dict[str, object]:
    """Return a field's metadata without its name."""
    found = _value(element)
    return {name: value for name, value in found.items() if name != "fullName"} if isinstance(found, dict) else {}


def _value(element: Element) -> object:
    if element.children:
        found: dict[str, object] = {}
        for child in element.children:
            if child.name in _LISTS:
                listed = found.setdefault(child.name, [])
                if isinstance(listed, list):
                    listed.append(_value(child))
            else:
                found[child.name] = _value(child)
        return found
    text = element.text.strip()
    if text in {"true", "false"} and element.name != "defaultValue":
        return text == "true"
    return int(text) if element.name in _COUNTS and text.isdigit() else text
