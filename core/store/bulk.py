"""Many rows in few steps: the one place that knows how each database likes them.

SQLite takes tuples through ``executemany``; PostgreSQL takes binary COPY, into the table itself where nothing can
clash and otherwise into a temporary twin from which one INSERT decides what is new or different.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, islice
from operator import itemgetter
from typing import Any

import orjson
from psycopg.errors import UniqueViolation
from sqlalchemy import Connection, Integer, LargeBinary, Row, Select, Table

Values = tuple[Any, ...]

CHUNK = 5000
DISTINCT = "IS DISTINCT FROM"  # SQLite spells it IS NOT, and knows the standard's words only since 3.39
NOTHING_FIXED: Mapping[str, str] = {}


def upsert_rows(
    conn: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Sequence[Values],
    *,
    differs: Sequence[str] | None = None,
) -> None:
    """Insert rows, or update those there already where a column of ``differs`` (default: every other) is different.

    The columns have to hold the primary key; no key may come twice in one call.
    """
    keys = _key(table)
    compared = tuple(differs) if differs is not None else tuple(name for name in columns if name not in keys)
    _write(conn, table, tuple(columns), rows, compared)


def insert_new(conn: Connection, table: Table, columns: Sequence[str], rows: Sequence[Values]) -> None:
    """Insert rows and leave those that are there already as they are."""
    _write(conn, table, tuple(columns), rows, ())


def insert_fresh(
    conn: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Sequence[Values],
    *,
    differs: Sequence[str] | None = None,
) -> None:
    """``upsert_rows`` for rows expected to be new: the fastest way in when that is so, and right when it is not."""
    if conn.dialect.name == "postgresql" and rows:
        try:
            with conn.begin_nested():
                _copy(conn, table, tuple(columns), rows, table.name)
            return
        except UniqueViolation:
            pass
    upsert_rows(conn, table, columns, rows, differs=differs)


def select_in(
    conn: Connection,
    table: Table,
    columns: Sequence[str],
    key: str,
    values: Collection[str],
    *,
    fixed: Mapping[str, str] = NOTHING_FIXED,
    where: str = "",
    dense: bool = False,
) -> Iterator[Values]:
    """These columns of the rows whose ``key`` is one of ``values``, whose ``fixed`` columns hold what is said.

    ``where`` is a further condition in SQL, over columns of ``t``. ``dense`` says that hardly any other keys lie among
    these: SQLite then reads from the least to the greatest in one go, and the others' rows come with them.
    """
    if dense and values and conn.dialect.name == "sqlite":
        ends = min(values), max(values)
        return chain.from_iterable(_between(conn, table, tuple(columns), key, ends, fixed, where))
    statement = _lookup_statement(conn.dialect.name, table, tuple(columns), key, tuple(fixed), where)
    return chain.from_iterable(_looked_up(conn, statement, values, fixed))


def _looked_up(
    conn: Connection, statement: str, values: Collection[str], fixed: Mapping[str, str]
) -> Iterator[Sequence[Values]]:
    """The rows of some keys, in batches."""
    remaining = iter(sorted(values))
    cursor = conn.connection.cursor()
    try:
        while chunk := list(islice(remaining, CHUNK)):
            wanted: Any = orjson.dumps(chunk).decode() if conn.dialect.name == "sqlite" else chunk
            cursor.execute(statement, (wanted, *fixed.values()))
            yield cursor.fetchall()
    finally:
        cursor.close()


def copy_rows(
    conn: Connection,
    source: Table,
    target: Table,
    columns: Sequence[str],
    key: str,
    values: Collection[str],
    fixed: Mapping[str, str],
) -> None:
    """Copy rows of one table into another, inside the database; those that are there already stay as they are."""
    statement = _copy_statement(conn.dialect.name, source, target, tuple(columns), key, tuple(fixed))
    remaining = iter(sorted(values))
    cursor = conn.connection.cursor()
    while chunk := list(islice(remaining, CHUNK)):
        wanted: Any = orjson.dumps(chunk).decode() if conn.dialect.name == "sqlite" else chunk
        cursor.execute(statement, (wanted, *fixed.values()))
    cursor.close()


@lru_cache(maxsize=256)
def _copy_statement(
    dialect: str, source: Table, target: Table, columns: tuple[str, ...], key: str, fixed: tuple[str, ...]
) -> str:
    found = _lookup_statement(dialect, source, columns, key, fixed, "")
    keys = ", ".join(_key(target))
    return " ".join(("INSERT INTO", target.name, f"({', '.join(columns)})", found, f"ON CONFLICT ({keys}) DO NOTHING"))


def _between(
    conn: Connection, table: Table, columns: tuple[str, ...], key: str, ends: tuple[str, str],
    fixed: Mapping[str, str], where: str,
) -> Iterator[Sequence[Values]]:  # fmt: skip
    """The rows whose key lies between two, in batches: SQLite compares text as Python does."""
    cursor = conn.connection.cursor()
    try:
        cursor.execute(_range_statement(table, columns, key, tuple(fixed), where), (*fixed.values(), *ends))
        while rows := cursor.fetchmany(CHUNK):
            yield rows
    finally:
        cursor.close()


@lru_cache(maxsize=256)
def _range_statement(table: Table, columns: tuple[str, ...], key: str, fixed: tuple[str, ...], where: str) -> str:
    names = ", ".join(f"t.{name}" for name in columns)
    plain = "" if key in _key(table) else "+"  # a plus keeps SQLite from walking the primary key instead of key's index
    conditions = "".join(f"{plain}t.{name} = ? AND " for name in fixed) + f"t.{key} BETWEEN ? AND ?"
    conditions += f" AND {where}" if where else ""
    return " ".join(("SELECT", names, "FROM", table.name, "AS t WHERE", conditions))


def stream_rows(
    conn: Connection, statement: Select[*tuple[Any, ...]], told: Mapping[str, Any] | None = None
) -> Iterator[Row[*tuple[Any, ...]]]:
    """The rows of a query, fetched a few thousand at a time on both databases."""
    result = conn.execute(statement, told, execution_options={"yield_per": CHUNK})
    try:
        yield from result
    finally:
        result.close()  # a reader who stops early leaves no cursor open on the server


def _write(
    conn: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[Values], compared: tuple[str, ...]
) -> None:
    if not rows:
        return
    rows = sorted(rows, key=_place(table, columns))  # neighbours in the table share pages, each then touched once
    if conn.dialect.name == "sqlite":
        cursor = conn.connection.cursor()
        cursor.executemany(_sqlite_upsert(table, columns, compared), rows)
        cursor.close()
        return
    stage = f"stage_{table.name}"
    cursor = conn.connection.cursor()
    cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS {stage} (LIKE {table.name}) ON COMMIT DELETE ROWS")
    _copy(conn, table, columns, rows, stage)
    cursor.execute(_postgres_upsert(table, columns, compared, stage))
    cursor.execute(f"TRUNCATE {stage}")
    cursor.close()


def _copy(conn: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[Values], into: str) -> None:
    """Binary COPY: no escaping on either side, and payloads travel as they are."""
    cursor = conn.connection.cursor()
    with cursor.copy(f"COPY {into} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(_postgres_types(table, columns))
        write = copy.write_row
        for row in rows:
            write(row)
    cursor.close()


def _key(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.primary_key)


@lru_cache(maxsize=256)
def _place(table: Table, columns: tuple[str, ...]) -> Callable[[Values], Any]:
    """What tells the order of rows in the table: their primary key."""
    return itemgetter(*map(columns.index, _key(table)))


@lru_cache(maxsize=256)
def _sqlite_upsert(table: Table, columns: tuple[str, ...], compared: tuple[str, ...]) -> str:
    rows = f"({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
    return " ".join(("INSERT INTO", table.name, rows, _on_conflict(table, columns, compared, "IS NOT")))


@lru_cache(maxsize=256)
def _postgres_upsert(table: Table, columns: tuple[str, ...], compared: tuple[str, ...], stage: str) -> str:
    names = ", ".join(columns)
    rows = (f"({names})", "SELECT", names, "FROM", stage)
    return " ".join(("INSERT INTO", table.name, *rows, _on_conflict(table, columns, compared, DISTINCT)))


def _on_conflict(table: Table, columns: tuple[str, ...], compared: tuple[str, ...], differs_from: str) -> str:
    keys = _key(table)
    if not compared:
        return f"ON CONFLICT ({', '.join(keys)}) DO NOTHING"
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in keys)
    different = " OR ".join(f"{table.name}.{name} {differs_from} excluded.{name}" for name in compared)
    return f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changes} WHERE {different}"


@lru_cache(maxsize=256)
def _lookup_statement(
    dialect: str, table: Table, columns: tuple[str, ...], key: str, fixed: tuple[str, ...], where: str
) -> str:
    names = ", ".join(f"t.{name}" for name in columns)
    place = "?" if dialect == "sqlite" else "%s"
    conditions = "".join(f" AND t.{name} = {place}" for name in fixed)
    conditions += f" AND {where}" if where else ""
    if dialect == "sqlite":  # CROSS JOIN fixes the order: each wanted key is looked up, the table is never scanned
        found = f"json_each(?) AS w CROSS JOIN {table.name} AS t WHERE t.{key} = w.value"
    else:
        found = f"{table.name} AS t WHERE t.{key} = ANY(%b::text[])"
    return " ".join(("SELECT", names, "FROM", found + conditions))


@lru_cache(maxsize=256)
def _postgres_types(table: Table, columns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_postgres_type(table.c[name].type) for name in columns)


def _postgres_type(kind: object) -> str:
    if isinstance(kind, LargeBinary):
        return "bytea"
    return "int4" if isinstance(kind, Integer) else "text"
