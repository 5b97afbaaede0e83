"""From the inbox to the store: what events told of is asked for again, and each event is settled by what came of it."""

from __future__ import annotations

from collections.abc import Sequence

from core.clock import Clock, iso
from core.connector import Finding
from core.errors import InlayError
from core.store import Store, findings, runs
from core.store.inbox import Event, EventState, read_events, settle_events
from core.store.touches import Touch, read_touches
from core.sync import ConnectionSetup
from core.sync.refetch import RefetchReport, refetch

AT_ONCE = 500
FAILED = "events_failed"


def take_in_events(store: Store, setup: ConnectionSetup, clock: Clock) -> bool:
    """Refetch what a connection's new events are about; True where it has to be read on as well.

    That is so for events that name no record, and for systems that cannot be asked for single ones: those events stay
    new until the reading is complete. So do events of a system that is away. An event that could not be taken in for
    another reason is ``dead``: a finding tells, and the next reading brings what it was about.
    """
    run_id, last, read_on = "", 0, False
    while events := _next(store, setup.name, last):
        last = events[-1].id
        told = {event.id: read_touches(event.touches) for event in events}
        named = [touch for touches in told.values() for touch in touches or ()]
        run_id = run_id or (_start(store, setup, clock) if named else "")
        report = refetch(store, setup, clock, run_id, named)
        read_on |= bool(report.unread) or None in told.values()
        _settle(store, setup, clock, told, report)
    if run_id:
        with store.begin() as conn:
            runs.end_run(conn, run_id, clock)
    return read_on


def _next(store: Store, connection: str, last: int) -> list[Event]:
    with store.read() as conn:
        return list(read_events(conn, "new", AT_ONCE, connection=connection, after=last))


def _start(store: Store, setup: ConnectionSetup, clock: Clock) -> str:
    with store.begin() as conn:
        return runs.start_run(conn, "events", clock, {"connection": setup.name})


def _settle(
    store: Store, setup: ConnectionSetup, clock: Clock, told: dict[int, list[Touch] | None], report: RefetchReport
) -> None:
    states: dict[EventState, list[int]] = {}
    for event, touches in told.items():
        states.setdefault(_state(touches, report), []).append(event)
    if states.keys() == {"new"} and not report.away:
        return
    with store.begin() as conn:
        for state, events in states.items():
            if state != "new":
                settle_events(conn, events, state)
        for stream in report.known - report.away.keys() - {stream for stream, _ in report.refused}:
            findings.settle(conn, FAILED, f"{setup.name}/{stream}")
        findings.report(conn, _findings(setup.name, report), iso(clock.now()))


def _state(touches: Sequence[Touch] | None, report: RefetchReport) -> EventState:
    streams = {touch.stream for touch in touches or ()}
    if touches is None or streams & (report.away.keys() | report.unread):
        return "new"
    if any((touch.stream, touch.id) in report.refused for touch in touches):
        return "dead"
    return "done" if report.known & streams else "ignored"


def _findings(connection: str, report: RefetchReport) -> list[Finding]:
    """One per stream, with the latest reason."""
    causes = {stream: error for (stream, _), error in report.refused.items()} | report.away
    return [_finding(f"{connection}/{stream}", error) for stream, error in causes.items()]


def _finding(place: str, error: InlayError) -> Finding:
    return Finding(FAILED, "error", f"what events told of could not be read: {error.what}", place, error.remedy)
