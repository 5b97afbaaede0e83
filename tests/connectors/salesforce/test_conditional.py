"""Writes that a person's edit in the meantime prevents."""

from __future__ import annotations

import pytest

from core.sdk import WriteRow
from tests.connectors.salesforce.links import Link
from tests.connectors.salesforce.orgs import Api
from tests.connectors.salesforce.test_read import fill


def as_read(api: Api, row_id: str) -> WriteRow:
    """A write on the state of the record that is read now."""
    return WriteRow({"Site": "ours"}, row_id, unmodified_since=str(api.row("Account", row_id)["SystemModstamp"]))


@pytest.fixture
def ready(link: Link) -> Link:
    link.connector.describe("Account")
    link.calls()
    return link


def test_an_untouched_record_is_written(api: Api, ready: Link) -> None:
    row_id = fill(api, 1)[0]
    outcome = ready.connector.write("Account", "update", [as_read(api, row_id)])[0]
    assert (outcome.state, outcome.external_id) == ("applied", row_id)
    assert api.row("Account", row_id)["Site"] == "ours"


def test_a_record_that_somebody_changed_is_left_as_it_is(api: Api, ready: Link) -> None:
    kept, edited = fill(api, 2)
    rows = [as_read(api, kept), as_read(api, edited)]
    api.wait(60)
    api.person_edits("Account", edited, Site="theirs")
    outcomes = ready.connector.write("Account", "update", rows)
    assert [(outcome.state, outcome.code) for outcome in outcomes] == [
        ("applied", ""),
        ("rejected", "CHANGED_MEANWHILE"),
    ]
    assert [api.row("Account", one)["Site"] for one in (kept, edited)] == ["ours", "theirs"]


@pytest.mark.parametrize(("count", "calls"), [(1, 1), (25, 1), (26, 2), (60, 3)])
def test_twenty_five_records_go_in_one_call(api: Api, ready: Link, count: int, calls: int) -> None:
    rows = [as_read(api, one) for one in fill(api, count)]
    outcomes = ready.connector.write("Account", "update", rows)
    assert [outcome.external_id for outcome in outcomes if outcome.state == "applied"] == [r.external_id for r in rows]
    assert ready.calls() == [("POST", "composite")] * calls


def test_rows_without_a_condition_ride_along(api: Api, ready: Link) -> None:
    first, second = fill(api, 2)
    rows = [as_read(api, first), WriteRow({"Site": "free"}, second)]
    api.wait(60)
    api.person_edits("Account", second, Name="edited")
    outcomes = ready.connector.write("Account", "update", rows)
    assert [outcome.state for outcome in outcomes] == ["applied", "applied"]
    assert api.row("Account", second)["Site"] == "free"


def test_other_refusals_keep_their_codes_and_fields(api: Api, ready: Link) -> None:
    ids = fill(api, 3)
    rows = [as_read(api, one) for one in ids]
    rows[0] = WriteRow({"Name": "x" * 300}, ids[0], unmodified_since=rows[0].unmodified_since)
    api.delete("Account", ids[1])
    api.options(
        row_faults=[
            {"sobject": "Account", "code": "UNABLE_TO_LOCK_ROW", "message": "m", "field": "Name", "value": "n00002"}
        ]
    )
    outcomes = ready.connector.write("Account", "update", rows)
    assert [(outcome.state, outcome.code) for outcome in outcomes] == [
        ("rejected", "STRING_TOO_LONG"),
        ("rejected", "ENTITY_IS_DELETED"),
        ("retry", "UNABLE_TO_LOCK_ROW"),
    ]
    assert outcomes[0].fields == ("Name",)
    assert outcomes[2].retry_at is not None


@pytest.mark.parametrize("deed", ["cut", "apply_then_cut", "html"])
def test_a_lost_answer_is_unknown_and_sent_only_once(api: Api, ready: Link, deed: str) -> None:
    rows = [as_read(api, one) for one in fill(api, 2)]
    api.control("POST", "faults", [{"do": deed, "path": "composite", "times": None}])
    assert [outcome.state for outcome in ready.connector.write("Account", "update", rows)] == ["unknown"] * 2
    assert len(ready.calls()) == 1


@pytest.mark.parametrize("body", ['{"odd": 1}', '{"compositeResponse": [{"referenceId": "row0"}]}', "[]", "7"])
def test_an_answer_of_another_shape_is_unknown(api: Api, ready: Link, body: str) -> None:
    rows = [as_read(api, one) for one in fill(api, 2)]
    headers = {"Content-Type": "application/json"}
    api.control(
        "POST", "faults", [{"do": "status", "status": 200, "path": "composite", "headers": headers, "body": body}]
    )
    assert {outcome.state for outcome in ready.connector.write("Account", "update", rows)} == {"unknown"}


def test_an_edit_within_the_second_of_reading_goes_unnoticed(api: Api, ready: Link) -> None:
    """Salesforce compares whole seconds; the README says so."""
    row_id = fill(api, 1)[0]
    row = as_read(api, row_id)
    table = api.app.site.org.tables["Account"]
    table.rows[row_id]["LastModifiedDate"] = str(row.unmodified_since)[:20] + "999+0000"
    assert ready.connector.write("Account", "update", [row])[0].state == "applied"
