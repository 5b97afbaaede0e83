"""What the vendor no longer shows: told by tombstones, or missing from a reading of the whole stream."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from sqlalchemy import Connection

from core.connector import Tombstone
from core.store import crosswalk, golden, linked, parked, sources
from core.sync.origin import Origin

Mark = tuple[str, str, str | None, str | None]
"""Source id, reason, the vendor's instant, the source id it was merged into."""

CHUNK = 2000


def bury(conn: Connection, origin: Origin, tombstones: Sequence[Tombstone]) -> int:
    """Mark the records of tombstones as gone, lead merged ones to their survivor; returns how many are newly gone."""
    prefix = origin.prefix
    marks = [
        (prefix + stone.external_id, stone.reason, stone.at, prefix + stone.merged_into if stone.merged_into else None)
        for stone in tombstones
    ]
    parked.release(conn, [mark[0] for mark in marks], "dismissed")
    return _mark(conn, origin, marks)


def bury_missing(conn: Connection, origin: Origin, missing: Iterable[str]) -> int:
    """Mark records that a reading of the whole stream did not show."""
    remaining, count = iter(missing), 0
    while chunk := list(islice(remaining, CHUNK)):
        count += _mark(conn, origin, [(source_id, "deleted", None, None) for source_id in chunk])
    return count


def _mark(conn: Connection, origin: Origin, marks: Sequence[Mark]) -> int:
    fresh = set(sources.mark_gone(conn, marks, origin.at))
    newly = [mark for mark in marks if mark[0] in fresh]
    for kind in origin.mapping.record_types:
        for reason in sorted({mark[1] for mark in newly}):
            mark_made(conn, origin, kind, [mark[0] for mark in newly if mark[1] == reason], reason)
        _follow_merges(conn, origin, kind, newly)
    return len(fresh)


def mark_made(conn: Connection, origin: Origin, kind: str, ids: Sequence[str], reason: str) -> None:
    """Mark what source records made: one alone takes its golden record along, a linked one leaves it to the others."""
    shared = linked.linked_among(conn, kind, ids)
    linked.mark_linked_gone(conn, kind, sorted(shared), reason)
    golden.mark_golden_gone(conn, kind, [source_id for source_id in ids if source_id not in shared], reason, origin.at)


def _follow_merges(conn: Connection, origin: Origin, kind: str, marks: Sequence[Mark]) -> None:
    """References to a merged record are references to its survivor from now on."""
    merges = [(source_id, survivor) for source_id, _, _, survivor in marks if survivor is not None]
    known = crosswalk.known_among(conn, kind, [loser for loser, _ in merges])
    homes = crosswalk.resolve(conn, kind, [survivor for _, survivor in merges])
    rows = [
        (kind, loser, homes[survivor], crosswalk.MERGED, f"merged into {survivor}", origin.at)
        for loser, survivor in merges
        if loser in known
    ]
    crosswalk.link(conn, rows)
