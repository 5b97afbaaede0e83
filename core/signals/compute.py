"""Computes signals in order, each alone: one that fails only leaves those that need it an unknown input."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np

from core.clock import Clock
from core.errors import PluginError
from core.signals.columns import Column, Kind, fits
from core.signals.context import Context
from core.signals.dag import Arrangement, Published
from core.signals.definition import CONTEXT, Signal
from core.signals.history import Subjects
from core.signals.tables import TABLES, Table

R = TypeVar("R")
NUMBER: Kind = "number"


@dataclass(frozen=True)
class Computed:
    """One signal's column, or the fault that kept it from having one."""

    published: Published
    column: Column | None
    fault: PluginError | None
    seconds: float


class Source(Subjects, Protocol):
    """What signals are computed from, and for whom."""

    def named(self, name: str) -> Table:
        """The record table of this name."""
        ...


def compute(
    arrangement: Arrangement,
    source: Source,
    context_of: Callable[[Published], Context],
    clock: Clock,
    *,
    order: Iterable[Published] | None = None,
    known: Mapping[str, Column] | None = None,
) -> Iterator[Computed]:
    """Compute signals of an arrangement (all, unless ``order`` names some), those that are ``known`` being given."""
    columns = dict(known or {})
    for published in arrangement.order if order is None else order:
        begun = clock.monotonic()
        column, fault = _attempt(published, _Inputs(arrangement.signals, source, columns, context_of))
        if column is not None:
            columns[published.signal.name] = column
        yield Computed(published, column, fault, clock.monotonic() - begun)


@dataclass(frozen=True)
class _Inputs:
    """Where the arguments of a signal come from."""

    signals: Mapping[str, Signal]
    source: Source
    columns: Mapping[str, Column]
    context_of: Callable[[Published], Context]

    def of(self, published: Published) -> dict[str, Any]:
        """All arguments, by parameter."""
        return {parameter: self._one(published, need) for parameter, need in published.signal.needs.items()}

    def _one(self, published: Published, need: str) -> Any:
        if need == CONTEXT:
            return self.context_of(published)
        if need in TABLES:
            return self.source.named(need)
        if need in self.columns:
            return self.columns[need]
        return self._missing(published.signal, need)

    def _missing(self, asking: Signal, need: str) -> Column | None:
        """What stands for a signal that failed or was left out; None for an optional one that nobody publishes."""
        known = self.signals.get(need)
        if known is None and need in {asking.needs[parameter] for parameter in asking.optional}:
            return None
        subject, kind = (known.subject, known.kind) if known else (asking.subject, NUMBER)
        return Column.unknown(len(self.source.subjects(subject)), f"{need} could not be computed", kind)


def guarded(published: Published, work: Callable[[], R]) -> tuple[R | None, PluginError | None]:
    """Run a piece of a plugin's code; whatever it raises becomes that signal's fault, and no result."""
    try:
        return work(), None
    except PluginError as error:
        return None, error
    except Exception as error:  # noqa: BLE001  the plugin boundary: a signal may raise anything, and the others go on
        return None, _fault(published, f"raised {type(error).__name__}: {error}")


def _attempt(published: Published, inputs: _Inputs) -> tuple[Column | None, PluginError | None]:
    signal = published.signal
    column, fault = guarded(published, lambda: signal.compute(**inputs.of(published)))
    if fault:
        return None, fault
    wrong = _misfit(signal, column, len(inputs.source.subjects(signal.subject)))
    return (None, _fault(published, wrong)) if wrong else (column, None)


def _misfit(signal: Signal, column: Any, size: int) -> str:
    """What is wrong with the answer of a signal; empty when nothing is."""
    if not isinstance(column, Column) or not isinstance(column.values, np.ndarray):
        return f"returned {type(column).__name__} instead of a Column of an array"
    if column.values.shape != (size,):
        return f"returned {len(column)} values for {size} subjects ({signal.subject})"
    if not fits(column.values, signal.kind):
        return f"is declared {signal.kind} but returned an array of {column.values.dtype}"
    return ""


def _fault(published: Published, what: str) -> PluginError:
    name = published.signal.name
    facts = {"plugin": published.plugin, "signal": name}
    remedy = "its last values were kept; tell the plugin's author, or take the plugin out of inlay.yaml"
    return PluginError(f"signal `{name}` {what}", where=f"{published.plugin}.{name}", remedy=remedy, facts=facts)
