"""A file as records: one dict of texts per row, by column name."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from connectors.csv.layout import Layout, find_layout
from connectors.csv.rows import read_rows
from connectors.csv.settings import FileOptions
from core.sdk import BrokenRow

ROW_ID = "__row__"
Record = dict[str, str]


class Table:
    """One file of the folder; how it is written is found when it is asked for, and anew when the file has changed."""

    def __init__(self, path: Path, options: FileOptions) -> None:
        self.path = path
        self._options = options
        self._seen: tuple[tuple[int, int], Layout] | None = None

    @property
    def layout(self) -> Layout:
        """How the file is written."""
        stat = self.path.stat()
        version = (stat.st_mtime_ns, stat.st_size)
        if self._seen is None or self._seen[0] != version:
            self._seen = (version, find_layout(self.path, self._options))
        return self._seen[1]

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of its columns."""
        return self.layout.header

    def records(self) -> Iterator[Record | BrokenRow]:
        """All records, in file order."""
        layout = self.layout
        for row in read_rows(self.path, layout):
            yield row if isinstance(row, BrokenRow) else dict(zip(layout.header, row, strict=True))


def with_row_ids(records: Iterator[Record | BrokenRow]) -> Iterator[Record | BrokenRow]:
    """Give each record an id made of its content, for files that have none; equal rows are counted through.

    The id stays when rows are added or reordered. This is the one thing that needs memory per row: a number each.
    """
    seen: Counter[bytes] = Counter()
    for record in records:
        if isinstance(record, BrokenRow):
            yield record
            continue
        digest = hashlib.sha256("\x1f".join(record.values()).encode("utf-8", "replace")).digest()[:8]
        seen[digest] += 1
        yield {ROW_ID: f"{digest.hex()}-{seen[digest]}", **record}
