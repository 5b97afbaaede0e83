"""What signals say has happened: the values that an evaluation changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Row, select

from core.store.events import Event
from core.store.golden import lookup
from core.store.runs import read_runs
from core.store.tables import signal_history, signal_value
from webhooks.outgoing.catalogue import HealthChanged, NoticeDue, SignalChanged
from webhooks.outgoing.subscribers import SIGNAL_CHANGED, Wants
from webhooks.outgoing.wording import event_of

HEALTH, HEALTH_SCORE = "health.band", "health.score"
STAGE, DEADLINE, END = "term.stage", "term.notice_deadline", "term.end"


def look_at_signals(conn: Connection, since: str | None, wants: Wants) -> tuple[str, Iterator[Event]]:
    """Signals changed by evaluations after the one that was looked at last; one evaluation is one transaction."""
    runs = read_runs(conn, kind="signals", limit=1)
    last_run, _, as_of = (since or "").partition(" ")
    if not runs or runs[0].id == last_run or runs[0].state != "done":
        return since or " ", iter(())
    newest = f"{runs[0].id} {runs[0].facts['as_of']}"
    return newest, iter(()) if since is None else _signal_events(conn, as_of, wants)


def _signal_events(conn: Connection, as_of: str, wants: Wants) -> Iterator[Event]:
    """From the last instant on, itself included: two evaluations may share one."""
    is_new = signal_value.c.as_of >= as_of
    changed = set(conn.execute(select(signal_value.c.name).where(is_new).distinct()).scalars())
    named = {name for name in changed if wants(SIGNAL_CHANGED, name)}
    concerned = sorted(named | changed & {HEALTH, STAGE})
    rows = conn.execute(select(signal_value).where(is_new, signal_value.c.name.in_(concerned))).all()
    before = _before(conn, concerned, as_of)
    for row in rows:
        if row.name in named:
            yield _signal_event(row, before.get((row.name, row.subject_id)))
    yield from _telling(conn, HEALTH, rows, before, _health)
    yield from _telling(conn, STAGE, rows, before, _notice_due)


Before = Mapping[tuple[str, str], Any]


def _before(conn: Connection, names: Collection[str], as_of: str) -> Before:
    """What the signals said before: the newest value that each subject had earlier."""
    past = signal_history.c
    found: dict[tuple[str, str], Any] = {}
    for name in sorted(names):
        changed = select(signal_value.c.subject_id).where(signal_value.c.name == name, signal_value.c.as_of >= as_of)
        query = select(past.subject_id, past.value).where(past.name == name, past.subject_id.in_(changed))
        found |= {(name, row[0]): orjson.loads(row[1]) for row in conn.execute(query.order_by(past.as_of))}
    return found


def _signal_event(row: Row[Any], previous: Any) -> Event:
    data = SignalChanged(
        subject=row.subject_id,
        subject_type=row.subject_type,
        signal=row.name,
        value=orjson.loads(row.value),
        previous=previous,
        reason=row.reason,
        since=datetime.fromisoformat(row.as_of),
    )
    return event_of(SIGNAL_CHANGED, _signal_key(row), row.as_of, data)


def _signal_key(row: Row[Any]) -> str:
    return f"{row.name}\0{row.subject_id}\0{row.as_of}\0{row.value}"


Tell = Callable[[Connection, Sequence[Row[Any]], Before], Iterator[Event]]


def _telling(conn: Connection, name: str, rows: Sequence[Row[Any]], before: Before, tell: Tell) -> Iterator[Event]:
    mine = [row for row in rows if row.name == name]
    return tell(conn, mine, before) if mine else iter(())


def _health(conn: Connection, rows: Sequence[Row[Any]], before: Before) -> Iterator[Event]:
    ids = [row.subject_id for row in rows]
    scores, names = _values(conn, HEALTH_SCORE, ids), _named(conn, "client", ids)
    for row in rows:
        data = HealthChanged(
            client=row.subject_id,
            name=names.get(row.subject_id, {}).get("name"),
            band=orjson.loads(row.value),
            previous=before.get((HEALTH, row.subject_id)),
            score=scores.get(row.subject_id),
            reason=row.reason,
            since=datetime.fromisoformat(row.as_of),
        )
        yield event_of("client.health_changed", _signal_key(row), row.as_of, data)


def _notice_due(conn: Connection, rows: Sequence[Row[Any]], _before: Before) -> Iterator[Event]:
    """Stages that were reached; that one was left (renewed, terminated) is no reason to act."""
    due = [row for row in rows if orjson.loads(row.value) is not None]
    ids = [row.subject_id for row in due]
    deadlines, ends, contracts = _values(conn, DEADLINE, ids), _values(conn, END, ids), _named(conn, "contract", ids)
    for row in due:
        contract = contracts.get(row.subject_id, {})
        data = NoticeDue(
            contract=row.subject_id,
            client=contract.get("client_id"),
            name=contract.get("number") or contract.get("name"),
            stage=orjson.loads(row.value),
            notice_deadline=deadlines.get(row.subject_id),
            end=ends.get(row.subject_id),
            reason=row.reason,
        )
        yield event_of("contract.notice_due", _signal_key(row), row.as_of, data)


def _values(conn: Connection, name: str, subjects: Sequence[str]) -> dict[str, Any]:
    value = signal_value.c
    query = select(value.subject_id, value.value).where(value.name == name)
    wanted = set(subjects)
    return {row[0]: orjson.loads(row[1]) for row in conn.execute(query) if row[0] in wanted}


def _named(conn: Connection, record_type: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    return {key: orjson.loads(row.data) for key, row in lookup(conn, record_type, ids).items()}
