"""What signals said before: the values of earlier days, as columns of today's subjects."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, Row, Select, func, select

from core.clock import iso
from core.errors import PluginError
from core.signals.columns import Column, decode
from core.signals.definition import Signal
from core.signals.loading import Tables
from core.store.tables import signal_history, signal_value

Held = Row[str, str, str]


class History:
    """Stored values of the published signals. A value holds from its ``as_of`` until another takes its place."""

    def __init__(self, conn: Connection, tables: Tables, signals: Mapping[str, Signal]) -> None:
        self._conn = conn
        self._tables = tables
        self._signals = signals

    def stored(self, name: str) -> Column:
        """The values as the last evaluation left them."""
        return self._column(name, self._rows(_present(name)))

    def before(self, name: str, instant: datetime) -> Column:
        """The values that held just before an instant; unknown where there was none yet, or where none are kept."""
        limit = iso(instant)
        past = self._rows(_newest_before(name, limit))
        present = self._rows(_present(name).where(signal_value.c.as_of < limit))
        return self._column(name, past | present)

    def _rows(self, query: Select[str, str, str]) -> dict[str, Held]:
        return {row[0]: row for row in self._conn.execute(query).all()}

    def _column(self, name: str, held: Mapping[str, Held]) -> Column:
        signal = self._published(name)
        if signal.keep == "nothing":
            raise PluginError(f"signal `{name}` keeps no values", where=name, remedy="ask for one that does")
        rows = [held.get(subject) for subject in self._tables.subjects(signal.subject)]
        values = decode([None if row is None else row[1] for row in rows], signal.kind)
        return Column(values, [f"{name} has no value of that day" if row is None else row[2] for row in rows])

    def _published(self, name: str) -> Signal:
        if name in self._signals:
            return self._signals[name]
        near = difflib.get_close_matches(name, self._signals, n=1)
        remedy = f"did you mean `{near[0]}`?" if near else "ask for a signal that a plugin publishes"
        raise PluginError(f"no signal `{name}` is published", where=name, remedy=remedy)


def _present(name: str) -> Select[str, str, str]:
    return select(signal_value.c.subject_id, signal_value.c.value, signal_value.c.reason).where(
        signal_value.c.name == name
    )


def _newest_before(name: str, limit: str) -> Select[str, str, str]:
    past = signal_history.c
    newest = func.row_number().over(partition_by=past.subject_id, order_by=past.as_of.desc()).label("newest")
    ranked = (
        select(past.subject_id, past.value, past.reason, newest).where(past.name == name, past.as_of < limit).subquery()
    )
    return select(ranked.c.subject_id, ranked.c.value, ranked.c.reason).where(ranked.c.newest == 1)
