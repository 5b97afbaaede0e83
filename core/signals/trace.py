"""Computes the signals once more for one client and notes what each of them looked at; nothing is stored.

What compares clients is left out: of one client alone it would say something else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from core.clock import FixedClock
from core.config import FirmSettings
from core.signals.columns import encode
from core.signals.compute import Computed, compute, guarded
from core.signals.context import Context
from core.signals.dag import Arrangement, Published
from core.signals.history import History
from core.signals.loading import Tables


@dataclass(frozen=True)
class Trace:
    """One signal: its values (JSON) and reasons by subject, and the fields it read by table."""

    values: Mapping[str, tuple[str, str]]
    reads: Mapping[str, frozenset[str]]

    def of(self, subject: str) -> tuple[str, str]:
        """Value and reason for one subject; null when there is none."""
        return self.values.get(subject, ("null", "it was not computed for this one"))


def trace(
    conn: Connection, arrangement: Arrangement, tables: Tables, firm: FirmSettings, as_of: datetime
) -> dict[str, Trace]:
    """Trace every signal over the tables of one client."""
    history = History(conn, tables, arrangement.signals)

    def _context(published: Published) -> Context:
        return Context(as_of, firm, published.settings, history)

    found = {}
    for result in compute(arrangement, tables, _context, FixedClock(as_of), order=arrangement.each):
        signal = result.published.signal
        values = _values(result, tables)  # asking for reasons reads fields too
        reads = {name: frozenset(tables.named(name).read_fields) for name in signal.tables}
        found[signal.name] = Trace(values, reads)
        tables.forget_reads()
    return found


def _values(result: Computed, tables: Tables) -> dict[str, tuple[str, str]]:
    signal, column = result.published.signal, result.column
    subjects = tables.subjects(signal.subject)
    if column is None:
        return {subject: ("null", str(result.fault)) for subject in subjects}
    texts = encode(column.values, signal.digits)
    reasons, fault = guarded(result.published, lambda: [column.reason(row) for row in range(len(column))])
    return dict(zip(subjects, zip(texts, reasons or [str(fault)] * len(texts), strict=True), strict=True))
