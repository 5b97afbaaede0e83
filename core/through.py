"""Two connections as one: a CRM's exports are read by one, and what is to be changed there goes out by the other.

So a CRM without an API can be written to: its own automation takes the changes, and its next export shows whether they
came to be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from core.connector import (
    Connector,
    Cursor,
    Finding,
    InputTally,
    Outcome,
    Page,
    RawRecord,
    Stream,
    Verb,
    WriteRow,
)
from core.sync import ConnectionSetup


class WritingThrough(Connector):
    """Reads as ``reader`` does and writes as ``writer`` does; what was written is looked for in what is read."""

    writes: ClassVar[bool] = True

    def __init__(self, reader: Connector, writer: Connector) -> None:
        super().__init__(reader.settings, reader.context)
        self._reader = reader
        self._writer = writer

    def check(self) -> list[Finding]:
        """What the reader says; the writer is a connection of its own and is asked there."""
        return self._reader.check()

    def streams(self) -> Mapping[str, Stream]:
        """The reader's."""
        return self._reader.streams()

    def read(self, stream: str, fields: Sequence[str], since: Cursor | None) -> Iterator[Page]:
        """The reader's."""
        return self._reader.read(stream, fields, since)

    def tally(self, stream: str, columns: Sequence[str]) -> InputTally | None:
        """The reader's."""
        return self._reader.tally(stream, columns)

    def findings(self) -> list[Finding]:
        """The reader's."""
        return self._reader.findings()

    def fetch(self, stream: str, ids: Sequence[str], fields: Sequence[str]) -> list[RawRecord]:
        """The records as the latest export has them; none where there is no export of the stream."""
        known, wanted = self._reader.streams().get(stream), set(ids)
        if known is None:
            return []
        shown = [known.id_field, *(name for name in fields if name != known.id_field)]
        return [record for record in self._all(stream, shown) if str(record.get(known.id_field)) in wanted]

    def find_by_key(self, stream: str, field: str, values: Sequence[str]) -> dict[str, str]:
        """The records of the latest export that hold one of the values."""
        known, wanted = self._reader.streams().get(stream), set(values)
        if known is None:
            return {}
        rows = self._all(stream, [known.id_field, field])
        return {str(row[field]): str(row[known.id_field]) for row in rows if str(row.get(field)) in wanted}

    def batch_size(self, stream: str, verb: Verb) -> int:
        """The writer's."""
        return self._writer.batch_size(stream, verb)

    def calls_for(self, stream: str, verb: Verb, rows: int) -> int:
        """The writer's."""
        return self._writer.calls_for(stream, verb, rows)

    def write(self, stream: str, verb: Verb, rows: Sequence[WriteRow]) -> list[Outcome]:
        """The writer's."""
        return self._writer.write(stream, verb, rows)

    def record_url(self, stream: str, external_id: str) -> str | None:
        """The reader's."""
        return self._reader.record_url(stream, external_id)

    def _all(self, stream: str, fields: Sequence[str]) -> Iterator[RawRecord]:
        for page in self._reader.read(stream, fields, None):
            yield from page.records
        self._reader.findings()  # columns that this look found missing are told of by the readings


def written_through(setups: Sequence[ConnectionSetup], ways: Mapping[str, str]) -> list[ConnectionSetup]:
    """The connections, each that is written through another (``ways``: its name -> the other's) joined with it."""
    by_name = {setup.name: setup.connector for setup in setups}
    return [
        replace(setup, connector=joined(setup.connector, by_name[ways[setup.name]])) if setup.name in ways else setup
        for setup in setups
    ]


def joined(reader: Connector, writer: Connector) -> Connector:
    """A connector that reads as one and writes as the other."""

    class Joined(WritingThrough):
        """Known by the reader's kind, whose forms of values its records have."""

        kind: ClassVar[str] = reader.kind

    return Joined(reader, writer)
