"""All keys of all records of one type, on disk while a join runs, so that memory grows only with what is shared."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping

import orjson

from core.identity.keys import Key

Row = tuple[str, str, str, str]

SCHEMA = """
CREATE TABLE record (id TEXT PRIMARY KEY, connection TEXT NOT NULL, name TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE key (kind TEXT, value TEXT, record TEXT, PRIMARY KEY (kind, value, record)) WITHOUT ROWID;
CREATE INDEX key_of ON key (record);
BEGIN;
"""
SHARED = """
SELECT key.value, record.id FROM key JOIN record ON record.id = key.record WHERE key.kind = ?1 AND key.value IN (
  SELECT value FROM key JOIN record ON record.id = key.record WHERE kind = ?1
  GROUP BY value HAVING count(DISTINCT record.connection) > 1)
ORDER BY key.value, record.id
"""


class KeyIndex:
    """Who carries which key."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(SCHEMA)

    def add(self, source_id: str, name: str, keys: Iterable[Key]) -> None:
        """Note one record."""
        connection = source_id.partition("/")[0]
        self._db.execute("INSERT OR REPLACE INTO record VALUES (?, ?, ?)", (source_id, connection, name))
        self._db.executemany(
            "INSERT OR IGNORE INTO key VALUES (?, ?, ?)", [(kind, value, source_id) for kind, value in keys]
        )

    def shared(self, kind: str) -> Iterator[tuple[str, list[str]]]:
        """Each value that records of several connections carry, with those records; both in order."""
        value, holders = "", list[str]()
        for found, source_id in self._db.execute(SHARED, (kind,)):
            if found != value and holders:
                yield value, holders
                holders = []
            value = found
            holders.append(source_id)
        if holders:
            yield value, holders

    def references(self, kind: str) -> Iterator[tuple[str, str]]:
        """(record, record its key of this kind names) where the named one is known; in order."""
        query = (
            "SELECT key.record, key.value FROM key JOIN record ON record.id = key.value WHERE kind = ? ORDER BY 1, 2"
        )
        yield from self._db.execute(query, (kind,))

    def names(self, ids: Collection[str]) -> dict[str, str]:
        """The plain names of records."""
        query = "SELECT record.id, name FROM json_each(?) AS w CROSS JOIN record ON record.id = w.value"
        return dict(self._db.execute(query, (_json(ids),)))

    def values(self, ids: Collection[str], kinds: Collection[str]) -> Mapping[str, set[str]]:
        """What these records together carry of each kind."""
        found: dict[str, set[str]] = {kind: set() for kind in kinds}
        query = "SELECT key.kind, key.value FROM json_each(?) AS w CROSS JOIN key ON key.record = w.value"
        for kind, value in self._db.execute(query, (_json(ids),)):
            if kind in found:
                found[kind].add(value)
        return found

    def close(self) -> None:
        """Drop the file."""
        self._db.close()


def _json(ids: Collection[str]) -> str:
    return orjson.dumps(list(ids)).decode()
