"""Reads whole object types by their lists: every record once, in the order of ids, associations inline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from connectors.hubspot import associations
from connectors.hubspot.client import OBJECTS, OWNERS, HubSpotClient, Json, Query
from connectors.hubspot.kinds import MERGED_IDS
from connectors.hubspot.records import Links, Question, merged_away, modified, to_instant, to_raw
from core.sdk import Cursor, Page, Tombstone, iso

PAGE = 100
_UNFINISHED = ""
"""The stamp of a cursor inside a list that was not read to its end; it is before all others."""


def is_unfinished(cursor: Cursor) -> bool:
    """Whether a cursor stands inside a list."""
    return cursor.stamp == _UNFINISHED


def read_list(client: HubSpotClient, question: Question, unfinished: Cursor | None) -> Iterator[Page]:
    """Every live record. Changes since the list was begun (by the vendor's own time) are for the next read.

    A list can be gone on with: its cursor holds where the next page starts and when the first one was read.
    """
    after, _, begun = unfinished.id.partition("@") if unfinished else ("", "", "")
    newest = begun
    while True:
        reply = client.get(f"{OBJECTS}/{question.kind.name}", _query(question, after))
        rows = reply.body["results"]
        begun = begun or (iso(reply.told_at) if reply.told_at else "")
        newest = max([newest, *(modified(row, question.kind) for row in rows)])
        after = _next(reply.body)
        cursor = Cursor(_UNFINISHED, f"{after}@{begun}") if after else Cursor(begun or newest or "1970-01-01T00:00:00Z")
        yield _page(client, question, rows, cursor)
        if not after:
            return


def _query(question: Question, after: str) -> Query:
    query: list[tuple[str, str | int]] = [("limit", PAGE), ("properties", ",".join(question.asked))]
    if question.targets:
        query.append(("associations", ",".join(question.targets)))
    return [*query, ("after", after)] if after else query


def _next(body: Json) -> str:
    return str(((body.get("paging") or {}).get("next") or {}).get("after") or "")


def _page(client: HubSpotClient, question: Question, rows: list[Json], cursor: Cursor) -> Page:
    links = associations.from_lists(client, question, rows) if question.targets else Links()
    records = [to_raw(row, question, links) for row in rows]
    return Page(records, cursor, merged_away(rows) if question.with_merges else ())


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
    after, told_at = "", None
    while True:
        query: list[tuple[str, str | int]] = [("limit", PAGE), ("archived", "true")]
        query += [("properties", MERGED_IDS)] if question.with_merges else []
        path = f"{OBJECTS}/{question.kind.name}"
        reply = client.get(path, [*query, ("after", after)] if after else query)
        told_at = told_at or reply.told_at
        gone = [row for row in reply.body["results"] if to_instant(row["archivedAt"]) >= begin]
        stones += [Tombstone(row["id"], "archived", row["archivedAt"]) for row in gone]
        stones += merged_away(gone) if question.with_merges else []
        after = _next(reply.body)
        if not after:
            return Archived(stones, told_at)


def read_owners(client: HubSpotClient) -> Iterator[Page]:
    """Everybody who can own records, those who have left too."""
    for archived in ("false", "true"):
        after = ""
        while True:
            query: list[tuple[str, str | int]] = [("limit", PAGE), ("archived", archived)]
            body = client.get(OWNERS, [*query, ("after", after)] if after else query).body
            yield Page([_named(owner) for owner in body["results"]])
            after = _next(body)
            if not after:
                break


def _named(owner: Json) -> Json:
    """An owner with ``fullName``, which a mapping can take as it is; without any name it is None."""
    names = [owner.get(part) for part in ("firstName", "lastName")]
    return {**owner, "fullName": " ".join(name for name in names if name) or None}
