"""Texts that a provider took and could not deliver: found at the next look, and from then on like those refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, select

from core.clock import Clock, iso
from core.errors import AuthError, ConfigError, RetryLater
from core.ledger.book import set_state
from core.ledger.policy import ONCE
from core.ledger.target import targets_of
from core.messages.rules import Reporter
from core.store import Store
from core.store.audit import append
from core.store.tables import operation
from core.sync import ConnectionSetup

LOOK_BACK = timedelta(days=2)
UNDELIVERED = "undelivered"
OP = operation.c
SENT = select(OP.id, OP.external_id).where(
    OP.kind == "create_record",
    OP.policy == ONCE,
    OP.connection == bindparam("of"),
    OP.stream == bindparam("stream"),
    OP.state == "applied",
    OP.applied_at >= bindparam("since"),
)


def look_for_arrivals(store: Store, setups: Sequence[ConnectionSetup], clock: Clock) -> int:
    """Ask what became of the messages of the last days; how many did not arrive.

    Nobody is asked who carried nothing; who cannot be asked now is asked next time.
    """
    since = clock.now() - LOOK_BACK
    found = 0
    for name, target in targets_of(setups).items():
        reporter = target.connector
        if not isinstance(reporter, Reporter):
            continue
        for channel in reporter.reports():
            with store.read() as conn:
                sent = _sent(conn, name, channel, since)
            try:
                lost = reporter.undelivered(channel, since) if sent else {}
            except (RetryLater, AuthError, ConfigError):
                continue
            failed = {sent[sid]: code for sid, code in lost.items() if sid in sent}
            with store.begin() as conn:
                _write_down(conn, failed, iso(clock.now()))
            found += len(failed)
    return found


def _sent(conn: Connection, connection: str, channel: str, since: datetime) -> dict[str, str]:
    """The operations that sent by this channel, by the provider's id."""
    rows = conn.execute(SENT, {"of": connection, "stream": channel, "since": iso(since)})
    return {row[1]: row[0] for row in rows if row[1]}


def _write_down(conn: Connection, failed: dict[str, str], at: str) -> None:
    for id_, code in failed.items():
        set_state(conn, [id_], "rejected", error=f"{code}: it was not delivered")
        append(conn, at, "inlay", UNDELIVERED, id_, {"code": code})
