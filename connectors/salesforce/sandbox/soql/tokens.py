"""Cuts SOQL text into tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, cast

from connectors.salesforce.sandbox.errors import Refusal

Kind = Literal["string", "datetime", "date", "number", "word", "sign", "end"]

_PATTERN = re.compile(
    r"""\s*(?:
      (?P<string>'(?:[^'\\]|\\.)*')
    | (?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))
    | (?P<date>\d{4}-\d\d-\d\d)
    | (?P<number>[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*(?::\d+)?)
    | (?P<sign><=|>=|<>|!=|=|<|>|\(|\)|,)
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "'": "'", '"': '"', "\\": "\\"}


@dataclass(frozen=True)
class Token:
    """One token; a string's ``text`` keeps its escapes, because LIKE reads an escaped wildcard its own way."""

    kind: Kind
    text: str
    at: int

    @property
    def upper(self) -> str:
        """The text in capitals, for keywords; empty for strings."""
        return "" if self.kind == "string" else self.text.upper()


def tokenize(soql: str) -> list[Token]:
    """Return the tokens of ``soql`` and an end mark."""
    found: list[Token] = []
    position = 0
    end = len(soql.rstrip())
    while position < end:
        match = _PATTERN.match(soql, position)
        if match is None:
            rest = soql[position:].lstrip()
            raise malformed(soql, len(soql) - len(rest), f"unexpected token: '{rest[:1]}'")
        kind = cast("Kind", match.lastgroup)  # the pattern's groups are the kinds
        found.append(Token(kind, match[kind], match.start(kind)))
        position = match.end()
    return [*found, Token("end", "<EOF>", end)]


def unescape(quoted: str, for_like: bool = False) -> str:
    """Return the value of a quoted string; with ``for_like``, escaped wildcards keep their backslash."""

    def plain(match: re.Match[str]) -> str:
        """Return what one escape stands for."""
        char = match[1]
        if char[0] == "u" and len(char) == 5:
            return chr(int(char[1:], 16))
        if char in "_%":
            return f"\\{char}" if for_like else char
        if char not in _ESCAPES:
            raise Refusal(
                "MALFORMED_QUERY",
                f"Illegal string literal: Invalid string literal '{quoted[1:-1]}'. "
                "Illegal character sequence '\\" + char + "' in string literal.",
            )
        return _ESCAPES[char]

    return re.sub(r"\\(u[0-9a-fA-F]{4}|.)", plain, quoted[1:-1], flags=re.DOTALL)


def located(soql: str, at: int, message: str) -> str:
    """Return ``message`` with the place in the query, as the vendor shows it."""
    line_start = soql.rfind("\n", 0, at) + 1
    row, column = soql.count("\n", 0, at) + 1, at - line_start + 1
    line = soql[line_start:].split("\n", 1)[0]
    return f"\n{line}\n{' ' * (column - 1)}^\nERROR at Row:{row}:Column:{column}\n{message}"


def malformed(soql: str, at: int, message: str) -> Refusal:
    """Return the refusal of a query that cannot be parsed."""
    return Refusal("MALFORMED_QUERY", located(soql, at, message))
