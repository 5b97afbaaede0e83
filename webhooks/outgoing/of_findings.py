"""What stands still: errors that stop a connection or a job, when they come and when they go."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import orjson
from sqlalchemy import Connection

from core.clock import iso
from core.store.events import Event
from core.store.findings import StoredFinding, read_findings
from webhooks.outgoing.catalogue import ConnectionState
from webhooks.outgoing.subscribers import Wants
from webhooks.outgoing.wording import event_of

FAILING = frozenset({"stream_failed", "job_failed", "reconnect", "events_failed"})


def look_at_failing(conn: Connection, since: str | None, _wants: Wants) -> tuple[str, Iterator[Event]]:
    """Errors that came and errors that went since the last look; its position is what was open then."""
    stopping = [one for one in read_findings(conn, "error") if one.code in FAILING]
    now = {f"{one.code}\0{one.place}\0{one.first_at}": _state(one) for one in stopping}
    before = {key: ConnectionState(**data) for key, data in orjson.loads(since or "{}").items()}
    reached = orjson.dumps({key: one.model_dump(mode="json") for key, one in sorted(now.items())}).decode()
    came = [("connection.failing", key, now[key]) for key in sorted(now.keys() - before.keys())]
    went = [("connection.recovered", key, before[key]) for key in sorted(before.keys() - now.keys())]
    return reached, (event_of(kind, key, iso(state.since), state) for kind, key, state in (*came, *went))


def _state(one: StoredFinding) -> ConnectionState:
    since = datetime.fromisoformat(one.first_at)
    return ConnectionState(place=one.place, code=one.code, message=one.message, remedy=one.remedy, since=since)
