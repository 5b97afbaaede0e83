"""Reading one connection: the mapping's streams, one after the other, each on its own feet."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection

from core.clock import Clock, iso
from core.connector import Finding, Stream
from core.store import Store, cursors, findings, runs
from core.sync.drift import Drift
from core.sync.origin import Origin
from core.sync.remap import remap_connection
from core.sync.report import ConnectionSetup, Notify, SyncReport, keep_silent
from core.sync.stream import Reading, StreamSync

UNKNOWN_STREAM = "unknown_stream"


def sync_connection(
    store: Store,
    setup: ConnectionSetup,
    clock: Clock,
    *,
    streams: Collection[str] | None = None,
    full: bool = False,
    accept_vanished: Collection[str] = (),
    progress: Notify = keep_silent,
) -> SyncReport:
    """Read what is new since the last time into the store, and say what was found.

    ``full`` reads incremental streams from their beginning too, which finds what was deleted unseen.
    ``accept_vanished`` names streams whose many missing records a person has confirmed to be gone. Killed at any
    moment and started again it ends in the same store. A stream that cannot be read is reported and does not stop the
    others.
    """
    begun = _begin(store, setup, clock)
    remapped = remap_connection(store, setup, begun.run_id, begun.at).remapped
    report = SyncReport(setup.name, begun.run_id, remapped=remapped)
    for name in _wanted(store, setup, begun, streams):
        origin = Origin(setup.name, name, setup.mapping.streams[name], setup.mapping.hash, begun.run_id, begun.at)
        reading = _reading(store, setup, origin, full=full, accept_vanished=name in accept_vanished)
        report.streams.append(StreamSync(store, setup, origin, reading, progress).run())
    _end(store, setup, clock, report, Drift(setup, begun.at))
    return report


@dataclass(frozen=True)
class _Begun:
    run_id: str
    at: str


def _begin(store: Store, setup: ConnectionSetup, clock: Clock) -> _Begun:
    with store.begin() as conn:
        runs.interrupt_running(conn, "sync", setup.name, clock)
        return _Begun(runs.start_run(conn, "sync", clock, {"connection": setup.name}), iso(clock.now()))


def _wanted(store: Store, setup: ConnectionSetup, begun: _Begun, asked: Collection[str] | None) -> list[str]:
    """The mapping's streams that the connector has; the others are findings."""
    known = setup.connector.streams()
    with store.begin() as conn:
        for name in setup.mapping.streams:
            _judge_name(conn, setup, known, name, begun.at)
    return [name for name in setup.mapping.streams if name in known and (asked is None or name in asked)]


def _judge_name(conn: Connection, setup: ConnectionSetup, known: Collection[str], name: str, at: str) -> None:
    place = f"{setup.name}/{name}"
    findings.settle(conn, UNKNOWN_STREAM, place)
    if name not in known:
        what = f"the mapping reads `{name}`, which connector `{setup.connector.kind}` does not have"
        remedy = f"it has: {', '.join(sorted(known))}"
        findings.report(conn, [Finding(UNKNOWN_STREAM, "error", what, place, remedy)], at)


def _reading(store: Store, setup: ConnectionSetup, origin: Origin, *, full: bool, accept_vanished: bool) -> Reading:
    stream: Stream = setup.connector.streams()[origin.stream]
    with store.read() as conn:
        saved = cursors.read_cursor(conn, setup.name, origin.stream)
    # A field that was never asked for is not in the stored payloads: only reading everything again brings it.
    asked_all = saved is not None and saved.fields.issuperset(origin.mapping.fields)
    since = saved.position if saved is not None and asked_all and not full and stream.mode != "full" else None
    return Reading(stream, since, since is None, accept_vanished)


def _end(store: Store, setup: ConnectionSetup, clock: Clock, report: SyncReport, drift: Drift) -> None:
    noticed = setup.connector.findings()
    unseen = {finding.where for finding in noticed}  # an object that is switched off has no fields to be compared
    read = [one.stream for one in report.streams if one.error is None]
    described = drift.looked(name for name in read if f"{setup.name}/{name}" not in unseen)
    with store.begin() as conn:
        findings.report(conn, drift.told(conn, described, noticed), iso(clock.now()))
        facts = {"streams": {told.stream: told.facts() for told in report.streams}, "remapped": report.remapped}
        state: runs.RunState = "failed" if report.errors else "done"
        runs.end_run(conn, report.run_id, clock, state, facts)
