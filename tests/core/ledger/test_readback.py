"""Settling the unknown and the last look before sending, case by case."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import RetryLater
from core.ledger.look import drift
from core.ledger.operations import Operation
from core.ledger.readback import read_back, settle, shown
from core.ledger.target import targets_of
from tests.core.ledger.world import START, World
from tests.doubles.crm import MemoryCrm, busy

TASK: dict[str, Any] = {"values": {"Subject": "Call"}, "links": [], "key_field": "Inlay_Key__c", "owner": None}


def sent(world: World, **changes: Any) -> list[tuple[str, str | None]]:
    """What settling says of one operation: its state and why."""
    endings = settle(targets_of(world.setups)["crm"], [operation(**changes)], START)
    return [(one.state, one.error) for one in endings]


def drifted(world: World, **changes: Any) -> list[str | None]:
    with world.store.read() as conn:
        endings = drift(conn, targets_of(world.setups)["crm"], [operation(**changes)])
    assert {one.state for one in endings} <= {"skipped"}
    return [one.error for one in endings]


def operation(**changes: Any) -> Operation:
    values: dict[str, Any] = {
        "id": "x",
        "kind": "set_field",
        "connection": "crm",
        "stream": "Account",
        "external_id": "A1",
        "field": "Score__c",
        "before": 50,
        "after": 82,
        **changes,
    }
    return Operation(**values)


@pytest.mark.parametrize(
    ("held", "state", "why"),
    [
        (82, "applied", None),
        ("82.0", "applied", None),
        (50, "queued", "the CRM shows no trace of the first sending"),
        (7, "skipped", "changed in the CRM while it was sent; it holds 7 now"),
        (None, "skipped", "changed in the CRM while it was sent; it holds nothing now"),
    ],
)
def test_a_field_is_settled_by_what_the_crm_holds(
    world: World, crm: MemoryCrm, held: object, state: str, why: str | None
) -> None:
    crm.edit("Account", "A1", Score__c=held)
    assert sent(world) == [(state, why)]


def test_a_record_deleted_meanwhile_is_settled_too(world: World, crm: MemoryCrm) -> None:
    crm.remove("Account", "A1")
    assert sent(world) == [("skipped", "the record is no longer in the CRM")]


@pytest.mark.parametrize(("exists", "state"), [(True, "applied"), (False, "queued")])
def test_a_create_is_settled_by_its_key(world: World, crm: MemoryCrm, exists: bool, state: str) -> None:
    if exists:
        crm.add("Task", "T9", Inlay_Key__c="k", Subject="Call")
    changes = {"kind": "create_record", "stream": "Task", "external_id": None, "field": None, "key": "k"}
    [(found, _)] = sent(world, **changes, before=None, after=TASK)
    assert found == state


@pytest.mark.parametrize(("exists", "state"), [(True, "queued"), (False, "applied")])
def test_a_delete_is_settled_by_absence(world: World, crm: MemoryCrm, exists: bool, state: str) -> None:
    if exists:
        crm.add("Task", "T9", Inlay_Key__c="k", Subject="Call")
    changes = {"kind": "delete_record", "stream": "Task", "external_id": "T9", "field": None, "key": "k"}
    [(found, _)] = sent(world, **changes, before=TASK, after=None)
    assert found == state


def test_nothing_to_settle_asks_nobody(world: World, crm: MemoryCrm) -> None:
    assert settle(targets_of(world.setups)["crm"], [], START) == []
    assert crm.calls == []


def test_a_crm_that_cannot_be_asked_is_not_guessed_at(world: World, crm: MemoryCrm) -> None:
    crm.faults.on_read = [busy()]
    with pytest.raises(RetryLater):
        sent(world)


def test_reading_back_takes_one_call_for_all_and_asks_for_what_was_written(world: World, crm: MemoryCrm) -> None:
    several = [operation(id=str(number), external_id=f"A{number}") for number in (1, 2, 3)]
    found = read_back(targets_of(world.setups)["crm"], [*several, operation(id="9", field="Band__c")])
    assert sorted(found) == ["A1", "A2", "A3"]
    assert set(found["A1"]) == {"Id", "SystemModstamp", "Score__c", "Band__c"}
    assert [list(call.ids) for call in crm.calls] == [["A1", "A2", "A3"]]


@pytest.mark.parametrize(
    ("held", "why"),
    [
        (50, []),
        ("50.0", []),
        (82, ["changed in the CRM since the plan; it holds 82 now"]),
        (None, ["changed in the CRM since the plan; it holds nothing now"]),
    ],
)
def test_drift_is_told_by_value(world: World, crm: MemoryCrm, held: object, why: list[str]) -> None:
    crm.edit("Account", "A1", Score__c=held)
    world.sync()
    assert drifted(world) == why


@pytest.mark.usefixtures("crm")
def test_records_the_store_does_not_know_are_left_alone(world: World) -> None:
    assert drifted(world, external_id="A99") == ["the record is no longer in the CRM"]


@pytest.mark.usefixtures("crm")
def test_creates_and_deletes_have_no_drift_of_their_own(world: World) -> None:
    assert drifted(world, kind="create_record", stream="Task", external_id=None, field=None, key="k", after=TASK) == []
    assert drifted(world, kind="delete_record", stream="Task", external_id="T1", field=None, before=TASK) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "nothing"), ("", "nothing"), (0, "0"), ("a", "'a'"), (False, "False"), ("x" * 99, "'" + "x" * 58 + "…")],
)
def test_values_in_messages_are_short(value: object, text: str) -> None:
    assert shown(value) == text
