"""What people do in the vendor's own pages, through the control plane: edits, deletions, merges."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.salesforce.orgs import Api, open_org


def test_a_persons_edit_moves_the_stamps_and_bears_their_name(api: Api) -> None:
    row_id = api.create("Account", Name="Acme")
    before = api.row("Account", row_id)
    api.person_edits("Account", row_id, Site="by hand")
    after = api.row("Account", row_id)
    assert after["Site"] == "by hand"
    assert after["LastModifiedDate"] > before["LastModifiedDate"]
    assert after["LastModifiedById"] != api.me()
    assert api.column(f"SELECT LastModifiedBy.Username FROM Account WHERE Id = '{row_id}'") == [
        {"Username": "anna@firm.example"}
    ]


def test_a_certain_person_can_be_named(api: Api) -> None:
    row_id = api.create("Account", Name="Acme")
    change = {"object": "Account", "id": row_id, "fields": {"Site": "x"}, "user": "ben@firm.example"}
    assert api.control("POST", "edit", change)[0] == 200
    assert api.rows("SELECT LastModifiedBy.FirstName FROM Account")[0]["LastModifiedBy"]["FirstName"] == "Ben"


def test_an_edit_costs_no_call(api: Api) -> None:
    row_id = api.create("Account", Name="Acme")
    used = api.app.site.quota.used
    api.person_edits("Account", row_id, Site="x")
    assert api.app.site.quota.used == used
    assert len(api.control("GET", "requests")[1]) == 1


def test_a_person_creates_a_record(api: Api) -> None:
    status, row = api.control("POST", "edit", {"object": "Task", "fields": {"Subject": "by hand"}})
    assert status == 200
    assert api.row("Task", row["Id"])["Subject"] == "by hand"


def test_a_person_sees_fields_that_the_integration_user_does_not(api: Api) -> None:
    api.add_field("Account.New__c", grant=False)
    row_id = api.create("Account", Name="Acme")
    assert api.person_edits("Account", row_id, New__c="x")["New__c"] == "x"


@pytest.mark.parametrize(
    "change",
    [
        {"object": "Account"},
        {"object": "Account", "id": "x", "fields": {}},
        {"object": "Nope", "fields": {}},
        {"fields": {}},
        {"object": "Account", "fields": {"Name": "x"}, "user": "nobody"},
        {"object": "Account", "fields": {"Nope": 1}},
        {"object": "Account", "id": "0015g0000000001AAA", "action": "explode"},
    ],
)
def test_a_wrong_edit_is_refused_and_changes_nothing(api: Api, change: dict[str, Any]) -> None:
    api.create("Account", Name="Acme")
    status, body = api.control("POST", "edit", change)
    assert status == 400
    assert body["error"]
    assert api.column("SELECT Name FROM Account") == ["Acme"]


def test_a_merge_deletes_the_loser_and_moves_its_children(api: Api) -> None:
    master, loser = api.create("Account", Name="Acme"), api.create("Account", Name="ACME")
    person = api.create("Contact", LastName="c", AccountId=loser)
    task = api.create("Task", Subject="t", WhatId=loser)
    child = api.create("Account", Name="child", ParentId=loser)
    other = api.create("Contact", LastName="o", AccountId=master)
    stamps = {
        row_id: api.row(name, row_id)["SystemModstamp"]
        for name, row_id in (("Contact", person), ("Contact", other), ("Account", master))
    }
    api.person_does("merge", "Account", loser, into=master)
    assert api.refusal("GET", f"sobjects/Account/{loser}") == (404, "ENTITY_IS_DELETED")
    gone = api.rows("SELECT Id, MasterRecordId FROM Account WHERE IsDeleted = true", api="queryAll")
    assert gone == [{"Id": loser, "MasterRecordId": master}]
    assert api.row("Contact", person)["AccountId"] == master
    assert api.row("Task", task)["WhatId"] == api.row("Task", task)["AccountId"] == master
    assert api.row("Account", child)["ParentId"] == master
    assert api.row("Contact", person)["SystemModstamp"] > stamps[person]
    assert api.row("Account", master)["SystemModstamp"] > stamps[master]
    assert api.row("Contact", other)["SystemModstamp"] == stamps[other]


def test_a_merge_is_in_the_delete_log(api: Api) -> None:
    master, loser = api.create("Contact", LastName="a"), api.create("Contact", LastName="b")
    api.person_does("merge", "Contact", loser, into=master)
    found = api.get("sobjects/Contact/deleted", start="2026-06-30T08:00:00Z", end="2026-06-30T10:00:00Z")
    assert [record["id"] for record in found["deletedRecords"]] == [loser]


def test_only_what_is_in_the_bin_is_purged_or_restored(api: Api) -> None:
    row_id = api.create("Account", Name="Acme")
    for action in ("purge", "restore"):
        assert api.control("POST", "edit", {"object": "Account", "id": row_id, "action": action})[0] == 400
    assert api.row("Account", row_id)["Name"] == "Acme"


def test_the_state_is_complete_and_the_same_for_the_same_history(api: Api) -> None:
    def history(one: Api) -> Any:
        account = one.create("Account", Name="Acme")
        one.create("Contact", LastName="c", AccountId=account)
        one.delete("Account", one.create("Account", Name="gone"))
        return one.control("GET", "state")[1]

    first, second = history(api), history(Api(open_org()))
    assert first == second
    assert [row["Name"] for row in first["Account"]] == ["Acme", "gone"]
    assert [row["IsDeleted"] for row in first["Account"]] == [False, True]
    assert list(first) == sorted(first)
