"""The crosswalk: which golden record each source record is part of, by what rule, on what evidence.

Nearly every record stands alone, and of those the table holds nothing: a record without a row is its own golden record,
by the rule ``own``. ``HOMES`` is the whole of it, rows and records without one, for whoever needs all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import Connection, and_, bindparam, select, union_all

from core.store.bulk import Values, select_in, stream_rows, upsert_rows
from core.store.tables import crosswalk, golden_record, linked_record

WRITTEN = ("record_type", "source_id", "golden_id", "rule", "evidence", "decided_at")
ALONE = "own"
MERGED = "merged"
OTHER_THAN_ITSELF = "t.golden_id != t.source_id"  # the condition of the partial index

ROW, LONE = crosswalk.c, golden_record.c
HAS_ROW = select(ROW.source_id).where(ROW.record_type == LONE.record_type, ROW.source_id == LONE.id).exists()
HOMES = union_all(
    select(ROW.record_type, ROW.source_id, ROW.golden_id),
    select(LONE.record_type, LONE.id.label("source_id"), LONE.id.label("golden_id")).where(~HAS_ROW),
).subquery("home")
"""(record type, source id, golden id) of every source record that ever made a record of the type, live or gone."""
LEAVE = crosswalk.delete().where(and_(ROW.record_type == bindparam("type"), ROW.source_id == bindparam("key")))


def resolve(conn: Connection, record_type: str, source_ids: Collection[str]) -> dict[str, str]:
    """The golden id of each source id; an unknown one stands for itself."""
    rows = select_in(conn, crosswalk, ("source_id", "golden_id"), "source_id", source_ids, fixed=_of(record_type))
    return {**{source_id: source_id for source_id in source_ids}, **{row[0]: row[1] for row in rows}}


def known_among(conn: Connection, record_type: str, source_ids: Collection[str]) -> set[str]:
    """Those of the source ids that have ever made a record of the type."""
    entered = select_in(conn, crosswalk, ("source_id",), "source_id", source_ids, fixed=_of(record_type))
    alone = select_in(conn, golden_record, ("id",), "id", source_ids, fixed=_of(record_type))
    return {row[0] for rows in (entered, alone) for row in rows}


def read_crosswalk(conn: Connection, record_type: str) -> Iterator[tuple[str, str]]:
    """(source id, golden id) of every source record of a type, live or gone, by source id."""
    home = HOMES.c
    query = select(home.source_id, home.golden_id).where(home.record_type == record_type).order_by(home.source_id)
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
    row = conn.execute(
        select(ROW.rule, ROW.evidence).where(ROW.record_type == record_type, ROW.source_id == source_id)
    ).first()
    if row is not None:
        return row[0], row[1]
    return (ALONE, None) if known_among(conn, record_type, [source_id]) else None


def link(conn: Connection, rows: Sequence[Values]) -> None:
    """Point source records at golden ones, in the column order of ``WRITTEN``."""
    upsert_rows(conn, crosswalk, WRITTEN, rows, differs=("golden_id", "rule", "evidence"))


def part(conn: Connection, record_type: str, source_ids: Collection[str]) -> None:
    """Let source records stand alone from now on, each with a golden record of its own."""
    if source_ids:
        conn.execute(LEAVE, [{"type": record_type, "key": source_id} for source_id in source_ids])


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
