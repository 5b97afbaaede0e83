"""Reads what was modified since an instant by searches: oldest change first, past the cap, whatever moves meanwhile.

A search shows 10,000 records at most, so a window ends there and the next begins at the last stamp read. Records that
are modified while we read leave their place and let later ones slip into it: a changed total tells, and the window
begins anew. Where a window ends amid many records of one and the same stamp, of which there may be more than any window
holds, all of these are read by id.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.hubspot import associations
from connectors.hubspot.client import OBJECTS, HubSpotClient, Json
from connectors.hubspot.listing import archived_since
from connectors.hubspot.records import (
    Links,
    Question,
    merged_away,
    milliseconds,
    modified,
    stamp_of,
    to_instant,
    to_raw,
)
from core.sdk import Cursor, Page, iso

PAGE = 200
CAP = 10_000
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Position:
    """Everything before ``at`` is read, and of what was modified exactly then, the records ``ids``."""

    at: datetime
    ids: frozenset[str] = frozenset()

    def advanced(self, rows: list[Json], question: Question) -> Position:
        """The position after these rows, which come in order of time."""
        if not rows:
            return self
        at = _modified(rows[-1], question)
        ids = frozenset(row["id"] for row in rows if _modified(row, question) == at)
        return Position(at, ids | self.ids if at == self.at else ids)

    def leaves_open(self, row: Json, question: Question) -> bool:
        """Whether a row found again has not been read yet in this state."""
        return row["id"] not in self.ids or _modified(row, question) != self.at


@dataclass(frozen=True)
class Found:
    """One page of hits."""

    rows: list[Json]
    total: int
    told_at: datetime | None


def read_changes(client: HubSpotClient, question: Question, since: Cursor, overlap: timedelta) -> Iterator[Page]:
    """What was archived since the cursor less the overlap, then what was modified since.

    The cursor never passes the instant at which the archive was looked at: what is archived after that is found there
    by the next read, however far this one got.
    """
    begin = to_instant(since.stamp) - overlap
    archived = archived_since(client, question, begin)
    if archived.tombstones:
        yield Page((), tombstones=archived.tombstones)
    for rows in _joined(_walk(client, question, begin), question):
        ids = [row["id"] for row in rows]
        links = associations.of_ids(client, question, ids) if question.targets else Links()
        records = [to_raw(row, question, links) for row in rows]
        reached = _cursor(rows[-1], question, archived.told_at)
        cursor = reached if to_instant(reached.stamp) >= to_instant(since.stamp) else since
        yield Page(records, cursor, merged_away(rows) if question.with_merges else ())


def _cursor(row: Json, question: Question, latest: datetime | None) -> Cursor:
    """The cursor after a record, or at ``latest`` if that is earlier."""
    if latest is not None and _modified(row, question) > latest:
        return Cursor(iso(latest))
    return Cursor(modified(row, question.kind), row["id"])


def _joined(pages: Iterator[list[Json]], question: Question) -> Iterator[list[Json]]:
    """Join pages to as many records as one question for associations may name."""
    if not question.targets:
        yield from pages
        return
    gathered: list[Json] = []
    for rows in pages:
        gathered += rows
        if len(gathered) + PAGE > associations.MOST_IDS:
            yield gathered
            gathered = []
    if gathered:
        yield gathered


def _walk(client: HubSpotClient, question: Question, begin: datetime) -> Iterator[list[Json]]:
    position: Position | None = Position(begin)
    while position is not None:
        reached = yield from _window(client, question, position)
        if reached is not None and len(reached.ids) > PAGE:
            yield from _flood(client, question, reached)
            reached = Position(reached.at + timedelta(milliseconds=1))
        position = reached


def _window(client: HubSpotClient, question: Question, start: Position) -> Generator[list[Json], None, Position | None]:
    """Read one window; returns where the next one begins, None when all is read."""
    found = _search(client, question, [_from(question, start.at)], 0)
    until = found.told_at + _SECOND if found.told_at else None
    filters = [_from(question, start.at) if until is None else _between(question, start.at, until)]
    total, offset, reached = found.total, 0, start
    while True:
        fresh = [row for row in found.rows if start.leaves_open(row, question)]
        if fresh:
            yield fresh
        reached = reached.advanced(found.rows, question)
        offset += len(found.rows)
        if offset >= total or not found.rows:
            return None
        if offset + PAGE > CAP:
            return reached
        found = _search(client, question, filters, offset)
        if found.total != total:
            return reached


def _flood(client: HubSpotClient, question: Question, at: Position) -> Iterator[list[Json]]:
    """All records of one stamp, by id."""
    same = {"propertyName": question.kind.modified, "operator": "EQ", "value": str(milliseconds(at.at))}
    last = 0
    while True:
        beyond = {"propertyName": "hs_object_id", "operator": "GT", "value": str(last)}
        found = _search(client, question, [same, beyond], 0, sort="hs_object_id")
        fresh = [row for row in found.rows if row["id"] not in at.ids]
        if fresh:
            yield fresh
        if len(found.rows) < PAGE:
            return
        last = int(found.rows[-1]["id"])


def _search(client: HubSpotClient, question: Question, filters: list[Json], offset: int, sort: str = "") -> Found:
    body: Json = {
        "filterGroups": [{"filters": filters}],
        "sorts": [{"propertyName": sort or question.kind.modified, "direction": "ASCENDING"}],
        "properties": question.asked,
        "limit": PAGE,
        "after": str(offset),
    }
    reply = client.post(f"{OBJECTS}/{question.kind.name}/search", body)
    rows = reply.records
    return Found(rows, int(reply.body.get("total") or len(rows)), reply.told_at)


def _from(question: Question, at: datetime) -> dict[str, Any]:
    return {"propertyName": question.kind.modified, "operator": "GTE", "value": str(milliseconds(at))}


def _between(question: Question, low: datetime, high: datetime) -> dict[str, Any]:
    bounds = {"value": str(milliseconds(low)), "highValue": str(milliseconds(high))}
    return {"propertyName": question.kind.modified, "operator": "BETWEEN", **bounds}


def _modified(row: Json, question: Question) -> datetime:
    return to_instant(stamp_of(row, question.kind))
