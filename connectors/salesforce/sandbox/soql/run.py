"""Runs a parsed query: which rows, in which order, and how each one is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from connectors.salesforce.sandbox.computed import is_archived
from connectors.salesforce.sandbox.errors import Refusal
from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.schema import SObject, child_relationships
from connectors.salesforce.sandbox.soql.conditions import compile_condition
from connectors.salesforce.sandbox.soql.grouping import grouped
from connectors.salesforce.sandbox.soql.narrowing import check_filtered, is_by_stamp, lowest_stamp
from connectors.salesforce.sandbox.soql.parser import parse
from connectors.salesforce.sandbox.soql.scope import Column, Scope, follow
from connectors.salesforce.sandbox.soql.syntax import Aggregate, AllFields, Ordering, Path, Query
from connectors.salesforce.sandbox.soql.tokens import located
from connectors.salesforce.sandbox.table import Row

Record = dict[str, object]
Show = Callable[[Row], Record]
Api = Literal["query", "queryAll", "tooling"]
NamedColumn = tuple[tuple[str, ...], Column]

MOST_ROWS_OF_FIELDS_FUNCTION = 200
HIGHEST_OFFSET = 2000


@dataclass(frozen=True)
class Answer:
    """All rows of a query as they are now; ``show`` renders one. A bare count has a total and no rows."""

    total: int
    rows: Sequence[Row]
    show: Show
    has_long_text: bool


@dataclass(frozen=True)
class Extract:
    """What a bulk job reads: the object, its columns under the names of the CSV, and the rows."""

    object_name: str
    columns: list[tuple[str, Column]]
    rows: Iterator[Row]


def extract(org: Org, user_id: str, soql: str, version: str, api: Api) -> Extract:
    """Prepare ``soql`` for a bulk job; ``Refusal`` for what such a job does not offer."""
    return _Run(org, user_id, version, api).extract(parse(soql))


def answer(org: Org, user_id: str, soql: str, version: str, api: Api = "query") -> Answer:
    """Run ``soql`` for a user; record addresses are of API ``version`` (``v59.0``)."""
    return _Run(org, user_id, version, api).answer(parse(soql))


@dataclass(frozen=True)
class _Run:
    org: Org
    user_id: str
    version: str
    api: Api

    def answer(self, query: Query) -> Answer:
        """Return the rows of one query and what shows them."""
        scope = self._scope(query)
        check_filtered(scope.sobject, query)
        _check_limits(query)
        if query.is_bare_count:
            return Answer(self._count(scope, query), [], dict, has_long_text=False)
        if query.is_aggregate:
            # Groups appear in the order of their first rows.
            rows = _ordered(scope, query.order_by, list(self._iterate(scope, query)))
            groups = list(_cut(query, grouped(scope, query, rows)))
            return Answer(len(groups), groups, lambda row: {"attributes": {"type": "AggregateResult"}, **row}, False)
        show, long_text = self._show(scope, query)
        found = self.org.tables[scope.sobject.name].rows.kept(_cut(query, self._in_order(scope, query)))
        return Answer(len(found), found, show, long_text)

    def _scope(self, query: Query) -> Scope:
        sobject = self.org.find(query.source)
        if sobject is None or sobject.is_tooling != (self.api == "tooling"):
            message = (
                f"sObject type '{query.source}' is not supported. If you are attempting to use a custom object, be "
                "sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for "
                "the appropriate names."
            )
            raise Refusal("INVALID_TYPE", located(query.text, query.source_at, message))
        return Scope(self.org, self.user_id, sobject, query.text, query.alias)

    def extract(self, query: Query) -> Extract:
        """Return a query's columns and rows as bulk jobs read them, one row at a time."""
        scope = self._scope(query)
        check_filtered(scope.sobject, query)
        _check_limits(query)
        if query.is_aggregate or query.offset or any(isinstance(item, Query) for item in query.select):
            raise Refusal("API_ERROR", "Aggregate Relationships not supported in Bulk Query")
        columns = self._columns(scope, query)
        if any(column.field.type == "address" for _, column in columns):
            raise Refusal("API_ERROR", "Selecting compound data not supported in Bulk Query")
        named = [(".".join(names), column) for names, column in columns]
        return Extract(scope.sobject.name, named, _cut(query, self._in_order(scope, query)))

    def _count(self, scope: Scope, query: Query) -> int:
        if query.where is None and self.api == "query" and "IsArchived" not in scope.sobject.fields:
            return self.org.tables[scope.sobject.name].live_count()
        return sum(1 for _ in self._iterate(scope, query))

    def _in_order(self, scope: Scope, query: Query) -> Iterable[Row]:
        """Return the rows in the order asked for; in that of their stamps they come one at a time."""
        if _is_kept_by_stamp(scope, query):
            return self._iterate(scope, query)
        return _ordered(scope, query.order_by, list(self._iterate(scope, query)))

    def _iterate(self, scope: Scope, query: Query) -> Iterator[Row]:
        """Yield the rows of the query's object that meet its conditions; only the order of stamps is kept."""
        since = lowest_stamp(query.where) or ""
        rows = self.org.tables[scope.sobject.name].rows
        source = rows.by_stamp(since) if _is_kept_by_stamp(scope, query) else rows.since(since)
        if self.api != "queryAll" and not query.all_rows:
            source = (row for row in source if not row["IsDeleted"])
            if "IsArchived" in scope.sobject.fields:
                source = (row for row in source if not is_archived(self.org, row))
        if query.where is None:
            return source
        test = compile_condition(scope, query.where, self._sub_select)
        return (row for row in source if test(row))

    def _sub_select(self, query: Query) -> set[object]:
        scope = self._scope(query)
        item = query.select[0]
        if len(query.select) != 1 or not isinstance(item, Path):
            raise Refusal("MALFORMED_QUERY", located(query.text, query.source_at, "semi-joins select one field"))
        read = scope.column(item).read
        return {read(row) for row in _cut(query, self._in_order(scope, query))} - {None}

    def _columns(self, scope: Scope, query: Query) -> list[NamedColumn]:
        columns: list[NamedColumn] = []
        for item in query.select:
            if isinstance(item, AllFields):
                paths = [Path((field.name,), 0) for field in scope.fields(item.which)]
                columns.extend((path.parts, scope.column(path)) for path in paths)
            elif isinstance(item, Path):
                columns.append(_named(scope.column(item)))
        _refuse_twice(columns)
        return columns

    def _show(self, scope: Scope, query: Query) -> tuple[Show, bool]:
        columns = self._columns(scope, query)
        children = [self._children(scope, item) for item in query.select if isinstance(item, Query)]
        show = _shower(self.org, self.version, scope.sobject, columns, children)
        return show, any(column.field.is_long_text for _, column in columns)

    def _children(self, scope: Scope, query: Query) -> tuple[str, Show]:
        """Return the name of a child relationship and what shows its rows below one parent row."""
        named = child_relationships(scope.sobject.name, self.org.schema)
        found = next((one for one in named if one[0].lower() == query.source.lower()), None)
        if found is None:
            message = f"Didn't understand relationship '{query.source}' in FROM part of query call."
            raise Refusal("INVALID_TYPE", located(query.text, query.source_at, message))
        name, child, reference = found
        inner = Scope(self.org, self.user_id, child, query.text, query.alias)
        show, _ = self._show(inner, query)

        def below(parent: Row) -> Record:
            """Return the children of one row; nothing when there are none."""
            rows = [row for row in self._iterate(inner, query) if row.get(reference.name) == parent["Id"]]
            records = [show(row) for row in _cut(query, _ordered(inner, query.order_by, rows))]
            return {"totalSize": len(records), "done": True, "records": records} if records else {}

        return name, below


