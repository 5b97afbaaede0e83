"""Reading certain records now, and finding records by Inlay's key."""

from __future__ import annotations

import pytest

from connectors.salesforce.sandbox.ids import make_id
from tests.connectors.salesforce.links import KEY, Link
from tests.connectors.salesforce.orgs import Api
from tests.connectors.salesforce.test_read import fill


def test_records_are_read_as_they_are_now(api: Api, link: Link) -> None:
    ids = fill(api, 3)
    api.person_edits("Account", ids[1], Site="by hand")
    found = {record["Id"]: record for record in link.connector.fetch("Account", ids[:2], ["Name", "Site"])}
    assert {key: (record["Name"], record["Site"]) for key, record in found.items()} == {
        ids[0]: ("n00000", None),
        ids[1]: ("n00001", "by hand"),
    }


@pytest.mark.parametrize("fields", [["Name", "Site"], ["Name", "Owner.Name"]])
def test_a_record_is_the_same_however_it_was_asked_for(api: Api, link: Link, fields: list[str]) -> None:
    ids = fill(api, 3)
    shown = link.connector.fetch("Account", ids, fields)
    assert sorted(shown, key=lambda one: str(one["Id"])) == link.records("Account", *fields)


def test_missing_and_deleted_records_are_not_in_the_answer(api: Api, link: Link) -> None:
    ids = fill(api, 2)
    api.delete("Account", ids[0])
    found = link.connector.fetch("Account", [ids[0], make_id("001", 999), ids[1]], ["Name"])
    assert [record["Id"] for record in found] == [ids[1]]


def test_nothing_wanted_costs_nothing(link: Link) -> None:
    link.connector.describe("Account")
    link.calls()
    assert link.connector.fetch("Account", [], ["Name"]) == []
    assert link.calls() == []


@pytest.mark.parametrize(("count", "calls"), [(1, 1), (200, 1), (1999, 1), (2000, 2), (2001, 3)])
def test_two_thousand_records_a_call_and_one_more_where_a_job_may_be_changing_them(
    api: Api, link: Link, count: int, calls: int
) -> None:
    ids = fill(api, count)
    link.connector.describe("Account")
    link.calls()
    assert len(link.connector.fetch("Account", ids, ["Name"])) == count
    assert len(link.calls()) == calls


def test_parents_are_read_by_query_in_lists_that_fit(api: Api, link: Link) -> None:
    ids = fill(api, 600)
    found = link.connector.fetch("Account", ids, ["Owner.Name"])
    assert sorted(record["Id"] for record in found) == ids
    assert found[0]["Owner"] == {"Name": "Inlay Integration"}


def test_unknown_fields_are_left_out(api: Api, link: Link) -> None:
    ids = fill(api, 1)
    (found,) = link.connector.fetch("Account", ids, ["Name", "Nope__c"])
    assert (found["Name"], "Nope__c" in found) == ("n00000", False)
    assert len(link.connector.findings()) == 1


def test_records_are_found_by_key(api: Api, link: Link) -> None:
    link.provision(KEY)
    ids = {key: api.create("Task", Subject="x", Inlay_Key__c=key) for key in ("k1", "k'2", "K1")}
    api.delete("Task", api.create("Task", Subject="gone", Inlay_Key__c="k4"))
    assert link.connector.find_by_key("Task", "Inlay_Key__c", ["k1", "k'2", "k3", "k4"]) == {
        "k1": ids["k1"],
        "k'2": ids["k'2"],
    }


def test_a_task_that_was_finished_long_ago_is_found_by_key(api: Api, link: Link) -> None:
    link.provision(KEY)
    row_id = api.create("Task", Subject="x", Inlay_Key__c="k1", Status="Completed", ActivityDate="2024-01-01")
    assert api.column("SELECT Id FROM Task") == []
    assert link.connector.find_by_key("Task", "Inlay_Key__c", ["k1"]) == {"k1": row_id}


@pytest.mark.parametrize("count", [0, 1, 500])
def test_any_number_of_keys(api: Api, link: Link, count: int) -> None:
    link.provision(KEY)
    keys = [f"key-{number:06d}" for number in range(count)]
    for start in range(0, count, 200):
        records = [
            {"attributes": {"type": "Task"}, "Subject": "x", "Inlay_Key__c": key} for key in keys[start : start + 200]
        ]
        api.call("POST", "composite/sobjects", {"records": records})
    found = link.connector.find_by_key("Task", "Inlay_Key__c", keys)
    assert list(found) == keys
    assert len(set(found.values())) == count
