"""The outbox on both databases: leases, fences, and who may write down an end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from core.ledger.book import add_operations, operations_by_id
from core.ledger.endings import Ending, bounded, record
from core.ledger.operations import Operation
from core.ledger.outbox import (
    Claim,
    claim,
    due,
    enqueue,
    next_due,
    put_back,
    runs_waiting,
    still_ours,
    waiting,
)
from core.store import Store
from tests.core.ledger.world import START

SOON = START + timedelta(seconds=10)
LATER = START + timedelta(seconds=61)


@pytest.fixture
def both(store_url: str) -> Iterator[Store]:
    """A store of either kind with three operations waiting: two for crm, one for marketing."""
    store = Store.open(store_url)
    store.migrate()
    operations = [operation("a", "crm"), operation("b", "crm"), operation("c", "marketing")]
    with store.begin() as conn:
        add_operations(conn, "plan-1", operations)
        enqueue(conn, operations, START)
    yield store
    store.close()


def operation(name: str, connection: str) -> Operation:
    return Operation(
        id=name,
        kind="set_field",
        connection=connection,
        stream="Account",
        external_id=f"A{name}",
        field="Score__c",
        before={"nested": [1, None]},
        after="ä€𝄞",
        inputs=("x", "y"),
        state="queued",
        run_id="apply-000001",
    )


def test_operations_come_back_as_they_went_in(both: Store) -> None:
    with both.read() as conn:
        assert operations_by_id(conn, ["a", "zz"]) == {"a": operation("a", "crm")}


def test_what_waits_is_due_in_order(both: Store) -> None:
    with both.read() as conn:
        slips = due(conn, START)
        assert [(one.operation_id, one.connection, one.verb, one.record, one.doubtful) for one in slips] == [
            ("a", "crm", "update", "Aa", False),
            ("b", "crm", "update", "Ab", False),
            ("c", "marketing", "update", "Ac", False),
        ]
        assert due(conn, START - timedelta(seconds=1)) == []
        assert (waiting(conn), runs_waiting(conn)) == ({"queued": 3}, {"apply-000001"})


def test_a_claim_holds_until_its_lease_ends(both: Store) -> None:
    with both.begin() as conn:
        assert claim(conn, ["a", "b"], START, 60) == {"a": Claim(1, 0), "b": Claim(1, 0)}
    with both.begin() as conn:
        assert claim(conn, ["a", "b", "c"], SOON, 60) == {"c": Claim(1, 0)}
        assert [one.operation_id for one in due(conn, SOON)] == []
        assert next_due(conn, []) == START + timedelta(seconds=60)
        assert next_due(conn, ["crm"]) == SOON + timedelta(seconds=60)
        assert next_due(conn, ["crm", "marketing"]) is None
    with both.begin() as conn:
        assert claim(conn, ["a"], LATER, 60) == {"a": Claim(2, 0)}


def test_only_the_last_claimant_may_write_down_the_end(both: Store) -> None:
    with both.begin() as conn:
        first = claim(conn, ["a"], START, 60)
    with both.begin() as conn:
        second = claim(conn, ["a"], LATER, 60)
    late = Ending(operation("a", "crm"), "rejected", error="from the grave")
    with both.begin() as conn:
        assert still_ours(conn, first) == set()
        assert record(conn, [late], first, LATER) == []
        assert still_ours(conn, second) == {"a"}
        assert len(record(conn, [Ending(operation("a", "crm"), "applied", external_id="Aa")], second, LATER)) == 1
    with both.read() as conn:
        assert operations_by_id(conn, ["a"])["a"].state == "applied"
        assert [one.operation_id for one in due(conn, LATER)] == ["b", "c"]


def test_what_is_put_back_waits_and_counts(both: Store) -> None:
    with both.begin() as conn:
        claim(conn, ["a", "b"], START, 60)
        put_back(conn, "a", SOON, "locked", counted=True)
        put_back(conn, "b", SOON, "busy", counted=False)
    with both.begin() as conn:
        assert [one.operation_id for one in due(conn, START)] == ["c"]
        assert claim(conn, ["a", "b"], SOON, 60) == {"a": Claim(2, 1), "b": Claim(2, 0)}


def test_racing_workers_share_the_work_without_overlap(both: Store) -> None:
    many = [operation(f"n{number:03}", "crm") for number in range(200)]
    with both.begin() as conn:
        add_operations(conn, "plan-2", many)
        enqueue(conn, many, START)
    taken: list[list[str]] = [[], [], []]
    start = threading.Barrier(3)

    def work(mine: list[str]) -> None:
        start.wait()
        for at in range(0, 200, 20):
            with both.begin() as conn:
                mine.extend(claim(conn, [one.id for one in many[at : at + 20]], START, 60))

    threads = [threading.Thread(target=work, args=(mine,)) for mine in taken]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    everything = [name for mine in taken for name in mine]
    assert sorted(everything) == [one.id for one in many]


@pytest.mark.parametrize(
    ("state", "counted", "before", "after"),
    [
        ("queued", True, 2, "queued"),
        ("queued", True, 3, "rejected"),
        ("queued", False, 99, "queued"),
        ("unknown", True, 99, "unknown"),
        ("applied", True, 99, "applied"),
    ],
)
def test_only_what_the_vendor_sent_back_too_often_is_given_up(
    state: str, counted: bool, before: int, after: str
) -> None:
    ending = Ending(operation("a", "crm"), state, error="why", counted=counted)  # type: ignore[arg-type]
    [bound] = bounded([ending], {"a": Claim(1, before)}, 4)
    assert bound.state == after
    assert bound.error == ("given up after 4 attempts: why" if after == "rejected" else "why")
