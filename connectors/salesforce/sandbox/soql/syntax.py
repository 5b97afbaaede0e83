"""The tree of a parsed query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from connectors.salesforce.sandbox.soql.tokens import Token


@dataclass(frozen=True)
class Path:
    """A field, through its parents: ``Account.Owner.Name``; ``at`` is its place in the text."""

    parts: tuple[str, ...]
    at: int
    alias: str | None = None


@dataclass(frozen=True)
class Aggregate:
    """``COUNT(Id) n``; ``path`` is None for ``COUNT()``."""

    function: str
    path: Path | None
    alias: str | None = None


@dataclass(frozen=True)
class AllFields:
    """``FIELDS(ALL)``, ``FIELDS(STANDARD)`` or ``FIELDS(CUSTOM)``."""

    which: str


@dataclass(frozen=True)
class Comparison:
    """One condition on a field."""

    path: Path
    operator: str
    values: tuple[Token, ...] | Query
    at: int


@dataclass(frozen=True)
class Not:
    """The contrary of a condition."""

    term: Condition


@dataclass(frozen=True)
class Both:
    """Terms joined by one kind of connective."""

    word: Literal["AND", "OR"]
    terms: tuple[Condition, ...]


Condition = Comparison | Not | Both


@dataclass(frozen=True)
class Ordering:
    """One ORDER BY term."""

    path: Path
    descending: bool
    nulls_last: bool


@dataclass(frozen=True)
class Query:
    """A whole query; ``source`` is the object, or the child relationship inside a select list."""

    text: str
    select: tuple[Path | Aggregate | AllFields | Query, ...]
    source: str
    source_at: int
    alias: str | None = None
    where: Condition | None = None
    group_by: tuple[Path, ...] = ()
    order_by: tuple[Ordering, ...] = ()
    limit: int | None = None
    offset: int = 0
    all_rows: bool = False

    @property
    def is_bare_count(self) -> bool:
        """Tell whether this is ``SELECT COUNT() FROM …``, which answers with a number only."""
        first = self.select[0]
        return isinstance(first, Aggregate) and first.path is None

    @property
    def is_aggregate(self) -> bool:
        """Tell whether rows are grouped."""
        return bool(self.group_by) or any(isinstance(item, Aggregate) for item in self.select)
