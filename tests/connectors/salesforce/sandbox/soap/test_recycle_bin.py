"""``undelete()`` and ``emptyRecycleBin()``."""

from __future__ import annotations

import pytest

from tests.connectors.salesforce.orgs import Api
from tests.connectors.salesforce.sandbox.soap.soap import merge, on_ids, refusal, results

WINDOW = {"start": "2026-06-30T08:00:00Z", "end": "2026-06-30T12:00:00Z"}


def deleted(api: Api) -> list[str]:
    """Return the ids in the delete log of accounts."""
    return [str(one["id"]) for one in api.get("sobjects/Account/deleted", **WINDOW)["deletedRecords"]]


def test_a_deleted_record_comes_back_with_what_went_with_it(api: Api) -> None:
    account = api.create("Account", Name="a")
    contact, other = api.create("Contact", LastName="c", AccountId=account), api.create("Contact", LastName="d")
    api.delete("Contact", other)
    api.delete("Account", account)
    (result,) = results(api, on_ids("undelete", account))
    assert (result["success"], result["id"]) == (["true"], [account])
    assert api.row("Account", account)["IsDeleted"] is False
    assert api.column("SELECT Id FROM Contact") == [contact]
    assert deleted(api) == []


def test_a_child_deleted_before_its_parent_stays_deleted(api: Api) -> None:
    account = api.create("Account", Name="a")
    contact = api.create("Contact", LastName="c", AccountId=account)
    api.delete("Contact", contact)
    api.delete("Account", account)
    results(api, on_ids("undelete", account))
    assert api.column("SELECT Id FROM Contact") == []


def test_a_merged_loser_comes_back_without_its_children(api: Api) -> None:
    master, loser = api.create("Account", Name="kept"), api.create("Account", Name="lost")
    contact = api.create("Contact", LastName="c", AccountId=loser)
    results(api, merge("Account", master, loser))
    results(api, on_ids("undelete", loser))
    assert (api.row("Account", loser)["Name"], api.row("Account", loser)["MasterRecordId"]) == ("lost", None)
    assert api.row("Contact", contact)["AccountId"] == master


def test_several_ids_have_a_result_each(api: Api) -> None:
    gone, kept = api.create("Account", Name="a"), api.create("Account", Name="b")
    api.delete("Account", gone)
    found = results(api, on_ids("undelete", gone, kept, "nonsense"))
    assert [one["success"][0] for one in found] == ["true", "false", "false"]
    assert [one.get("statusCode", [""])[0] for one in found] == ["", "UNDELETE_FAILED", "MALFORMED_ID"]


def test_an_emptied_record_leaves_only_the_delete_log(api: Api) -> None:
    gone = api.create("Account", Name="a")
    api.delete("Account", gone)
    assert len(api.rows("SELECT Id FROM Account", "queryAll")) == 1
    (result,) = results(api, on_ids("emptyRecycleBin", gone))
    assert result["success"] == ["true"]
    assert api.rows("SELECT Id FROM Account", "queryAll") == []
    assert deleted(api) == [gone]
    (again,) = results(api, on_ids("undelete", gone))
    assert again["statusCode"] == ["UNDELETE_FAILED"]


def test_a_live_record_is_not_in_the_bin(api: Api) -> None:
    kept = api.create("Account", Name="a")
    (result,) = results(api, on_ids("emptyRecycleBin", kept))
    assert (result["success"], result["statusCode"]) == (["false"], ["INVALID_ID_FIELD"])
    assert api.row("Account", kept)


@pytest.mark.parametrize("call", ["undelete", "emptyRecycleBin"])
@pytest.mark.parametrize("count", [0, 201])
def test_too_few_and_too_many_ids_are_faults(api: Api, call: str, count: int) -> None:
    assert refusal(api, on_ids(call, *["0015g0000000001AAA"] * count)) == "EXCEEDED_ID_LIMIT"
