"""Reads whole object types by their lists: every record once, in the order of ids, associations inline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from connectors.hubspot import associations
from connectors.hubspot.client import OBJECTS, OWNERS, HubSpotClient, Json, Query, Reply
from connectors.hubspot.kinds import MERGED_IDS, Kind
from connectors.hubspot.places import ListPlace
from connectors.hubspot.records import Links, Question, merged_away, modified, stamp_of, to_instant, to_raw
from core.sdk import Cursor, Page, Tombstone, iso

PAGE = 100


def pages_of(client: HubSpotClient, path: str, query: Query, after: str = "") -> Iterator[Reply]:
    """One answer after the other of a list, from ``after`` on."""
    while True:
        reply = client.get(path, [("limit", PAGE), *query, *([("after", after)] if after else [])])
        yield reply
        after = next_page(reply)
        if not after:
            return


def next_page(reply: Reply) -> str:
    """Where the next page starts; empty after the last."""
    return str(((reply.body.get("paging") or {}).get("next") or {}).get("after") or "")


def read_list(client: HubSpotClient, question: Question, unfinished: Cursor | None) -> Iterator[Page]:
    """Every live record. Changes since the list was begun (by the vendor's own time) are for the next read.

    A list can be gone on with: its cursor holds where the next page starts and when the first one was read.
    """
    place = ListPlace.of(unfinished) if unfinished else ListPlace()
    newest = begun = place.begun
    for reply in pages_of(client, f"{OBJECTS}/{question.kind.name}", _query(question), place.after):
        rows = reply.records
        begun = begun or (iso(reply.told_at) if reply.told_at else "")
        newest = max([newest, *(modified(row, question.kind) for row in rows)])
        place = ListPlace(next_page(reply), begun)
        done = Cursor(begun or newest or "1970-01-01T00:00:00Z")
        yield to_page(client, question, rows, place.cursor() if place.after else done)


def _query(question: Question) -> Query:
    query: list[tuple[str, str | int]] = [("properties", ",".join(question.asked))]
    return [*query, ("associations", ",".join(question.targets))] if question.targets else query


def to_page(client: HubSpotClient, question: Question, rows: Sequence[Json], cursor: Cursor) -> Page:
    """One page of a list as records."""
    links = associations.from_lists(client, question, rows) if question.targets else Links()
    records = [to_raw(row, question, links) for row in rows]
    return Page(records, cursor, merged_away(rows) if question.with_merges else ())


def read_sweep(client: HubSpotClient, question: Question, after: str) -> Iterator[tuple[Reply, Page]]:
    """Every live record from a place in the list on, with the answer it came in; the cursor is the caller's."""
    for reply in pages_of(client, f"{OBJECTS}/{question.kind.name}", _query(question), after):
        yield reply, to_page(client, question, reply.records, Cursor(""))


@dataclass(frozen=True)
class Archived:
    """What was archived since an instant, and the vendor's time when that was asked."""

    tombstones: list[Tombstone]
    told_at: datetime | None


def archived_since(client: HubSpotClient, question: Question, begin: datetime) -> Archived:
    """Tombstones of what was archived since; the list knows no order of time, so all of it is looked at.

    A record may have swallowed others before it was archived itself, so its merges are told here too.
    """
    stones: list[Tombstone] = []
    told_at = None
    query = [("archived", "true"), *([("properties", MERGED_IDS)] if question.with_merges else [])]
    for reply in pages_of(client, f"{OBJECTS}/{question.kind.name}", query):
        told_at = told_at or reply.told_at
        gone = [row for row in reply.records if _archived_at(row, question.kind) >= begin]
        stones += [Tombstone(row["id"], "archived", row.get("archivedAt")) for row in gone]
        stones += merged_away(gone) if question.with_merges else []
    return Archived(stones, told_at)


def _archived_at(row: Json, kind: Kind) -> datetime:
    """When a record was archived; where the vendor leaves that out, when it last changed at the earliest."""
    return to_instant(row.get("archivedAt") or stamp_of(row, kind))


def read_owners(client: HubSpotClient) -> Iterator[Page]:
    """Everybody who can own records, those who have left too."""
    for archived in ("false", "true"):
        for reply in pages_of(client, OWNERS, [("archived", archived)]):
            yield Page([_named(owner) for owner in reply.rows])


def _named(owner: Json) -> Json:
    """An owner with ``fullName``, which a mapping can take as it is; without any name it is None."""
    names = [owner.get(part) for part in ("firstName", "lastName")]
    return {**owner, "fullName": " ".join(name for name in names if name) or None}
