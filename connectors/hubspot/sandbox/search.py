"""The search API: filters, text query, one sort, and its caps.

What asks for stamps and ids alone, in their order, is answered page by page from an index; all else looks at each
record and sorts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.hubspot.sandbox.calls import objects
from connectors.hubspot.sandbox.crm import Crm, end_of
from connectors.hubspot.sandbox.narrowing import Bounds, bounds_of, span_of
from connectors.hubspot.sandbox.records import Record
from connectors.hubspot.sandbox.refusals import Refusal, malformed, rejected
from connectors.hubspot.sandbox.schema import ObjectType
from connectors.hubspot.sandbox.values import milliseconds, to_instant

MOST_GROUPS = 5
MOST_FILTERS_PER_GROUP = 6
MOST_FILTERS = 18
MOST_RESULTS = 10_000
PAGE = 200
LONGEST_QUERY = 3_000
_ASSOCIATION = "associations."

Comparable = Decimal | int | str
Values = Mapping[str, str]
Test = Callable[[Record, Values], bool]
Order = list[tuple[Callable[[Values], tuple[bool, Any]], bool]]


@dataclass(frozen=True)
class Found:
    """One page of hits in order, how many there are in all, and where the next page starts."""

    records: list[Record]
    total: int
    after: int | None


def search(crm: Crm, kind: ObjectType, body: Mapping[str, Any]) -> Found:
    """Run one search; refuses what is beyond the caps."""
    limit, start = _page(body)
    groups = _groups(body)
    matches = _matcher(crm, kind, body, groups)
    order = _order(kind, body)
    span = None if body.get("query") or crm.index_lags else span_of(kind, groups, _plain_sort(body))
    if span is not None:
        hits = crm.shelf(kind).hits(span)
        records, total = [crm.live(kind, str(number)) for number in hits.page(start, limit)], hits.total
    else:
        found = _sorted(_seen(crm, kind, bounds_of(kind, groups), matches), order)
        records, total = found[start : start + limit], len(found)
    return Found(records, total, start + limit if start + limit < total else None)


def _seen(crm: Crm, kind: ObjectType, bounds: Bounds, matches: Test) -> list[tuple[Values, Record]]:
    """What the index shows of the records that match, beside each."""
    shown = ((crm.indexed(record), record) for record in crm.shelf(kind).live(bounds))
    return [(seen, record) for seen, record in shown if seen is not None and matches(record, seen)]


def _sorted(hits: list[tuple[Values, Record]], order: Order) -> list[Record]:
    for key, descending in order:
        hits.sort(key=lambda hit: key(hit[0]), reverse=descending)
    return [record for _, record in hits]


def _plain_sort(body: Mapping[str, Any]) -> str:
    """The property by which a search sorts upwards, ids if it does not say; empty where it sorts downwards."""
    name, descending = next(map(_sort_rule, body.get("sorts") or []), ("hs_object_id", False))
    return "" if descending else name


def matching(crm: Crm, kind: ObjectType, groups: Sequence[Mapping[str, Any]]) -> list[Record]:
    """All live records that pass one of the filter groups, without the caps of a search and with no lag."""
    wanted = _groups({"filterGroups": list(groups)})
    matches = _matcher(crm, kind, {}, wanted)
    found = crm.shelf(kind).live(bounds_of(kind, wanted))
    return [record for record in found if matches(record, record.properties)]


def _page(body: Mapping[str, Any]) -> tuple[int, int]:
    limit, after = body.get("limit", 10), str(body.get("after") or "0")
    if not isinstance(limit, int) or not 0 < limit <= PAGE:
        raise rejected(f"The limit must be between 1 and {PAGE}, it was {limit}", code="INVALID_LIMIT")
    if not after.isdigit():
        raise rejected(f"after must be an integer, it was {after}", code="INVALID_AFTER")
    if int(after) + limit > MOST_RESULTS:
        raise rejected(f"A query is limited to {MOST_RESULTS} results", code="SEARCH_RESULTS_LIMIT")
    return limit, int(after)


def _order(kind: ObjectType, body: Mapping[str, Any]) -> Order:
    """The sort keys, least important first: ids in numeric order, then the one rule a search may have."""
    order: Order = [(_key(kind, "hs_object_id"), False)]
    rules = body.get("sorts") or []
    if not isinstance(rules, list):
        raise malformed("sorts must be a list")
    if len(rules) > 1:
        raise rejected("Only one sort is allowed", code="TOO_MANY_SORTS")
    for rule in rules:
        name, descending = _sort_rule(rule)
        _refuse_unknown(kind, name)
        order.append((_key(kind, name), descending))
    return order


def _sort_rule(rule: Any) -> tuple[str, bool]:
    if isinstance(rule, str):  # the client libraries send "-createdate" or "createdate"
        return rule.lstrip("-"), rule.startswith("-")
    if not isinstance(rule, Mapping) or "propertyName" not in rule:
        raise malformed("a sort needs a propertyName")
    return str(rule["propertyName"]), rule.get("direction", "ASCENDING") == "DESCENDING"


def _key(kind: ObjectType, name: str) -> Callable[[Values], tuple[bool, Any]]:
    data_type = kind.properties[name].type

    def key(values: Values) -> tuple[bool, Any]:
        """Records without a value come last."""
        text = values.get(name)
        return (True, 0 if data_type != "string" else "") if text is None else (False, _comparable(data_type, text))

    return key


def _comparable(data_type: str, text: str) -> Comparable:
    """A value as it is compared: numbers as numbers, instants as milliseconds, all else as lower-case text."""
    try:
        if data_type == "number":
            return Decimal(text)
        if data_type in ("date", "datetime"):
            return milliseconds(to_instant(text))
    except (InvalidOperation, ValueError):
        raise rejected(f"{text} is not a valid {data_type} value", code="INVALID_FILTER_VALUE") from None
    # The values of an enumeration are case-sensitive, those of a text are not.
    return text if data_type == "enumeration" else text.lower()


def _groups(body: Mapping[str, Any]) -> list[list[Any]]:
    groups = [objects(group, "filters") for group in objects(body, "filterGroups")]
    if not groups and body.get("filters"):
        groups = [objects(body, "filters")]
    _refuse_too_many(groups)
    return groups


def _matcher(crm: Crm, kind: ObjectType, body: Mapping[str, Any], groups: list[list[Any]]) -> Test:
    tests = [[_test(crm, kind, each) for each in filters] for filters in groups]
    words = _words(str(body.get("query") or ""))

    def matches(record: Record, seen: Values) -> bool:
        """Whether one group holds as a whole, and all words occur."""
        if tests and not any(all(test(record, seen) for test in group) for group in tests):
            return False
        return _speaks_of(kind, words, seen)

    return matches


def _refuse_too_many(groups: list[list[Any]]) -> None:
    if len(groups) > MOST_GROUPS:
        raise rejected(f"Maximum of {MOST_GROUPS} filterGroups are allowed", code="TOO_MANY_FILTER_GROUPS")
    if any(len(filters) > MOST_FILTERS_PER_GROUP for filters in groups):
        raise rejected(f"Maximum of {MOST_FILTERS_PER_GROUP} filters per group", code="TOO_MANY_FILTERS")
    if sum(map(len, groups)) > MOST_FILTERS:
        raise rejected(f"Maximum of {MOST_FILTERS} filters in all", code="TOO_MANY_FILTERS")


def _words(query: str) -> list[str]:
    if len(query) > LONGEST_QUERY:
        raise rejected(f"The query is longer than {LONGEST_QUERY} characters", code="QUERY_TOO_LONG")
    return query.lower().split()


def _speaks_of(kind: ObjectType, words: list[str], seen: Values) -> bool:
    text = " ".join(seen.get(name, "") for name in kind.searched).lower()
    return all(word in text for word in words)


def _test(crm: Crm, kind: ObjectType, given: Any) -> Test:
    try:
        name, operator = str(given["propertyName"]), str(given["operator"])
    except (KeyError, TypeError) as problem:
        raise malformed("a filter needs propertyName and operator") from problem
    if name.startswith(_ASSOCIATION):
        return _association_test(crm, name.removeprefix(_ASSOCIATION), operator, given)
    _refuse_unknown(kind, name)
    if operator not in _OPERATORS:
        known = ", ".join(_OPERATORS)
        raise malformed(f"Cannot deserialize value of type `FilterOperatorEnum` from {operator}: not one of [{known}]")
    return _OPERATORS[operator](_Filter(name, kind.properties[name].type, given))


def _refuse_unknown(kind: ObjectType, name: str) -> None:
    if kind.live(name) is None:
        message = f"There is no property {name} on {kind.name}"
        raise Refusal(400, "There was a problem with the request.", "VALIDATION_ERROR", [{"message": message}])


def _association_test(crm: Crm, type_name: str, operator: str, given: Mapping[str, Any]) -> Test:
    target = crm.schema.find(type_name).name
    wanted = {str(value) for value in given.get("values") or [given.get("value")]}

    def linked(record: Record) -> set[str]:
        """Ids of the associated records of that type."""
        return set(crm.links.of(end_of(record), target))

    tests: Mapping[str, Test] = {
        "EQ": lambda record, _: bool(wanted & linked(record)),
        "IN": lambda record, _: bool(wanted & linked(record)),
        "NEQ": lambda record, _: not wanted & linked(record),
        "HAS_PROPERTY": lambda record, _: bool(linked(record)),
        "NOT_HAS_PROPERTY": lambda record, _: not linked(record),
    }
    if operator not in tests:
        raise rejected(f"Operator {operator} cannot be used with associations", code="INVALID_OPERATOR")
    return tests[operator]


@dataclass(frozen=True)
class _Filter:
    name: str
    type: str
    given: Mapping[str, Any]

    def value(self, key: str = "value") -> Comparable:
        """A value of the filter as it is compared; refuses its absence."""
        if self.given.get(key) is None:
            raise rejected(f"The filter on {self.name} needs a {key}", code="MISSING_FILTER_VALUE")
        return _comparable(self.type, str(self.given[key]))

    def values(self) -> set[Comparable]:
        """The list of the filter as it is compared; refuses its absence."""
        listed = self.given.get("values")
        if not isinstance(listed, list) or not listed:
            raise rejected(f"The filter on {self.name} needs values", code="MISSING_FILTER_VALUE")
        # Text is indexed in lower case and IN compares as is: values with capitals never match.
        return {str(each) if self.type == "string" else _comparable(self.type, str(each)) for each in listed}

    def seen(self, values: Values) -> Comparable | None:
        """The record's value as it is compared, None without one."""
        text = values.get(self.name)
        return None if text is None else _comparable(self.type, text)


