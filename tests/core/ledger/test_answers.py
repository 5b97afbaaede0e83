"""Which row an answer speaks of: new records are told by their keys, whatever order the answers come in."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pytest

from core.connector import Outcome, WriteRow
from core.errors import AuthError, ConfigError, RetryLater, UnknownOutcome
from core.ledger import dead_letters
from core.ledger.answers import MIXED_UP, credible
from core.ledger.book import read_operations
from core.ledger.operations import Operation, vendor_key
from core.ledger.parcel import Parcel
from core.ledger.send import send
from core.store.tables import operation
from tests.core.ledger.world import START, World, task
from tests.doubles.crm import MemoryCrm, busy, shuffled

NAMES = "abcde"
Spoil = Callable[[list[Outcome]], list[Outcome]]


def parcel(key: str) -> Parcel:
    one = Operation(id=key, kind="create_record", connection="crm", stream="Task", key=key)
    return Parcel((one,), WriteRow({"Subject": key}, key=("Inlay_Key__c", key)))


def made(key: str, *, told: bool = False) -> Outcome:
    return Outcome("applied", external_id=f"T-{key}", created=True, key=key if told else None)


def believed(answers: Sequence[Outcome], held: Mapping[str, str] | None = None) -> list[tuple[str, str | None]]:
    """State and record of each of the rows a, b, c …, given the answers; ``held`` is what the CRM shows."""
    asked: list[Sequence[str]] = []

    def keys(field: str, ids: Sequence[str]) -> Mapping[str, str]:
        assert field == "Inlay_Key__c"
        asked.append(ids)
        shown = {f"T-{key}": key for key in NAMES} if held is None else held
        return {one: shown[one] for one in ids if one in shown}

    parcels = [parcel(key) for key in NAMES[: len(answers)]]
    found: list[tuple[str, str | None]] = [(one.state, one.external_id) for one in credible(parcels, answers, keys)]
    assert len(asked) <= 1
    return found


def test_answers_in_order_are_believed() -> None:
    assert believed([made("a"), made("b"), made("c")]) == [("applied", "T-a"), ("applied", "T-b"), ("applied", "T-c")]


@pytest.mark.parametrize("told", [True, False], ids=["the answers tell the keys", "they are read back"])
@pytest.mark.parametrize("seed", range(8))
def test_in_whatever_order_they_come_each_row_gets_its_own_record(seed: int, told: bool) -> None:
    answers = [made(key, told=told) for key in NAMES]
    random.Random(seed).shuffle(answers)
    assert believed(answers) == [("applied", f"T-{key}") for key in NAMES]


def test_keys_in_the_answers_cost_no_reading() -> None:
    answers = [made("b", told=True), made("a", told=True)]
    assert [one.external_id for one in credible([parcel("a"), parcel("b")], answers, nobody)] == ["T-a", "T-b"]
    assert credible([parcel("a")], [made("a")], nobody) == [made("a")], "one row cannot be mixed up with another"


REFUSED = Outcome("rejected", code="BAD")


@pytest.mark.parametrize("told", [True, False])
def test_a_refusal_in_its_own_place_stays_what_it_is(told: bool) -> None:
    answers = [made("a", told=told), REFUSED, made("c", told=told)]
    held = {"T-a": "a", "T-c": "c"}
    assert believed(answers, held) == [("applied", "T-a"), ("rejected", None), ("applied", "T-c")]


@pytest.mark.parametrize("told", [True, False])
def test_a_refusal_among_answers_that_were_mixed_up_is_nobodys(told: bool) -> None:
    answers = [made("c", told=told), REFUSED, made("a", told=told)]
    held = {"T-a": "a", "T-c": "c"}
    assert believed(answers, held) == [("applied", "T-a"), ("unknown", None), ("applied", "T-c")]


def test_a_refusal_that_took_a_made_rows_place_makes_no_dead_letter_of_it() -> None:
    assert believed([REFUSED, made("a")], {"T-a": "a"}) == [("applied", "T-a"), ("unknown", None)]


def test_a_record_that_does_not_show_its_key_is_not_believed() -> None:
    assert believed([made("a"), made("b")], {"T-a": "a"}) == [("applied", "T-a"), ("unknown", None)]


def test_an_answer_about_somebody_elses_record_is_not_believed() -> None:
    assert believed([made("a"), made("b")], {"T-a": "a", "T-b": "z"}) == [("applied", "T-a"), ("unknown", None)]


@pytest.mark.parametrize("kind", [RetryLater, UnknownOutcome, AuthError, ConfigError])
def test_while_they_cannot_be_read_back_nobody_knows(kind: type[Exception]) -> None:
    def keys(_: str, __: Sequence[str]) -> Mapping[str, str]:
        raise kind("no answer")

    found = credible([parcel("a"), parcel("b")], [made("a"), made("b")], keys)
    assert [one.state for one in found] == ["unknown", "unknown"]
    assert found[0].message == "the new records could not be read back: no answer"


def five_tasks(world: World) -> set[str]:
    world.proposals = {"renewals": [task("crm/Account/A1", key) for key in NAMES]}
    world.plan()
    return {vendor_key("renewals", key) for key in NAMES}


def ledger_says(world: World) -> dict[str | None, str | None]:
    return {one.key: one.external_id for one in _applied(world)}


def truth(crm: MemoryCrm) -> dict[str, str]:
    return {fields["Inlay_Key__c"]: record for record, fields in crm.records["Task"].items()}


def rotated(outcomes: list[Outcome]) -> list[Outcome]:
    return outcomes[1:] + outcomes[:1]


@pytest.mark.parametrize("spoil", [shuffled, rotated])
def test_a_vendor_that_answers_in_another_order_costs_one_reading_and_no_mistake(
    world: World, crm: MemoryCrm, spoil: Spoil
) -> None:
    keys = five_tasks(world)
    crm.faults.spoil = spoil
    assert world.apply().applied == 5
    assert ledger_says(world) == truth(crm)
    assert set(truth(crm)) == keys
    assert [call.verb for call in crm.calls if call.stream == "Task" and call.verb != "read"] == ["upsert", "fetch"]


def test_one_task_of_a_shuffled_batch_can_be_taken_back_alone(world: World, crm: MemoryCrm) -> None:
    five_tasks(world)
    crm.faults.spoil = shuffled
    world.apply()
    crm.faults.spoil = None
    wanted = vendor_key("renewals", "b")
    [mine] = [one for one in _applied(world) if one.key == wanted]
    assert world.undo(operation=mine.id).undone == 1
    assert set(truth(crm)) == {vendor_key("renewals", key) for key in "acde"}


def _applied(world: World) -> list[Operation]:
    with world.store.read() as conn:
        return list(read_operations(conn, operation.c.state == "applied"))


def test_a_refused_row_in_a_shuffled_batch_is_the_dead_letter_and_no_other(world: World, crm: MemoryCrm) -> None:
    five_tasks(world)
    bad = vendor_key("renewals", "b")
    crm.faults.reject = lambda row: "BAD" if row.key and row.key[1] == bad else None
    crm.faults.spoil = shuffled
    report = world.apply()
    assert report.applied == 4
    assert ledger_says(world) == truth(crm)
    crm.faults.spoil = None
    world.clock.sleep(3600)
    world.resume()
    assert [one.operation.key for one in dead_letters(world.store)] == [bad]


def test_a_crm_that_is_busy_right_after_is_asked_later_and_nothing_is_made_twice(world: World, crm: MemoryCrm) -> None:
    five_tasks(world)
    crm.faults.spoil = shuffled
    crm.faults.on_read = [busy(3600)]
    report = world.apply()
    assert (report.applied, report.unknown) == (0, 5)
    crm.faults.spoil = None
    world.clock.sleep(3700)
    assert world.resume().applied == 5
    assert ledger_says(world) == truth(crm)
    assert len(crm.tasks()) == 5


def test_what_is_said_of_an_unknown_row_names_the_mix_up() -> None:
    [_, told] = credible([parcel("a"), parcel("b")], [REFUSED, made("a")], lambda _, __: {"T-a": "a"})
    assert told == replace(told, state="unknown", message=MIXED_UP)


def test_a_vendor_that_sends_the_reading_back_away_is_heard(crm: MemoryCrm) -> None:
    """It told us when to come again; whatever else waits for it must not be written before."""
    parcels = [parcel("a"), parcel("b")]

    def sent_away(_: str, __: Sequence[str]) -> dict[str, str]:
        raise RetryLater("429", where="crm", retry_at=START)

    sent = send(crm, "Task", "upsert", parcels, sent_away)
    assert [one.state for one in sent.outcomes if one] == ["unknown", "unknown"]
    assert isinstance(sent.trouble, RetryLater)
    assert sent.trouble.retry_at == START


def nobody(field: str, ids: Sequence[str]) -> Mapping[str, str]:
    raise AssertionError((field, ids))


def test_updates_answered_in_another_order_are_told_apart_by_their_records() -> None:
    rows = [WriteRow({"Score__c": 1}, external_id=one) for one in ("A1", "A2", "A3")]
    mixed = [
        Outcome("applied", external_id="A2"),
        Outcome("retry", code="LOCKED"),
        Outcome("applied", external_id="A3"),
    ]
    found = credible([Parcel((), row) for row in rows], mixed, nobody)
    assert [(one.state, one.external_id) for one in found] == [("unknown", None), ("applied", "A2"), ("applied", "A3")]


def test_a_record_that_the_vendor_has_renamed_mixes_nothing_up() -> None:
    rows = [WriteRow({"Score__c": 1}, external_id=one) for one in ("A1", "A2")]
    answers = [Outcome("applied", external_id="A9"), Outcome("retry", code="LOCKED")]
    found = credible([Parcel((), row) for row in rows], answers, nobody)
    assert [one.state for one in found] == ["unknown", "retry"]


@pytest.mark.parametrize("trouble", [None, UnknownOutcome("no answer", where="crm")])
def test_where_nobody_knows_which_row_was_told_to_wait_all_unsure_ones_wait(trouble: UnknownOutcome | None) -> None:
    locked = Outcome("retry", code="LOCKED", retry_at=START)

    def keys(_: str, __: Sequence[str]) -> Mapping[str, str]:
        if trouble:
            raise trouble
        return {"T-b": "b"}

    found = credible([parcel("a"), parcel("b")], [made("b"), locked], keys)
    assert [one.state for one in found] == (["unknown"] * 2 if trouble else ["unknown", "applied"])
    assert all(one.retry_at == START for one in found if one.state == "unknown")
