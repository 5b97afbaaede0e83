"""Turns the WHERE tree into one test per row."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from connectors.salesforce.sandbox.errors import Refusal
from connectors.salesforce.sandbox.ids import to_18
from connectors.salesforce.sandbox.moments import read_instant, write_instant
from connectors.salesforce.sandbox.schema import Field
from connectors.salesforce.sandbox.soql.calendar_words import days_of
from connectors.salesforce.sandbox.soql.scope import Scope
from connectors.salesforce.sandbox.soql.syntax import Both, Comparison, Condition, Not, Query
from connectors.salesforce.sandbox.soql.tokens import Token, located, unescape
from connectors.salesforce.sandbox.table import Row

Test = Callable[[Row], bool]
Span = tuple[object, object]
SubSelect = Callable[[Query], set[object]]

_IDS = frozenset({"id", "reference"})
_QUOTED = frozenset(
    {"string", "picklist", "multipicklist", "combobox", "email", "phone", "url", "textarea", "id", "reference"}
)
_TYPE_NAMES = {"datetime": "dateTime", "int": "integer"}


def compile_condition(scope: Scope, condition: Condition, sub_select: SubSelect) -> Test:
    """Return the test of ``condition``; ``sub_select`` yields the values of a query in parentheses after IN."""
    if isinstance(condition, Not):
        inner = compile_condition(scope, condition.term, sub_select)
        return lambda row: not inner(row)
    if isinstance(condition, Both):
        terms = [compile_condition(scope, term, sub_select) for term in condition.terms]
        if condition.word == "AND":
            return lambda row: all(term(row) for term in terms)
        return lambda row: any(term(row) for term in terms)
    return _Comparing(scope, condition, sub_select).test()


class _Comparing:
    """Compiles one comparison."""

    def __init__(self, scope: Scope, node: Comparison, sub_select: SubSelect) -> None:
        self._scope = scope
        self._node = node
        self._sub_select = sub_select
        column = scope.column(node.path)
        self._field: Field = column.field
        self._read = column.read

    def test(self) -> Test:
        """Return the test."""
        if self._field.is_long_text or self._field.type == "address":
            raise self._invalid(f"field '{self._field.name}' can not be filtered in a query call")
        makers = {"LIKE": self._like, "IN": self._in, "NOT IN": self._not_in}
        makers.update({"INCLUDES": self._includes, "EXCLUDES": self._excludes})
        return makers.get(self._node.operator, self._compare)()

    def _tokens(self) -> tuple[Token, ...]:
        values = self._node.values
        if isinstance(values, Query):
            raise self._invalid("a query cannot stand here")
        return values

    def _compare(self) -> Test:
        low, high = self._span(self._tokens()[0])
        read = self._folded()
        if low is None:
            if self._node.operator not in {"=", "!="}:
                raise self._invalid(f"invalid operator on null: {self._node.operator}")
            wants_null = self._node.operator == "="
            return lambda row: (read(row) is None) == wants_null
        return _comparator(self._node.operator, read, low, high)

    def _like(self) -> Test:
        if self._field.type in _IDS or self._field.type not in _QUOTED:
            raise self._invalid("invalid operator on " + self._kind() + " field")
        token = self._tokens()[0]
        if token.kind != "string":
            raise self._mistyped()
        pattern = _like_pattern(unescape(token.text, for_like=True))
        read = self._read
        return lambda row: (value := read(row)) is not None and pattern.fullmatch(str(value)) is not None

    def _in(self) -> Test:
        read = self._folded()
        if isinstance(self._node.values, Query):
            wanted = self._sub_select(self._node.values)
            raw = self._read
            return lambda row: raw(row) in wanted
        spans = [self._span(token) for token in self._node.values]
        exact = {low for low, high in spans if low == high}
        ranges = [(low, high) for low, high in spans if low != high]
        if not ranges:
            return lambda row: read(row) in exact
        tests = [_comparator("=", read, low, high) for low, high in ranges]
        return lambda row: read(row) in exact or any(test(row) for test in tests)

    def _not_in(self) -> Test:
        inside = self._in()
        return lambda row: not inside(row)

    def _includes(self) -> Test:
        if self._field.type != "multipicklist":
            raise self._invalid("invalid operator on " + self._kind() + " field")
        wanted = [set(str(self._span(token)[0]).split(";")) for token in self._tokens()]
        read = self._folded()
        return lambda row: any(one <= set(str(read(row) or "").split(";")) for one in wanted)

    def _excludes(self) -> Test:
        inside = self._includes()
        return lambda row: not inside(row)

    def _folded(self) -> Callable[[Row], object]:
        """Return the reader of values as they compare: text in small letters, unless its case matters."""
        read = self._read
        if self._field.type not in _QUOTED or self._field.type in _IDS or self._field.case_sensitive:
            return read
        return lambda row: value.lower() if isinstance(value := read(row), str) else value

    def _span(self, token: Token) -> Span:
        """Return the lowest and highest value that the literal stands for."""
        if token.upper == "NULL":
            return None, None
        kind = self._field.type
        if kind in _QUOTED:
            value = self._quoted(token)
            return value, value
        if kind in {"date", "datetime"}:
            return self._days(token)
        if kind == "boolean" and token.upper in {"TRUE", "FALSE"}:
            return token.upper == "TRUE", token.upper == "TRUE"
        if self._field.is_numeric and token.kind == "number":
            return float(token.text), float(token.text)
        raise self._mistyped()

    def _quoted(self, token: Token) -> str | None:
        if token.kind != "string":
            raise self._mistyped()
        text = unescape(token.text)
        if self._field.type in _IDS and text:
            full = to_18(text)
            if full is None:
                raise Refusal(
                    "INVALID_QUERY_FILTER_OPERATOR",
                    located(self._scope.text, self._node.path.at, f"invalid ID field: {text}"),
                )
            return full
        if not text:
            return None
        return text if self._field.case_sensitive else text.lower()

    def _days(self, token: Token) -> Span:
        kind = self._field.type
        if token.kind == kind == "datetime":
            instant = write_instant(read_instant(token.text))
            return instant, instant
        if token.kind == kind == "date":
            return self._valid_day(token), self._valid_day(token)
        named = days_of(token.text, self._scope.org.clock.now().date()) if token.kind == "word" else None
        if named is None:
            raise self._mistyped()
        first, last = (day.isoformat() for day in named)
        return (first, last) if kind == "date" else (f"{first}T00:00:00.000+0000", f"{last}T23:59:59.999+0000")

    def _valid_day(self, token: Token) -> str:
        try:
            return date.fromisoformat(token.text).isoformat()
        except ValueError:
            raise Refusal(
                "MALFORMED_QUERY", located(self._scope.text, token.at, f"Invalid date: {token.text}")
            ) from None

    def _kind(self) -> str:
        return _TYPE_NAMES.get(self._field.type, self._field.type)

    def _mistyped(self) -> Refusal:
        quoting = "should" if self._field.type in _QUOTED else "should not"
        kind = "string" if self._field.type in _QUOTED else self._kind()
        name = self._field.name
        return self._invalid(
            f"value of filter criterion for field '{name}' must be of type {kind} and {quoting} be enclosed in quotes"
        )

    def _invalid(self, message: str) -> Refusal:
        return Refusal("INVALID_FIELD", located(self._scope.text, self._node.path.at, message))


def _like_pattern(text: str) -> re.Pattern[str]:
    wild = {"%": ".*", "_": "."}
    parts = re.findall(r"\\[_%]|.", text, flags=re.DOTALL)
    return re.compile("".join(wild.get(part, re.escape(part[-1])) for part in parts), re.IGNORECASE | re.DOTALL)


def _comparator(operator: str, read: Callable[[Row], object], low: object, high: object) -> Test:
    """Return the test of a value against a span; an empty value is unequal to all and neither more nor less."""
    checks: dict[str, Callable[..., bool]] = {
        "=": lambda value: low <= value <= high,
        "<": lambda value: value < low,
        "<=": lambda value: value <= high,
        ">": lambda value: value > high,
        ">=": lambda value: value >= low,
    }
    if operator == "!=":
        return lambda row: (value := read(row)) is None or not checks["="](value)
    check = checks[operator]
    return lambda row: (value := read(row)) is not None and check(value)
