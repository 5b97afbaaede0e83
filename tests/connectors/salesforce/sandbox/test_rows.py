"""Single records over raw HTTP: create, read, change, delete, with the vendor's statuses."""

from __future__ import annotations

import pytest

from connectors.salesforce.sandbox.ids import make_id
from tests.connectors.salesforce.orgs import BASE, Api


def test_create_answers_201_with_the_id_and_its_address(api: Api) -> None:
    response = api.raw("POST", "sobjects/Account", {"Name": "Acme"})
    assert response.status_code == 201
    body = response.get_json()
    assert body == {"id": body["id"], "success": True, "errors": []}
    assert response.headers["Location"] == f"{BASE}/sobjects/Account/{body['id']}"


def test_a_trailing_slash_changes_nothing(api: Api) -> None:
    assert api.call("POST", "sobjects/Account/", {"Name": "Acme"})[0] == 201


def test_a_record_holds_what_was_sent_what_is_default_and_who_made_it(api: Api) -> None:
    row = api.row("Account", api.create("Account", Name="Acme", NumberOfEmployees=7, Website="https://acme.example"))
    assert row["Name"] == "Acme"
    assert row["NumberOfEmployees"] == 7
    assert row["CurrencyIsoCode"] == "GBP"
    assert row["OwnerId"] == row["CreatedById"] == row["LastModifiedById"] == api.me()
    assert row["CreatedDate"] == row["LastModifiedDate"] == row["SystemModstamp"]
    assert row["IsDeleted"] is False
    assert row["Industry"] is None
    assert row["attributes"] == {"type": "Account", "url": f"{BASE}/sobjects/Account/{row['Id']}"}


def test_some_fields_of_a_record_can_be_asked_for(api: Api) -> None:
    row_id = api.create("Account", Name="Acme")
    row = api.get(f"sobjects/Account/{row_id}", fields="Name,Industry")
    assert row.keys() == {"attributes", "Name", "Industry"}
    assert api.refusal("GET", f"sobjects/Account/{row_id}", fields="Name,Nope") == (400, "INVALID_FIELD")


def test_field_names_of_a_body_are_read_in_any_letter_case(api: Api) -> None:
    row = api.row("Account", api.create("Account", name="Acme", BILLINGCITY="Leeds"))
    assert (row["Name"], row["BillingCity"]) == ("Acme", "Leeds")


def test_change_answers_204_without_a_body_and_moves_the_stamps(api: Api) -> None:
    row_id = api.create("Account", Name="Acme", Site="A")
    before = api.row("Account", row_id)
    api.wait(60)
    response = api.raw("PATCH", f"sobjects/Account/{row_id}", {"Site": "B"})
    assert (response.status_code, response.get_data()) == (204, b"")
    after = api.row("Account", row_id)
    assert after["Site"] == "B"
    assert after["Name"] == "Acme"
    assert after["CreatedDate"] == before["CreatedDate"]
    assert after["LastModifiedDate"] > before["LastModifiedDate"]
    assert after["SystemModstamp"] == after["LastModifiedDate"]


def test_a_change_to_the_same_values_moves_the_stamps_too(api: Api) -> None:
    row_id = api.create("Account", Name="Acme")
    before = api.row("Account", row_id)["SystemModstamp"]
    api.update("Account", row_id, Name="Acme")
    assert api.row("Account", row_id)["SystemModstamp"] > before


@pytest.mark.parametrize("emptied", [None, ""])
def test_null_and_empty_text_clear_a_field(api: Api, emptied: str | None) -> None:
    row_id = api.create("Account", Name="Acme", Site="A")
    api.update("Account", row_id, Site=emptied)
    assert api.row("Account", row_id)["Site"] is None


