"""New records are told by the key they were asked for; everything else is left as the connector said it."""

from __future__ import annotations

import pytest

from core.connector import Outcome, WriteRow
from core.keyed import keyed

NEW = WriteRow({"Subject": "Call"}, key=("Inlay_Key__c", "k1"))
OLD = WriteRow({"Score__c": 1}, external_id="A1")


def test_an_applied_create_names_its_key() -> None:
    assert keyed([NEW], [Outcome("applied", "T1", created=True)]) == [Outcome("applied", "T1", created=True, key="k1")]


@pytest.mark.parametrize(
    ("row", "outcome"),
    [
        (OLD, Outcome("applied", "A1")),
        (NEW, Outcome("rejected", code="REQUIRED_FIELD_MISSING")),
        (NEW, Outcome("unknown", message="no answer")),
        (NEW, Outcome("retry", code="UNABLE_TO_LOCK_ROW")),
    ],
)
def test_what_made_no_record_names_none(row: WriteRow, outcome: Outcome) -> None:
    assert keyed([row], [outcome]) == [outcome]


def test_one_outcome_per_row_or_none_at_all() -> None:
    with pytest.raises(ValueError, match="shorter"):
        keyed([NEW, OLD], [Outcome("applied", "T1")])
