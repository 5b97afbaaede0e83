"""One evaluation: every signal of every plugin computed and its changed values stored.

Clients are taken in shares that fit into memory, each computed and stored by itself; what compares clients comes last,
from the columns of all shares put together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

import orjson
from sqlalchemy import Connection

from core.clock import Clock, iso
from core.config import FirmSettings
from core.errors import PluginError
from core.signals.changes import Changes, live_clients
from core.signals.columns import Column
from core.signals.compute import Computed, Source, compute
from core.signals.context import Context
from core.signals.dag import Arrangement, Published, Publisher, arrange
from core.signals.history import History
from core.signals.loading import Book, Tables
from core.signals.record import Recorded, Stamp, record
from core.signals.whole import Whole
from core.store import Store
from core.store.runs import end_run, start_run

SHARE = 20_000
"""Clients that are computed at once: a million then take 300 MiB or so, most of it for their ids."""

FIRST = 500
"""Clients of the first share, which reads every field of its records: those that follow read only what was needed."""

Result = tuple[Computed, Sequence[str]]
"""A column, or why there is none, and whom it is about."""


@dataclass(frozen=True)
class SignalOutcome:
    """What became of one signal: for how many subjects it is known, how many values changed, what it cost."""

    name: str
    plugin: str
    known: int = 0
    changed: int = 0
    seconds: float = 0.0
    fault: PluginError | None = None

    def and_then(self, later: SignalOutcome) -> SignalOutcome:
        """This one and that of another share of the clients together."""
        known, changed = self.known + later.known, self.changed + later.changed
        return SignalOutcome(
            self.name, self.plugin, known, changed, self.seconds + later.seconds, self.fault or later.fault
        )


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
    only_changed: bool = False,
) -> EvaluationReport:
    """Compute all signals as of an instant (now when not given) and store what changed.

    A transaction holds up to twenty thousand clients. A signal that fails keeps its last values; ``faults`` tell of it.
    ``only_changed`` looks only at clients of whom any record changed since the last evaluation; what compares clients,
    and a client that a record was taken away from, wait for the next full one. It computes everything when the last one
    was of another day or configuration. ``ConfigError`` when signals form a circle.
    """
    arrangement = arrange(publishers)
    instant = (as_of or clock.now()).replace(microsecond=0)
    return _Evaluation(store, arrangement, firm, clock, instant, only_changed).run(progress)


def config_hash(published: Published, firm: FirmSettings) -> str:
    """Sixteen digits that differ when the plugin's settings or the firm's do."""
    content = [published.plugin, published.settings.model_dump(mode="json"), firm.model_dump(mode="json")]
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


@dataclass
class _Evaluation:
    """One evaluation on its way."""

    store: Store
    arrangement: Arrangement
    firm: FirmSettings
    clock: Clock
    instant: datetime
    only_changed: bool
    dense: bool = True
    outcomes: dict[str, SignalOutcome] = field(default_factory=dict)

    def run(self, progress: Callable[[SignalOutcome], None] | None) -> EvaluationReport:
        """Share after share, then what compares clients; a book of one share is stored in one transaction."""
        begun = iso(self.clock.now())
        with self.store.read() as conn:
            changes = Changes(conn, self.firm, self._configuration())
            clients = changes.since_the_last(self.instant) if self.only_changed else None
            asked = live_clients(conn) if clients is None else clients
        self.dense = clients is None
        whole = Whole({need for published in self.arrangement.compared for need in published.signal.inputs})
        results: list[Result] = []
        if clients is None and len(asked) <= SHARE:
            with self.store.read() as conn:
                results = self._compute_share(conn, Tables(conn), whole)
        else:
            self._share_by_share(asked, whole)
        results += [] if clients is not None else self._compare(whole)
        return self._finish(results, begun, progress)

    def _share_by_share(self, clients: Sequence[str], whole: Whole) -> None:
        book = Book()
        starts = [0, *range(FIRST, len(clients), SHARE)]
        for start, end in pairwise([*starts, len(clients)]):
            with self.store.read() as conn:  # until it is stored: reasons may read a field that nobody read before
                tables = Tables(conn, clients[start:end], dense=self.dense, book=book)
                results = self._compute_share(conn, tables, whole)
                with self.store.begin() as writing:
                    self._record(writing, results)
                tables.learn()

    def _compute_share(self, conn: Connection, tables: Tables, whole: Whole) -> list[Result]:
        results = list(self._compute(conn, tables, self.arrangement.each, {}))
        whole.add(results, tables)
        return [(result, tables.subjects(result.published.signal.subject)) for result in results]

    def _compare(self, whole: Whole) -> list[Result]:
        with self.store.read() as conn:
            found = self._compute(conn, whole, self.arrangement.compared, whole.columns())
            return [(result, whole.subjects(result.published.signal.subject)) for result in found]

    def _compute(
        self, conn: Connection, source: Source, order: Sequence[Published], known: Mapping[str, Column]
    ) -> Iterator[Computed]:
        history = History(conn, source, self.arrangement.signals, dense=self.dense)

        def _context(asked: Published) -> Context:
            return Context(self.instant, self.firm, asked.settings, history)

        return compute(self.arrangement, source, _context, self.clock, order=order, known=known)

    def _record(self, conn: Connection, results: Sequence[Result]) -> None:
        for result, subjects in results:
            outcome = _outcome(result, self._recorded(conn, result, subjects))
            before = self.outcomes.get(outcome.name)
            self.outcomes[outcome.name] = before.and_then(outcome) if before else outcome

    def _recorded(self, conn: Connection, result: Computed, subjects: Sequence[str]) -> Recorded:
        return record(conn, result, subjects, self._stamp(result.published), dense=self.dense)

    def _finish(
        self,
        results: Sequence[Result],
        begun: str,
        progress: Callable[[SignalOutcome], None] | None,
    ) -> EvaluationReport:
        with self.store.begin() as conn:
            run_id = start_run(conn, "signals", self.clock)
            self._record(conn, results)
            outcomes = tuple(self.outcomes.values())
            report = EvaluationReport(run_id, self.instant, outcomes, _faults(self.arrangement, outcomes))
            counts = {"as_of": iso(self.instant), "changed": report.changed, "faults": len(report.faults)}
            basis = {"begun": begun, "configuration": self._configuration()}
            end_run(conn, run_id, self.clock, facts=counts | {"basis": basis})
        if progress:
            for outcome in outcomes:
                progress(outcome)
        return report

    def _stamp(self, published: Published) -> Stamp:
        return Stamp(iso(self.instant), config_hash(published, self.firm))

    def _configuration(self) -> str:
        """Sixteen digits that differ when anything does that values are made by."""
        made_by = [
            [published.signal.name, published.signal.version, config_hash(published, self.firm)]
            for published in self.arrangement.order
        ]
        return hashlib.sha256(orjson.dumps(made_by)).hexdigest()[:16]


def _outcome(result: Computed, recorded: Recorded) -> SignalOutcome:
    known = 0 if result.column is None else int(result.column.known.sum())
    name, plugin = result.published.signal.name, result.published.plugin
    return SignalOutcome(name, plugin, known, recorded.changed, result.seconds, recorded.fault)


def _faults(arrangement: Arrangement, outcomes: Iterable[SignalOutcome]) -> tuple[PluginError, ...]:
    return (*arrangement.faults, *(outcome.fault for outcome in outcomes if outcome.fault))
