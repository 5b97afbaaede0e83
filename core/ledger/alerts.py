"""What admins are told of failing connections: once when it begins, once when it is over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from sqlalchemy import BindParameter, Connection, bindparam, select

from core.clock import iso
from core.proposals import SendMessage, proposal_key
from core.store.findings import read_findings
from core.store.grants import broken_connections
from core.store.tables import operation

ALERTS = "alerts"
"""Whose messages these are, in the ledger; they need nobody's approval."""
CODES: dict[str, str] = {
    "stream_failed": "cannot be read",
    "job_failed": "a job fails",
    "reconnect": "is shut out",
}
REMEMBERED = timedelta(days=30)
OP = operation.c
SINCE: BindParameter[str] = bindparam("since")
TOLD = select(OP.inputs).where(OP.plugin == ALERTS, OP.state == "applied", OP.applied_at >= SINCE)


@dataclass(frozen=True)
class Trouble:
    """One thing that fails, where, since when, and what to do about it."""

    code: str
    place: str
    since: str
    message: str
    remedy: str

    @property
    def id(self) -> str:
        """The same as long as it lasts; when it fails again later, it is another."""
        return f"{self.code}#{self.place}#{self.since}"


def alerts(conn: Connection, now: datetime) -> list[SendMessage]:
    """Messages to the admins about what fails now, and about what they were told of and no longer fails."""
    failing = {one.id: one for one in _troubles(conn)}
    told = {id_ for row in conn.execute(TOLD, {"since": iso(now - REMEMBERED)}) for id_ in orjson.loads(row[0])}
    return [_alert(one) for one in failing.values()] + [_recovered(id_) for id_ in sorted(told - failing.keys())]


def _troubles(conn: Connection) -> Iterator[Trouble]:
    for found in read_findings(conn):
        if found.code in CODES:
            yield Trouble(found.code, found.place, found.first_at, found.message, found.remedy)
    for shut in broken_connections(conn):
        yield Trouble("reconnect", shut.connection, shut.since, shut.cause, f"run `inlay connect {shut.connection}`")


def _alert(one: Trouble) -> SendMessage:
    return SendMessage(
        to="admin",
        key=proposal_key("failing", one.id),
        reason=f"{one.place}: {CODES[one.code]}",
        subject=f"Inlay: {one.place} {CODES[one.code]}",
        text=f"{one.message}\nsince {one.since}\nWhat to do: {one.remedy or 'see `inlay doctor`'}",
        urgent=True,
        inputs=(one.id,),
    )


def _recovered(id_: str) -> SendMessage:
    code, place, since = id_.split("#", 2)[0], id_.partition("#")[2].rpartition("#")[0], id_.rpartition("#")[2]
    return SendMessage(
        to="admin",
        key=proposal_key("recovered", id_),
        reason=f"{place} works again",
        subject=f"Inlay: {place} works again",
        text=f"It failed since {since} ({code}) and is over.",
    )
