"""Validation rules of properties: what an account's admins demand of values beyond their type."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.hubspot.sandbox.calls import Answer, Call, field
from connectors.hubspot.sandbox.crm import Crm
from connectors.hubspot.sandbox.refusals import missing, rejected
from connectors.hubspot.sandbox.schema import ObjectType, Property
from connectors.hubspot.sandbox.values import InvalidValueError, to_instant

Holds = Callable[[str, Sequence[str]], bool]

_DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_KINDS_OF_CHARACTERS = {"NUMERIC_ONLY": r"\d*", "ALPHABETIC_ONLY": r"[^\W\d_]*", "ALPHANUMERIC": r"[^\W_]*"}


def _domain(text: str) -> str:
    return text.rpartition("@")[2].lower()


# rule type -> the types of property it may stand on, and whether a value keeps it (property validations guide)
_RULES: Mapping[str, tuple[frozenset[str], Holds]] = {
    "MIN_LENGTH": (frozenset({"string"}), lambda text, given: len(text) >= int(given[0])),
    "MAX_LENGTH": (frozenset({"string"}), lambda text, given: len(text) <= int(given[0])),
    "REGEX": (frozenset({"string"}), lambda text, given: re.fullmatch(given[0], text) is not None),
    "ALPHANUMERIC": (
        frozenset({"string"}),
        lambda text, given: re.fullmatch(_KINDS_OF_CHARACTERS[given[0]], text) is not None,
    ),
    "WHITESPACE": (frozenset({"string"}), lambda text, _: text == text.strip()),
    "EMAIL_ALLOWED_DOMAINS": (frozenset({"string"}), lambda text, given: _domain(text) in given),
    "EMAIL_BLOCKED_DOMAINS": (frozenset({"string"}), lambda text, given: _domain(text) not in given),
    "MIN_NUMBER": (frozenset({"number"}), lambda text, given: Decimal(text) >= Decimal(given[0])),
    "MAX_NUMBER": (frozenset({"number"}), lambda text, given: Decimal(text) <= Decimal(given[0])),
    "START_DATE": (
        frozenset({"date", "datetime"}),
        lambda text, given: to_instant(text) >= to_instant(given[0]),
    ),
    "END_DATE": (frozenset({"date", "datetime"}), lambda text, given: to_instant(text) <= to_instant(given[0])),
    "DAYS_OF_WEEK": (
        frozenset({"date", "datetime"}),
        lambda text, given: _DAYS[to_instant(text).weekday()] in given,
    ),
}


def refuse_broken_rules(prop: Property, value: str) -> None:
    """Refuse a value in normal form that breaks one of its property's rules."""
    for rule, arguments in prop.rules.items():
        if not _RULES[rule][1](value, arguments):
            message = f"{value} does not meet the validation rule {rule} {list(arguments)}"
            raise InvalidValueError("PROPERTY_VALIDATION_RULE_FAILED", message)


def list_all_rules(_crm: Crm, _call: Call, kind: ObjectType) -> Answer:
    """The properties of an object type that have rules, with their rules."""
    rows = [
        {"propertyName": prop.name, "propertyValidationRules": _shown(prop)}
        for prop in kind.properties.values()
        if prop.rules
    ]
    return Answer({"results": rows}, rows=len(rows))


def list_rules(_crm: Crm, _call: Call, kind: ObjectType, name: str) -> Answer:
    """The rules of one property."""
    rows = _shown(kind.known(name))
    return Answer({"results": rows}, rows=len(rows))


def read_rule(_crm: Crm, _call: Call, kind: ObjectType, name: str, rule: str) -> Answer:
    """One rule of a property."""
    for row in _shown(kind.known(name)):
        if row["ruleType"] == rule:
            return Answer(row, rows=1)
    raise missing(f"{name} has no rule {rule}")


def put_rule(_crm: Crm, call: Call, kind: ObjectType, name: str, rule: str) -> Answer:
    """Set one rule of a property in place of the one of its type: 204."""
    prop, arguments = kind.known(name), field(call.body(), "ruleArguments")
    if rule not in _RULES or prop.type not in _RULES[rule][0]:
        raise rejected(f"Rule {rule} cannot be set on a property of type {prop.type}", code="INVALID_RULE_TYPE")
    if not isinstance(arguments, list) or not all(isinstance(each, str) for each in arguments):
        raise rejected("ruleArguments must be a list of strings", code="INVALID_RULE_ARGUMENTS")
    _refuse_senseless(prop, rule, arguments)
    prop.rules[rule] = tuple(arguments)
    return Answer(status=204, rows=1)


# A value of each type on which the arguments of a rule can be tried.
_SAMPLES = {"string": "a", "number": "1", "date": "2026-01-01", "datetime": "2026-01-01T00:00:00Z"}


def _refuse_senseless(prop: Property, rule: str, arguments: list[str]) -> None:
    """Refuse arguments that no value could be held against, such as half a regular expression."""
    try:
        _RULES[rule][1](_SAMPLES[prop.type], arguments)
    except (ValueError, LookupError, InvalidOperation, re.error) as problem:
        message = f"ruleArguments {arguments} make no sense for {rule}"
        raise rejected(message, code="INVALID_RULE_ARGUMENTS") from problem


def _shown(prop: Property) -> list[dict[str, Any]]:
    return [{"ruleType": rule, "ruleArguments": list(arguments)} for rule, arguments in prop.rules.items()]
