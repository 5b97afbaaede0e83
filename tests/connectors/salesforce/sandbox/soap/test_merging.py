"""``merge()``: what becomes of the records, of what hangs on them, and of merges that are not possible."""

from __future__ import annotations

import pytest

from connectors.salesforce.sandbox import INTEGRATION_USERNAME, PASSWORD, SECURITY_TOKEN
from connectors.salesforce.sandbox.ids import make_id
from tests.connectors.salesforce.orgs import Api
from tests.connectors.salesforce.sandbox.soap.soap import merge, refusal, results

REQUIRED: dict[str, dict[str, str]] = {
    "Account": {"Name": "x"},
    "Contact": {"LastName": "x"},
    "Lead": {"LastName": "x", "Company": "y"},
    "Case": {"Subject": "x"},
}


@pytest.mark.parametrize("name", list(REQUIRED))
def test_losers_are_deleted_and_say_into_what_they_were_merged(api: Api, name: str) -> None:
    master, first, second = (api.create(name, **REQUIRED[name]) for _ in range(3))
    (result,) = results(api, merge(name, master, first, second))
    assert (result["success"], result["id"]) == (["true"], [master])
    assert result["mergedRecordIds"] == [first, second]
    found = api.rows(f"SELECT Id, IsDeleted, MasterRecordId FROM {name}", "queryAll")
    shown = {row["Id"]: (row["IsDeleted"], row["MasterRecordId"]) for row in found}
    assert shown == {master: (False, None), first: (True, master), second: (True, master)}
    window = {"start": "2026-06-30T08:00:00Z", "end": "2026-06-30T12:00:00Z"}
    deleted = api.get(f"sobjects/{name}/deleted", **window)["deletedRecords"]
    assert [one["id"] for one in deleted] == [first, second]


def test_children_move_to_the_master_and_are_named(api: Api) -> None:
    master, loser = api.create("Account", Name="kept"), api.create("Account", Name="lost")
    contact = api.create("Contact", LastName="c", AccountId=loser)
    task = api.create("Task", Subject="t", WhatId=loser)
    child = api.create("Account", Name="child", ParentId=loser)
    other = api.create("Contact", LastName="d", AccountId=master)
    before = api.row("Contact", contact)["SystemModstamp"]
    (result,) = results(api, merge("Account", master, loser))
    assert sorted(result["updatedRelatedIds"]) == sorted([contact, task, child])
    assert api.row("Contact", contact)["AccountId"] == master
    assert api.row("Contact", contact)["SystemModstamp"] > before
    assert api.row("Task", task)["WhatId"] == master
    assert api.row("Account", child)["ParentId"] == master
    assert api.row("Contact", other)["AccountId"] == master


def test_values_in_the_request_supersede_those_of_the_master(api: Api) -> None:
    master = api.create("Account", Name="kept", Site="a", Phone="1")
    loser = api.create("Account", Name="lost", Site="b", Phone="2")
    results(api, merge("Account", master, loser, Site="b & c", fieldsToNull="Phone"))
    row = api.row("Account", master)
    assert (row["Name"], row["Site"], row["Phone"]) == ("kept", "b & c", None)


def test_nothing_of_the_losers_comes_over_unasked(api: Api) -> None:
    master, loser = api.create("Account", Name="kept"), api.create("Account", Name="lost", Site="b")
    results(api, merge("Account", master, loser))
    assert api.row("Account", master)["Site"] is None


def test_stamps_of_master_and_losers_move(api: Api) -> None:
    master, loser = api.create("Account", Name="kept"), api.create("Account", Name="lost")
    api.wait(60)
    before = api.row("Account", master)["SystemModstamp"]
    results(api, merge("Account", master, loser))
    found = api.rows("SELECT SystemModstamp FROM Account", "queryAll")
    assert len({row["SystemModstamp"] for row in found}) == 1
    assert all(row["SystemModstamp"] > before for row in found)


def test_several_requests_are_transactions_of_their_own(api: Api) -> None:
    first, second, third = (api.create("Account", Name=name) for name in "abc")
    good = merge("Account", first, second).removeprefix("<urn:merge>").removesuffix("</urn:merge>")
    bad = merge("Account", third, second).removeprefix("<urn:merge>").removesuffix("</urn:merge>")
    one, two = results(api, f"<urn:merge>{good}{bad}</urn:merge>")
    assert (one["success"], two["success"]) == (["true"], ["false"])
    assert two["statusCode"] == ["ENTITY_IS_DELETED"]
    assert api.row("Account", third)["Name"] == "c"


