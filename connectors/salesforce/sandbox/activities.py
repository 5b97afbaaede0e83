"""Keeps ``LastActivityDate`` of accounts, contacts and the rest: it moves without touching any modified stamp."""

from __future__ import annotations

from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.table import Row


def note_activity(org: Org, object_name: str, row: Row) -> None:
    """Carry the day of a finished task or a past event over to whom and what it concerns."""
    day = _day_of(object_name, row)
    if day is None:
        return
    for reference in ("WhoId", "WhatId", "AccountId"):
        target = org.row(str(row[reference])) if row.get(reference) else None
        if target is not None and str(target.get("LastActivityDate") or "") < day:
            target["LastActivityDate"] = day


def _day_of(object_name: str, row: Row) -> str | None:
    if object_name == "Task" and row.get("IsClosed"):
        return str(row.get("ActivityDate") or row.get("CompletedDateTime"))[:10]
    if object_name == "Event" and str(row.get("StartDateTime")) <= str(row["SystemModstamp"]):
        return str(row["ActivityDate"])
    return None
