"""Writing in batches: one outcome per row, whatever the org makes of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.salesforce.refusals import OutOfQuota
from connectors.salesforce.sandbox.ids import make_id
from connectors.sandbox.server import RunningSandbox
from core.sdk import AuthError, BugError, Outcome, WriteRow
from tests.connectors.salesforce.links import Link
from tests.connectors.salesforce.orgs import AS_OF, Api
from tests.connectors.salesforce.test_read import fill

UPDATES = "^/services/data/v64.0/composite/sobjects"


@pytest.fixture
def ready(api: Api, link: Link) -> Link:
    """A connector on an org that has Inlay's fields."""
    api.add_field("Account.Inlay_Health_Score__c", "Number")
    api.add_field("Activity.Inlay_Key__c", unique=True, externalId=True, caseSensitive=True)
    for stream in ("Account", "Task"):  # a run has described what it writes to before it writes
        link.connector.describe(stream)
    link.calls()
    return link


def task(key: str, **values: Any) -> WriteRow:
    """Return a task to create or change by its key."""
    return WriteRow({"Subject": "Call Acme", **values}, key=("Inlay_Key__c", key))


def states(outcomes: list[Outcome]) -> list[str]:
    """Return the state of each outcome."""
    return [outcome.state for outcome in outcomes]


def upset(api: Api, **fault: Any) -> None:
    """Let a write go wrong."""
    assert api.control("POST", "faults", [{"path": UPDATES, **fault}])[0] == 200


# what works


def test_fields_are_written_in_one_call(api: Api, ready: Link) -> None:
    ids = fill(api, 200)
    outcomes = ready.connector.write(
        "Account", "update", [WriteRow({"Inlay_Health_Score__c": number}, row_id) for number, row_id in enumerate(ids)]
    )
    assert outcomes == [Outcome("applied", row_id) for row_id in ids]
    assert ready.calls() == [("PATCH", "composite/sobjects")]
    assert api.column("SELECT Inlay_Health_Score__c FROM Account ORDER BY Id") == [
        float(number) for number in range(200)
    ]


@pytest.mark.parametrize(
    ("values", "stored"),
    [
        ({"Inlay_Health_Score__c": 82.5}, {"Inlay_Health_Score__c": 82.5}),
        ({"Inlay_Health_Score__c": None}, {"Inlay_Health_Score__c": None}),
        ({"Site": "Zażółć 🏦 'x' \\ /"}, {"Site": "Zażółć 🏦 'x' \\ /"}),
        ({"Site": None, "Inlay_Health_Score__c": 1}, {"Site": None, "Inlay_Health_Score__c": 1.0}),
        ({"VAT_Number__c": ""}, {"VAT_Number__c": None}),
    ],
)
def test_values_arrive(api: Api, ready: Link, values: dict[str, Any], stored: dict[str, Any]) -> None:
    row_id = api.create("Account", Name="Acme", Site="before")
    assert states(ready.connector.write("Account", "update", [WriteRow(values, row_id)])) == ["applied"]
    row = api.row("Account", row_id)
    assert {name: row[name] for name in stored} == stored


def test_a_task_is_made_once_however_often_it_is_sent(api: Api, ready: Link) -> None:
    account = api.create("Account", Name="Acme")
    first = ready.connector.write("Task", "upsert", [task("k1", WhatId=account), task("k2", WhatId=account)])
    again = ready.connector.write("Task", "upsert", [task("k1", WhatId=account), task("k2", WhatId=account)])
    assert [outcome.created for outcome in first] == [True, True]
    assert [outcome.created for outcome in again] == [False, False]
    assert [outcome.external_id for outcome in first] == [outcome.external_id for outcome in again]
    assert api.get("query", q="SELECT COUNT() FROM Task")["totalSize"] == 2
    assert api.column("SELECT AccountId FROM Task") == [account, account]


@pytest.mark.parametrize("key", ["a/b", "a b", "Ü", "a'b", "0015g0000000001AAA|renewal|2026-07-31", "x" * 80])
def test_any_key_is_carried(api: Api, ready: Link, key: str) -> None:
    assert states(ready.connector.write("Task", "upsert", [task(key)])) == ["applied"]
    assert api.column("SELECT Inlay_Key__c FROM Task") == [key]
    assert list(ready.connector.find_by_key("Task", "Inlay_Key__c", [key])) == [key]


def test_records_are_deleted(api: Api, ready: Link) -> None:
    ids = fill(api, 3)
    outcomes = ready.connector.write("Account", "delete", [WriteRow({}, row_id) for row_id in ids[:2]])
    assert outcomes == [Outcome("applied", row_id) for row_id in ids[:2]]
    assert api.column("SELECT Id FROM Account") == ids[2:]


# what the org refuses, row by row