@pytest.mark.parametrize(
    ("losers", "code"),
    [
        ([], "INVALID_MERGE_RECORD"),
        (["b", "c", "d"], "INVALID_MERGE_RECORD"),
        (["a"], "INVALID_MERGE_RECORD"),
        (["b", "b"], "INVALID_MERGE_RECORD"),
        (["contact"], "MALFORMED_ID"),
        (["unknown"], "INVALID_CROSS_REFERENCE_KEY"),
        (["gone"], "ENTITY_IS_DELETED"),
    ],
)
def test_an_impossible_merge_changes_nothing(api: Api, losers: list[str], code: str) -> None:
    ids = {name: api.create("Account", Name=name) for name in ("a", "b", "c", "d", "gone")}
    ids["contact"], ids["unknown"] = api.create("Contact", LastName="x"), make_id("001", 9999)
    api.delete("Account", ids["gone"])
    before = api.rows("SELECT Id, IsDeleted, SystemModstamp FROM Account", "queryAll")
    (result,) = results(api, merge("Account", ids["a"], *(ids[name] for name in losers), Site="new"))
    assert (result["success"], result["statusCode"]) == (["false"], [code])
    assert result["message"][0]
    assert api.rows("SELECT Id, IsDeleted, SystemModstamp FROM Account", "queryAll") == before


def test_a_refused_value_of_the_master_leaves_the_losers_alive(api: Api) -> None:
    master, loser = api.create("Account", Name="kept"), api.create("Account", Name="lost")
    (result,) = results(api, merge("Account", master, loser, Site="x" * 81))
    assert result["statusCode"] == ["STRING_TOO_LONG"]
    assert result["fields"] == ["Site"]
    assert api.column("SELECT Name FROM Account ORDER BY Name") == ["kept", "lost"]


def test_a_parent_cannot_be_merged_into_what_lies_below_it(api: Api) -> None:
    top = api.create("Account", Name="top")
    middle = api.create("Account", Name="middle", ParentId=top)
    low = api.create("Account", Name="low", ParentId=middle)
    (result,) = results(api, merge("Account", low, top))
    assert result["statusCode"] == ["CIRCULAR_DEPENDENCY"]
    assert api.row("Account", top)


@pytest.mark.parametrize("name", ["Opportunity", "Task", "Nope"])
def test_other_objects_cannot_be_merged(api: Api, name: str) -> None:
    (result,) = results(api, merge(name, "0015g0000000001AAA", "0015g0000000002AAA"))
    assert result["statusCode"] == ["INVALID_TYPE"]


def test_a_lost_session_is_a_fault(api: Api) -> None:
    assert refusal(api, merge("Account", "x", "y"), session="wrong") == "INVALID_SESSION_ID"


def test_an_unknown_call_is_a_fault(api: Api) -> None:
    assert refusal(api, "<urn:transmogrify/>") == "UNKNOWN_EXCEPTION"
    assert refusal(api, "") == "UNKNOWN_EXCEPTION"


def test_no_request_and_too_many_are_faults(api: Api) -> None:
    assert refusal(api, "<urn:merge/>") == "EXCEEDED_ID_LIMIT"
    assert refusal(api, "<urn:merge>" + "<urn:request/>" * 201 + "</urn:merge>") == "EXCEEDED_ID_LIMIT"


def test_a_soap_call_is_an_api_call_and_ends_with_the_days_quota(api: Api) -> None:
    api.create("Account", Name="a")
    used = api.app.site.quota.used
    results(api, "<urn:getUserInfo/>")
    assert api.app.site.quota.used == used + 1
    api.options(daily_limit=1)
    assert refusal(api, "<urn:getUserInfo/>") == "REQUEST_LIMIT_EXCEEDED"


def test_a_merge_follows_to_the_connectors_query(api: Api) -> None:
    master, loser = api.create("Contact", LastName="kept"), api.create("Contact", LastName="lost")
    results(api, merge("Contact", master, loser))
    soql = "SELECT Id, MasterRecordId FROM Contact WHERE IsDeleted = true AND MasterRecordId != null"
    assert api.rows(soql, "queryAll") == [{"Id": loser, "MasterRecordId": master}]


def test_the_legacy_login_tells_who_and_where(api: Api) -> None:
    credentials = f"<urn:username>{INTEGRATION_USERNAME}</urn:username><urn:password>{PASSWORD}{SECURITY_TOKEN}"
    (result,) = results(api, f"<urn:login>{credentials}</urn:password></urn:login>")
    assert result["serverUrl"][0].endswith("/services/Soap/u/64.0/00D5g0000000001")
    assert result["metadataServerUrl"][0].endswith("/services/Soap/m/64.0/00D5g0000000001")
    assert result["organizationId"] == ["00D5g0000000001EAA"]
    assert (result["userName"], result["userId"]) == ([INTEGRATION_USERNAME], [api.me(), api.me()])
    assert Api(api.app, result["sessionId"][0]).get("limits")
