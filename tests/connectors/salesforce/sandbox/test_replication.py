"""What was changed and what was deleted within a window; recycle bin and delete log."""

from __future__ import annotations

import pytest

from tests.connectors.salesforce.orgs import Api

START, END = "2026-06-30T08:00:00Z", "2026-06-30T12:00:00Z"


def updated(api: Api, name: str = "Account", start: str = START, end: str = END) -> list[str]:
    """Return the ids changed within a window."""
    return [str(row_id) for row_id in api.get(f"sobjects/{name}/updated", start=start, end=end)["ids"]]


def deleted(api: Api, name: str = "Account", start: str = START, end: str = END) -> list[str]:
    """Return the ids deleted within a window."""
    found = api.get(f"sobjects/{name}/deleted", start=start, end=end)["deletedRecords"]
    return [str(record["id"]) for record in found]


def test_new_and_changed_rows_are_listed_by_id(api: Api) -> None:
    first, second = api.create("Account", Name="a"), api.create("Account", Name="b")
    assert updated(api) == [first, second]
    api.wait(3600)
    api.update("Account", first, Name="c")
    assert updated(api, start="2026-06-30T09:30:00Z") == [first]
    assert updated(api, end="2026-06-30T09:30:00Z") == [second]
    assert updated(api, "Contact") == []


def test_deleted_rows_are_listed_with_their_time_and_no_longer_as_changed(api: Api) -> None:
    kept, gone = api.create("Account", Name="a"), api.create("Account", Name="b")
    api.delete("Account", gone)
    assert updated(api) == [kept]
    found = api.get("sobjects/Account/deleted", start=START, end=END)
    assert [record["id"] for record in found["deletedRecords"]] == [gone]
    assert found["deletedRecords"][0]["deletedDate"].startswith("2026-06-30T09:00:0")
    assert found["earliestDateAvailable"].startswith("2026-06-15T09:00:0")


def test_a_record_created_and_deleted_in_the_window_is_deleted_only(api: Api) -> None:
    gone = api.create("Account", Name="b")
    api.delete("Account", gone)
    assert (updated(api), deleted(api)) == ([], [gone])


@pytest.mark.parametrize(
    ("end", "covered"),
    [(END, "2026-06-30T09:00:00.000+0000"), ("2026-06-30T08:30:45Z", "2026-06-30T08:30:00.000+0000")],
)
@pytest.mark.parametrize("what", ["updated", "deleted"])
def test_the_answer_says_up_to_when_it_is_complete(api: Api, what: str, end: str, covered: str) -> None:
    assert api.get(f"sobjects/Account/{what}", start=START, end=end)["latestDateCovered"] == covered


@pytest.mark.parametrize("what", ["updated", "deleted"])
@pytest.mark.parametrize(
    ("start", "end"),
    [
        (END, START),
        (START, START),
        ("2026-06-30T08:00:05Z", "2026-06-30T08:00:55Z"),  # the same minute: seconds are ignored
        ("2026-05-30T08:59:00Z", END),
        ("", END),
        (START, ""),
        ("2026-06-30", END),
        ("yesterday", END),
    ],
)
def test_a_window_that_is_none_or_too_long_ago_is_refused(api: Api, what: str, start: str, end: str) -> None:
    assert api.refusal("GET", f"sobjects/Account/{what}", start=start, end=end) == (400, "INVALID_REPLICATION_DATE")


@pytest.mark.parametrize(
    ("what", "days", "fine"),
    [("updated", 29, True), ("updated", 31, False), ("deleted", 14, True), ("deleted", 16, False)],
)
def test_changes_are_kept_longer_than_deletions(api: Api, what: str, days: int, fine: bool) -> None:
    api.wait(days * 86_400)
    status, _ = api.call(
        "GET", f"sobjects/Account/{what}", None, None, start="2026-06-30T09:00:00Z", end="2026-06-30T10:00:00Z"
    )
    assert (status == 200) is fine


@pytest.mark.parametrize("name", ["PermissionSet", "Organization", "Profile"])
def test_some_objects_have_no_such_feed(api: Api, name: str) -> None:
    assert api.refusal("GET", f"sobjects/{name}/updated", start=START, end=END) == (400, "INVALID_TYPE_FOR_OPERATION")


# the recycle bin


def test_deleted_rows_are_found_by_query_all_with_a_moved_stamp(api: Api) -> None:
    row_id = api.create("Account", Name="a")
    before = api.row("Account", row_id)["SystemModstamp"]
    api.wait(60)
    api.delete("Account", row_id)
    assert api.column("SELECT Id FROM Account") == []
    found = api.rows("SELECT Id, IsDeleted, SystemModstamp FROM Account WHERE IsDeleted = true", api="queryAll")
    assert [(row["Id"], row["IsDeleted"]) for row in found] == [(row_id, True)]
    assert found[0]["SystemModstamp"] > before
    assert api.column("SELECT Id FROM Account ALL ROWS") == [row_id]


