"""The records that events were about, asked for by their ids and stored as the vendor shows them now.

What an event says of a record is never believed: events come twice, late and out of order, and the vendor's answer of
this moment is right whatever came before. Only a record that can be asked of nobody is taken from the event, and then
never over a later state of itself.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from core.clock import Clock, iso
from core.connector import Page, RawRecord, Tombstone
from core.errors import AuthError, InlayError, RetryLater
from core.store import Store, parked, sources
from core.store.touches import Touch
from core.sync.batches import Batch, Batcher
from core.sync.foreign import fetch_records
from core.sync.gone import bury
from core.sync.intake import Intake, take_in
from core.sync.origin import Origin
from core.sync.report import ConnectionSetup

ASKED_AT_ONCE = 500
PASSING = (RetryLater, AuthError)  # what may be over when the same record is asked for again
# Ids become parts of addresses and queries of vendors, and an event may come from anybody who was let in.
ID = re.compile(r"[A-Za-z0-9_.:@+=~-]{1,200}")


@dataclass
class RefetchReport:
    """What asking brought: ``unread`` are streams to be read on instead, ``away`` those nobody answers for now.

    ``refused`` are single records that could not be asked for or stored, for good. ``known`` are the streams of the
    mapping among those asked for; the others are nobody's business.
    """

    changed: int = 0
    parked: int = 0
    gone: int = 0
    known: set[str] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)
    away: dict[str, InlayError] = field(default_factory=dict)
    refused: dict[tuple[str, str], InlayError] = field(default_factory=dict)


def refetch(store: Store, setup: ConnectionSetup, clock: Clock, run_id: str, touches: Iterable[Touch]) -> RefetchReport:
    """Ask for all records that were touched, a few hundred at once, and store them; a failing stream stops no other."""
    report = RefetchReport()
    for stream, touched in _by_stream(touches).items():
        mapping = setup.mapping.streams.get(stream)
        if mapping is None:
            continue
        report.known.add(stream)
        origin = Origin(setup.name, stream, mapping, setup.mapping.hash, run_id, iso(clock.now()))
        try:
            _ask(store, setup, origin, touched, report)
        except PASSING as error:
            report.away[stream] = error
    return report


def _by_stream(touches: Iterable[Touch]) -> dict[str, dict[str, Touch]]:
    """The last word on each record; that it is gone is not unsaid by a later word, for order means nothing here."""
    found: dict[str, dict[str, Touch]] = defaultdict(dict)
    for touch in touches:
        known = found[touch.stream].get(touch.id)
        found[touch.stream][touch.id] = known if known and known.gone and not touch.gone else touch
    return found


def _ask(
    store: Store, setup: ConnectionSetup, origin: Origin, touched: dict[str, Touch], report: RefetchReport
) -> None:
    """Ask for what is named; a name that is none, or the wish for the whole stream, is left to a reading."""
    named = [touch for touch in touched.values() if ID.fullmatch(touch.id)]
    if len(named) < len(touched):
        report.unread.add(origin.stream)
    for start in range(0, len(named), ASKED_AT_ONCE):
        _ask_some(store, setup, origin, named[start : start + ASKED_AT_ONCE], report)


def _ask_some(
    store: Store, setup: ConnectionSetup, origin: Origin, some: Sequence[Touch], report: RefetchReport
) -> None:
    """All at once; where that fails in halves, so that one record nobody can read keeps no other from being read."""
    brought = [touch.record for touch in some if touch.record is not None]
    asked = [touch.id for touch in some if touch.record is None]
    try:
        shown = fetch_records(setup.connector, origin.stream, asked, origin.mapping.fields) if asked else []
    except PASSING:
        raise
    except InlayError as error:
        if len(some) == 1:
            report.refused[origin.stream, some[0].id] = error
            return
        for half in (some[: len(some) // 2], some[len(some) // 2 :]):
            _ask_some(store, setup, origin, half, report)
        return
    if shown is None:
        report.unread.add(origin.stream)
    _keep(store, origin, some, [*(shown or ()), *brought], report)


def _keep(store: Store, origin: Origin, some: Sequence[Touch], records: list[RawRecord], report: RefetchReport) -> None:
    """Store what was shown, and bury what is said to be gone and was not."""
    brought = {origin.prefix + touch.id for touch in some if touch.record is not None}
    shown: set[str] = set()
    for batch in Batcher(origin, None, unique=False).batches([Page(records)]):
        shown |= batch.entries.keys()
        with store.begin() as conn:
            _drop_outdated(conn, origin, batch, brought)
            watch = parked.count_open(conn, origin.connection, origin.stream) > 0
            taken = take_in(conn, Intake.of(conn, origin), batch, watch)
        report.changed += taken.changed
        report.parked += taken.parked
    stones = [
        Tombstone(touch.id, touch.gone, None, touch.into)
        for touch in some
        if touch.gone and origin.prefix + touch.id not in shown and origin.stream not in report.unread
    ]
    if stones:
        with store.begin() as conn:
            report.gone += bury(conn, origin, stones)


def _drop_outdated(conn: Connection, origin: Origin, batch: Batch, brought: set[str]) -> None:
    """Leave out records that an event brought and the store holds in a later state."""
    told = brought & batch.entries.keys()
    for source_id, known in sources.stamps(conn, told).items() if told else ():
        stamp = origin.mapping.stamp(batch.entries[source_id][0])
        if known and stamp and stamp < known:
            del batch.entries[source_id]
