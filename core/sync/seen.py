"""The ids met in one reading of a whole stream: what comes twice, and what comes no more."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import islice

import orjson

CHUNK = 2000


class SeenIds:
    """A set of ids with the hash of their record, kept in a temporary file so that memory stays flat at any size."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.execute("CREATE TABLE seen (id TEXT PRIMARY KEY, hash BLOB NOT NULL) WITHOUT ROWID")
        self._db.execute("BEGIN")

    def __len__(self) -> int:
        count: int = self._db.execute("SELECT count(*) FROM seen").fetchone()[0]
        return count

    def among(self, ids: Iterable[str]) -> dict[str, bytes]:
        """Those of the ids that were met before, with the hash they were met with."""
        found: dict[str, bytes] = {}
        for chunk in _chunks(ids):
            query = "SELECT seen.id, seen.hash FROM json_each(?) AS w CROSS JOIN seen ON seen.id = w.value"
            found.update(self._db.execute(query, (orjson.dumps(chunk).decode(),)))
        return found

    def add(self, met: Iterable[tuple[str, bytes]]) -> None:
        """Note ids; the first hash of an id stays."""
        self._db.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", met)

    def missing(self, ids: Iterable[str]) -> Iterator[str]:
        """Those of the ids that were never met, in their order."""
        for chunk in _chunks(ids):
            met = self.among(chunk)
            yield from (source_id for source_id in chunk if source_id not in met)

    def close(self) -> None:
        """Drop the temporary file."""
        self._db.close()


def _chunks(ids: Iterable[str]) -> Iterator[list[str]]:
    remaining = iter(ids)
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk
