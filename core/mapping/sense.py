"""Checks of a mapping that its schema cannot make: does each rule make sense for the field it fills?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from core.errors import ConfigError
from core.mapping.forms import Shape
from core.mapping.rules import FieldRules, Rule, Section
from core.mapping.scalars import COMPATIBLE
from core.model import RECORD_TYPES
from core.yamlfile import nearest

_REFERENCES = frozenset({"source_id", "references"})
_TABLED = frozenset({"choice", "text", "flag", "number", "percent", "count", "whole"})


def check_required(section: Section) -> tuple[tuple[str, ...], ...]:
    """Return the groups of fields of which one must be filled; all of them must be mapped."""
    groups = (*RECORD_TYPES[section.record_type].needs, *((name,) for name in section.required))
    for group in groups:
        if not any(name in section.fields for name in group):
            wanted = " or ".join(f"`{name}`" for name in group)
            raise ConfigError(
                f"`{section.name}`: its records cannot stand without {wanted}, which is not mapped",
                where=section.place,
                remedy=f"add `{group[0]}:` to its fields",
            )
    return tuple(dict.fromkeys(groups))


def check_field(section: Section, name: str, shape: Shape, declared: FieldRules) -> None:
    """Raise ``ConfigError`` when a rule of the field cannot yield what the field holds."""
    field = f"{section.name}.fields.{name}"
    for rule in declared.rules:
        check_rule(field, shape, rule)
        constants = [rule.const, rule.otherwise, *(rule.values or {}).values()]
        _check_constants(section.record_type, name, field, shape, constants, rule.place)
    _check_constants(section.record_type, name, field, shape, [declared.default], declared.place)


def check_rule(field: str, shape: Shape, rule: Rule) -> None:
    """Raise ``ConfigError`` when the rule's converter, table or reference does not fit the shape."""
    known = COMPATIBLE.get(shape.form, frozenset()) | {shape.form}
    if rule.converter is not None and rule.converter not in known:
        raise ConfigError(
            f"`{field}`: `as: {rule.converter}` cannot fill a field of this kind ({shape.form})",
            where=rule.place,
            remedy=nearest(rule.converter, sorted(known)),
        )
    if rule.path is not None and (shape.form in _REFERENCES) != (rule.reference is not None):
        told = "an id needs `ref:`" if rule.reference is None else "`ref:` has no place in a field that is no reference"
        remedy = (
            "say which record type it points at"
            if rule.reference is None
            else "remove it, or use a field ending in _id"
        )
        raise ConfigError(f"`{field}`: {told}", where=rule.place, remedy=remedy)
    if rule.values is not None and shape.form not in _TABLED:
        raise ConfigError(
            f"`{field}`: `values:` cannot fill a field of this kind ({shape.form})",
            where=rule.place,
            remedy="remove it",
        )


def _check_constants(
    record_type: str, name: str, field: str, shape: Shape, constants: Iterable[Any], place: str
) -> None:
    for constant in constants:
        if constant is not None and not _fits(record_type, {name: constant}):
            remedy = nearest(str(constant), shape.choices) if shape.choices else f"write a {shape.form}"
            raise ConfigError(f"`{field}`: `{constant}` is no value of this field", where=place, remedy=remedy)


def _fits(record_type: str, data: Mapping[str, Any]) -> bool:
    try:
        RECORD_TYPES[record_type].model_validate(dict(data), strict=False)
    except ValidationError:
        return False
    return isinstance(next(iter(data.values())), str | int | float | bool)
