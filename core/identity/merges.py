"""Records that their vendor merged into others: whoever names them means the survivor."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from core.store import crosswalk
from core.store.sources import survivors


def final_survivors(conn: Connection, record_type: str) -> dict[str, str]:
    """Each merged record with the record it lives on in, through any number of merges."""
    losers = crosswalk.merged_away(conn, record_type)
    into = survivors(conn, losers)
    found: dict[str, str] = {}
    for loser in into:
        last, seen = into[loser], {loser}
        while last in into and last not in seen:
            seen.add(last)
            last = into[last]
        found[loser] = last
    return found


def point_at_survivors(conn: Connection, record_type: str, merges: Mapping[str, str], at: str) -> None:
    """Lead every merged record to its survivor's golden record; one that its vendor shows again stands for itself."""
    homes = crosswalk.resolve(conn, record_type, list(merges.values()))
    rows = [
        (record_type, loser, homes[survivor], crosswalk.MERGED, f"merged into {survivor}", at)
        for loser, survivor in merges.items()
    ]
    back = crosswalk.merged_away(conn, record_type).keys() - merges.keys()
    rows += [
        (record_type, source_id, source_id, crosswalk.ALONE, "shown again by its vendor", at) for source_id in back
    ]
    crosswalk.link(conn, rows)
