"""Signals: named, typed, explained values per client and per contract, computed in columns, with their history."""

from __future__ import annotations

from core.signals.columns import Column
from core.signals.context import Context
from core.signals.dag import Arrangement, Publisher, arrange
from core.signals.definition import Signal, signal
from core.signals.evaluate import EvaluationReport, SignalOutcome, evaluate
from core.signals.explain import Explanation, explain

__all__ = [
    "Arrangement",
    "Column",
    "Context",
    "EvaluationReport",
    "Explanation",
    "Publisher",
    "Signal",
    "SignalOutcome",
    "arrange",
    "evaluate",
    "explain",
    "signal",
]