def _is_kept_by_stamp(scope: Scope, query: Query) -> bool:
    return is_by_stamp(query.order_by) and scope.sobject.find("SystemModstamp") is not None


def _check_limits(query: Query) -> None:
    uses_fields_function = any(isinstance(item, AllFields) for item in query.select)
    if uses_fields_function and (query.limit is None or query.limit > MOST_ROWS_OF_FIELDS_FUNCTION):
        raise Refusal("MALFORMED_QUERY", "The SOQL FIELDS function must have a LIMIT of at most 200")
    if query.offset > HIGHEST_OFFSET:
        raise Refusal("NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000")
    if any(isinstance(item, Aggregate) and item.path is None for item in query.select) and len(query.select) > 1:
        raise Refusal("MALFORMED_QUERY", "COUNT() must be the only element in the SELECT list")


def _cut(query: Query, rows: Iterable[Row]) -> Iterator[Row]:
    end = None if query.limit is None else query.offset + query.limit
    return islice(rows, query.offset, end)


def _ordered(scope: Scope, order_by: tuple[Ordering, ...], rows: list[Row]) -> list[Row]:
    """Sort by the last term first: Python's sort keeps the order of equals."""
    for term in reversed(order_by):
        column = scope.column(term.path)
        if column.field.is_long_text or column.field.type == "address":
            message = f"field '{column.field.name}' can not be sorted in a query call"
            raise Refusal("INVALID_FIELD", located(scope.text, term.path.at, message))
        read = column.read
        key = _sort_key(read, fold=column.field.type not in {"id", "reference"})
        filled = sorted((row for row in rows if read(row) is not None), key=key, reverse=term.descending)
        empty = [row for row in rows if read(row) is None]
        rows = filled + empty if term.nulls_last else empty + filled
    return rows


