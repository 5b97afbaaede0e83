"""Turns the metadata of a custom field into a field of the schema, or says what it lacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from connectors.salesforce.sandbox.errors import Refusal
from connectors.salesforce.sandbox.schema import Field

Metadata = Mapping[str, object]

LONGEST_NAME = 40


def field_from(name: str, metadata: Metadata) -> Field:
    """Return the custom field that ``metadata`` describes; ``Refusal`` in the vendor's words otherwise."""
    kind = str(metadata.get("type"))
    maker = _MAKERS.get(kind)
    if maker is None:
        raise _lacking(f"Specify a valid field type: {kind}")
    label = metadata.get("label")
    if not isinstance(label, str) or not 0 < len(label) <= LONGEST_NAME:
        raise _lacking("The label for this field is missing or exceeds the maximum of 40 characters.")
    if len(name.removesuffix("__c")) > LONGEST_NAME or not name.endswith("__c"):
        raise _lacking(f"The field name {name} must end in __c and may not exceed 40 characters.")
    return maker(name, label, metadata)


def _plain(kind: str, length: int = 0) -> Callable[[str, str, Metadata], Field]:
    def make(name: str, label: str, metadata: Metadata) -> Field:
        """Make the field."""
        return Field(
            name,
            label,
            kind,
            length=length,
            custom=True,
            nillable=not metadata.get("required"),
            help_text=_help(metadata),
        )

    return make


def _text(name: str, label: str, metadata: Metadata) -> Field:
    return Field(
        name,
        label,
        "string",
        length=_count(metadata, "length", 1, 255),
        custom=True,
        nillable=not metadata.get("required"),
        unique=bool(metadata.get("unique")),
        external_id=bool(metadata.get("externalId")),
        case_sensitive=bool(metadata.get("caseSensitive")),
        help_text=_help(metadata),
    )


def _long_text(name: str, label: str, metadata: Metadata) -> Field:
    _count(metadata, "visibleLines", 2, 50)
    length = _count(metadata, "length", 256, 131_072)
    return Field(name, label, "textarea", length=length, custom=True, help_text=_help(metadata))


def _number(kind: str) -> Callable[[str, str, Metadata], Field]:
    def make(name: str, label: str, metadata: Metadata) -> Field:
        """Make the field."""
        return Field(
            name,
            label,
            kind,
            precision=_count(metadata, "precision", 1, 18),
            scale=_count(metadata, "scale", 0, 17),
            custom=True,
            nillable=not metadata.get("required"),
            unique=bool(metadata.get("unique")),
            external_id=bool(metadata.get("externalId")),
            help_text=_help(metadata),
        )

    return make


def _checkbox(name: str, label: str, metadata: Metadata) -> Field:
    if str(metadata.get("defaultValue")).lower() not in {"true", "false"}:
        raise _lacking("Must specify 'defaultValue' for a CustomField of type Checkbox")
    default = str(metadata["defaultValue"]).lower() == "true"
    return Field(
        name,
        label,
        "boolean",
        nillable=False,
        defaulted_on_create=True,
        default=default,
        custom=True,
        help_text=_help(metadata),
    )


def _picklist(kind: str) -> Callable[[str, str, Metadata], Field]:
    def make(name: str, label: str, metadata: Metadata) -> Field:
        """Make the field."""
        value_set = metadata.get("valueSet")
        definition = value_set.get("valueSetDefinition") if isinstance(value_set, dict) else None
        values = definition.get("value") if isinstance(definition, dict) else None
        if not isinstance(value_set, dict) or not isinstance(values, list) or not values:
            raise _lacking("Must specify 'valueSet' for a CustomField of type Picklist")
        named = [(str(one.get("valueName") or one.get("fullName")), one.get("isActive") is not False) for one in values]
        controller = value_set.get("controllingField")
        return Field(
            name,
            label,
            kind,
            length=255,
            options=tuple(name for name, _ in named),
            inactive=frozenset(name for name, is_active in named if not is_active),
            controller=str(controller) if controller else None,
            valid_for=_valid_for(value_set.get("valueSettings")),
            restricted=bool(value_set.get("restricted")),
            custom=True,
            help_text=_help(metadata),
        )

    return make


def _valid_for(settings: object) -> dict[str, tuple[str, ...]]:
    """Return with which controlling values each option goes, from a list of ``valueSettings``."""
    listed = settings if isinstance(settings, list) else []
    return {str(one["valueName"]): tuple(map(str, one.get("controllingFieldValue", ()))) for one in listed}


def _count(metadata: Metadata, name: str, least: int, most: int) -> int:
    value = metadata.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise _lacking(
            f"Must specify '{name}' between {least} and {most} for a CustomField of type {metadata.get('type')}"
        )
    return value


def _help(metadata: Metadata) -> str | None:
    text = metadata.get("inlineHelpText")
    if text is not None and len(str(text)) > 510:
        raise _lacking("Inline help text may not exceed 510 characters.")
    return str(text) if text else None


def _lacking(message: str) -> Refusal:
    return Refusal("FIELD_INTEGRITY_EXCEPTION", message)


_MAKERS: dict[str, Callable[[str, str, Metadata], Field]] = {
    "Text": _text,
    "LongTextArea": _long_text,
    "TextArea": _plain("textarea", 255),
    "Number": _number("double"),
    "Currency": _number("currency"),
    "Percent": _number("percent"),
    "Checkbox": _checkbox,
    "Picklist": _picklist("picklist"),
    "MultiselectPicklist": _picklist("multipicklist"),
    "Date": _plain("date"),
    "DateTime": _plain("datetime"),
    "Url": _plain("url", 255),
    "Email": _plain("email", 80),
    "Phone": _plain("phone", 40),
}
