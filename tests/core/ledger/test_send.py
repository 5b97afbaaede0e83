"""One batch: outcomes row by row, batches refused as a whole taken apart, answers that do not fit distrusted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from core.clock import FixedClock
from core.connector import Outcome, WriteRow
from core.errors import RetryLater
from core.ledger.operations import Operation
from core.ledger.parcel import Parcel
from core.ledger.send import Sent, send
from tests.core.ledger.world import START
from tests.doubles.crm import MemoryCrm, answer_lost, busy, shuffled, truncated, without_ids

Bad = Callable[[WriteRow], str | None]


def crm_with(count: int) -> MemoryCrm:
    crm = MemoryCrm("crm", FixedClock(START))
    for number in range(count):
        crm.add("Account", f"A{number}")
    return crm


def parcel(number: int) -> Parcel:
    one = Operation(id=str(number), kind="set_field", connection="crm", stream="Account", external_id=f"A{number}")
    return Parcel((one,), WriteRow({"Score__c": number}, external_id=f"A{number}"))


def deliver(crm: MemoryCrm, count: int) -> Sent:
    return send(crm, "Account", "update", [parcel(number) for number in range(count)], nobody_asks)


def nobody_asks(field: str, ids: Sequence[str]) -> dict[str, str]:
    raise AssertionError(f"{field} of {ids} is not what the answers of updates are told by")


def states(sent: Sent) -> list[str]:
    return [one.state if one else "held back" for one in sent.outcomes]


def bad(*numbers: int) -> Bad:
    guilty = {f"A{number}" for number in numbers}
    return lambda row: "BAD" if row.external_id in guilty else None


def test_one_call_for_one_batch() -> None:
    crm = crm_with(5)
    assert states(deliver(crm, 5)) == ["applied"] * 5
    assert len(crm.calls) == 1


def test_a_vendor_that_judges_row_by_row_is_called_once() -> None:
    crm = crm_with(5)
    crm.faults.reject = bad(1, 3)
    assert states(deliver(crm, 5)) == ["applied", "rejected", "applied", "rejected", "applied"]
    assert len(crm.calls) == 1


@pytest.mark.parametrize("guilty", [(0,), (99,), (50,), (0, 99), (10, 11, 12), (3, 40, 77), tuple(range(8))])
def test_a_batch_refused_as_a_whole_is_taken_apart_until_the_good_rows_pass(guilty: tuple[int, ...]) -> None:
    crm = crm_with(100)
    crm.faults.reject_whole_batch = True
    crm.faults.reject = bad(*guilty)
    sent = deliver(crm, 100)
    assert {at for at, state in enumerate(states(sent)) if state == "rejected"} == set(guilty)
    assert len(crm.calls) <= 1 + 16 * len(guilty)
    assert len(crm.effects) == 100 - len(guilty)


def test_a_batch_of_bad_rows_only_does_not_cost_a_call_per_row() -> None:
    crm = crm_with(200)
    crm.faults.reject_whole_batch = True
    crm.faults.reject = bad(*range(200))
    assert states(deliver(crm, 200)) == ["rejected"] * 200
    assert len(crm.calls) <= 40


def test_a_lost_answer_makes_all_rows_unknown() -> None:
    crm = crm_with(3)
    crm.faults.after = [answer_lost]
    sent = deliver(crm, 3)
    assert (states(sent), sent.trouble) == (["unknown"] * 3, None)


def test_a_busy_system_gets_nothing() -> None:
    crm = crm_with(3)
    crm.faults.before = [busy(30)]
    sent = deliver(crm, 3)
    assert states(sent) == ["held back"] * 3
    assert isinstance(sent.trouble, RetryLater)


def test_trouble_in_the_middle_of_taking_apart_keeps_what_was_done() -> None:
    crm = crm_with(4)
    crm.faults.reject_whole_batch = True
    crm.faults.reject = bad(3)
    crm.faults.before = [None, None, busy()]
    sent = deliver(crm, 4)
    assert states(sent) == ["applied", "applied", "held back", "held back"]
    assert sent.trouble is not None


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (truncated, ["unknown"] * 3),
        (shuffled, ["applied"] * 3),  # each names its record
        (without_ids, ["applied"] * 3),
        (lambda outcomes: [*outcomes, outcomes[0]], ["unknown"] * 3),
        (lambda _: [], ["unknown"] * 3),
    ],
)
def test_answers_that_do_not_fit_the_question_are_not_believed(
    spoil: Callable[[list[Outcome]], list[Outcome]], expected: list[str]
) -> None:
    crm = crm_with(3)
    crm.faults.spoil = spoil
    assert states(deliver(crm, 3)) == expected


def test_a_create_without_an_id_in_the_answer_is_unknown() -> None:
    crm = crm_with(0)
    crm.faults.spoil = without_ids
    one = Operation(id="1", kind="create_record", connection="crm", stream="Task", key="k")
    sent = send(crm, "Task", "upsert", [Parcel((one,), WriteRow({}, key=("Inlay_Key__c", "k")))], nobody_asks)
    assert states(sent) == ["unknown"]
