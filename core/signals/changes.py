"""Which clients an evaluation has to look at again: those of whom any record changed since the last one."""

from __future__ import annotations

from datetime import datetime

import orjson
from sqlalchemy import Connection, select

from core.config import FirmSettings
from core.signals.tables import TABLES, ClientRecords
from core.store.bulk import select_in
from core.store.runs import read_runs
from core.store.tables import crosswalk, golden_record

ELSEWHERE = [
    (table.record_type, table.client_field)
    for table in TABLES.values()
    if issubclass(table, ClientRecords) and table.client_field
]
"""Where records refer to their client by a field of their own."""


class Changes:
    """What changed since the last evaluation under this configuration (``configuration`` tells it from others)."""

    def __init__(self, conn: Connection, firm: FirmSettings, configuration: str) -> None:
        self._conn = conn
        self._firm = firm
        self._configuration = configuration

    def since_the_last(self, instant: datetime) -> list[str] | None:
        """The clients changed, by golden id; None where all have to be looked at.

        That is so when the last evaluation was of another day of the firm, for counts of days move then, of a later
        instant, or under another configuration.
        """
        last = next(iter(read_runs(self._conn, kind="signals", limit=1)), None)
        basis = last.facts.get("basis", {}) if last else {}
        if last is None or basis.get("configuration") != self._configuration:
            return None
        before = datetime.fromisoformat(last.facts["as_of"])
        if before > instant or self._day(before) != self._day(instant):
            return None
        touched = sorted(self._touched(basis["begun"]))
        fixed, where = {"record_type": "client"}, "t.gone IS NULL"
        return [
            row[0] for row in select_in(self._conn, golden_record, ("id",), "id", touched, fixed=fixed, where=where)
        ]

    def _day(self, instant: datetime) -> object:
        return instant.astimezone(self._firm.zone).date()

    def _touched(self, since: str) -> set[str]:
        """Golden ids of the clients whose own record, or one that belongs to them, changed or was joined."""
        record, joined = golden_record.c, crosswalk.c
        changed = select(record.record_type, record.id, record.client_ref).where(record.changed_at >= since)
        rows = self._conn.execute(changed).all()
        found = {row[1] for row in rows if row[0] == "client"} | {row[2] for row in rows if row[2]}
        for kind, field in ELSEWHERE:
            ids = [row[1] for row in rows if row[0] == kind]
            told = select_in(self._conn, golden_record, ("data",), "id", ids, fixed={"record_type": kind})
            found |= {client for row in told if (client := orjson.loads(row[0]).get(field))}
        moved = select(joined.golden_id).where(joined.record_type == "client", joined.decided_at >= since)
        found |= {row[0] for row in self._conn.execute(moved)}
        aliases = select(joined.source_id, joined.golden_id).where(
            joined.record_type == "client", joined.golden_id != joined.source_id
        )
        golden = {row[0]: row[1] for row in self._conn.execute(aliases)}
        return {golden.get(one, one) for one in found}


def live_clients(conn: Connection) -> list[str]:
    """The golden ids of all live clients, sorted."""
    record = golden_record.c
    query = select(record.id).where(record.record_type == "client", record.gone.is_(None))
    return sorted(row[0] for row in conn.execute(query))
