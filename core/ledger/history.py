"""The runs that wrote, newest first, and how each stands now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.ledger.apply import KINDS
from core.ledger.book import counts_of_runs
from core.store import Store
from core.store.runs import read_runs


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run of ``apply`` or ``undo``; ``counts`` tells how many of its operations are in which state now."""

    run_id: str
    kind: str
    state: str
    started_at: str
    ended_at: str | None
    counts: Mapping[str, int]


def list_runs(store: Store, limit: int = 20) -> list[RunLine]:
    """The last runs that wrote into a CRM."""
    with store.read() as conn:
        runs = [run for kind in KINDS for run in read_runs(conn, kind=kind, limit=limit)]
        newest = sorted(runs, key=lambda run: (run.started_at, run.id), reverse=True)[:limit]
        counts = counts_of_runs(conn, [run.id for run in newest])
    return [RunLine(run.id, run.kind, run.state, run.started_at, run.ended_at, counts[run.id]) for run in newest]
