"""Upsert of one record by an external id, and reading by it."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.connectors.salesforce.orgs import BASE, Api


@pytest.fixture
def keyed(api: Api) -> Api:
    """An org whose accounts have a unique external id and another one that is not unique."""
    api.add_field("Account.Key__c", unique=True, externalId=True, caseSensitive=True)
    api.add_field("Account.Loose__c", externalId=True)
    api.add_field("Account.Number__c", "Number", externalId=True, scale=0)
    return api


def test_an_unknown_key_creates_and_says_so(keyed: Api) -> None:
    status, body = keyed.call("PATCH", "sobjects/Account/Key__c/A-1", {"Name": "Acme"})
    assert status == 201
    assert body == {"id": body["id"], "success": True, "errors": [], "created": True}
    assert keyed.row("Account", body["id"])["Key__c"] == "A-1"


def test_a_known_key_updates_and_says_so(keyed: Api) -> None:
    row_id = keyed.create("Account", Name="Acme", Key__c="A-1")
    status, body = keyed.call("PATCH", "sobjects/Account/Key__c/A-1", {"Name": "Acme Ltd"})
    assert (status, body) == (200, {"id": row_id, "success": True, "errors": [], "created": False})
    assert keyed.row("Account", row_id)["Name"] == "Acme Ltd"


@pytest.mark.parametrize(("version", "status"), [("v31.0", 204), ("v45.0", 204), ("v46.0", 200), ("v68.0", 200)])
def test_an_update_by_key_has_a_body_only_since_version_46(keyed: Api, version: str, status: int) -> None:
    keyed.create("Account", Name="Acme", Key__c="A-1")
    path = f"/services/data/{version}/sobjects/Account/Key__c/A-1"
    found, body = keyed.call("PATCH", path, {"Name": "x"})
    assert found == status
    assert (body is None) is (status == 204)


@pytest.mark.parametrize("value", ["a/b", "a b", "a?b", "a%b", "Ü 1", "a+b", "a#b", "..", "a;b,c"])
def test_a_key_travels_encoded_in_the_address(keyed: Api, value: str) -> None:
    path = f"sobjects/Account/Key__c/{quote(value, safe='')}"
    assert keyed.call("PATCH", path, {"Name": "Acme"})[0] == 201
    assert keyed.call("PATCH", path, {"Name": "Again"})[0] == 200
    assert keyed.rows("SELECT Name, Key__c FROM Account") == [{"Name": "Again", "Key__c": value}]


def test_a_case_sensitive_key_tells_letters_apart_and_another_does_not(keyed: Api) -> None:
    keyed.create("Account", Name="Acme", Key__c="A-1", Loose__c="B-1")
    assert keyed.call("PATCH", "sobjects/Account/Key__c/a-1", {"Name": "Other"})[0] == 201
    assert keyed.call("PATCH", "sobjects/Account/Loose__c/b-1", {"Name": "Same"})[0] == 200


def test_a_key_may_be_a_number(keyed: Api) -> None:
    assert keyed.call("PATCH", "sobjects/Account/Number__c/42", {"Name": "Acme"})[0] == 201
    assert keyed.call("PATCH", "sobjects/Account/Number__c/42.0", {"Name": "Acme"})[0] == 200


def test_several_holders_of_a_key_change_nothing_and_are_listed(keyed: Api) -> None:
    ids = [keyed.create("Account", Name=name, Loose__c="B-1") for name in ("one", "two")]
    status, body = keyed.call("PATCH", "sobjects/Account/Loose__c/B-1", {"Name": "x"})
    assert status == 300
    assert body == [f"{BASE}/sobjects/Account/{row_id}" for row_id in ids]
    assert keyed.column("SELECT Name FROM Account ORDER BY Name") == ["one", "two"]
    assert keyed.call("GET", "sobjects/Account/Loose__c/B-1") == (300, body)


def test_update_only_never_creates(keyed: Api) -> None:
    path = "sobjects/Account/Key__c/A-1"
    assert keyed.refusal("PATCH", path, {"Name": "Acme"}, updateOnly="true") == (404, "NOT_FOUND")
    keyed.create("Account", Name="Acme", Key__c="A-1")
    assert keyed.call("PATCH", path, {"Name": "x"}, None, updateOnly="true")[0] == 200


@pytest.mark.parametrize("name", ["Key__c", "key__C"])
def test_the_key_must_not_be_in_the_body_as_well(keyed: Api, name: str) -> None:
    assert keyed.refusal("PATCH", "sobjects/Account/Key__c/A-1", {"Name": "x", name: "A-1"}) == (400, "INVALID_FIELD")


@pytest.mark.parametrize("field", ["Name", "Site", "Nope__c", "VAT_Number__c"])
def test_a_field_that_is_no_external_id(keyed: Api, field: str) -> None:
    assert keyed.refusal("PATCH", f"sobjects/Account/{field}/x", {"Name": "x"}) == (404, "NOT_FOUND")


def test_a_deleted_holder_counts_for_nothing(keyed: Api) -> None:
    keyed.delete("Account", keyed.create("Account", Name="Acme", Key__c="A-1"))
    status, body = keyed.call("PATCH", "sobjects/Account/Key__c/A-1", {"Name": "New"})
    assert (status, body["created"]) == (201, True)


def test_a_refused_upsert_creates_nothing(keyed: Api) -> None:
    assert keyed.refusal("PATCH", "sobjects/Account/Key__c/A-1", {"Site": "x"}) == (400, "REQUIRED_FIELD_MISSING")
    assert keyed.column("SELECT Id FROM Account") == []


def test_a_record_is_read_by_its_key(keyed: Api) -> None:
    row_id = keyed.create("Account", Name="Acme", Key__c="A-1")
    assert keyed.get("sobjects/Account/Key__c/A-1", fields="Id,Name")["Id"] == row_id
    assert keyed.refusal("GET", "sobjects/Account/Key__c/A-2") == (404, "NOT_FOUND")


def test_the_id_may_serve_as_key_but_never_creates(keyed: Api) -> None:
    row_id = keyed.create("Account", Name="Acme")
    assert keyed.call("PATCH", f"sobjects/Account/Id/{row_id}", {"Name": "x"})[0] == 200
    assert keyed.call("POST", "sobjects/Account/Id", {"Name": "new"})[0] == 201
    keyed.delete("Account", row_id)
    assert keyed.refusal("PATCH", f"sobjects/Account/Id/{row_id}", {"Name": "x"}) == (404, "NOT_FOUND")


def test_a_key_hidden_from_the_user_is_no_key(api: Api) -> None:
    api.add_field("Account.Key__c", grant=False, externalId=True)
    assert api.refusal("PATCH", "sobjects/Account/Key__c/A-1", {"Name": "x"}) == (404, "NOT_FOUND")
