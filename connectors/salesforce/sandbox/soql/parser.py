"""Parses SOQL by descent; every complaint names its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar

from connectors.salesforce.sandbox.soql.syntax import (
    Aggregate,
    AllFields,
    Both,
    Comparison,
    Condition,
    Not,
    Ordering,
    Path,
    Query,
)
from connectors.salesforce.sandbox.soql.tokens import Token, malformed, tokenize

_FUNCTIONS = frozenset({"COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"})
_COMPARATORS = frozenset({"=", "!=", "<>", "<", "<=", ">", ">=", "LIKE"})
_CLAUSES = frozenset(
    {
        "FROM",
        "WHERE",
        "GROUP",
        "HAVING",
        "ORDER",
        "LIMIT",
        "OFFSET",
        "ALL",
        "FOR",
        "WITH",
        "AND",
        "OR",
        "USING",
        "ASC",
        "DESC",
    }
)
_LITERALS = frozenset({"string", "datetime", "date", "number", "word"})

_Item = TypeVar("_Item")


def parse(soql: str) -> Query:
    """Return the tree of ``soql``; ``Refusal`` MALFORMED_QUERY when there is none."""
    parser = _Parser(soql)
    query = parser.query()
    parser.expect_end()
    return query


class _Parser:
    def __init__(self, soql: str) -> None:
        self._soql = soql
        self._tokens = tokenize(soql)
        self._next = 0

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._token
        if token.kind != "end":
            self._next += 1
        return token

    def _accept(self, *words: str) -> bool:
        ahead = self._tokens[self._next : self._next + len(words)]
        if [token.upper for token in ahead] != list(words):
            return False
        self._next += len(words)
        return True

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            raise self._unexpected(f"expecting '{word.lower()}'" if word.isalpha() else f"expecting '{word}'")

    def _unexpected(self, hint: str = "") -> Exception:
        token = self._token
        what = "unexpected end of query" if token.kind == "end" else f"unexpected token: '{token.text}'"
        return malformed(self._soql, token.at, f"{what} ({hint})" if hint else what)

    def expect_end(self) -> None:
        """Refuse anything after the query."""
        if self._token.kind != "end":
            raise self._unexpected()

    def query(self) -> Query:
        """Take one whole query."""
        self._expect("SELECT")
        select = self._list(self._selected)
        self._expect("FROM")
        source = self._name()
        alias = self._alias()
        where = self._any_of() if self._accept("WHERE") else None
        group_by = self._list(self._path) if self._accept("GROUP", "BY") else ()
        order_by = self._list(self._ordering) if self._accept("ORDER", "BY") else ()
        limit = self._count() if self._accept("LIMIT") else None
        offset = self._count() if self._accept("OFFSET") else 0
        all_rows = self._accept("ALL", "ROWS")
        return Query(
            self._soql, select, source.text, source.at, alias, where, group_by, order_by, limit, offset, all_rows
        )

    def _list(self, item: Callable[[], _Item]) -> tuple[_Item, ...]:
        found = [item()]
        while self._accept(","):
            found.append(item())
        return tuple(found)

    def _selected(self) -> Path | Aggregate | AllFields | Query:
        if self._accept("("):
            inner = self.query()
            self._expect(")")
            return inner
        name = self._name()
        if not self._accept("("):
            return self._path_of(name, self._alias())
        return self._call(name)

    def _call(self, name: Token) -> Aggregate | AllFields:
        function = name.upper
        if function == "FIELDS":
            which = self._take().upper
            self._expect(")")
            return AllFields(which)
        if function not in _FUNCTIONS:
            raise malformed(self._soql, name.at, f"unexpected token: '{name.text}'")
        path = None if function == "COUNT" and self._token.text == ")" else self._path()
        self._expect(")")
        return Aggregate(function, path, self._alias())

    def _alias(self) -> str | None:
        if self._token.kind == "word" and self._token.upper not in _CLAUSES:
            return self._take().text
        return None

    def _name(self) -> Token:
        if self._token.kind != "word" or self._token.upper in _CLAUSES:
            raise self._unexpected()
        return self._take()

    def _path(self) -> Path:
        return self._path_of(self._name(), None)

    def _path_of(self, token: Token, alias: str | None) -> Path:
        return Path(tuple(token.text.split(".")), token.at, alias)

    def _any_of(self) -> Condition:
        """Terms joined by AND or by OR: the vendor refuses both at one level without parentheses."""
        terms = [self._term()]
        word: Literal["AND", "OR"] | None = None
        while self._token.upper in {"AND", "OR"}:
            found: Literal["AND", "OR"] = "AND" if self._token.upper == "AND" else "OR"
            if word not in {None, found}:
                raise self._unexpected()
            word = found
            self._take()
            terms.append(self._term())
        return terms[0] if word is None else Both(word, tuple(terms))

    def _term(self) -> Condition:
        if self._accept("NOT"):
            return Not(self._term())
        if self._accept("("):
            inner = self._any_of()
            self._expect(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Comparison:
        path = self._path()
        sign = self._take()
        operator = sign.upper
        if operator == "NOT":
            self._expect("IN")
            operator = "NOT IN"
        if operator in {"IN", "NOT IN", "INCLUDES", "EXCLUDES"}:
            return Comparison(path, operator, self._set(), sign.at)
        if operator not in _COMPARATORS:
            self._next -= sign.kind != "end"
            raise self._unexpected()
        return Comparison(path, "!=" if operator == "<>" else operator, (self._literal(),), sign.at)

    def _set(self) -> tuple[Token, ...] | Query:
        self._expect("(")
        values: tuple[Token, ...] | Query
        values = self.query() if self._token.upper == "SELECT" else self._list(self._literal)
        self._expect(")")
        return values

    def _literal(self) -> Token:
        if self._token.kind not in _LITERALS:
            raise self._unexpected()
        return self._take()

    def _ordering(self) -> Ordering:
        path = self._path()
        descending = self._accept("DESC")
        if not descending:
            self._accept("ASC")
        nulls_last = self._accept("NULLS", "LAST")
        if not nulls_last:  # nulls come first by default, in descending order too
            self._accept("NULLS", "FIRST")
        return Ordering(path, descending, nulls_last)

    def _count(self) -> int:
        if self._token.kind != "number" or not self._token.text.isdigit():
            raise self._unexpected()
        return int(self._take().text)
