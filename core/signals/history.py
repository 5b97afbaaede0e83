"""What signals said before: the values of earlier days, as columns of today's subjects."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection

from core.clock import iso
from core.errors import PluginError
from core.signals.columns import Column, decode
from core.signals.definition import Signal, Subject
from core.store.bulk import select_in
from core.store.tables import signal_history, signal_value

READ = ("subject_id", "value", "reason", "as_of")
NEWEST = """t.as_of = (SELECT max(h.as_of) FROM signal_history AS h
 WHERE h.name = t.name AND h.subject_id = t.subject_id AND h.as_of < '{limit}')"""
Held = tuple[Any, ...]


class Subjects(Protocol):
    """What knows whom a column is about."""

    def subjects(self, subject: Subject) -> list[str]:
        """The ids of all subjects of this kind, in the order of their columns."""
        ...


class History:
    """Stored values of the published signals. A value holds from its ``as_of`` until another takes its place."""

    def __init__(
        self, conn: Connection, tables: Subjects, signals: Mapping[str, Signal], *, dense: bool = False
    ) -> None:
        self._conn = conn
        self._tables = tables
        self._signals = signals
        self._dense = dense

    def stored(self, name: str) -> Column:
        """The values as the last evaluation left them."""
        signal = self._published(name)
        return self._column(signal, self._present(signal))

    def before(self, name: str, instant: datetime) -> Column:
        """The values that held just before an instant; unknown where there was none yet, or where none are kept."""
        signal, limit = self._published(name), iso(instant)
        held = {subject: row for subject, row in self._present(signal).items() if row[3] < limit}
        others = [subject for subject in self._tables.subjects(signal.subject) if subject not in held]
        where, fixed = NEWEST.format(limit=limit), {"name": name}
        earlier = select_in(self._conn, signal_history, READ, "subject_id", others, fixed=fixed, where=where)
        return self._column(signal, held | _by_subject(earlier))

    def _present(self, signal: Signal) -> dict[str, Held]:
        subjects, fixed = self._tables.subjects(signal.subject), {"name": signal.name}
        dense = self._dense
        return _by_subject(select_in(self._conn, signal_value, READ, "subject_id", subjects, fixed=fixed, dense=dense))

    def _column(self, signal: Signal, held: Mapping[str, Held]) -> Column:
        rows = [held.get(subject) for subject in self._tables.subjects(signal.subject)]
        values = decode([None if row is None else row[1] for row in rows], signal.kind)
        nothing = f"{signal.name} has no value of that day"
        return Column(values, lambda i: nothing if (row := rows[i]) is None else str(row[2]))

    def _published(self, name: str) -> Signal:
        signal = self._signals.get(name)
        if signal is None:
            near = difflib.get_close_matches(name, self._signals, n=1)
            remedy = f"did you mean `{near[0]}`?" if near else "ask for a signal that a plugin publishes"
            raise PluginError(f"no signal `{name}` is published", where=name, remedy=remedy)
        if signal.keep == "nothing":
            raise PluginError(f"signal `{name}` keeps no values", where=name, remedy="ask for one that does")
        return signal


def _by_subject(rows: Iterable[Held]) -> dict[str, Held]:
    return {row[0]: row for row in rows}
