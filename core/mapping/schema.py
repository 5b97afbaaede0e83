"""The JSON Schema of mapping files, made from the model, so that editors complete what the compiler understands.

``mappings/schema.json`` is its printed form; a test keeps the two alike.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any, get_args

from core.connector import FieldType
from core.mapping.forms import Shape, shapes
from core.model import RECORD_TYPES, Address, EmailAddress, Participant, Phone

CONVERTERS = (
    "text", "lower", "excerpt", "domain", "email", "url", "phone", "country", "currency", "date", "instant", "epoch_s",
    "epoch_ms", "number", "whole", "count", "percent", "fraction", "flag", "negated", "milliseconds", "minutes",
    "minor_units", "salesforce_id",
)  # fmt: skip
POLICIES = ("owned", "fill_if_empty", "newest_wins", "ask", "never")

Schema = dict[str, Any]
_NAME: Schema = {"type": "string", "minLength": 1}
_IDS: Schema = {"description": "how ids are written; Salesforce's get 18 characters", "enum": ["text", "salesforce"]}
_NULL: Schema = {"type": "null"}
_SCALAR: Schema = {"type": ["string", "number", "boolean", "null"]}


def _pattern(pattern: str) -> Schema:
    return {"type": "string", "pattern": pattern}


def _open(properties: Schema, required: list[str] | None = None) -> Schema:
    group: Schema = {"type": "object", "additionalProperties": False, "properties": properties}
    return {**group, "required": required} if required else group


def _one_of_many(single: Schema) -> Schema:
    return {"anyOf": [single, {"type": "array", "minItems": 1, "items": single}]}


def _kinds(model: type[Any], name: str) -> Schema:
    annotation = model.model_fields[name].annotation
    return {"enum": list(get_args(annotation))}


def _definitions() -> Schema:
    references: Schema = {
        "anyOf": [
            {"enum": list(RECORD_TYPES)},
            _open({"prefix": {"type": "object", "additionalProperties": {"enum": list(RECORD_TYPES)}}}, ["prefix"]),
        ]
    }
    when_value: Schema = {"anyOf": [_one_of_many(_SCALAR), _open({"not": _one_of_many(_SCALAR)}, ["not"])]}
    rule = _open(
        {
            "from": {"description": "vendor field, or several: the first filled one", **_one_of_many(_NAME)},
            "as": {"description": "converter, where the field's own is not right", "enum": list(CONVERTERS)},
            "values": {
                "description": "vendor value: canonical value",
                "type": "object",
                "additionalProperties": _SCALAR,
            },
            "otherwise": {"description": "canonical value of all values not listed", **_SCALAR},
            "ref": {"description": "record type the id points at", **references},
            "const": {"description": "a fixed value", **_SCALAR},
            "currency": {"$ref": "#/$defs/currency"},
            "default": {"description": "value where the vendor has none", **_SCALAR},
            "when": {"$ref": "#/$defs/when"},
        }
    )
    return {
        "path": _NAME,
        "when": {
            "description": "vendor field: value(s) it must have; null, `not null`, {not: …}",
            "type": "object",
            "minProperties": 1,
            "additionalProperties": when_value,
        },
        "currency": {
            "description": "vendor field with the currency, or {const: GBP}",
            "anyOf": [
                _NAME,
                _open({"const": {"description": "a currency of three capitals", **_pattern("^[A-Z]{3}$")}}, ["const"]),
            ],
        },
        "rule": {"anyOf": [_NAME, rule]},
        "scalar": {"anyOf": [_NAME, rule, {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/rule"}}, _NULL]},
        "names": _or_nothing({"type": "object", "additionalProperties": _NAME}),
        **{form: _or_nothing(_one_of_many(element)) for form, element in _elements().items()},
        "write": _or_nothing(_write()),
        "create": _or_nothing(_create()),
    }


def _write() -> Schema:
    return _open(
        {
            "signal": {
                "description": "the name of a signal, such as health.score",
                **_pattern(r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$"),
            },
            "label": _NAME,
            "type": {"enum": [kind for kind in get_args(FieldType) if kind != "key"]},
            "policy": {"enum": list(POLICIES)},
            "options": {"type": "array", "minItems": 1, "items": _NAME},
            "help": {"type": "string"},
        }
    )


def _create() -> Schema:
    value = _open(
        {
            "from": {"description": "canonical field", **_NAME},
            "ref": {"description": "canonical reference, sent as the vendor's id", **_NAME},
            "const": _SCALAR,
            "as": {"enum": ["date", "instant", "noon"]},
            "values": {"type": "object", "additionalProperties": _SCALAR},
            "otherwise": _SCALAR,
        }
    )
    link = _open({"to": {"enum": list(RECORD_TYPES)}, "ref": _NAME}, ["to"])
    return _open(
        {
            "key": _NAME,
            "fields": {"type": "object", "additionalProperties": {"anyOf": [_NAME, value]}},
            "links": {"type": "array", "items": link},
        }
    )


def _elements() -> dict[str, Schema]:
    """The elements of list fields, by the form of the field."""
    return {
        "addresses": _open(
            {"kind": _kinds(Address, "kind")}
            | {part: {"$ref": "#/$defs/path"} for part in Address.model_fields if part not in {"kind", "country_name"}}
        ),
        "emails": {"anyOf": [_NAME, _open({"address": _NAME, "kind": _kinds(EmailAddress, "kind")}, ["address"])]},
        "phones": {"anyOf": [_NAME, _open({"number": _NAME, "kind": _kinds(Phone, "kind")}, ["number"])]},
        "participants": _open(
            {
                "type": _kinds(Participant, "type"),
                "id": {"$ref": "#/$defs/rule"},
                "email": _NAME,
                "role": _kinds(Participant, "role"),
            }
        ),
        "related": {"$ref": "#/$defs/rule"},
    }


def _field(shape: Shape) -> Schema:
    return {"$ref": f"#/$defs/{shape.form if shape.is_list or shape.form == 'names' else 'scalar'}"}


def _or_nothing(schema: Schema) -> Schema:
    """An overlay takes a field out by writing ``null``."""
    return {"anyOf": [*schema.get("anyOf", [schema]), _NULL]}


def _section(record_type: str) -> Schema:
    fields = {name: _field(shape) for name, shape in shapes(record_type).items() if shape.form != "unmapped"}
    return _open(
        {
            "stream": {"description": "the vendor's object, or the CSV file (without a slash)", **_pattern("^[^/]+$")},
            "when": {"$ref": "#/$defs/when"},
            "id": _one_of_many(_NAME),
            "ids": _IDS,
            "stamp": {"anyOf": [_NAME, _NULL]},
            "under": {"anyOf": [_NAME, _NULL]},
            "required": {"type": "array", "items": {"enum": list(fields)}},
            "fields": _open(fields),
            "custom_fields": {"type": "array", "items": _NAME},
            "writes": {"type": "object", "additionalProperties": {"$ref": "#/$defs/write"}},
            "create": {"$ref": "#/$defs/create"},
        }
    )


@cache
def mapping_schema() -> Schema:
    """The schema of a whole (effective) mapping."""
    settings: Schema = {
        "extends": {"description": "the bundled mapping this one lies over", **_NAME},
        "connector": {"description": "the kind of system these records come from", **_NAME},
        "id": {"description": "vendor field that holds a record's id", **_one_of_many(_NAME)},
        "stamp": {"description": "vendor field that holds the time of the last change", **_NAME},
        "under": {"description": "the group inside the record that holds the fields", **_NAME},
        "beside": {"description": "names that stand beside that group", "type": "array", "items": _NAME},
        "flat": {"description": "field names are taken literally, dots and all", "type": "boolean"},
        "ids": _IDS,
        "currency": {"$ref": "#/$defs/currency"},
        "region": {"description": "the two-letter country of phone numbers without +", **_pattern("^[A-Z]{2}$")},
        "time_zone": {"description": "zone of times without offset", **_NAME},
        "dates": {"description": "forms of dates beside ISO, as DD/MM/YYYY HH:mm", "type": "array", "items": _NAME},
        "decimal_comma": {"description": "numbers read 1.234,50", "type": "boolean"},
    }
    sections = {f"^{record_type}(:[a-z0-9_]+)?$": _section(record_type) for record_type in RECORD_TYPES}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A mapping of Inlay: vendor records to canonical records, and signals back to vendor fields",
        "type": "object",
        "properties": settings,
        "patternProperties": sections,
        "additionalProperties": False,
        "$defs": _definitions(),
    }


def printed_schema() -> str:
    """The schema as ``mappings/schema.json`` holds it."""
    return json.dumps(mapping_schema(), indent=1, ensure_ascii=False) + "\n"
