"""Stores the values that changed; what they replace moves into the history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from core.errors import PluginError
from core.signals.columns import encode
from core.signals.compute import Computed, guarded
from core.signals.definition import Signal
from core.signals.loading import Tables
from core.store.bulk import select_in, upsert_rows
from core.store.tables import signal_history, signal_value

COLUMNS = ("name", "subject_id", "subject_type", "value", "reason", "version", "config_hash", "as_of")
PAST = ("name", "subject_id", "as_of", "value", "reason", "version", "config_hash")
HELD = {
    "sqlite": "SELECT subject_id, value, as_of FROM signal_value WHERE name = ?",
    "postgresql": "SELECT subject_id, value, as_of FROM signal_value WHERE name = %s",
}
Held = tuple[str, str, str]


@dataclass(frozen=True)
class Stamp:
    """Since when new values hold, and under which configuration they came about."""

    as_of: str
    config_hash: str


@dataclass(frozen=True)
class Recorded:
    """How many values of a signal changed, or the fault that kept them from being stored."""

    changed: int = 0
    fault: PluginError | None = None


def record(conn: Connection, result: Computed, tables: Tables, stamp: Stamp) -> Recorded:
    """Store one signal's changed values.

    A reason is written together with its value and stays with it. Values stored as of a later instant are left alone.
    """
    column, signal = result.column, result.published.signal
    if column is None or signal.keep == "nothing":
        return Recorded(fault=result.fault)
    subjects, held = tables.subjects(signal.subject), _held(conn, signal.name)
    texts = encode(column.values, signal.digits)
    changed = [row for row, subject in enumerate(subjects) if _differs(held.get(subject), texts[row], stamp.as_of)]
    reasons, fault = guarded(result.published, lambda: [column.reason(row) for row in changed])
    if reasons is None:
        return Recorded(fault=fault)
    if signal.keep == "history":
        outlived = [subject for row in changed if (subject := subjects[row]) in held and held[subject][2] < stamp.as_of]
        _retire(conn, signal.name, outlived)
    _write(conn, signal, stamp, [(subjects[row], texts[row]) for row in changed], reasons)
    return Recorded(len(changed))


def _held(conn: Connection, name: str) -> dict[str, Held]:
    """Subject, value and as-of by subject, as the driver's plain tuples: there are as many as there are clients."""
    cursor = conn.connection.cursor()
    cursor.execute(HELD[conn.dialect.name], (name,))
    held = {row[0]: row for row in cursor.fetchall()}
    cursor.close()
    return held


def _differs(held: Held | None, text: str, as_of: str) -> bool:
    """Whether a value has to be written; one that is unknown and was never known takes no row."""
    if held is None:
        return text != "null"
    return held[1] != text and held[2] <= as_of


def _retire(conn: Connection, name: str, subjects: Sequence[str]) -> None:
    """Copy values about to be replaced into the history."""
    if subjects:
        rows = select_in(conn, signal_value, PAST, "subject_id", subjects, fixed={"name": name})
        upsert_rows(conn, signal_history, PAST, list(rows))


def _write(
    conn: Connection, signal: Signal, stamp: Stamp, changed: Sequence[tuple[str, str]], reasons: Sequence[str]
) -> None:
    rows = [
        (signal.name, subject, signal.subject, text, reason, signal.version, stamp.config_hash, stamp.as_of)
        for (subject, text), reason in zip(changed, reasons, strict=True)
    ]
    upsert_rows(conn, signal_value, COLUMNS, rows)
