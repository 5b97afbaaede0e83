"""What changed and what was deleted within a window: ``updated`` and ``deleted``."""

from __future__ import annotations

from datetime import datetime, timedelta

from connectors.salesforce.sandbox.calls import Call, Result
from connectors.salesforce.sandbox.errors import Refusal
from connectors.salesforce.sandbox.moments import read_instant, write_instant
from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.rows import rest_object
from connectors.salesforce.sandbox.schema import SObject
from connectors.salesforce.sandbox.site import Site

_UPDATED_LOOK_BACK = timedelta(days=30)
_DELETED_LOOK_BACK = timedelta(days=15)
MOST_IDS = 600_000
"""More ids than this are refused; a shorter window must be asked for."""


def get_updated(site: Site, call: Call, name: str) -> Result:
    """List the ids of rows changed within a window of the last 30 days."""
    sobject = _replicated(site.org, name)
    start, end = _window(site.org, call, _UPDATED_LOOK_BACK)
    until = write_instant(end)
    found = [
        str(row["Id"])
        for row in site.org.tables[sobject.name].rows.since(write_instant(start))
        if not row["IsDeleted"] and write_instant(start) <= str(row["SystemModstamp"]) < until
    ]
    _check_count(len(found))
    return Result(200, {"ids": found, "latestDateCovered": _covered(site.org, end)}, rows=len(found))


def get_deleted(site: Site, call: Call, name: str) -> Result:
    """List the rows deleted within a window of the last 15 days, with the earliest instant still known."""
    sobject = _replicated(site.org, name)
    start, end = _window(site.org, call, _DELETED_LOOK_BACK)
    found = [
        {"id": row_id, "deletedDate": at}
        for row_id, at in site.org.tables[sobject.name].delete_log
        if write_instant(start) <= at < write_instant(end)
    ]
    _check_count(len(found))
    earliest = site.org.clock.now() - _DELETED_LOOK_BACK
    body = {
        "deletedRecords": found,
        "earliestDateAvailable": write_instant(earliest),
        "latestDateCovered": _covered(site.org, end),
    }
    return Result(200, body, rows=len(found))


def empty_old_bin(org: Org) -> None:
    """Remove for good what has been in the recycle bin for 15 days."""
    oldest = write_instant(org.clock.now() - _DELETED_LOOK_BACK)
    for table in org.tables.values():
        table.purge(oldest)


def _check_count(count: int) -> None:
    if count > MOST_IDS:
        raise Refusal("EXCEEDED_ID_LIMIT", f"too many ids: {count}. Narrow the window to at most {MOST_IDS}")


def _replicated(org: Org, name: str) -> SObject:
    sobject = rest_object(org, name)
    if not sobject.replicateable:
        raise Refusal("INVALID_TYPE_FOR_OPERATION", f"entity type {sobject.name} is not replicateable")
    return sobject


def _window(org: Org, call: Call, look_back: timedelta) -> tuple[datetime, datetime]:
    """Return the window asked for; its seconds are ignored, so both ends are whole minutes."""
    start, end = _minute(call, "start"), _minute(call, "end")
    if start >= end:
        raise Refusal("INVALID_REPLICATION_DATE", "startDate must be at least one minute earlier than endDate")
    if start < org.clock.now() - look_back:
        days = look_back.days
        raise Refusal("INVALID_REPLICATION_DATE", f"startDate cannot be more than {days} days ago")
    return start, end


def _covered(org: Org, end: datetime) -> str:
    """Return up to when the answer is complete: the current minute may still bring more."""
    return write_instant(min(end, org.clock.now().replace(second=0, microsecond=0)))


def _minute(call: Call, name: str) -> datetime:
    try:
        # A bare plus sign in an address means a blank, so clients that forget to encode it are refused.
        instant = read_instant(call.query.get(name, ""))
    except ValueError:
        raise Refusal("INVALID_REPLICATION_DATE", f"{name} is required as a date with time and zone") from None
    return instant.replace(second=0, microsecond=0)
