"""What a store holds, without the instants at which it came there: two runs are compared by it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, select

from core.store import Store
from core.store.tables import crosswalk, golden_record, parked_record, signal_value, source_record

SOURCE, LINK, GOLDEN, SIGNAL = source_record.c, crosswalk.c, golden_record.c, signal_value.c
CONTENT: dict[str, tuple[Column[Any], ...]] = {
    "source records": (SOURCE.id, SOURCE.raw_hash, SOURCE.stamp, SOURCE.gone, SOURCE.merged_into),
    "golden records": (GOLDEN.id, GOLDEN.record_type, GOLDEN.client_ref, GOLDEN.data, GOLDEN.provenance, GOLDEN.gone),
    "signals": (SIGNAL.subject_id, SIGNAL.name, SIGNAL.value, SIGNAL.reason),
    "parked records": (parked_record.c.id, parked_record.c.problem, parked_record.c.state),
}


def store_content(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """The rows of every table that a disturbed run could leave different.

    Where the cursors stand is left out: many short readings reach the end by other steps than one long one.
    """
    joined = select(LINK.source_id, LINK.record_type, LINK.golden_id, LINK.rule, LINK.evidence).where(
        LINK.golden_id != LINK.source_id
    )
    queries = {name: select(*columns) for name, columns in CONTENT.items()} | {"joins": joined}
    with store.read() as conn:
        return {name: sorted((tuple(row) for row in conn.execute(query)), key=repr) for name, query in queries.items()}
