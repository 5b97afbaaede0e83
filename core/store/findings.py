"""Findings: what an admin should know, counted instead of repeated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from core.connector import Finding, Severity
from core.store.bulk import select_in, upsert_rows
from core.store.tables import finding

WRITTEN = ("code", "place", "severity", "message", "remedy", "count", "first_at", "last_at")
SETTLE = finding.delete().where(finding.c.code == bindparam("of_code"), finding.c.place == bindparam("at_place"))
ORDER: dict[str, int] = {"error": 0, "warning": 1, "info": 2}


@dataclass(frozen=True, slots=True)
class StoredFinding:
    """One finding and how often, since when and until when it was seen."""

    code: str
    place: str
    severity: Severity
    message: str
    remedy: str
    count: int
    first_at: str
    last_at: str


def report(conn: Connection, findings: Iterable[Finding], at: str) -> None:
    """Enter findings; where code and place are known already the counts add up and the message is the newest."""
    told = list(findings)
    known = _known(conn, told)
    for item in told:
        before = known.get((item.code, item.where))
        count, first_at = (before.count, before.first_at) if before else (0, at)
        known[item.code, item.where] = StoredFinding(
            item.code, item.where, item.severity, item.message, item.remedy, count + item.count, first_at, at
        )
    keys = dict.fromkeys((item.code, item.where) for item in told)
    upsert_rows(conn, finding, WRITTEN, [_values(known[key]) for key in keys])


def settle(conn: Connection, code: str, place: str) -> None:
    """Remove a finding whose cause is gone."""
    conn.execute(SETTLE, {"of_code": code, "at_place": place})


def settle_under(conn: Connection, code: str, prefix: str) -> None:
    """Remove all findings of a code whose place starts with ``prefix``."""
    conn.execute(finding.delete().where(finding.c.code == code, finding.c.place.startswith(prefix, autoescape=True)))


def read_findings(conn: Connection, severity: Severity | None = None) -> list[StoredFinding]:
    """All findings, errors first, then by code and place."""
    query = select(*[finding.c[name] for name in WRITTEN])
    rows = conn.execute(query if severity is None else query.where(finding.c.severity == severity))
    found = [StoredFinding(*row) for row in rows]
    return sorted(found, key=lambda item: (ORDER.get(item.severity, len(ORDER)), item.code, item.place))


def _known(conn: Connection, told: list[Finding]) -> dict[tuple[str, str], StoredFinding]:
    codes = {item.code for item in told}
    places = {item.where for item in told}
    found = [StoredFinding(*row) for row in select_in(conn, finding, WRITTEN, "place", places)]
    return {(item.code, item.place): item for item in found if item.code in codes}


def _values(item: StoredFinding) -> tuple[str | int, ...]:
    return tuple(getattr(item, name) for name in WRITTEN)
