"""What a vendor's answer on one row means for each field that was in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.connector import Outcome, WriteRow
from core.ledger.endings import Ending, bounded, endings_of
from core.ledger.operations import Operation
from core.ledger.outbox import Claim
from core.ledger.parcel import Parcel

NOW = datetime(2026, 6, 30, 9, tzinfo=UTC)
CLAIMS = {name: Claim(1, 0) for name in ("score", "band")}


def operation(name: str) -> Operation:
    return Operation(
        id=name, kind="set_field", connection="crm", stream="Account", external_id="A1", field=name, after="x"
    )


PARCEL = Parcel((operation("score"), operation("band")), WriteRow({"score": "x", "band": "x"}, "A1"))


def states(outcome: Outcome | None) -> dict[str, str]:
    return {one.operation.id: one.state for one in endings_of(PARCEL, outcome, "no network", CLAIMS, NOW)}


def test_a_field_the_connector_left_out_is_rejected_while_the_rest_of_the_row_is_written() -> None:
    outcome = Outcome("applied", "A1", code="FIELDS_LEFT_OUT", message="band is read-only", fields=("band",))
    assert states(outcome) == {"score": "applied", "band": "rejected"}
    said = [one.error for one in endings_of(PARCEL, outcome, "", CLAIMS, NOW) if one.state == "rejected"]
    assert said == ["FIELDS_LEFT_OUT: band is read-only"]


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Outcome("applied", "A1"), "applied"),
        (Outcome("rejected", code="STRING_TOO_LONG", fields=("band",)), "rejected"),
        (Outcome("rejected", code="CHANGED_MEANWHILE"), "unknown"),
        (Outcome("unknown", message="the answer was lost"), "unknown"),
        (Outcome("retry", code="UNABLE_TO_LOCK_ROW"), "queued"),
        (None, "queued"),
    ],
)
def test_one_answer_on_a_row_holds_for_all_its_fields(outcome: Outcome | None, state: str) -> None:
    assert set(states(outcome).values()) == {state}


def test_a_row_sent_back_waits_until_the_time_the_vendor_told() -> None:
    at = NOW + timedelta(minutes=7)
    due = {one.due_at for one in endings_of(PARCEL, Outcome("retry", retry_at=at), "", CLAIMS, NOW)}
    assert due == {at}


def test_what_never_got_to_the_vendor_is_not_held_against_it() -> None:
    endings = endings_of(PARCEL, None, "no network", CLAIMS, NOW)
    assert [one.state for one in bounded(endings, CLAIMS, 1)] == ["queued", "queued"]


def test_what_the_vendor_sends_back_too_often_is_given_up() -> None:
    endings: list[Ending] = endings_of(PARCEL, Outcome("retry", code="LOCKED"), "", CLAIMS, NOW)
    assert [one.state for one in bounded(endings, CLAIMS, 1)] == ["rejected", "rejected"]
    assert [one.state for one in bounded(endings, CLAIMS, 2)] == ["queued", "queued"]
