"""What one worker is told holds for all, and what a late one saw done stays known: found by the long simulation."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from core.ledger.book import add_operations, operations_by_id, set_state
from core.ledger.breaker import admit, fail, resting, succeed
from core.ledger.delivery import Step
from core.ledger.endings import Ending, record
from core.ledger.operations import Operation, State
from core.ledger.outbox import claim, due, enqueue, put_back
from core.ledger.policy import EDITED
from core.store import Store
from tests.core.ledger.world import START, World
from tests.doubles.crm import Call, MemoryCrm

FIRST = """
SELECT operation_id FROM outbox JOIN operation ON operation.id = outbox.operation_id WHERE operation.external_id = 'A1'
"""
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def wish(name: str, record_id: str = "A1") -> Operation:
    return Operation(
        id=name, kind="set_field", connection="crm", stream="Account", external_id=record_id, field=name,
        before=None, after=1, state="queued", run_id="apply-000001",
    )  # fmt: skip


def queued(store: Store, *operations: Operation) -> None:
    with store.begin() as conn:
        add_operations(conn, "plan", operations)
        enqueue(conn, operations, START)


def due_at(store: Store, seconds: int) -> list[str]:
    with store.read() as conn:
        return sorted(slip.operation_id for slip in due(conn, START + seconds * SECOND))


# --- a record that the vendor has locked ------------------------------------------------------------------------------


def test_whatever_waits_for_a_locked_record_waits_as_long_as_the_vendor_told(store: Store) -> None:
    queued(store, wish("score"), wish("tier"), wish("other", "A2"))
    with store.begin() as conn:
        claim(conn, ["score"], START, 60)
        put_back(conn, "score", START + 90 * SECOND, "locked", counted=True)
    assert due_at(store, 1) == ["other"]
    assert due_at(store, 90) == ["other", "score", "tier"]


def test_what_waits_longer_already_is_not_called_earlier(store: Store) -> None:
    queued(store, wish("score"))
    with store.begin() as conn:
        add_operations(conn, "plan", [wish("tier")])
        enqueue(conn, [wish("tier")], START + 300 * SECOND)
        claim(conn, ["score"], START, 60)
        put_back(conn, "score", START + 90 * SECOND, "locked", counted=True)
    assert due_at(store, 299) == ["score"]
    assert due_at(store, 300) == ["score", "tier"]


def test_what_a_dead_worker_still_holds_of_a_locked_record_waits_too(store: Store) -> None:
    queued(store, wish("score"), wish("tier"))
    with store.begin() as conn:
        claim(conn, ["tier"], START, 60)  # its worker dies
        claim(conn, ["score"], START, 60)
        put_back(conn, "score", START + 90 * SECOND, "locked", counted=True)
    assert due_at(store, 61) == []
    assert due_at(store, 90) == ["score", "tier"]


def test_a_look_at_what_has_become_of_it_calls_nothing_earlier_than_told(store: Store) -> None:
    queued(store, wish("score"))
    with store.begin() as conn:
        claim(conn, ["score"], START, 60)
        for seconds, why in ((90, "locked"), (2, "the CRM shows no trace")):
            put_back(conn, "score", START + seconds * SECOND, why, counted=False)
    assert due_at(store, 89) == []
    assert due_at(store, 90) == ["score"]


# --- a system that told one worker to wait ----------------------------------------------------------------------------


def test_a_failure_heard_earlier_and_told_later_makes_no_rest_shorter(store: Store) -> None:
    with store.begin() as conn:
        fail(conn, "crm", "429", START, START + 5 * MINUTE)
        fail(conn, "crm", "the vendor sent every row back", START + SECOND, None)
        assert resting(conn, START + 4 * MINUTE) == {"crm"}
        assert admit(conn, "crm", START + 5 * MINUTE).leave == "probe"


@pytest.mark.parametrize("failures", [1, 4, 12])
def test_a_probe_keeps_the_others_waiting_for_a_minute_at_most(store: Store, failures: int) -> None:
    with store.begin() as conn:
        told = [fail(conn, "crm", "away", START, None).failures for _ in range(failures)]
        assert told[-1] == failures
        at = START + timedelta(hours=1)
        assert admit(conn, "crm", at).leave == "probe"
        assert admit(conn, "crm", at + MINUTE).leave == "probe"


def test_a_probe_that_is_told_a_near_hour_is_heard(store: Store) -> None:
    with store.begin() as conn:
        for _ in range(12):
            fail(conn, "crm", "away", START, None)
        at = START + timedelta(hours=1)
        admit(conn, "crm", at)
        fail(conn, "crm", "429", at + SECOND, at + 70 * SECOND)
        assert resting(conn, at + 69 * SECOND) == {"crm"}
        assert resting(conn, at + 70 * SECOND) == set()


def test_a_slow_success_does_not_wake_a_system_that_has_sent_others_away_since(store: Store) -> None:
    with store.begin() as conn:
        fail(conn, "crm", "away", START, None)
        slow = admit(conn, "crm", START + MINUTE)
        fail(conn, "crm", "429", START + 2 * MINUTE, START + 9 * MINUTE)
        succeed(conn, "crm", slow)
        assert resting(conn, START + 8 * MINUTE) == {"crm"}
        succeed(conn, "crm", admit(conn, "crm", START + 9 * MINUTE))
        assert admit(conn, "crm", START + 9 * MINUTE).leave == "free"


# --- a worker that wakes up after its lease ---------------------------------------------------------------------------


@pytest.mark.parametrize(("state", "becomes"), [("applied", "applied"), ("queued", "sending"), ("rejected", "sending")])
def test_of_what_a_late_worker_tells_only_what_was_done_counts(store: Store, state: State, becomes: str) -> None:
    queued(store, wish("score"))
    with store.begin() as conn:
        mine = claim(conn, ["score"], START, 60)
        claim(conn, ["score"], START + 2 * MINUTE, 60)
        conn.exec_driver_sql("UPDATE operation SET state = 'sending'")
        told = record(conn, [Ending(wish("score"), state, due_at=START)], mine, START + 2 * MINUTE)
        assert operations_by_id(conn, ["score"])["score"].state == becomes
    assert [one.operation.id for one in told] == (["score"] if state == "applied" else [])


def test_a_later_value_of_a_persons_is_told_from_what_a_late_worker_wrote(world: World, crm: MemoryCrm) -> None:
    """The write arrived while its worker slept; another one was sent away with it; then a person wrote over it."""
    world.signal("crm/Account/A1", "health.score", 41)
    world.plan()

    def falls_asleep(_: MemoryCrm, __: Call) -> None:
        world.clock.sleep(2 * world.delivery.lease_seconds)
        with world.store.begin() as conn:
            (waits,) = conn.exec_driver_sql("SELECT operation_id FROM outbox").scalars()
            claim(conn, [waits], world.clock.now(), 60)
            set_state(conn, [waits], "queued")
            put_back(conn, waits, world.clock.now() + MINUTE, "429", counted=False)

    crm.faults.after = [falls_asleep]
    assert world.apply().applied == 1
    world.clock.sleep(120)
    crm.edit("Account", "A1", Score__c=77)
    world.sync()
    world.signal("crm/Account/A1", "health.score", 43)
    assert [(one.before, one.after, one.verdict) for one in world.plan().operations] == [(77, 43, EDITED)]


def test_a_worker_that_has_slept_since_its_claim_sends_nothing_that_another_has_taken(
    world: World, crm: MemoryCrm
) -> None:
    """Between claim and call a machine may be suspended; the lease, not luck, says whose the work is."""
    world.signal("crm/Account/A1", "health.score", 41)
    world.signal("crm/Account/A2", "health.score", 42)
    world.plan()
    slept: list[str] = []

    def sleeps(step: Step) -> None:
        if step == "claimed" and not slept:
            slept.append(step)
            world.clock.sleep(2 * world.delivery.lease_seconds)
            with world.store.begin() as conn:
                claim(conn, [row[0] for row in conn.exec_driver_sql(FIRST).all()], world.clock.now(), 60)

    world.delivery = replace(world.delivery, reached=sleeps, patience_seconds=0)
    report = world.apply()
    assert [row.external_id for call in crm.writes_made() for row in call.rows] == ["A2"]
    assert (report.applied, report.waiting + report.unknown) == (1, 1)
