"""A changed mapping applied to the payloads the store holds, without a call to any vendor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from core.clock import Clock, iso
from core.model import SourceKey
from core.store import Store, cursors, findings, parked, runs, sources
from core.store.raw import Unpacker, decode, digest, encode
from core.sync.batches import Entry
from core.sync.intake import BAD_VALUE, Intake
from core.sync.origin import Origin
from core.sync.report import ConnectionSetup, RemapReport

CHUNK = 2000


def remap(store: Store, setups: Sequence[ConnectionSetup], clock: Clock) -> RemapReport:
    """Normalise anew every stored record that another mapping made, and try again what another mapping refused."""
    with store.begin() as conn:
        run_id = runs.start_run(conn, "remap", clock)
    total = RemapReport(run_id)
    for setup in setups:
        found = remap_connection(store, setup, run_id, iso(clock.now()))
        total.remapped += found.remapped
        total.parked += found.parked
        total.released += found.released
    with store.begin() as conn:
        facts = {"remapped": total.remapped, "parked": total.parked, "released": total.released}
        runs.end_run(conn, run_id, clock, facts=facts)
    return total


def remap_connection(store: Store, setup: ConnectionSetup, run_id: str, at: str) -> RemapReport:
    """The same for one connection inside a run; costs one look per stream when nothing has changed."""
    report = RemapReport(run_id)
    if not _is_stale(store, setup):
        return report
    with store.begin() as conn:
        _begin(conn, setup, at)
    last = ""
    while True:
        with store.begin() as conn:
            stale = sources.stale_after(conn, setup.name, setup.mapping.hash, last, CHUNK)
            if not stale:
                break
            last = stale[-1][0]
            _remap_chunk(conn, _Chunk(setup, run_id, at, stale), report)
    with store.begin() as conn:
        _try_parked(conn, setup, run_id, at, report)
        _note_mapping(conn, setup, setup.mapping.hash, at)
    return report


def _begin(conn: Connection, setup: ConnectionSetup, at: str) -> None:
    """Old remarks on values go, once: after a kill those of the records done before it are to stay."""
    under_way = f"remapping to {setup.mapping.hash}"
    if any(saved.mapping != under_way for saved in cursors.read_cursors(conn, setup.name).values()):
        findings.settle_under(conn, BAD_VALUE, f"{setup.name}/")
        _note_mapping(conn, setup, under_way, at)


@dataclass(frozen=True)
class _Chunk:
    setup: ConnectionSetup
    run_id: str
    at: str
    stale: Sequence[tuple[str, bytes]]

    def by_stream(self) -> dict[str, list[tuple[str, bytes]]]:
        """Group the payloads by stream."""
        streams: dict[str, list[tuple[str, bytes]]] = {}
        for source_id, packed in self.stale:
            streams.setdefault(SourceKey.parse(source_id).stream, []).append((source_id, packed))
        return streams


def _remap_chunk(conn: Connection, chunk: _Chunk, report: RemapReport) -> None:
    setup = chunk.setup
    for stream, rows in chunk.by_stream().items():
        if stream in setup.mapping.streams:
            origin = Origin(
                setup.name, stream, setup.mapping.streams[stream], setup.mapping.hash, chunk.run_id, chunk.at
            )
            _remap_rows(conn, origin, rows, report)
    sources.set_mapping(conn, [source_id for source_id, _ in chunk.stale], setup.mapping.hash)


def _remap_rows(conn: Connection, origin: Origin, rows: Sequence[tuple[str, bytes]], report: RemapReport) -> None:
    unpacker = Unpacker(conn)
    entries: dict[str, Entry] = {}
    for source_id, packed in rows:
        body = unpacker.body(packed)
        entries[source_id] = (decode(body), body, b"")
    intake = Intake.of(conn, origin)
    gathered = intake.gather(conn, entries)
    intake.keep(conn, gathered)
    report.remapped += len(rows)
    report.parked += len(gathered.parked)


def _try_parked(conn: Connection, setup: ConnectionSetup, run_id: str, at: str, report: RemapReport) -> None:
    for row in parked.refused_otherwise(conn, setup.name, setup.mapping.hash):
        stream = SourceKey.parse(row.id).stream
        if stream not in setup.mapping.streams or SourceKey.parse(row.id).external_id.startswith("row:"):
            continue
        origin = Origin(setup.name, stream, setup.mapping.streams[stream], setup.mapping.hash, run_id, at)
        body = encode(row.raw)
        gathered = Intake.of(conn, origin).store(conn, {row.id: (row.raw, body, digest(body))})
        if not gathered.parked:
            report.released += parked.release(conn, [row.id], "replayed")


def _is_stale(store: Store, setup: ConnectionSetup) -> bool:
    with store.read() as conn:
        return any(saved.mapping != setup.mapping.hash for saved in cursors.read_cursors(conn, setup.name).values())


def _note_mapping(conn: Connection, setup: ConnectionSetup, mapping: str, at: str) -> None:
    for stream, saved in cursors.read_cursors(conn, setup.name).items():
        cursors.save_cursor(conn, setup.name, stream, saved.position, saved.fields, mapping, at)
