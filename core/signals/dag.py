"""The order in which signals are computed, and what is wrong with those that cannot be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter

from pydantic import BaseModel

from core.errors import ConfigError, PluginError
from core.signals.definition import CONTEXT, Signal, same_parameter
from core.signals.tables import TABLES


@dataclass(frozen=True)
class Publisher:
    """One plugin, its settings, and the signals it publishes under them."""

    plugin: str
    settings: BaseModel
    signals: Sequence[Signal]


@dataclass(frozen=True)
class Published:
    """One signal together with the plugin that answers for it."""

    signal: Signal
    plugin: str
    settings: BaseModel


@dataclass(frozen=True)
class Arrangement:
    """Signals such that each comes after its inputs, and the faults of those that were left out.

    ``across`` names those that compare clients, whether they say so or need one that does.
    """

    order: tuple[Published, ...]
    faults: tuple[PluginError, ...]
    across: frozenset[str] = frozenset()

    @property
    def signals(self) -> dict[str, Signal]:
        """Signals by name."""
        return {published.signal.name: published.signal for published in self.order}

    @property
    def each(self) -> list[Published]:
        """What can be computed for any clients without looking at the others."""
        return [published for published in self.order if published.signal.name not in self.across]

    @property
    def compared(self) -> list[Published]:
        """What needs the values of all clients first."""
        return [published for published in self.order if published.signal.name in self.across]


def arrange(publishers: Iterable[Publisher]) -> Arrangement:
    """Order all signals by what they need.

    A signal with an unknown input, or of a name already taken, is left out and its fault told; those that need it go on
    without. Raises ``ConfigError`` naming the loop when signals need each other in a circle.
    """
    faults: list[PluginError] = []
    taken = _unique(publishers, faults)
    names = {same_parameter(name): name for name in taken}
    resolved = {name: _resolved(published, names, faults) for name, published in taken.items()}
    usable = {name: published for name, published in resolved.items() if published}
    graph = {name: _inputs_among(published.signal, usable) for name, published in usable.items()}
    order, across = _divided([usable[name] for name in _sorted(graph)], faults)
    return Arrangement(order, tuple(faults), across)


def _unique(publishers: Iterable[Publisher], faults: list[PluginError]) -> dict[str, Published]:
    taken: dict[str, Published] = {}
    for publisher in publishers:
        for signal in publisher.signals:
            first = taken.setdefault(signal.name, Published(signal, publisher.plugin, publisher.settings))
            if first.signal is not signal:
                what = f"signal `{signal.name}` of plugin `{publisher.plugin}` is already published by `{first.plugin}`"
                remedy = "rename one of them, or disable one of the plugins"
                faults.append(PluginError(what, where=signal.name, remedy=remedy, facts={"plugin": publisher.plugin}))
    return taken


def _resolved(published: Published, names: Mapping[str, str], faults: list[PluginError]) -> Published | None:
    """The signal with each need spelt as the name of what it means; None when one means nothing known."""
    signal = published.signal
    needs = {}
    for parameter, need in signal.needs.items():
        found = need if need in TABLES or need == CONTEXT else names.get(same_parameter(need))
        if found is None and (parameter not in signal.optional or parameter in signal.wanted):
            faults.append(_unknown(published, parameter, need, names))
        if found is None and parameter not in signal.optional:
            return None
        needs[parameter] = found or need
    return replace(published, signal=replace(signal, needs=needs))


def _unknown(published: Published, parameter: str, need: str, names: Mapping[str, str]) -> PluginError:
    remedy = _nearest(need, names)
    what = f"signal `{published.signal.name}`: parameter `{parameter}` names neither a record table nor a signal"
    if need != parameter:
        what = f"signal `{published.signal.name}` is made of `{need}`, which no plugin publishes"
    facts = {"plugin": published.plugin, "parameter": parameter}
    return PluginError(what, where=f"{published.plugin}.{published.signal.name}", remedy=remedy, facts=facts)


def _nearest(need: str, names: Mapping[str, str]) -> str:
    known = {name: name for name in (*TABLES, CONTEXT)} | dict(names)
    near = difflib.get_close_matches(same_parameter(need), known, n=1, cutoff=0.5)
    if not near:
        return "name a record table, a signal or `context`"
    return f"did you mean `{known[near[0]] if '.' in need else near[0]}`?"


def _divided(order: Sequence[Published], faults: list[PluginError]) -> tuple[tuple[Published, ...], frozenset[str]]:
    """The signals that can be computed, and which of them compare clients; the latter may look at no records."""
    across: set[str] = set()
    kept = []
    for published in order:
        signal = published.signal
        if signal.compares or not across.isdisjoint(signal.inputs):
            if signal.tables:
                faults.append(_looks_at_records(published))
                continue
            across.add(signal.name)
        kept.append(published)
    return tuple(kept), frozenset(across)


def _looks_at_records(published: Published) -> PluginError:
    name, table = published.signal.name, published.signal.tables[0]
    what = f"signal `{name}` compares clients and looks at the records `{table}` too"
    remedy = "take what it needs of the records from a signal of its own, computed client by client"
    return PluginError(what, where=f"{published.plugin}.{name}", remedy=remedy, facts={"plugin": published.plugin})


def _inputs_among(signal: Signal, usable: Mapping[str, Published]) -> list[str]:
    return sorted(name for name in signal.inputs if name in usable)


def _sorted(graph: Mapping[str, Sequence[str]]) -> list[str]:
    """Names in an order that depends on the graph alone."""
    sorter = TopologicalSorter({name: graph[name] for name in sorted(graph)})
    try:
        sorter.prepare()
    except CycleError as error:
        loop = " -> ".join(reversed(error.args[1]))
        what = f"signals need each other in a circle: {loop}"
        raise ConfigError(
            what, where="plugins", remedy="take one of these inputs out, or disable its plugin"
        ) from error
    order: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order += ready
        sorter.done(*ready)
    return order
