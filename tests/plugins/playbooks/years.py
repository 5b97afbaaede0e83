"""Playbooks run day by day over years in memory: the firm's records stay, and its signals are scripted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from core.clock import FixedClock
from core.proposals import Portfolio, Proposal
from core.signals import Publisher, arrange
from core.signals.columns import UNKNOWN, Column
from core.signals.compute import compute
from core.signals.context import Context
from core.signals.history import History
from core.signals.loading import Tables
from plugins import playbooks
from plugins.playbooks.settings import PlaybookSettings
from tests.core.signals.book import FIRM
from tests.plugins.playbooks.script import Script


class _Kept(History):
    """The values that the last evaluation left, in memory."""

    def __init__(self, conn: Connection, tables: Tables, publishers: Sequence[Publisher]) -> None:
        signals = arrange(publishers).signals
        super().__init__(conn, tables, signals)
        self._kinds = {name: (signal.subject, signal.kind) for name, signal in signals.items()}
        self._sizes = tables.subjects
        self.values: dict[str, Column] = {}

    def stored(self, name: str) -> Column:
        if name in self.values:
            return self.values[name]
        subject, kind = self._kinds[name]
        assert kind in UNKNOWN
        return Column.unknown(len(self._sizes(subject)), "never computed", kind)


class Years:
    """One firm over time; ``says`` is asked for what the signals say at each instant."""

    def __init__(
        self,
        conn: Connection,
        says: Mapping[str, Callable[[datetime], Mapping[str, Any]]],
        settings: PlaybookSettings,
    ) -> None:
        own = Publisher("playbooks", settings, playbooks.register_signals(settings))
        publishers = [Script(dict(says)).publisher(), own]
        self._arrangement = arrange(publishers)
        self._tables = Tables(conn)
        self._kept = _Kept(conn, self._tables, publishers)
        self._settings = settings
        self._changing = {*says, *(one.signal for one in settings.plays)}

    def run(self, as_of: datetime) -> list[Proposal]:
        """One evaluation and what is proposed after it; what only records tell is the same on every day."""
        context = Context(as_of, FIRM, self._settings, self._kept)
        lasting = {name: column for name, column in self._kept.values.items() if name not in self._changing}
        order = [one for one in self._arrangement.order if one.signal.name not in lasting]
        found = compute(
            self._arrangement, self._tables, lambda _: context, FixedClock(as_of), order=order, known=lasting
        )
        computed = {one.published.signal.name: one for one in found}
        assert not [one.fault for one in computed.values() if one.fault]
        columns = {name: one.column for name, one in computed.items() if one.column is not None}
        self._kept.values = lasting | columns
        return list(playbooks.propose(Portfolio(self._tables, self._kept), context))
