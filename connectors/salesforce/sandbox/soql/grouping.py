"""GROUP BY and the aggregate functions."""

from __future__ import annotations

from collections.abc import Callable

from connectors.salesforce.sandbox.errors import Refusal
from connectors.salesforce.sandbox.soql.scope import Scope
from connectors.salesforce.sandbox.soql.syntax import Aggregate, Path, Query
from connectors.salesforce.sandbox.soql.tokens import located
from connectors.salesforce.sandbox.table import Row
from connectors.salesforce.sandbox.values import Value

_Numbers = list[int | float]


def grouped(scope: Scope, query: Query, rows: list[Row]) -> list[Row]:
    """Return one row per group, named by alias, field name or ``expr0``, ``expr1`` and so on."""
    keys = [scope.column(path) for path in query.group_by]
    groups: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(key.read(row) for key in keys), []).append(row)
    if not keys:
        groups.setdefault((), [])
    columns = _columns(scope, query)
    return [{name: column(members) for name, column in columns} for members in groups.values()]


def _columns(scope: Scope, query: Query) -> list[tuple[str, Callable[[list[Row]], Value]]]:
    found: list[tuple[str, Callable[[list[Row]], Value]]] = []
    unnamed = 0
    for item in query.select:
        if isinstance(item, Aggregate):
            name = item.alias or f"expr{unnamed}"
            unnamed += item.alias is None
            found.append((name, _aggregate(scope, item)))
        elif isinstance(item, Path):
            found.append((item.alias or item.parts[-1], _key(scope, query, item)))
    return found


def _key(scope: Scope, query: Query, path: Path) -> Callable[[list[Row]], Value]:
    if path.parts not in {one.parts for one in query.group_by}:
        message = f"Field must be grouped or aggregated: {'.'.join(path.parts)}"
        raise Refusal("MALFORMED_QUERY", located(query.text, path.at, message))
    read = scope.column(path).read
    return lambda members: _plain(read(members[0])) if members else None


def _aggregate(scope: Scope, item: Aggregate) -> Callable[[list[Row]], Value]:
    if item.path is None:
        return len
    read = scope.column(item.path).read
    function = _FUNCTIONS[item.function]

    def over(members: list[Row]) -> Value:
        """Return the function's value over the filled values of one group."""
        return function([value for row in members if (value := _plain(read(row))) is not None])

    return over


def _plain(value: object) -> Value:
    return value if isinstance(value, str | int | float | bool) else None


def _numbers(values: list[Value]) -> _Numbers:
    return [value for value in values if isinstance(value, int | float)]


def _most(values: list[Value]) -> Value:
    return max(values, default=None, key=_comparable)


def _least(values: list[Value]) -> Value:
    return min(values, default=None, key=_comparable)


def _comparable(value: Value) -> tuple[float, str]:
    return (float(value), "") if isinstance(value, int | float) else (0.0, str(value))


def _average(values: list[Value]) -> Value:
    numbers = _numbers(values)
    return sum(numbers) / len(numbers) if numbers else None


def _sum(values: list[Value]) -> Value:
    numbers = _numbers(values)
    return sum(numbers) if numbers else None


_FUNCTIONS: dict[str, Callable[[list[Value]], Value]] = {
    "COUNT": len,
    "COUNT_DISTINCT": lambda values: len({str(value).lower() for value in values}),
    "SUM": _sum,
    "AVG": _average,
    "MIN": _least,
    "MAX": _most,
}
