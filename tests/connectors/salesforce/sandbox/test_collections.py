"""Up to 200 records in one call: results in order, good rows saved beside bad ones."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.salesforce.sandbox.ids import make_id
from tests.connectors.salesforce.orgs import Api

Record = dict[str, Any]


def of(name: str, **values: Any) -> Record:
    """Return one record of a collection."""
    return {"attributes": {"type": name}, **values}


def post(api: Api, *records: Record, all_or_none: bool = False) -> list[Record]:
    """Create records and return their results."""
    status, body = api.call("POST", "composite/sobjects", {"allOrNone": all_or_none, "records": list(records)})
    assert status == 200, body
    return list(body)


def patch(api: Api, *records: Record, all_or_none: bool = False, path: str = "composite/sobjects") -> list[Record]:
    """Change or upsert records and return their results."""
    status, body = api.call("PATCH", path, {"allOrNone": all_or_none, "records": list(records)})
    assert status == 200, body
    return list(body)


def codes(results: list[Record]) -> list[str | None]:
    """Return the code of each result's error, None for a success."""
    return [None if result["success"] else result["errors"][0]["statusCode"] for result in results]


def test_records_are_created_in_order(api: Api) -> None:
    results = post(api, *[of("Account", Name=f"n{number}") for number in range(200)])
    assert len(results) == 200
    assert all(result == {"id": result["id"], "success": True, "errors": []} for result in results)
    assert api.column("SELECT Name FROM Account ORDER BY Id") == [f"n{number}" for number in range(200)]


def test_all_rows_of_a_call_share_one_stamp(api: Api) -> None:
    post(api, *[of("Account", Name=f"n{number}") for number in range(20)])
    assert len(set(api.column("SELECT SystemModstamp FROM Account"))) == 1


def test_bad_rows_are_refused_beside_good_ones(api: Api) -> None:
    results = post(
        api,
        of("Account", Name="good"),
        of("Account"),
        of("Account", Name="x" * 256),
        of("Contact", LastName="good", Email="bad"),
        of("Task", CallType="Sideways"),
        of("Contact", LastName="good", AccountId=make_id("001", 77)),
        of("Account", Name="good too"),
    )
    assert codes(results) == [
        None,
        "REQUIRED_FIELD_MISSING",
        "STRING_TOO_LONG",
        "INVALID_EMAIL_ADDRESS",
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "INVALID_CROSS_REFERENCE_KEY",
        None,
    ]
    assert results[1] == {
        "success": False,
        "errors": [
            {
                "statusCode": "REQUIRED_FIELD_MISSING",
                "message": "Required fields are missing: [Name]",
                "fields": ["Name"],
            }
        ],
    }
    assert api.column("SELECT Name FROM Account ORDER BY Name") == ["good", "good too"]


def test_even_if_all_rows_are_refused_the_answer_is_200(api: Api) -> None:
    assert codes(post(api, of("Account"), of("Account"))) == ["REQUIRED_FIELD_MISSING"] * 2


def test_all_or_none_takes_the_good_rows_back(api: Api) -> None:
    results = post(api, of("Account", Name="good"), of("Account"), of("Account", Name="good"), all_or_none=True)
    assert codes(results) == [
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "REQUIRED_FIELD_MISSING",
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    ]
    assert all("id" not in result for result in results)
    assert api.column("SELECT Id FROM Account") == []
    assert codes(post(api, of("Account", Name="a"), of("Account", Name="b"), all_or_none=True)) == [None, None]


