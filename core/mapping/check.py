"""Says what is wrong with a mapping file: file, line, field, and the word that was probably meant."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from core.errors import ConfigError
from core.mapping.document import Document
from core.mapping.schema import mapping_schema
from core.mapping.yamltext import Trail
from core.model import RECORD_TYPES
from core.yamlfile import nearest

_TYPES = {"string": "text", "object": "a group of `name: value`", "array": "a list", "boolean": "true or false"}


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(mapping_schema())


def check_document(document: Document) -> None:
    """Raise ``ConfigError`` for the first entry (in file order) that the schema does not know."""
    problems = [_pointed(error) for error in _validator().iter_errors(document.data)]
    if problems:
        first = min(problems, key=lambda error: _order(document, error))
        raise _told(first, document, sum(len(_unknown_keys(error)) or 1 for error in problems) - 1)


def _order(document: Document, error: ValidationError) -> tuple[int, str]:
    place = document.place(_trail(error))
    line = place.rpartition(":")[2]
    return (int(line) if line.isdigit() else 0, error.message)


def _trail(error: ValidationError) -> Trail:
    trail: Trail = tuple(error.absolute_path)
    unknown = _unknown_key(error)
    return trail if unknown is None else (*trail, unknown)


def _pointed(error: ValidationError) -> ValidationError:
    """Follow a failed choice between forms into the form that was meant: the one of the right type."""
    while error.context:
        inner = [one for one in error.context if one.relative_path or one.validator not in {"type", "enum"}]
        if not inner:
            break
        error = max(inner, key=lambda one: (len(one.absolute_path), one.validator != "required"))
    return error


def _schema(error: ValidationError) -> dict[str, Any]:
    return error.schema if isinstance(error.schema, dict) else {}


def _unknown_key(error: ValidationError) -> str | None:
    return next(iter(_unknown_keys(error)), None)


def _unknown_keys(error: ValidationError) -> list[str]:
    if error.validator != "additionalProperties" or not isinstance(error.instance, dict):
        return []
    patterns = [re.compile(one) for one in _schema(error).get("patternProperties", {})]
    known = _schema(error).get("properties", {})
    return [key for key in error.instance if key not in known and not any(one.search(key) for one in patterns)]


def _told(error: ValidationError, document: Document, others: int) -> ConfigError:
    trail = _trail(error)
    field = ".".join(str(part) for part in trail)
    what, remedy = _explained(error)
    more = f" ({others} more after it)" if others else ""
    return ConfigError(f"`{field}`: {what}{more}", where=document.place(trail), remedy=remedy, facts={"field": field})


def _explained(error: ValidationError) -> tuple[str, str]:
    unknown, due = _unknown_key(error), cast("Any", error.validator_value)
    if unknown is not None:
        known = list(_schema(error).get("properties", {}))
        if "patternProperties" in _schema(error):
            known += RECORD_TYPES
        return f"there is no `{unknown}` here", nearest(unknown, known)
    if error.validator == "required":
        missing = [name for name in due if name not in cast("Any", error.instance)]
        return f"`{missing[0]}` is missing", f"add `{missing[0]}:`"
    if error.validator == "enum":
        return f"{_shown(error.instance)} is not allowed here", nearest(str(error.instance), list(map(str, due)))
    if error.validator == "anyOf":
        return _no_form(error)
    if error.validator == "type":
        wanted = [due] if isinstance(due, str) else due
        return f"{_shown(error.instance)} where {_TYPES.get(wanted[0], wanted[0])} is due", _TYPE_REMEDY
    meant = _schema(error).get("description", f"something else ({error.validator} {due})")
    return f"{_shown(error.instance)} is not {meant}", _TYPE_REMEDY


_TYPE_REMEDY = "see mappings/README.md for the forms of an entry"


def _no_form(error: ValidationError) -> tuple[str, str]:
    choices = [
        choice for one in error.context or () if one.validator == "enum" for choice in cast("Any", one.validator_value)
    ]
    if choices and isinstance(error.instance, str):
        return f"{_shown(error.instance)} is not allowed here", nearest(error.instance, list(map(str, choices)))
    kinds = [one.validator_value for one in error.context or () if one.validator == "type"]
    wanted = " or ".join(dict.fromkeys(_TYPES.get(kind, str(kind)) for kind in kinds if isinstance(kind, str)))
    return f"{_shown(error.instance)} where {wanted or 'something else'} is due", _TYPE_REMEDY


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a group"
    if isinstance(value, list):
        return "a list"
    return f"`{str(value)[:60]}`"
