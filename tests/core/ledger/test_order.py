"""Order and priority: per record what came first goes first; across records the urgent go before the rest."""

from __future__ import annotations

import threading
from datetime import timedelta

from core.ledger import Approval, Delivery, PlanRules, PluginRules
from core.ledger.book import add_operations
from core.ledger.delivery import Lane, one_after_another, side_by_side
from core.ledger.operations import Operation
from core.ledger.outbox import claim, close, due, enqueue, priority_of, put_back
from core.store import Store
from tests.core.ledger.world import START, World, task
from tests.doubles.crm import Call, MemoryCrm, busy

LATER = START + timedelta(minutes=5)


def change(name: str, record: str, kind: str = "set_field", **more: object) -> Operation:
    values: dict[str, object] = {
        "id": name,
        "kind": kind,
        "connection": "crm",
        "stream": "Account",
        "external_id": record,
        "field": "Score__c" if kind == "set_field" else None,
        "after": {"values": {}},
        "state": "queued",
        "verdict": "apply",
        **more,
    }
    return Operation(**values)  # type: ignore[arg-type]


def put_in(store: Store, *operations: Operation) -> None:
    with store.begin() as conn:
        add_operations(conn, f"plan-{operations[0].id}", operations)
        enqueue(conn, operations, START)


def names(store: Store, at: object = START) -> list[str]:
    with store.read() as conn:
        return [one.operation_id for one in due(conn, at)]  # type: ignore[arg-type]


def test_a_delete_waits_for_the_update_before_it(store: Store) -> None:
    put_in(store, change("first", "A1"), change("other", "A2"))
    put_in(store, change("second", "A1", "delete_record"))
    assert names(store) == ["first", "other"]
    with store.begin() as conn:
        assert set(claim(conn, ["first", "second"], START, 60)) == {"first"}
        close(conn, ["first"])
    assert names(store) == ["other", "second"]


def test_what_is_put_back_holds_up_what_came_after_it(store: Store) -> None:
    put_in(store, change("first", "A1"))
    put_in(store, change("second", "A1", field="Band__c"))
    with store.begin() as conn:
        claim(conn, ["first"], START, 60)
        put_back(conn, "first", LATER, "locked", counted=True)
    assert names(store) == []
    with store.begin() as conn:
        assert claim(conn, ["second"], START, 60) == {}
    assert names(store, LATER) == ["first", "second"]


def test_fields_of_two_runs_may_travel_together(store: Store) -> None:
    put_in(store, change("first", "A1"))
    put_in(store, change("second", "A1", field="Band__c"))
    with store.begin() as conn:
        assert set(claim(conn, ["first", "second"], START, 60)) == {"first", "second"}


def test_while_one_worker_carries_a_record_another_does_not_touch_it(store: Store) -> None:
    put_in(store, change("first", "A1"))
    put_in(store, change("second", "A1", field="Band__c"), change("other", "A2"))
    with store.begin() as conn:
        claim(conn, ["first"], START, 60)
    with store.begin() as conn:
        assert set(claim(conn, ["second", "other"], START, 60)) == {"other"}


def test_taking_back_goes_before_what_a_person_asked_for_before_the_rest() -> None:
    operations = [
        change("rest", "A1"),
        change("asked", "A2", verdict="needs approval"),
        change("undo", "A3", undo_of="x"),
    ]
    assert sorted(operations, key=priority_of) == list(reversed(operations))


def test_a_backlog_is_drained_by_priority(world: World, crm: MemoryCrm) -> None:
    crm.batch = 1
    world.rules = PlanRules(default=PluginRules("auto"), plugins={"renewals": PluginRules("propose")})
    crm.faults.before = [busy(600)]
    world.signal("crm/Account/A1", "health.score", 80)
    world.signal("crm/Account/A2", "health.score", 80)
    world.plan()
    assert world.apply().waiting == 2
    world.proposals = {"renewals": [task("crm/Account/A3")]}
    world.plan()
    world.apply(Approval("tom", everything=True))
    crm.calls.clear()
    world.clock.sleep(600)
    assert world.resume().applied == 3
    assert [call.verb for call in crm.writes_made()] == ["upsert", "update", "update"]


def test_two_workers_at_once_write_everything_once(world: World, crm: MemoryCrm) -> None:
    crm.batch = 5
    for number in range(4, 64):
        crm.add("Account", f"A{number}", Name=f"Client {number}")
    world.sync()
    for number in range(1, 64):
        world.signal(f"crm/Account/A{number}", "health.score", number)
    world.plan()
    world.delivery = Delivery(patience_seconds=0)
    start = threading.Barrier(3)

    def work() -> None:
        start.wait()
        world.resume()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    start.wait()
    world.apply()
    for worker in workers:
        worker.join()
    world.resume()
    written = [name for verb, _, name in crm.effects if verb == "update"]
    assert sorted(written) == sorted({f"A{number}" for number in range(1, 64)})


def test_lanes_run_in_order_or_at_once() -> None:
    seen: list[int] = []
    lanes: list[Lane] = [lambda number=number: seen.append(number) for number in range(3)]  # type: ignore[misc]
    one_after_another(lanes)
    assert seen == [0, 1, 2]
    meeting = threading.Barrier(3)

    def meet() -> None:
        meeting.wait(5)

    side_by_side([meet, meet, meet])
    assert meeting.broken is False


def test_two_crms_are_served_side_by_side(world: World, crm: MemoryCrm, marketing: MemoryCrm) -> None:
    meeting = threading.Barrier(2)

    def meet(_: MemoryCrm, __: Call) -> None:
        meeting.wait(10)

    for one in (crm, marketing):
        one.faults.before = [meet]
    world.delivery = Delivery(lanes=side_by_side)
    world.signal("crm/Account/A1", "health.score", 82)
    world.plan()
    assert world.apply().applied == 2
    assert not meeting.broken