def _compare(holds: Callable[[Any, Any], bool], absent: bool = False) -> Callable[[_Filter], Test]:
    def build(wanted: _Filter) -> Test:
        """The test that one comparison makes."""
        limit = wanted.value()

        def test(_record: Record, values: Values) -> bool:
            """Whether the value stands so to the limit."""
            seen = wanted.seen(values)
            return absent if seen is None else holds(seen, limit)

        return test

    return build


def _between(wanted: _Filter) -> Test:
    low, high = wanted.value(), wanted.value("highValue")

    def test(_record: Record, values: Values) -> bool:
        """Whether the value is between the two."""
        seen: Any = wanted.seen(values)
        return seen is not None and low <= seen <= high

    return test


def _among(negate: bool) -> Callable[[_Filter], Test]:
    def build(wanted: _Filter) -> Test:
        """The test that one list makes."""
        listed = wanted.values()

        def test(_record: Record, values: Values) -> bool:
            """Whether the value is listed, or not."""
            seen = wanted.seen(values)
            return seen is not None and (seen in listed) is not negate

        return test

    return build


def _token(negate: bool) -> Callable[[_Filter], Test]:
    def build(wanted: _Filter) -> Test:
        """The test that one word or pattern makes."""
        pattern = re.compile(re.escape(str(wanted.given.get("value", "")).lower()).replace(r"\*", ".*"))

        def test(_record: Record, values: Values) -> bool:
            """Whether a word of the value fits the pattern, or none does."""
            text = values.get(wanted.name, "").lower()
            tokens = [text, *re.split(r"[^\w*]+", text)]
            return any(pattern.fullmatch(token) for token in tokens if token) is not negate

        return test

    return build


def _present(expected: bool) -> Callable[[_Filter], Test]:
    return lambda wanted: lambda _record, values: (wanted.name in values) is expected


_OPERATORS: Mapping[str, Callable[[_Filter], Test]] = {
    "EQ": _compare(lambda seen, limit: seen == limit),
    "NEQ": _compare(lambda seen, limit: seen != limit, absent=True),
    "LT": _compare(lambda seen, limit: seen < limit),
    "LTE": _compare(lambda seen, limit: seen <= limit),
    "GT": _compare(lambda seen, limit: seen > limit),
    "GTE": _compare(lambda seen, limit: seen >= limit),
    "BETWEEN": _between,
    "IN": _among(negate=False),
    "NOT_IN": _among(negate=True),
    "HAS_PROPERTY": _present(expected=True),
    "NOT_HAS_PROPERTY": _present(expected=False),
    "CONTAINS_TOKEN": _token(negate=False),
    "NOT_CONTAINS_TOKEN": _token(negate=True),
}
