"""What a signal would be under another configuration, before anybody publishes it; nothing is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from core.clock import FixedClock
from core.config import FirmSettings
from core.errors import ConfigError
from core.signals.changes import live_clients
from core.signals.columns import encode
from core.signals.compute import compute
from core.signals.context import Context
from core.signals.dag import Arrangement, Published, Publisher, arrange
from core.signals.evaluate import SHARE
from core.signals.history import History
from core.signals.loading import Tables
from core.store import Store

Answers = dict[str, tuple[Any, str]]


@dataclass(frozen=True)
class Setting:
    """One configuration: its plugins with what they publish, and the firm."""

    publishers: tuple[Publisher, ...]
    firm: FirmSettings


@dataclass(frozen=True)
class Moved:
    """One client whose value changes, with the reasons under both configurations."""

    client: str
    old: Any
    new: Any
    why_old: str
    why_new: str


@dataclass(frozen=True)
class Preview:
    """How many clients have which value under the old configuration (first) and under the new one."""

    matrix: Mapping[tuple[Any, Any], int]
    moved: tuple[Moved, ...]

    @property
    def clients(self) -> int:
        """How many clients there are."""
        return sum(self.matrix.values())

    def count(self, old: Any, new: Any) -> int:
        """How many go from one value to another."""
        return self.matrix.get((old, new), 0)


def preview(store: Store, name: str, old: Setting, new: Setting, as_of: datetime) -> Preview:
    """One signal of all clients under two configurations as of one instant, from the same records.

    ``ConfigError`` when either does not publish it, or when it compares clients.
    """
    before, after = (_answers(store, name, setting, as_of) for setting in (old, new))
    pairs = {client: (before[client], after[client]) for client in sorted(before)}
    matrix = Counter((one[0], other[0]) for one, other in pairs.values())
    moved = (
        Moved(client, one[0], other[0], one[1], other[1])
        for client, (one, other) in pairs.items()
        if one[0] != other[0]
    )
    return Preview(matrix, tuple(moved))


def _answers(store: Store, name: str, setting: Setting, as_of: datetime) -> Answers:
    """The signal's value and reason by client."""
    arrangement = arrange(setting.publishers)
    order = _leading_to(arrangement, name)
    found: Answers = {}
    with store.read() as conn:
        clients = live_clients(conn)
        for start in range(0, len(clients), SHARE):
            tables = Tables(conn, clients[start : start + SHARE])
            history = History(conn, tables, arrangement.signals)

            def _context(asked: Published, history: History = history) -> Context:
                return Context(as_of.replace(microsecond=0), setting.firm, asked.settings, history)

            results = list(compute(arrangement, tables, _context, FixedClock(as_of), order=order))
            found |= _told(results[-1].column, results[-1].fault, tables, name, arrangement)
    return found


def _told(column: Any, fault: Exception | None, tables: Tables, name: str, arrangement: Arrangement) -> Answers:
    if column is None:
        raise ConfigError(f"`{name}` could not be computed: {fault}", where=name, remedy="see `inlay config check`")
    texts = encode(column.values, arrangement.signals[name].digits)
    return {
        client: (orjson.loads(text), column.reason(row))
        for row, (client, text) in enumerate(zip(tables.clients.ids, texts, strict=True))
    }


def _leading_to(arrangement: Arrangement, name: str) -> list[Published]:
    """The signal and all it rests on, in order."""
    signals = arrangement.signals
    if name not in signals or signals[name].subject != "client" or name in arrangement.across:
        what = f"`{name}` is not a signal that is computed client by client"
        raise ConfigError(what, where=name, remedy="enable the plugin that publishes it")
    wanted, open_ends = {name}, [name]
    while open_ends:
        needs = set(signals[open_ends.pop()].inputs) & set(signals) - wanted
        wanted |= needs
        open_ends += sorted(needs)
    return [published for published in arrangement.order if published.signal.name in wanted]
