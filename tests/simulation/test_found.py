"""What the simulation has found, each told in a few lines, so that it stays mended."""

from __future__ import annotations

from datetime import timedelta

from core.ledger.book import add_operations
from core.ledger.operations import Operation
from core.ledger.outbox import claim, due, enqueue, next_due
from core.store import Store
from tests.simulation.disk import SimStore
from tests.simulation.fate import Fate
from tests.simulation.hours import WorldClock
from tests.simulation.storm import START


def score(name: str) -> Operation:
    return Operation(
        id=name, kind="set_field", connection="crm", stream="Account", external_id="A1", field=name, after=1
    )


def waiting_behind_a_dead_workers_lease() -> Store:
    """One field of a record was claimed by a worker that died; a later run wants another field of that record."""
    store = SimStore(Fate(1))
    with store.begin() as conn:
        add_operations(conn, "plan", [score("first"), score("second")])
        enqueue(conn, [score("first")], START)
        assert set(claim(conn, ["first"], START, 60)) == {"first"}
        enqueue(conn, [score("second")], START)
    return store


def test_what_waits_behind_a_dead_workers_lease_is_not_called_due_before_that_lease_ends() -> None:
    with waiting_behind_a_dead_workers_lease() as store, store.read() as conn:
        clock = WorldClock(START + timedelta(seconds=5))
        assert due(conn, clock.now()) == []
        at = next_due(conn, [])
        assert at == START + timedelta(seconds=60), "a delivery would look again every millisecond until then"
        assert [slip.operation_id for slip in due(conn, at)] == ["first", "second"]