def test_the_bin_is_emptied_after_fifteen_days_and_the_log_with_it(api: Api) -> None:
    row_id = api.create("Account", Name="a")
    api.delete("Account", row_id)
    api.wait(15 * 86_400 - 60)
    assert api.rows("SELECT Id FROM Account", api="queryAll") == [{"Id": row_id}]
    api.wait(120)
    assert api.rows("SELECT Id FROM Account", api="queryAll") == []


def test_a_row_purged_by_hand_is_known_to_the_delete_log_only(api: Api) -> None:
    row_id = api.create("Account", Name="a")
    api.person_does("delete", "Account", row_id)
    api.person_does("purge", "Account", row_id)
    assert api.rows("SELECT Id FROM Account", api="queryAll") == []
    assert api.refusal("GET", f"sobjects/Account/{row_id}") == (404, "NOT_FOUND")
    assert deleted(api) == [row_id]


def test_a_restored_row_is_back_with_a_moved_stamp(api: Api) -> None:
    row_id = api.create("Account", Name="a")
    api.delete("Account", row_id)
    api.person_does("restore", "Account", row_id)
    row = api.row("Account", row_id)
    assert row["SystemModstamp"] > row["CreatedDate"]
    assert deleted(api) == []
    assert updated(api) == [row_id]


def test_an_account_takes_what_hangs_on_it_into_the_bin(api: Api) -> None:
    account = api.create("Account", Name="a")
    person = api.create("Contact", LastName="c", AccountId=account)
    deal = api.create("Opportunity", Name="d", StageName="Prospecting", CloseDate="2026-07-01", AccountId=account)
    role = api.create("OpportunityContactRole", OpportunityId=deal, ContactId=person)
    task = api.create("Task", Subject="t", WhatId=deal)
    bystander = api.create("Contact", LastName="b")
    api.delete("Account", account)
    for name, row_id in (("Contact", person), ("Opportunity", deal), ("OpportunityContactRole", role), ("Task", task)):
        assert deleted(api, name) == [row_id]
    assert api.row("Contact", bystander)["LastName"] == "b"


@pytest.mark.parametrize(("name", "body"), [("Case", {"Subject": "x"}), ("Contract", {})])
def test_an_account_with_cases_or_contracts_cannot_be_deleted(api: Api, name: str, body: dict[str, str]) -> None:
    account = api.create("Account", Name="Acme")
    person = api.create("Contact", LastName="c", AccountId=account)
    child = api.create(name, AccountId=account, **body)
    status, answer = api.call("DELETE", f"sobjects/Account/{account}")
    assert (status, answer[0]["errorCode"]) == (400, "DELETE_FAILED")
    assert child in answer[0]["message"]
    assert api.row("Contact", person)["IsDeleted"] is False
    assert deleted(api, "Contact") == []


def test_users_cannot_be_deleted(api: Api) -> None:
    assert api.refusal("DELETE", f"sobjects/User/{api.me()}") == (403, "INSUFFICIENT_ACCESS_OR_READONLY")


def test_a_half_done_deletion_is_taken_back(api: Api) -> None:
    account = api.create("Account", Name="Acme")
    api.create("Contact", LastName="c", AccountId=account)
    deal = api.create("Opportunity", Name="d", StageName="Prospecting", CloseDate="2026-07-01", AccountId=account)
    api.options(row_faults=[{"sobject": "Opportunity", "code": "UNABLE_TO_LOCK_ROW", "message": "locked"}])
    assert api.refusal("DELETE", f"sobjects/Account/{account}") == (400, "UNABLE_TO_LOCK_ROW")
    assert (deleted(api, "Contact"), deleted(api, "Opportunity"), deleted(api)) == ([], [], [])
    assert api.row("Opportunity", deal)["AccountId"] == account


@pytest.mark.parametrize("what", ["updated", "deleted"])
def test_too_many_ids_ask_for_a_shorter_window(api: Api, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    monkeypatch.setattr("connectors.salesforce.sandbox.replication.MOST_IDS", 1)
    for name in "ab":
        row_id = api.create("Account", Name=name)
        if what == "deleted":
            api.delete("Account", row_id)
    assert api.refusal("GET", f"sobjects/Account/{what}", None, start=START, end=END) == (400, "EXCEEDED_ID_LIMIT")