def test_delete_answers_204_and_the_record_is_gone(api: Api) -> None:
    row_id = api.create("Account", Name="Acme")
    assert api.raw("DELETE", f"sobjects/Account/{row_id}").status_code == 204
    assert api.refusal("GET", f"sobjects/Account/{row_id}") == (404, "ENTITY_IS_DELETED")
    assert api.refusal("PATCH", f"sobjects/Account/{row_id}", {"Name": "x"}) == (404, "ENTITY_IS_DELETED")
    assert api.refusal("DELETE", f"sobjects/Account/{row_id}") == (404, "ENTITY_IS_DELETED")
    assert api.column("SELECT Id FROM Account") == []


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
@pytest.mark.parametrize("row_id", [make_id("001", 999), make_id("003", 1), "nonsense", "001"])
def test_a_record_that_never_was_is_not_found(api: Api, method: str, row_id: str) -> None:
    assert api.refusal(method, f"sobjects/Account/{row_id}", {}) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "sobjects/Account/001000000000001", "GET,PATCH,DELETE"),
        ("POST", "query", "GET"),
        ("DELETE", "sobjects/Account", "GET,POST"),
        ("PATCH", "limits", "GET"),
        ("GET", "composite", "POST"),
    ],
)
def test_a_method_that_does_not_fit(api: Api, method: str, path: str, allowed: str) -> None:
    status, body = api.call(method, path, {})
    assert status == 405
    assert body[0]["errorCode"] == "METHOD_NOT_ALLOWED"
    assert body[0]["message"].endswith(f"Allowed are {allowed}")


@pytest.mark.parametrize(
    "path", ["nothing", "sobjects/Account/a/b/c/d", "/services/other", "/", "/services/data/v64.0/parameterizedSearch"]
)
def test_an_address_that_is_nothing(api: Api, path: str) -> None:
    assert api.refusal("GET", path)[0] == 404


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"text"', "Name=Acme", "\xff"])
def test_a_body_that_is_no_object(api: Api, body: str) -> None:
    assert api.refusal("POST", "sobjects/Account", body) == (400, "JSON_PARSER_ERROR")


def test_the_body_of_an_error_is_a_list_with_code_message_and_fields(api: Api) -> None:
    status, body = api.call("POST", "sobjects/Contact", {"FirstName": "Maria"})
    assert status == 400
    assert body == [
        {
            "message": "Required fields are missing: [LastName]",
            "errorCode": "REQUIRED_FIELD_MISSING",
            "fields": ["LastName"],
        }
    ]


def test_a_refused_record_leaves_nothing_behind(api: Api) -> None:
    api.call("POST", "sobjects/Account", {"Name": "x" * 256})
    row_id = api.create("Account", Name="Acme", Site="A")
    api.call("PATCH", f"sobjects/Account/{row_id}", {"Site": "B", "Name": None})
    assert api.rows("SELECT Name, Site FROM Account") == [{"Name": "Acme", "Site": "A"}]


def test_names_of_any_script_survive(api: Api) -> None:
    name = "Zażółć 北京 🏦 “quotes” \\ / 'x'"
    row_id = api.create("Account", Name=name)
    assert api.row("Account", row_id)["Name"] == name


def test_a_reference_can_be_given_by_the_parents_external_id(api: Api) -> None:
    api.add_field("Account.Ext__c", unique=True, externalId=True)
    parent = api.create("Account", Name="Acme", Ext__c="A-1")
    child = api.create("Contact", LastName="Lopez", Account={"Ext__c": "A-1"})
    assert api.row("Contact", child)["AccountId"] == parent
    wrong = {"LastName": "x", "Account": {"Ext__c": "A-2"}}
    status, body = api.call("POST", "sobjects/Contact", wrong)
    assert status == 400
    assert body[0]["message"] == "Foreign key external ID: A-2 not found for field Ext__c in entity Account"


@pytest.mark.parametrize("reference", [{"Name": "Acme"}, {"Ext__c": "a", "Name": "b"}, {}, {"Nope": 1}])
def test_a_reference_by_anything_else_is_refused(api: Api, reference: dict[str, str]) -> None:
    api.add_field("Account.Ext__c", externalId=True)
    assert api.refusal("POST", "sobjects/Contact", {"LastName": "x", "Account": reference}) == (400, "INVALID_FIELD")
