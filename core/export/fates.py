"""What became of each row of an input: stored, parked, or a repetition; and the amounts that went with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Literal

from sqlalchemy import Connection

from core.connector import RawRecord
from core.errors import RejectedError
from core.mapping import StreamMapping
from core.mapping.convert.numbers import plain
from core.mapping.issues import BadValueError
from core.store.parked import open_ids
from core.store.sources import live_ids
from core.sync import ConnectionSetup

EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
Fate = Literal["stored", "parked", "repeated", "missing"]


@dataclass
class Fates:
    """Rows and sums of columns by fate; ``unclaimed`` are stored records that no row of the input stands for."""

    rows: Counter[Fate] = field(default_factory=Counter)
    sums: dict[tuple[Fate, str], Decimal] = field(default_factory=dict)
    unclaimed: int = 0

    def sum(self, fate: Fate, column: str) -> Decimal:
        """What a column amounts to in the rows of one fate."""
        return self.sums.get((fate, column), Decimal(0))

    def add(self, fate: Fate, raw: RawRecord, columns: Iterable[str]) -> None:
        """Count one row."""
        self.rows[fate] += 1
        for column in columns:
            self.sums[fate, column] = EXACT.add(self.sum(fate, column), number(raw.get(column)))


def fates_of(conn: Connection, setup: ConnectionSetup, declared: StreamMapping, columns: Sequence[str]) -> Fates:
    """Read a stream again as sync does and look up each row."""
    prefix = f"{setup.name}/{declared.stream}/"
    parked = set(open_ids(conn, setup.name, declared.stream))
    stored = set(live_ids(conn, setup.name, declared.stream))
    fates, seen = Fates(), set[str]()
    for page in setup.connector.read(declared.stream, declared.fields, None):
        fates.rows["parked"] += len(page.broken)
        for raw in page.records:
            source_id = _source_id(declared, prefix, raw)
            fates.add(_fate(source_id, seen, parked, stored), raw, columns)
            seen.add(source_id)
    fates.unclaimed = len(stored - seen)
    setup.connector.findings()  # sync has reported them; this was only counting
    return fates


def _source_id(declared: StreamMapping, prefix: str, raw: RawRecord) -> str:
    """The row's source id; empty when it has none."""
    try:
        return prefix + declared.external_id(raw)
    except RejectedError:
        return ""


def _fate(source_id: str, seen: set[str], parked: set[str], stored: set[str]) -> Fate:
    if not source_id:
        return "parked"
    if source_id in seen:
        return "repeated"
    if source_id in parked:
        return "parked"
    return "stored" if source_id in stored else "missing"


def number(value: object) -> Decimal:
    """An amount as the export writes it, exactly; nothing when it is none."""
    for decimal_comma in (False, True):
        try:
            bare = plain(str(value or ""), decimal_comma)
        except BadValueError:
            continue
        return Decimal(bare or 0)
    return Decimal(0)
