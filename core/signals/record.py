"""Stores the values that changed; what they replace moves into the history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from core.errors import PluginError
from core.signals.columns import Column, encode
from core.signals.compute import Computed, guarded
from core.signals.definition import Signal
from core.store.bulk import copy_rows, select_in, upsert_rows
from core.store.tables import signal_history, signal_value

COLUMNS = ("name", "subject_id", "subject_type", "value", "reason", "version", "config_hash", "as_of")
PAST = ("name", "subject_id", "as_of", "value", "reason", "version", "config_hash")
Held = tuple[Any, ...]
CHUNK = 20_000  # subjects whose stored values are held in memory at once


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


def record(
    conn: Connection, result: Computed, subjects: Sequence[str], stamp: Stamp, *, dense: bool = False
) -> Recorded:
    """Store one signal's changed values; ``subjects`` are those of its rows, ``dense`` where all are among them.

    A reason is written together with its value and stays with it. Values stored as of a later instant are left alone.
    """
    column, signal = result.column, result.published.signal
    if column is None or signal.keep == "nothing":
        return Recorded(fault=result.fault)
    changed = 0
    for start in range(0, len(subjects), CHUNK):
        rows = range(start, min(start + CHUNK, len(subjects)))
        recorded = _record(conn, result, column, [(row, subjects[row]) for row in rows], stamp, dense)
        changed += recorded.changed
        if recorded.fault:
            return Recorded(changed, recorded.fault)
    return Recorded(changed)


def _record(
    conn: Connection, result: Computed, column: Column, rows: Sequence[tuple[int, str]], stamp: Stamp, dense: bool
) -> Recorded:
    signal = result.published.signal
    held = _held(conn, signal.name, [subject for _, subject in rows], dense)
    texts = encode(column.values[rows[0][0] : rows[-1][0] + 1], signal.digits)
    before, as_of = [held.get(subject) for _, subject in rows], stamp.as_of
    changed = [  # an unknown value that was never known takes no row
        (row, subject, text)
        for (row, subject), text, was in zip(rows, texts, before, strict=True)
        if (text != "null" if was is None else was[1] != text and was[2] <= as_of)
    ]
    reasons, fault = guarded(result.published, lambda: column.reasons_of([row for row, _, _ in changed]))
    if reasons is None:
        return Recorded(fault=fault)
    if signal.keep == "history":
        _retire(conn, signal.name, [one for _, one, _ in changed if (was := held.get(one)) and was[2] < as_of])
    _write(conn, signal, stamp, [(subject, text) for _, subject, text in changed], reasons)
    return Recorded(len(changed))


def _held(conn: Connection, name: str, subjects: Sequence[str], dense: bool) -> dict[str, Held]:
    """Subject, value and as-of by subject, as the driver's own tuples: there are as many as there are clients."""
    columns, fixed = ("subject_id", "value", "as_of"), {"name": name}
    rows = select_in(conn, signal_value, columns, "subject_id", subjects, fixed=fixed, dense=dense)
    return {row[0]: row for row in rows}


def _retire(conn: Connection, name: str, subjects: Sequence[str]) -> None:
    """Copy values about to be replaced into the history."""
    if subjects:
        copy_rows(conn, signal_value, signal_history, PAST, "subject_id", subjects, {"name": name})


def _write(
    conn: Connection, signal: Signal, stamp: Stamp, changed: Sequence[tuple[str, str]], reasons: Sequence[str]
) -> None:
    rows = [
        (signal.name, subject, signal.subject, text, reason, signal.version, stamp.config_hash, stamp.as_of)
        for (subject, text), reason in zip(changed, reasons, strict=True)
    ]
    upsert_rows(conn, signal_value, COLUMNS, rows, differs=("value", "as_of"))
