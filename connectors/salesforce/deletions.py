"""Hard deletions: records that left the recycle bin before anybody looked, known to the delete log alone.

The log (``sobjects/X/deleted``) reaches back 15 days, less where it grew too large. It is read once an hour at most,
and then from an hour before the cursor, so that every reading leaves no more than what the next one covers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.salesforce import soql
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.refusals import VendorRefusal, as_promised
from connectors.salesforce.streams import STAMP
from core.sdk import Cursor, Finding, Tombstone

EVERY = timedelta(hours=1)
LOOK_BACK = timedelta(days=15)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class DeleteLog:
    """What the log holds since ``start``: hard deletions, and up to when it is complete by the vendor's clock."""

    hard: Sequence[Tombstone]
    covered: Cursor | None
    finding: Finding | None = None


def read_delete_log(
    client: SalesforceClient, stream: str, since: Cursor, overlap_seconds: int, now: datetime, place: str
) -> DeleteLog:
    """Read the log of one object; a part that the vendor no longer keeps becomes a finding."""
    wanted = _whole_minute(datetime.fromisoformat(since.stamp) - EVERY - timedelta(seconds=overlap_seconds))
    start = max(wanted, _whole_minute(now - LOOK_BACK) + MINUTE)
    asked = {"start": _written(start), "end": _written(_whole_minute(now) + MINUTE)}
    try:
        answer = client.get(f"sobjects/{stream}/deleted", asked)
    except VendorRefusal as refusal:
        return DeleteLog((), None, _lost(place, refusal.words))
    with as_promised(place):
        earliest = datetime.fromisoformat(answer["earliestDateAvailable"])
        covered = Cursor(soql.literal(answer["latestDateCovered"]))
        logged = {str(one["id"]): soql.literal(one["deletedDate"]) for one in answer["deletedRecords"]}
    finding = _lost(place, f"the log begins at {soql.literal(earliest.isoformat())}") if earliest > wanted else None
    known = set(_still_shown(client, stream, start, logged)) if logged else set()
    hard = [Tombstone(name, "deleted", at) for name, at in logged.items() if name not in known]
    return DeleteLog(hard, covered, finding)


def _still_shown(client: SalesforceClient, stream: str, start: datetime, logged: dict[str, str]) -> Iterator[str]:
    """Yield those logged that any query shows: in the recycle bin, where a reading finds them, or restored from it."""
    since = soql.literal((start - MINUTE).isoformat())
    binned = soql.select(["Id"], stream, ["IsDeleted = true", f"{STAMP} >= {since}"])
    found = set(client.ids(binned, with_deleted=True))
    yield from found
    for batch in soql.batches([name for name in logged if name not in found]):
        yield from client.ids(soql.select(["Id"], stream, [soql.in_list("Id", batch)]), with_deleted=True)


def _whole_minute(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0)


def _written(instant: datetime) -> str:
    return soql.literal(instant.isoformat())


def _lost(place: str, why: str) -> Finding:
    return Finding(
        "deletions_lost",
        "warning",
        f"Salesforce no longer tells what was deleted since the last reading ({why})",
        where=place,
        remedy="read everything again: `inlay sync --full`",
    )