def test_good_rows_are_written_beside_refused_ones(api: Api, ready: Link) -> None:
    good, gone, last = fill(api, 3)
    api.delete("Account", gone)
    outcomes = ready.connector.write(
        "Account",
        "update",
        [
            WriteRow({"Site": "S"}, good),
            WriteRow({"Site": "S"}, gone),
            WriteRow({"Name": None}, last),
            WriteRow({"Site": "S"}, make_id("001", 999)),
        ],
    )
    assert states(outcomes) == ["applied", "rejected", "rejected", "rejected"]
    assert [outcome.code for outcome in outcomes] == [
        "",
        "ENTITY_IS_DELETED",
        "REQUIRED_FIELD_MISSING",
        "INVALID_CROSS_REFERENCE_KEY",
    ]
    assert outcomes[1].external_id == gone
    assert api.row("Account", good)["Site"] == "S"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"Name": "x" * 256}, "STRING_TOO_LONG"),
        ({"Name": None}, "REQUIRED_FIELD_MISSING"),
        ({"NumberOfEmployees": 10**9}, "NUMBER_OUTSIDE_VALID_RANGE"),
        ({"CurrencyIsoCode": "AUD"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ({"ParentId": make_id("001", 999)}, "INVALID_CROSS_REFERENCE_KEY"),
        ({"ParentId": "x"}, "MALFORMED_ID"),
        ({"SystemModstamp": "2026-01-01T00:00:00Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"Nope__c": 1}, "INVALID_FIELD"),
        ({"NumberOfEmployees": "many"}, "JSON_PARSER_ERROR"),
    ],
)
def test_a_refusal_carries_the_vendors_code_and_words(api: Api, ready: Link, values: dict[str, Any], code: str) -> None:
    row_id = api.create("Account", Name="Acme")
    outcome = ready.connector.write("Account", "update", [WriteRow(values, row_id)])[0]
    assert (outcome.state, outcome.code) == ("rejected", code)
    assert outcome.message
    assert "x" * 20 not in outcome.message


@pytest.mark.parametrize(
    "code",
    [
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "DUPLICATES_DETECTED",
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        "STORAGE_LIMIT_EXCEEDED",
    ],
)
def test_rules_of_the_org_reject_for_good(api: Api, ready: Link, code: str) -> None:
    ids = fill(api, 2)
    api.options(row_faults=[{"sobject": "Account", "code": code, "message": "no", "field": "Name", "value": "n00001"}])
    outcomes = ready.connector.write("Account", "update", [WriteRow({"Site": "S"}, row_id) for row_id in ids])
    assert [(outcome.state, outcome.code) for outcome in outcomes] == [("applied", ""), ("rejected", code)]


def test_a_locked_row_is_to_be_sent_again(api: Api, ready: Link) -> None:
    ids = fill(api, 2)
    api.options(
        row_faults=[
            {
                "sobject": "Account",
                "code": "UNABLE_TO_LOCK_ROW",
                "message": "locked",
                "field": "Name",
                "value": "n00001",
            }
        ]
    )
    rows = [WriteRow({"Site": "S"}, row_id) for row_id in ids]
    outcomes = ready.connector.write("Account", "update", rows)
    assert states(outcomes) == ["applied", "retry"]
    assert outcomes[1].retry_at == ready.clock.now() + timedelta(seconds=5)
    assert states(ready.connector.write("Account", "update", rows[1:])) == ["applied"]


@pytest.mark.parametrize(
    ("field", "code"), [("Nope__c", "INVALID_FIELD"), ("SystemModstamp", "INVALID_FIELD_FOR_INSERT_UPDATE")]
)
def test_a_field_that_cannot_be_written_is_left_out_and_the_rest_of_its_row_is_sent(
    api: Api, ready: Link, field: str, code: str
) -> None:
    ids = fill(api, 3)
    rows = [WriteRow({"Site": "S"}, one) for one in ids]
    rows[1] = WriteRow({"Site": "S", field: "2026-01-01T00:00:00Z"}, ids[1])
    outcomes = ready.connector.write("Account", "update", rows)
    assert states(outcomes) == ["applied"] * 3
    assert [outcome.fields for outcome in outcomes] == [(), (field,), ()]
    assert (outcomes[1].code, field in outcomes[1].message) == (code, True)
    assert api.column("SELECT Site FROM Account") == ["S"] * 3


def test_a_row_of_which_nothing_is_left_is_refused_without_a_call(api: Api, ready: Link) -> None:
    row_id = api.create("Account", Name="Acme")
    outcome = ready.connector.write("Account", "update", [WriteRow({"Nope__c": 1, "IsDeleted": True}, row_id)])[0]
    assert (outcome.state, outcome.external_id) == ("rejected", row_id)
    assert set(outcome.fields) == {"Nope__c", "IsDeleted"}
    assert ready.calls() == []


@pytest.mark.parametrize(
    ("verb", "row"),
    [("upsert", WriteRow({"Subject": "x"})), ("delete", WriteRow({}))],
)
def test_a_row_without_id_or_key_is_a_bug(link: Link, verb: Any, row: WriteRow) -> None:
    with pytest.raises(BugError):
        link.connector.write("Task", verb, [row])


def test_two_keys_in_one_batch_are_a_bug(link: Link) -> None:
    with pytest.raises(BugError):
        link.connector.write("Task", "upsert", [task("k1"), WriteRow({}, key=("Other__c", "k2"))])


# what happens on the way


@pytest.mark.parametrize("deed", ["cut", "truncate", "apply_then_cut", "html"])
def test_a_lost_answer_is_unknown_for_all_rows_and_sent_only_once(api: Api, ready: Link, deed: str) -> None:
    ids = fill(api, 3)
    upset(api, do=deed, method="PATCH", times=None)
    outcomes = ready.connector.write("Account", "update", [WriteRow({"Site": "S"}, row_id) for row_id in ids])
    assert states(outcomes) == ["unknown"] * 3
    assert len(ready.calls()) == 1


@pytest.mark.parametrize("deed", ["cut", "apply_then_cut"])
def test_after_a_lost_answer_the_key_tells_what_became_of_it(api: Api, ready: Link, deed: str) -> None:
    upset(api, do=deed, method="PATCH")
    assert states(ready.connector.write("Task", "upsert", [task("k1")])) == ["unknown"]
    found = ready.connector.find_by_key("Task", "Inlay_Key__c", ["k1"])
    assert list(found) == ["k1"]
    again = ready.connector.write("Task", "upsert", [task("k1")])[0]
    assert (again.created, again.external_id) == (False, found["k1"])


def test_a_hang_is_given_up_and_unknown(api: Api, served: RunningSandbox) -> None:
    row_id = api.create("Account", Name="Acme")
    link = Link(served.base_url, seconds=0.5)
    upset(api, do="hang", method="PATCH", seconds=2.0)
    assert states(link.connector.write("Account", "update", [WriteRow({"Site": "S"}, row_id)])) == ["unknown"]


def test_an_outage_before_sending_is_to_be_tried_again(api: Api) -> None:
    link = Link("http://127.0.0.1:9")  # nobody listens there
    outcomes = link.connector.write("Account", "update", [WriteRow({"Site": "S"}, make_id("001", 1))])
    assert states(outcomes) == ["retry"]
    assert outcomes[0].retry_at is not None
    assert api.column("SELECT Id FROM Account") == []


def test_too_many_requests_are_repeated_by_the_clock_and_then_succeed(api: Api, ready: Link) -> None:
    row_id = api.create("Account", Name="Acme")
    upset(api, do="status", method="PATCH", status=429, headers={"Retry-After": "7"})
    before = ready.clock.now()
    assert states(ready.connector.write("Account", "update", [WriteRow({"Site": "S"}, row_id)])) == ["applied"]
    assert (ready.clock.now() - before).total_seconds() >= 7


def test_a_used_up_day_stops_the_run(api: Api, ready: Link) -> None:
    row_id = api.create("Account", Name="Acme")
    api.options(daily_limit=1)
    with pytest.raises(OutOfQuota) as caught:
        ready.connector.write("Account", "update", [WriteRow({"Site": "S"}, row_id)])
    assert caught.value.retry_at is not None
    assert caught.value.retry_at > AS_OF


def test_an_ended_session_stops_the_run(api: Api, ready: Link) -> None:
    row_id = api.create("Account", Name="Acme")
    api.options(expire_sessions=True)
    with pytest.raises(AuthError):
        ready.connector.write("Account", "update", [WriteRow({"Site": "S"}, row_id)])


@pytest.mark.parametrize(
    "body", ["[]", "[{}]", '{"odd": true}', "null", '[{"success": true, "id": "x", "errors": []}]']
)
def test_an_answer_of_another_shape_is_unknown(api: Api, ready: Link, body: str) -> None:
    ids = fill(api, 2)
    upset(api, do="status", method="PATCH", status=200, headers={"Content-Type": "application/json"}, body=body)
    assert (
        states(ready.connector.write("Account", "update", [WriteRow({"Site": "S"}, row_id) for row_id in ids]))
        == ["unknown"] * 2
    )


# a row that refuses the whole call


@pytest.mark.parametrize("bad", [0, 3, 6])
def test_good_rows_pass_beside_one_that_refuses_the_whole_call(api: Api, ready: Link, bad: int) -> None:
    ids = fill(api, 7)
    rows = [WriteRow({"Inlay_Health_Score__c": "secret" if n == bad else n}, row_id) for n, row_id in enumerate(ids)]
    outcomes = ready.connector.write("Account", "update", rows)
    assert states(outcomes) == ["rejected" if n == bad else "applied" for n in range(7)]
    assert (outcomes[bad].code, outcomes[bad].external_id) == ("JSON_PARSER_ERROR", ids[bad])
    assert "secret" not in outcomes[bad].message
    written = api.column("SELECT Inlay_Health_Score__c FROM Account ORDER BY Id")
    assert written == [None if n == bad else float(n) for n in range(7)]


def test_refused_call_of_a_full_batch_costs_few_more(api: Api, ready: Link) -> None:
    ids = fill(api, 200)
    rows = [WriteRow({"Inlay_Health_Score__c": "x" if n == 77 else n}, row_id) for n, row_id in enumerate(ids)]
    assert states(ready.connector.write("Account", "update", rows)).count("applied") == 199
    assert len(ready.calls()) <= 1 + 2 * 8, "two halves for each time that two hundred can be halved"