def _sort_key(read: Callable[[Row], object], fold: bool) -> Callable[[Row], tuple[object, ...]]:
    def key(row: Row) -> tuple[object, ...]:
        """Return what one row is sorted by."""
        value = read(row)
        return (value.lower(), value) if fold and isinstance(value, str) else (value,)

    return key


def _named(column: Column) -> tuple[tuple[str, ...], Column]:
    """Return the names under which a column is shown: the schema's own, whatever case the query was written in."""
    return (*(step.relationship_name or "" for step in column.steps), column.field.name), column


def _refuse_twice(columns: list[tuple[tuple[str, ...], Column]]) -> None:
    names = [name for name, _ in columns]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise Refusal("INVALID_FIELD", f"duplicate field selected: {'.'.join(twice)}")


def _shower(
    org: Org,
    version: str,
    sobject: SObject,
    columns: list[tuple[tuple[str, ...], Column]],
    children: list[tuple[str, Show]],
) -> Show:
    def show(row: Row) -> Record:
        """Return one row as a record."""
        record: Record = {"attributes": attributes(version, sobject.name, row)}
        for names, column in columns:
            _place(org, version, record, names, column, row)
        for name, below in children:
            record[name] = below(row) or None
        return record

    return show


def _place(org: Org, version: str, record: Record, names: tuple[str, ...], column: Column, row: Row) -> None:
    """Put one value into the record, making the parents' records on the way; an empty parent is shown as null."""
    here = record
    for depth, name in enumerate(names[:-1], start=1):
        step = column.steps[depth - 1]
        parent = follow(org, column.steps[:depth], row)
        if parent is None:
            here.setdefault(name, None)
            return
        kind = org.object_of(str(parent["Id"])) or ""
        shown_kind = "Name" if step.is_polymorphic else kind
        inner = here.setdefault(name, {"attributes": {**attributes(version, kind, parent), "type": shown_kind}})
        here = inner if isinstance(inner, dict) else {}
    here[names[-1]] = column.read(row)


def attributes(version: str, object_name: str, row: Row) -> Record:
    """Return the member that says of what object a record is and where it lives."""
    return {"type": object_name, "url": f"/services/data/{version}/sobjects/{object_name}/{row['Id']}"}
