"""From a batch to rows: the way every record takes, a hundred thousand times over, so each step here is cheap.

Only records whose payload hash is new are normalised; everything a record leaves behind (payload, golden record,
issues, parking) is written in the transaction that the caller holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from core.connector import Finding
from core.errors import RejectedError
from core.mapping import Issue
from core.mapping.streams import Written
from core.store import findings, golden, linked, parked, sources
from core.store.bulk import Values
from core.store.raw import may_be_reordered, packer_for
from core.sync.batches import Batch, Entry
from core.sync.gone import mark_made
from core.sync.origin import Origin

BAD_VALUE = "bad_value"
UNMADE = "unmade"  # why a golden record is gone whose source record lives on: its mapping makes no such record any more


@dataclass(slots=True)
class Gathered:
    """The rows that some records become, in the column orders of their tables."""

    sources: list[Values] = field(default_factory=list)
    golden: list[Values] = field(default_factory=list)
    stamps: dict[str, str | None] = field(default_factory=dict)
    parked: list[parked.Parked] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch: records that are new or different, records that could not stand."""

    changed: int
    parked: int


@dataclass(slots=True)
class Intake:
    """Stores the records of one stream; ``fresh`` while the store held none of it when the reading began."""

    origin: Origin
    fresh: bool

    @classmethod
    def of(cls, conn: Connection, origin: Origin) -> Intake:
        """Look once whether the store holds any of the stream, so that a first load need not ask for each record."""
        return cls(origin, not sources.has_records(conn, origin.connection, origin.stream))

    def changed(self, conn: Connection, entries: Mapping[str, Entry]) -> dict[str, Entry]:
        """Those records whose payload is new or different."""
        if self.fresh:
            return dict(entries)
        known = sources.live_hashes(conn, entries)
        found = {source_id: entry for source_id, entry in entries.items() if known.get(source_id) != entry[2]}
        doubtful = {
            source_id: entry[0]
            for source_id, entry in found.items()
            if source_id in known and may_be_reordered(known[source_id], entry[2])
        }
        same = sources.same_as_before(conn, doubtful) if doubtful else set()
        sources.note_hashes(conn, {source_id: found.pop(source_id)[2] for source_id in sorted(same)})
        return found

    def store(self, conn: Connection, entries: Mapping[str, Entry]) -> Gathered:
        """Normalise records and write all they leave behind."""
        gathered = self.gather(conn, entries)
        sources.save_sources(conn, gathered.sources, fresh=self.fresh)
        self.keep(conn, gathered)
        return gathered

    def gather(self, conn: Connection, entries: Mapping[str, Entry]) -> Gathered:
        """Normalise records; a refused one yields a parking and nothing else."""
        origin, found = self.origin, Gathered()
        outcomes = origin.mapping.written([entry[:2] for entry in entries.values()], found.issues)
        made: dict[str, list[Written]] = {}
        for (source_id, entry), outcome in zip(entries.items(), outcomes, strict=True):
            if isinstance(outcome, RejectedError):
                found.parked.append(origin.parked(source_id, dict(entry[0]), outcome))
            else:
                made[source_id] = outcome
        kept = [entries[source_id] for source_id in made] if found.parked else list(entries.values())
        stamps = origin.mapping.stamps([entry[0] for entry in kept])
        packed = packer_for(conn, origin.path, [entry[0] for entry in entries.values()]).pack_all(e[1] for e in kept)
        at, by = origin.at, origin.mapping_hash
        found.stamps = dict(zip(made, stamps, strict=True))
        found.sources = [
            (source_id, raw, entry[2], stamp, at, by, None, None, None)
            for source_id, entry, raw, stamp in zip(made, kept, packed, stamps, strict=True)
        ]
        found.golden = [
            (kind, source_id, client, text, golden.OWN, at, None)
            for source_id, rows in made.items()
            for kind, text, client in rows
        ]
        return found

    def keep(self, conn: Connection, gathered: Gathered) -> None:
        """Write what normalising gave, but for the source records themselves."""
        golden.save_golden(conn, self._alone(conn, gathered), fresh=self.fresh)
        if not self.fresh:
            self._mark_unmade(conn, gathered)
        if gathered.parked:
            parked.park(conn, gathered.parked)
        if gathered.issues:
            findings.report(conn, self._findings(gathered.issues), self.origin.at)

    def _alone(self, conn: Connection, gathered: Gathered) -> list[Values]:
        """Set linked records aside, to be merged at the next join; return the golden rows of all others."""
        aside = {(kind, source_id) for kind in self._linked_kinds(conn) for source_id in _linked(conn, kind, gathered)}
        if not aside:
            return gathered.golden
        rows = [
            (row[0], row[1], row[3], gathered.stamps[row[1]], None, 0) for row in gathered.golden if row[:2] in aside
        ]
        linked.save_linked(conn, rows)
        return [row for row in gathered.golden if row[:2] not in aside]

    def _linked_kinds(self, conn: Connection) -> list[str]:
        where = (self.origin.connection, self.origin.stream)
        return [kind for kind in self.origin.mapping.record_types if linked.has_linked(conn, kind, *where)]

    def _mark_unmade(self, conn: Connection, gathered: Gathered) -> None:
        """Where a stream makes several kinds of record, one that a record no longer makes is gone."""
        if len(self.origin.mapping.record_types) < 2:
            return
        made = {row[:2] for row in gathered.golden}
        for kind in self.origin.mapping.record_types:
            unmade = [source_id for source_id in gathered.stamps if (kind, source_id) not in made]
            mark_made(conn, self.origin, kind, unmade, UNMADE)

    def _findings(self, issues: Iterable[Issue]) -> list[Finding]:
        counts: Counter[str] = Counter()
        latest: dict[str, Issue] = {}
        for issue in issues:
            counts[issue.field] += 1
            latest[issue.field] = issue
        return [
            Finding(
                BAD_VALUE,
                "warning",
                f"{issue.problem}: {issue.value_excerpt!r}",
                f"{self.origin.prefix}{name}",
                issue.remedy,
                counts[name],
            )
            for name, issue in latest.items()
        ]


def take_in(conn: Connection, intake: Intake, batch: Batch, watch_parked: bool) -> Taken:
    """Store the records of a batch; ``watch_parked`` where earlier parkings of them may be over now."""
    changed = intake.changed(conn, batch.entries)
    gathered = intake.store(conn, changed)
    parked.park(conn, batch.parked)
    refused = {row.id for row in gathered.parked}
    if watch_parked:
        parked.release(conn, [key for key in batch.entries if key not in refused], "replayed")
    return Taken(len(changed) - len(refused), len(refused) + len(batch.parked))


def _linked(conn: Connection, kind: str, gathered: Gathered) -> set[str]:
    return linked.linked_among(conn, kind, [row[1] for row in gathered.golden if row[0] == kind])
