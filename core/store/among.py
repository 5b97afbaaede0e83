"""Many ids as one parameter: a statement stays one text, built and compiled once, however many ids it is asked for.

SQLAlchemy's own ``in_`` writes a place for each value, hence another text for each number of them.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Dialect, Text, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType, TypeDecorator, TypeEngine


class _Ids(TypeDecorator[Collection[str]]):
    """A list of texts: an array of PostgreSQL's, JSON for SQLite, which has none."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """What the database knows it as."""
        kind: TypeEngine[Any] = ARRAY(Text) if dialect.name == "postgresql" else Text()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: Collection[str] | None, dialect: Dialect) -> Any:
        """What the driver is given; nothing is among None."""
        ids = list(value or ())
        return ids if dialect.name == "postgresql" else orjson.dumps(ids).decode()


class _Among(FunctionElement[Any]):
    name = "among"
    type: TypeEngine[Any] = NullType()  # as a Boolean it would be compared with 1 on SQLite, and no index be used
    inherit_cache = True


def among(column: ColumnElement[Any], ids: str) -> ColumnElement[bool]:
    """The condition that a column holds one of the texts in the parameter of that name."""
    return _Among(column, bindparam(ids, type_=_Ids()))


@compiles(_Among, "sqlite")
def _in_json(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, ids = (compiler.process(clause, **options) for clause in element.clauses)
    return "".join((column, " IN (SELECT value FROM json_each(", ids, "))"))


@compiles(_Among, "postgresql")
def _in_array(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, ids = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} = ANY({ids})"