def test_a_record_may_point_at_one_created_before_it_but_not_in_the_same_call_by_position(api: Api) -> None:
    account = post(api, of("Account", Name="Acme"))[0]["id"]
    assert codes(post(api, of("Contact", LastName="a", AccountId=account), of("Task", WhatId=account))) == [None, None]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"records": []}, "JSON_PARSER_ERROR"),
        ({}, "JSON_PARSER_ERROR"),
        ({"records": "x"}, "JSON_PARSER_ERROR"),
        ({"records": [1]}, "JSON_PARSER_ERROR"),
        ({"records": [{"Name": "x"}]}, "INVALID_TYPE"),
        ({"records": [{"attributes": {}, "Name": "x"}]}, "INVALID_TYPE"),
        ({"records": [{"attributes": "Account", "Name": "x"}]}, "INVALID_TYPE"),
        ({"records": [of("Nope", Name="x")]}, "INVALID_TYPE"),
        ({"records": [of("Account", Name="x"), of("Account", Name="y", Nope__c=1)]}, "INVALID_FIELD"),
        ({"records": [of("Account", Name="x"), of("Account", Name="y", NumberOfEmployees="z")]}, "JSON_PARSER_ERROR"),
        ({"records": [of("Account", Name="x")] * 201}, "EXCEEDED_ID_LIMIT"),
        ({"records": [of("Account", Name="x"), of("Contact", LastName="x")] * 6}, "LIMIT_EXCEEDED"),
        ({"records": [of("Account", Name="x"), of("PermissionSet", Name="x", Label="x")]}, "MIXED_DML_OPERATION"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_malformed_call_is_refused_as_a_whole(api: Api, method: str, body: Record, code: str) -> None:
    row_id = api.create("Account", Name="here")
    for record in body.get("records", []):
        if method == "PATCH" and isinstance(record, dict):
            record["Id"] = row_id
    assert api.refusal(method, "composite/sobjects", body) == (400, code)
    assert api.column("SELECT Name FROM Account") == ["here"]


def test_ten_runs_of_types_pass(api: Api) -> None:
    assert codes(post(api, *[of("Account", Name="x"), of("Contact", LastName="x")] * 5)) == [None] * 10


# change


def test_records_are_changed_by_id(api: Api) -> None:
    ids = [api.create("Account", Name=f"n{number}") for number in range(3)]
    results = patch(api, *[of("Account", Id=row_id, Site="S") for row_id in ids])
    assert results == [{"id": row_id, "success": True, "errors": []} for row_id in ids]
    assert api.column("SELECT Site FROM Account") == ["S"] * 3


@pytest.mark.parametrize("spelling", ["Id", "id"])
def test_the_id_is_read_in_any_letter_case_and_either_length(api: Api, spelling: str) -> None:
    row_id = api.create("Account", Name="Acme")
    assert patch(api, of("Account", **{spelling: row_id[:15], "Name": "New"}))[0]["id"] == row_id


def test_each_bad_change_is_refused_alone(api: Api) -> None:
    good, gone, locked = (api.create("Account", Name=name) for name in ("good", "gone", "locked"))
    api.delete("Account", gone)
    api.options(
        row_faults=[
            {
                "sobject": "Account",
                "code": "UNABLE_TO_LOCK_ROW",
                "message": "locked",
                "field": "Name",
                "value": "locked",
            }
        ]
    )
    results = patch(
        api,
        of("Account", Id=good, Site="S"),
        of("Account", Id=gone, Site="S"),
        of("Account", Id=make_id("001", 77), Site="S"),
        of("Account", Id="x", Site="S"),
        of("Account", Id=make_id("003", 1), Site="S"),
        of("Account", Site="S"),
        of("Account", Id=locked, Site="S"),
    )
    assert codes(results) == [
        None,
        "ENTITY_IS_DELETED",
        "INVALID_CROSS_REFERENCE_KEY",
        "MALFORMED_ID",
        "MALFORMED_ID",
        "MALFORMED_ID",
        "UNABLE_TO_LOCK_ROW",
    ]
    assert results[1]["id"] == gone
    assert patch(api, of("Account", Id=locked, Site="S"))[0]["success"] is True


def test_an_id_named_twice_is_refused_in_both_places(api: Api) -> None:
    row_id = api.create("Account", Name="Acme")
    assert (
        codes(patch(api, of("Account", Id=row_id, Site="a"), of("Account", Id=row_id[:15], Site="b")))
        == ["DUPLICATE_VALUE"] * 2
    )


def test_all_or_none_takes_changes_back(api: Api) -> None:
    row_id = api.create("Account", Name="Acme", Site="before")
    before = api.row("Account", row_id)
    results = patch(api, of("Account", Id=row_id, Site="after"), of("Account", Id="x"), all_or_none=True)
    assert codes(results) == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "MALFORMED_ID"]
    assert api.row("Account", row_id) == before


# upsert


@pytest.fixture
def keyed(api: Api) -> Api:
    """An org whose tasks carry a key."""
    api.add_field("Activity.Key__c", unique=True, externalId=True, caseSensitive=True)
    api.add_field("Activity.Loose__c", externalId=True)
    return api


UPSERT = "composite/sobjects/Task/Key__c"


def test_upsert_creates_what_is_new_and_changes_what_is_known(keyed: Api) -> None:
    known = keyed.create("Task", Subject="old", Key__c="k1")
    results = patch(
        keyed, of("Task", Subject="new", Key__c="k1"), of("Task", Subject="fresh", Key__c="k2"), path=UPSERT
    )
    assert results[0] == {"id": known, "success": True, "errors": [], "created": False}
    assert results[1] == {"id": results[1]["id"], "success": True, "errors": [], "created": True}
    assert keyed.rows("SELECT Subject, Key__c FROM Task ORDER BY Key__c") == [
        {"Subject": "new", "Key__c": "k1"},
        {"Subject": "fresh", "Key__c": "k2"},
    ]


def test_repeating_an_upsert_makes_nothing_twice(keyed: Api) -> None:
    records = [of("Task", Subject=f"s{number}", Key__c=f"k{number}") for number in range(50)]
    first = patch(keyed, *records, path=UPSERT)
    second = patch(keyed, *records, path=UPSERT)
    assert [result["id"] for result in first] == [result["id"] for result in second]
    assert [result["created"] for result in second] == [False] * 50
    assert keyed.get("query", q="SELECT COUNT() FROM Task")["totalSize"] == 50


