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
    """Signals such that each comes after its inputs, and the faults of those that were left out."""

    order: tuple[Published, ...]
    faults: tuple[PluginError, ...]

    @property
    def signals(self) -> dict[str, Signal]:
        """Signals by name."""
        return {published.signal.name: published.signal for published in self.order}


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
    return Arrangement(tuple(usable[name] for name in _sorted(graph)), tuple(faults))


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
        if found is None and parameter not in signal.optional:
            faults.append(_unknown(published, parameter, need, names))
            return None
        needs[parameter] = found or need
    return replace(published, signal=replace(signal, needs=needs))


def _unknown(published: Published, parameter: str, need: str, names: Mapping[str, str]) -> PluginError:
    near = difflib.get_close_matches(same_parameter(need), [*names, *TABLES, CONTEXT], n=1, cutoff=0.5)
    remedy = f"did you mean `{near[0]}`?" if near else "name a record table, a signal or `context`"
    what = f"signal `{published.signal.name}`: parameter `{parameter}` names neither a record table nor a signal"
    facts = {"plugin": published.plugin, "parameter": parameter}
    return PluginError(what, where=f"{published.plugin}.{published.signal.name}", remedy=remedy, facts=facts)


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
