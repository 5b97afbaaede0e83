"""The crosswalk: which golden record each source record is part of, by what rule, on what evidence."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import Connection, select

from core.store.bulk import Values, insert_fresh, insert_new, select_in, stream_rows, upsert_rows
from core.store.tables import crosswalk, linked_record

WRITTEN = ("record_type", "source_id", "golden_id", "rule", "evidence", "decided_at")
ALONE = "own"
MERGED = "merged"
OTHER_THAN_ITSELF = "t.golden_id != t.source_id"  # the condition of the partial index


def resolve(conn: Connection, record_type: str, source_ids: Collection[str]) -> dict[str, str]:
    """The golden id of each source id; an unknown one stands for itself."""
    rows = select_in(conn, crosswalk, ("source_id", "golden_id"), "source_id", source_ids, fixed=_of(record_type))
    return {**{source_id: source_id for source_id in source_ids}, **{row[0]: row[1] for row in rows}}


def known_among(conn: Connection, record_type: str, source_ids: Collection[str]) -> set[str]:
    """Those of the source ids that have ever made a record of the type."""
    rows = select_in(conn, crosswalk, ("source_id",), "source_id", source_ids, fixed=_of(record_type))
    return {row[0] for row in rows}


def read_crosswalk(conn: Connection, record_type: str) -> Iterator[tuple[str, str]]:
    """(source id, golden id) of every source record of a type, live or gone, by source id."""
    columns = (crosswalk.c.source_id, crosswalk.c.golden_id)
    query = select(*columns).where(crosswalk.c.record_type == record_type).order_by(crosswalk.c.source_id)
    for row in stream_rows(conn, query):
        yield row[0], row[1]


def members(conn: Connection, record_type: str, golden_ids: Collection[str]) -> dict[str, list[str]]:
    """The source ids that make up each golden record, its anchor first, the others by id."""
    found = {golden_id: [golden_id] for golden_id in golden_ids}
    columns = ("golden_id", "source_id")
    rows = select_in(conn, crosswalk, columns, "golden_id", found, fixed=_of(record_type), where=OTHER_THAN_ITSELF)
    for golden_id, source_id in sorted(rows):
        found[golden_id].append(source_id)
    return found


def explain_link(conn: Connection, record_type: str, source_id: str) -> tuple[str, str | None] | None:
    """(rule, evidence) by which a source record was put where it is; None when it is unknown."""
    query = select(crosswalk.c.rule, crosswalk.c.evidence).where(
        crosswalk.c.record_type == record_type, crosswalk.c.source_id == source_id
    )
    row = conn.execute(query).first()
    return None if row is None else (row[0], row[1])


def add_alone(conn: Connection, rows: Sequence[Values], *, fresh: bool) -> None:
    """Enter records that stand alone, in the column order of ``WRITTEN``; those entered before keep their links."""
    if fresh:
        insert_fresh(conn, crosswalk, WRITTEN, rows, differs=())
    else:
        insert_new(conn, crosswalk, WRITTEN, rows)


def link(conn: Connection, rows: Sequence[Values]) -> None:
    """Point source records at golden ones, in the column order of ``WRITTEN``."""
    upsert_rows(conn, crosswalk, WRITTEN, rows, differs=("golden_id", "rule", "evidence"))


def _of(record_type: str) -> dict[str, str]:
    return {"record_type": record_type}


def linked_homes(conn: Connection, record_type: str) -> Iterator[tuple[str, str, str, str | None]]:
    """(source id, golden id, rule, evidence) of every record that shares its golden record, by source id."""
    home, member = crosswalk.c, linked_record.c
    query = (
        select(home.source_id, home.golden_id, home.rule, home.evidence)
        .join(linked_record, (member.record_type == home.record_type) & (member.source_id == home.source_id))
        .where(home.record_type == record_type)
    )
    for row in stream_rows(conn, query.order_by(home.source_id)):
        yield row[0], row[1], row[2], row[3]


def merged_away(conn: Connection, record_type: str) -> dict[str, str]:
    """Records that their vendor merged into others: source id -> golden id they point at."""
    home = crosswalk.c
    query = select(home.source_id, home.golden_id).where(home.record_type == record_type, home.rule == MERGED)
    return {row[0]: row[1] for row in conn.execute(query.where(home.golden_id != home.source_id))}
