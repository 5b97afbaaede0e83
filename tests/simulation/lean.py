"""A thin connection to SQLite for simulated runs: the hub's own statements, without SQLAlchemy's way of running them.

Two thirds of a simulated run were spent inside SQLAlchemy, which is not what is simulated. Here each statement is
compiled by SQLAlchemy once per process, and then handed to the driver as it is. ``SimStore(thick=True)`` goes the
product's own way; a test compares the stories that both tell.
"""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, NoReturn, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import DBAPIError, NoResultFound
from sqlalchemy.sql.compiler import SQLCompiler

Row = tuple[Any, ...]
Process = Callable[[Any], Any]
NOTHING: Mapping[str, Any] = {}
STATEMENTS: dict[Any, Any] = {}
"""What SQLAlchemy has compiled, by what the statements say."""
WORDINGS: dict[SQLCompiler, Wording] = {}


class Answer:
    """The rows of one statement, with as much of SQLAlchemy's ways as the hub uses."""

    __slots__ = ("_rows", "rowcount")

    def __init__(self, rows: list[Row], rowcount: int) -> None:
        self._rows = rows
        self.rowcount = rowcount

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    def all(self) -> list[Row]:
        """All rows."""
        return self._rows

    fetchall = all

    def first(self) -> Row | None:
        """The first row, if there is one."""
        return self._rows[0] if self._rows else None

    def one(self) -> Row:
        """The only row."""
        if len(self._rows) != 1:
            raise NoResultFound(f"{len(self._rows)} rows")
        return self._rows[0]

    def scalar(self) -> Any:
        """The first column of the first row, if there is one."""
        return self._rows[0][0] if self._rows else None

    def scalar_one(self) -> Any:
        """The first column of the only row."""
        return self.one()[0]

    def scalars(self) -> Answers:
        """The first column of all rows."""
        return Answers(row[0] for row in self._rows)

    def close(self) -> None:
        """Nothing is open."""


class Answers(list[Any]):
    """One column."""

    def all(self) -> list[Any]:
        """All of it."""
        return self

    def first(self) -> Any:
        """The first value, if there is one."""
        return self[0] if self else None


class Wording:
    """One text of SQL: what its places are called, what their values go through first, and how its rows are named."""

    def __init__(self, compiled: SQLCompiler) -> None:
        processes = cast("Mapping[str, Process]", compiled._bind_processors)
        names = [str(column.keyname) for column in compiled._result_columns or ()]
        self.sql = str(compiled)
        self.places = [(name, processes.get(name)) for name in compiled.positiontup or ()]
        self.row: Callable[[Any], Row] | None = (
            cast("Any", namedtuple("Found", names, rename=True))._make if names else None
        )


@dataclass(frozen=True)
class Spoken:
    """One statement: its text, and what it says itself of the places in there."""

    compiled: SQLCompiler
    wording: Wording
    literals: Any
    collected: Any

    @cached_property
    def held(self) -> Mapping[str, Any]:
        """What stands in its places unless told otherwise."""
        return self._with(NOTHING, check=False)

    @property
    def has_lists(self) -> bool:
        """Whether the text depends on how many values a list has."""
        return bool(self.compiled.post_compile_params)

    def values(self, told: Mapping[str, Any]) -> list[Any]:
        """What goes into the places."""
        held = {**self.held, **told} if told else self.held
        return [held[name] if process is None else process(held[name]) for name, process in self.wording.places]

    def spelt_out(self, told: Mapping[str, Any]) -> tuple[str, list[Any]]:
        """Text and values of a statement with lists."""
        given = self._with(told, check=True)
        state = self.compiled._process_parameters_for_postcompile(given)
        known: Mapping[str, Any] = {**given, **state.additional_parameters}
        processes: Mapping[str, Any] = {**self.compiled._bind_processors, **state.processors}
        names = state.positiontup or []
        return state.statement, [processes[one](known[one]) if one in processes else known[one] for one in names]

    def _with(self, told: Mapping[str, Any], *, check: bool) -> dict[str, Any]:
        return dict(
            self.compiled.construct_params(
                told, extracted_parameters=self.literals, _check=check, _collected_params=self.collected
            )
        )


class LeanConnection:
    """What the hub is handed as its connection in a simulated run."""

    _spoken: ClassVar[WeakKeyDictionary[Any, dict[Any, Spoken]]] = WeakKeyDictionary()

    def __init__(self, database: sqlite3.Connection, dialect: Dialect, engine: Engine) -> None:
        self.connection = database
        self.dialect = dialect
        self.engine = engine

    def execute(self, statement: Any, told: Any = None, *, execution_options: Any = None) -> Answer:
        """Run one statement, once or with a list of values; the driver gives all rows at once."""
        del execution_options
        several = isinstance(told, list)
        first: Mapping[str, Any] = (told[0] if several else told) or NOTHING
        spoken = self._in_sql(statement, tuple(first))
        if several:
            return self._run_all(spoken, told)
        sql, values = spoken.spelt_out(first) if spoken.has_lists else (spoken.wording.sql, spoken.values(first))
        try:
            cursor = self.connection.execute(sql, values)
            rows = cursor.fetchall()
        except sqlite3.Error as error:
            _raise(sql, error)
        make = spoken.wording.row
        return Answer(rows if make is None else [make(row) for row in rows], cursor.rowcount)

    def exec_driver_sql(self, sql: str, told: Any = ()) -> Answer:
        """Run a text, once or with a list of values."""
        run = self.connection.executemany if isinstance(told, list) else self.connection.execute
        try:
            cursor = run(sql, told)
            return Answer(cursor.fetchall(), cursor.rowcount)
        except sqlite3.Error as error:
            _raise(sql, error)

    def _run_all(self, spoken: Spoken, told: Sequence[Mapping[str, Any]]) -> Answer:
        try:
            return Answer([], self.connection.executemany(spoken.wording.sql, map(spoken.values, told)).rowcount)
        except sqlite3.Error as error:
            _raise(spoken.wording.sql, error)

    def _in_sql(self, statement: Any, names: tuple[str, ...]) -> Spoken:
        """The statement in SQL; one that the hub has built once for all is looked at once."""
        known = self._spoken.setdefault(statement, {})
        if names not in known:
            compiled, literals, collected, _ = statement._compile_w_cache(
                self.dialect, compiled_cache=STATEMENTS, column_keys=sorted(names)
            )
            if compiled not in WORDINGS:
                WORDINGS[compiled] = Wording(compiled)
            known[names] = Spoken(compiled, WORDINGS[compiled], literals, collected)
        return known[names]


def _raise(sql: str, error: sqlite3.Error) -> NoReturn:
    """As SQLAlchemy would have it."""
    raise DBAPIError.instance(sql, None, error, sqlite3.Error) from error
