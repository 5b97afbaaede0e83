"""One evaluation: every signal of every plugin computed and its changed values stored."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import orjson

from core.clock import Clock, iso
from core.config import FirmSettings
from core.errors import PluginError
from core.signals.compute import Computed, compute
from core.signals.context import Context
from core.signals.dag import Arrangement, Published, Publisher, arrange
from core.signals.history import History
from core.signals.loading import Tables
from core.signals.record import Recorded, Stamp, record
from core.store import Store
from core.store.runs import end_run, start_run


@dataclass(frozen=True)
class SignalOutcome:
    """What became of one signal: for how many subjects it is known, how many values changed, what it cost."""

    name: str
    plugin: str
    known: int = 0
    changed: int = 0
    seconds: float = 0.0
    fault: PluginError | None = None


@dataclass(frozen=True)
class EvaluationReport:
    """The result of one evaluation."""

    run_id: str
    as_of: datetime
    outcomes: tuple[SignalOutcome, ...]
    faults: tuple[PluginError, ...]

    @property
    def changed(self) -> int:
        """How many values changed in all."""
        return sum(outcome.changed for outcome in self.outcomes)


def evaluate(
    store: Store,
    publishers: Iterable[Publisher],
    firm: FirmSettings,
    clock: Clock,
    *,
    as_of: datetime | None = None,
    progress: Callable[[SignalOutcome], None] | None = None,
) -> EvaluationReport:
    """Compute all signals as of an instant (now when not given) and store what changed, in one transaction.

    A signal that fails keeps its last values and is told in ``faults``. ``ConfigError`` when signals form a circle.
    """
    arrangement = arrange(publishers)
    instant = (as_of or clock.now()).replace(microsecond=0)
    with store.read() as conn:
        tables = Tables(conn)
        history = History(conn, tables, arrangement.signals)
        results = list(compute(arrangement, tables, lambda asked: _context(asked, firm, instant, history), clock))
    with store.begin() as conn:
        run_id = start_run(conn, "signals", clock)
        outcomes = []
        for result in results:
            outcomes.append(_outcome(result, record(conn, result, tables, _stamp(result.published, firm, instant))))
            if progress:
                progress(outcomes[-1])
        report = EvaluationReport(run_id, instant, tuple(outcomes), _faults(arrangement, outcomes))
        end_run(
            conn, run_id, clock, facts={"as_of": iso(instant), "changed": report.changed, "faults": len(report.faults)}
        )
    return report


def config_hash(published: Published, firm: FirmSettings) -> str:
    """Sixteen digits that differ when the plugin's settings or the firm's do."""
    content = [published.plugin, published.settings.model_dump(mode="json"), firm.model_dump(mode="json")]
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def _context(published: Published, firm: FirmSettings, instant: datetime, history: History) -> Context:
    return Context(instant, firm, published.settings, history)


def _stamp(published: Published, firm: FirmSettings, instant: datetime) -> Stamp:
    return Stamp(iso(instant), config_hash(published, firm))


def _outcome(result: Computed, recorded: Recorded) -> SignalOutcome:
    known = 0 if result.column is None else int(result.column.known.sum())
    name, plugin = result.published.signal.name, result.published.plugin
    return SignalOutcome(name, plugin, known, recorded.changed, result.seconds, recorded.fault)


def _faults(arrangement: Arrangement, outcomes: Iterable[SignalOutcome]) -> tuple[PluginError, ...]:
    return (*arrangement.faults, *(outcome.fault for outcome in outcomes if outcome.fault))
