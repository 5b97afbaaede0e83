"""Pages joined to batches: one transaction for a few thousand records, however small the vendor's pages are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from core.connector import BrokenRow, Cursor, Page, RawRecord, Tombstone
from core.errors import InlayError, RejectedError
from core.store.parked import Parked
from core.store.raw import encode, encoded, ordered
from core.sync.origin import Origin
from core.sync.seen import SeenIds

RECORDS = 2000
BYTES = 8_000_000  # whichever comes first: payloads with attachments are large

Entry = tuple[RawRecord, bytes, bytes]
"""One record as it came, its encoded form, and the hash of that."""


@dataclass(slots=True)
class Batch:
    """What is stored together: records by source id, what could not even be named, and where to read on afterwards."""

    entries: dict[str, Entry] = field(default_factory=dict)
    parked: list[Parked] = field(default_factory=list)
    tombstones: list[Tombstone] = field(default_factory=list)
    cursor: Cursor | None = None
    total: int | None = None
    read: int = 0
    size: int = 0
    duplicates: int = 0

    @property
    def full(self) -> bool:
        """True when it is time to store it."""
        return self.read >= RECORDS or self.size >= BYTES


class Batcher:
    """Names, encodes and hashes the records of one stream.

    With ``unique`` (a stream of files) a second record of an id is parked, for nothing tells which one is right;
    otherwise it is a later state of the same record and takes the place of the first.
    """

    def __init__(self, origin: Origin, seen: SeenIds | None, *, unique: bool) -> None:
        self._origin = origin
        self._seen = seen
        self._unique = unique and seen is not None
        self._encode = ordered if self._unique else encode  # here hashes alone tell a repetition from a contradiction

    def batches(self, pages: Iterable[Page]) -> Iterator[Batch]:
        """Join pages; what came before an error is yielded before it is raised."""
        batch = Batch()
        try:
            for page in pages:
                self._add(batch, page)
                if batch.full:
                    yield batch
                    batch = Batch(total=batch.total)
        except InlayError:
            yield batch
            raise
        yield batch

    def _add(self, batch: Batch, page: Page) -> None:
        entries = self._entries(page.records, batch)
        batch.parked.extend(map(self._broken, page.broken))
        if self._seen is not None:
            self._seen.add([(parked.id, b"") for parked in batch.parked])
        batch.entries.update(entries)
        batch.tombstones.extend(page.tombstones)
        batch.read += len(page.records) + len(page.broken)
        batch.cursor = page.cursor or batch.cursor
        batch.total = page.total if page.total is not None else batch.total

    def _entries(self, records: Sequence[RawRecord], batch: Batch) -> dict[str, Entry]:
        named = self._named(records, batch)
        if self._seen is None:
            return dict(named)
        if self._unique:
            named = self._first_of_each(named, batch, self._seen.among(source_id for source_id, _ in named))
        self._seen.add((source_id, entry[2]) for source_id, entry in named)
        return dict(named)

    def _named(self, records: Sequence[RawRecord], batch: Batch) -> list[tuple[str, Entry]]:
        prefix, entries = self._origin.prefix, encoded(records, self._encode)
        batch.size += sum(len(body) for _, body, _ in entries)
        found = self._origin.mapping.ordinary_ids(records) if prefix.isascii() else None
        if found is not None:
            return list(zip([prefix + one for one in found], entries, strict=True))
        return list(self._named_with_care(entries, batch))

    def _named_with_care(self, entries: Iterable[Entry], batch: Batch) -> Iterator[tuple[str, Entry]]:
        prefix, external_id = self._origin.prefix, self._origin.mapping.external_id
        for entry in entries:
            try:
                source_id = prefix + external_id(entry[0])
                if not source_id.isascii() or "\0" in source_id:
                    _check_id(source_id)
            except RejectedError as error:
                batch.parked.append(self._nameless(entry, error))
                continue
            yield source_id, entry

    def _first_of_each(
        self, named: list[tuple[str, Entry]], batch: Batch, met: dict[str, bytes]
    ) -> list[tuple[str, Entry]]:
        first: list[tuple[str, Entry]] = []
        for source_id, entry in named:
            known = met.setdefault(source_id, entry[2])
            if known is entry[2]:
                first.append((source_id, entry))
                continue
            batch.duplicates += 1
            if known != entry[2]:
                batch.parked.append(self._duplicate(source_id, entry))
        return first

    def _duplicate(self, source_id: str, entry: Entry) -> Parked:
        error = RejectedError(
            "a second record with this id and other content; the first one was kept",
            where=source_id,
            remedy="give each record an id of its own, or remove one of the two",
        )
        return self._origin.parked(f"{source_id}#{entry[2].hex()[:8]}", dict(entry[0]), error)

    def _nameless(self, entry: Entry, error: RejectedError) -> Parked:
        name = f"{self._origin.prefix}row:{entry[2].hex()[:12]}"
        return self._origin.parked(name, dict(entry[0]), error)

    def _broken(self, row: BrokenRow) -> Parked:
        error = RejectedError(row.problem, where=f"{row.file}:{row.line}", remedy=row.remedy)
        raw: dict[str, object] = {"file": row.file, "line": row.line, "text": row.text}
        return self._origin.parked(f"{self._origin.prefix}row:{row.line}", raw, error)


def _check_id(source_id: str) -> None:
    """Refuse ids that a database cannot hold."""
    try:
        source_id.encode()
    except UnicodeEncodeError as error:
        raise RejectedError("its id is no valid Unicode", remedy="correct it in the source system") from error
    if "\0" in source_id:
        raise RejectedError("its id holds a NUL character", remedy="correct it in the source system")
