"""The least any hub does with a record, by hand: parse, write with sorted keys, hash, insert into one table of SQLite.

It measures the machine: a machine on which this is slow is slow for all others, and by as much.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterator
from hashlib import blake2b
from itertools import islice
from pathlib import Path

import orjson

from benchmarks.process import cpu_seconds

BATCH = 2000
Row = tuple[str, bytes, bytes]


def main(file: str, folder: str) -> None:
    """Load and print what it took, as one line of JSON."""
    path = Path(folder) / "floor.db"
    path.unlink(missing_ok=True)
    cpu, count = cpu_seconds(), 0
    with sqlite3.connect(path) as database, Path(file).open("rb") as lines:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=NORMAL")
        database.execute("CREATE TABLE account (id TEXT PRIMARY KEY, hash BLOB, body BLOB)")
        rows = _rows(lines)
        while batch := list(islice(rows, BATCH)):
            database.executemany("INSERT INTO account VALUES (?, ?, ?)", batch)
            database.commit()
            count += len(batch)
    database.close()
    print(json.dumps({"cpu": cpu_seconds() - cpu, "read": count}))
    path.unlink()


def _rows(lines: Iterator[bytes]) -> Iterator[Row]:
    for line in lines:
        record = orjson.loads(line)
        body = orjson.dumps(record, option=orjson.OPT_SORT_KEYS)
        yield record["Id"], blake2b(body, digest_size=16).digest(), body


if __name__ == "__main__":
    main(*sys.argv[1:])
