"""Writes the few queries that Inlay asks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

LONGEST_LIST = 6_000
"""Characters of quoted values in one IN (...): the whole address may hold 16,384, and quotes triple when encoded."""


def quoted(value: str) -> str:
    """Return ``value`` as a string literal."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return f"'{escaped}'"


def select(columns: Sequence[str], source: str, conditions: Sequence[str] = (), order_by: str = "") -> str:
    """Return a query of ``columns`` for which all ``conditions`` hold."""
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    order = f" ORDER BY {order_by}" if order_by else ""
    # Values get into conditions only through ``quoted`` and ``literal``, names only out of the mapping.
    return f"SELECT {', '.join(columns)} FROM {source}{where}{order}"  # noqa: S608 - SOQL, which can only read


def equals(field: str, value: str) -> str:
    """Return the condition that ``field`` holds ``value``."""
    return f"{field} = {quoted(value)}"


def batches(values: Sequence[str]) -> Iterator[list[str]]:
    """Yield the values in lists that fit into one query each."""
    batch: list[str] = []
    size = 0
    for value in values:
        weight = len(quoted(value)) + 5
        if batch and size + weight > LONGEST_LIST:
            yield batch
            batch, size = [], 0
        batch.append(value)
        size += weight
    if batch:
        yield batch


def in_list(field: str, values: Sequence[str]) -> str:
    """Return the condition that ``field`` holds one of ``values``."""
    return f"{field} IN ({','.join(map(quoted, values))})"


def literal(stamp: str) -> str:
    """Return a record's stamp (``…000+0000``) as a literal, which has no quotes and ends in ``Z``."""
    instant = datetime.fromisoformat(stamp).astimezone(UTC)
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def earlier(stamp: str, seconds: int) -> str:
    """Return the literal of the instant ``seconds`` before a stamp."""
    return literal((datetime.fromisoformat(stamp) - timedelta(seconds=seconds)).isoformat())
