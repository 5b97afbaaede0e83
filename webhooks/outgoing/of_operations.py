"""What the ledger says has happened: changes carried out, refused for good, or taken back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, Row, func, select

from core.clock import iso
from core.store.events import Event
from core.store.runs import read_runs
from core.store.tables import operation
from webhooks.outgoing.catalogue import OperationEnded
from webhooks.outgoing.subscribers import Wants
from webhooks.outgoing.wording import event_of

OVERLAP = timedelta(hours=1)  # an operation's row may be committed this long after the instant it carries
done = operation.c.applied_at


def look_at_applied(conn: Connection, since: str | None, _wants: Wants) -> tuple[str, Iterator[Event]]:
    """Operations carried out since shortly before the last look, but none from before the first.

    The position is the newest instant at the first look, the newest now, and how many operations lie shortly before it:
    one that was committed late changes that number.
    """
    first, last, seen = orjson.loads(since) if since else (None, None, None)
    newest = conn.execute(select(func.max(done))).scalar() or ""
    first = newest if first is None else first
    count = conn.execute(select(func.count()).where(done > first, done >= _shortly_before(newest))).scalar_one()
    reached = orjson.dumps([first, newest, count]).decode()
    if since is None or (newest, count) == (last, seen):
        return reached, iter(())
    query = select(operation).where(done > first, done >= _shortly_before(last or "")).order_by(done, operation.c.id)
    return reached, map(_applied_event, conn.execute(query))


def _shortly_before(instant: str) -> str:
    return iso(datetime.fromisoformat(instant) - OVERLAP) if instant else ""


def _applied_event(row: Row[Any]) -> Event:
    """What takes another operation back is told as that one's undoing."""
    kind = "operation.applied" if row.undo_of is None else "operation.undone"
    return _operation_event(kind, f"{row.id}\0{row.applied_at}", row.applied_at, row)


def look_at_rejected(conn: Connection, since: str | None, _wants: Wants) -> tuple[str, Iterator[Event]]:
    """Dead letters: they are few and stay until somebody has looked, so all of them are looked at."""
    rows = conn.execute(select(operation).where(operation.c.state == "rejected").order_by(operation.c.id)).all()
    known = set(orjson.loads(since)) if since else set()
    ids = [row.id for row in rows]
    fresh = [] if since is None else [row for row in rows if row.id not in known]
    return orjson.dumps(ids).decode(), (
        _operation_event("operation.rejected", f"{row.id}\0{row.run_id}", _ended(conn, row.run_id), row)
        for row in fresh
    )


def _ended(conn: Connection, run_id: str | None) -> str:
    """When the run that was refused ended, or began where it goes on still."""
    found = next((run for run in read_runs(conn, limit=200) if run.id == run_id), None)
    return "1970-01-01T00:00:00Z" if found is None else found.ended_at or found.started_at


def _operation_event(event_type: str, key: str, at: str, row: Row[Any]) -> Event:
    data = OperationEnded(
        operation=row.undo_of or row.id,
        kind=row.kind,
        connection=row.connection,
        stream=row.stream,
        record=row.external_id,
        field=row.field,
        client=row.client_id,
        plugin=row.plugin,
        reason=row.reason,
        before=None if row.before is None else orjson.loads(row.before),
        after=orjson.loads(row.after),
        error=row.error,
        run=row.run_id,
    )
    return event_of(event_type, key, at, data)