def test_rows_of_an_upsert_are_refused_alone(keyed: Api) -> None:
    for _ in range(2):
        keyed.create("Task", Subject="x", Loose__c="twice")
    results = patch(
        keyed,
        of("Task", Subject="good", Loose__c="a"),
        of("Task", Subject="no key"),
        of("Task", Subject="empty key", Loose__c=""),
        of("Task", Subject="ambiguous", Loose__c="twice"),
        of("Task", Subject="x" * 256, Loose__c="b"),
        of("Task", Subject="same", Loose__c="c"),
        of("Task", Subject="same", Loose__c="C"),
        path="composite/sobjects/Task/Loose__c",
    )
    assert codes(results) == [
        None,
        "MISSING_ARGUMENT",
        "MISSING_ARGUMENT",
        "DUPLICATE_EXTERNAL_ID",
        "STRING_TOO_LONG",
        "DUPLICATE_VALUE",
        "DUPLICATE_VALUE",
    ]


@pytest.mark.parametrize(
    ("path", "record", "refusal"),
    [
        ("composite/sobjects/Task/Subject", of("Task", Subject="x"), (404, "NOT_FOUND")),
        ("composite/sobjects/Nope/Key__c", of("Task", Key__c="x"), (404, "NOT_FOUND")),
        (UPSERT, of("Event", Key__c="x"), (400, "INVALID_TYPE")),
        (UPSERT, of("Task", Key__c="x", Nope__c=1), (400, "INVALID_FIELD")),
    ],
)
def test_a_malformed_upsert_is_refused_as_a_whole(
    keyed: Api, path: str, record: Record, refusal: tuple[int, str]
) -> None:
    assert keyed.refusal("PATCH", path, {"records": [record]}) == refusal


# delete and read


def test_records_of_several_kinds_are_deleted(api: Api) -> None:
    account, person, task = (
        api.create("Account", Name="a"),
        api.create("Contact", LastName="c"),
        api.create("Task", Subject="t"),
    )
    wrong = make_id("001", 77)
    status, results = api.call(
        "DELETE", "composite/sobjects", None, None, ids=f"{account},{person},{task[:15]},{wrong},x,{account}"
    )
    assert status == 200
    assert codes(results) == [None, None, None, "INVALID_CROSS_REFERENCE_KEY", "MALFORMED_ID", "ENTITY_IS_DELETED"]
    assert [result.get("id") for result in results[:3]] == [account, person, task]


def test_all_or_none_takes_deletions_back(api: Api) -> None:
    account = api.create("Account", Name="a")
    status, results = api.call("DELETE", "composite/sobjects", None, None, ids=f"{account},x", allOrNone="true")
    assert (status, codes(results)) == (200, ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "MALFORMED_ID"])
    assert api.row("Account", account)["Name"] == "a"
    assert (
        api.get("sobjects/Account/deleted", start="2026-06-30T08:00:00Z", end="2026-06-30T10:00:00Z")["deletedRecords"]
        == []
    )


@pytest.mark.parametrize("ids", ["", ",".join(make_id("001", number) for number in range(1, 202))])
def test_no_ids_or_too_many_are_refused(api: Api, ids: str) -> None:
    assert api.refusal("DELETE", "composite/sobjects", ids=ids)[0] == 400


def test_records_are_read_by_their_ids_and_what_is_missing_is_null(api: Api) -> None:
    ids = [api.create("Account", Name=name) for name in ("a", "b", "c")]
    api.delete("Account", ids[1])
    wanted = [ids[2], ids[1], make_id("001", 77), ids[0]]
    status, found = api.call("POST", "composite/sobjects/Account", {"ids": wanted, "fields": ["Id", "Name"]})
    assert status == 200
    assert [record and record["Name"] for record in found] == ["c", None, None, "a"]
    assert found[0]["attributes"]["type"] == "Account"
    assert api.get("composite/sobjects/Account", ids=",".join(wanted), fields="Id,Name") == found


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"ids": [], "fields": "Name"}, "JSON_PARSER_ERROR"),
        ({"fields": ["Name"]}, "JSON_PARSER_ERROR"),
        ({"ids": [make_id("001", 1)], "fields": ["Nope"]}, "INVALID_FIELD"),
        ({"ids": ["x"], "fields": ["Name"]}, "MALFORMED_ID"),
        ({"ids": [make_id("003", 1)], "fields": ["Name"]}, "MALFORMED_ID"),
        ({"ids": [make_id("001", 1)] * 2001, "fields": ["Name"]}, "EXCEEDED_ID_LIMIT"),
    ],
)
def test_a_malformed_reading_is_refused(api: Api, body: Record, code: str) -> None:
    assert api.refusal("POST", "composite/sobjects/Account", body) == (400, code)
