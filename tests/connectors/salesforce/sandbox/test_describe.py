"""What describe says of objects and fields, and that writes keep to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.salesforce.sandbox.moments import write_http_date
from tests.connectors.salesforce.orgs import BASE, Api, Json

FIELD_KEYS = {
    "name",
    "label",
    "type",
    "soapType",
    "length",
    "byteLength",
    "precision",
    "scale",
    "digits",
    "nillable",
    "createable",
    "updateable",
    "defaultedOnCreate",
    "calculated",
    "externalId",
    "idLookup",
    "unique",
    "caseSensitive",
    "custom",
    "picklistValues",
    "restrictedPicklist",
    "dependentPicklist",
    "controllerName",
    "referenceTo",
    "relationshipName",
    "polymorphicForeignKey",
    "compoundFieldName",
    "filterable",
    "sortable",
    "groupable",
    "encrypted",
    "deprecatedAndHidden",
    "permissionable",
    "autoNumber",
    "htmlFormatted",
    "defaultValue",
}
OBJECTS = ("Account", "Contact", "Opportunity", "OpportunityContactRole", "Contract", "Case", "Task", "Event", "User")


def fields_of(api: Api, name: str) -> dict[str, Any]:
    """Return the fields of an object by name."""
    return {field["name"]: field for field in api.get(f"sobjects/{name}/describe")["fields"]}


@pytest.mark.parametrize("name", OBJECTS)
def test_every_field_tells_everything(api: Api, name: str) -> None:
    for field in fields_of(api, name).values():
        assert field.keys() >= FIELD_KEYS


@pytest.mark.parametrize("name", OBJECTS)
def test_every_object_has_the_system_fields_and_nobody_may_write_them(api: Api, name: str) -> None:
    found = fields_of(api, name)
    for system in ("Id", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp"):
        assert found[system]["createable"] is False
        assert found[system]["updateable"] is False
        assert found[system]["nillable"] is False


@pytest.mark.parametrize("name", [name for name in OBJECTS if name != "User"])
def test_what_can_be_deleted_says_whether_it_is(api: Api, name: str) -> None:
    assert fields_of(api, name)["IsDeleted"]["type"] == "boolean"


def test_users_cannot_be_deleted_and_have_no_mark_for_it(api: Api) -> None:
    assert "IsDeleted" not in fields_of(api, "User")
    assert api.get("sobjects/User/describe")["deletable"] is False
    assert api.refuse_query("SELECT IsDeleted FROM User")[0] == "INVALID_FIELD"


@pytest.mark.parametrize(
    ("name", "field", "facts"),
    [
        ("Account", "Name", {"type": "string", "length": 255, "nillable": False, "nameField": True}),
        ("Account", "Industry", {"type": "picklist", "restrictedPicklist": False}),
        ("Account", "AnnualRevenue", {"type": "currency", "precision": 18, "scale": 0}),
        ("Account", "NumberOfEmployees", {"type": "int", "digits": 8}),
        ("Account", "Website", {"type": "url", "length": 255}),
        ("Account", "Phone", {"type": "phone", "length": 40}),
        ("Account", "Description", {"type": "textarea", "length": 32000, "filterable": False, "sortable": False}),
        (
            "Account",
            "OwnerId",
            {"type": "reference", "referenceTo": ["User"], "relationshipName": "Owner", "defaultedOnCreate": True},
        ),
        ("Account", "ParentId", {"type": "reference", "referenceTo": ["Account"], "nillable": True}),
        ("Account", "BillingAddress", {"type": "address", "createable": False, "updateable": False}),
        ("Account", "BillingCity", {"compoundFieldName": "BillingAddress", "length": 40}),
        ("Account", "MasterRecordId", {"createable": False}),
        ("Account", "LastActivityDate", {"type": "date", "updateable": False}),
        ("Account", "CurrencyIsoCode", {"restrictedPicklist": True, "length": 3}),
        ("Account", "VAT_Number__c", {"custom": True, "type": "string", "createable": True}),
        ("Contact", "LastName", {"nillable": False, "length": 80, "compoundFieldName": "Name"}),
        ("Contact", "Name", {"createable": False, "updateable": False}),
        ("Contact", "Email", {"type": "email", "length": 80}),
        ("Contact", "HasOptedOutOfEmail", {"type": "boolean", "nillable": False, "defaultValue": False}),
        ("Contact", "IsEmailBounced", {"calculated": True, "updateable": False}),
        ("Opportunity", "StageName", {"type": "picklist", "nillable": False}),
        ("Opportunity", "CloseDate", {"type": "date", "nillable": False}),
        ("Opportunity", "Amount", {"type": "currency", "precision": 18, "scale": 2}),
        ("Opportunity", "Probability", {"type": "percent"}),
        ("Opportunity", "IsWon", {"createable": False}),
        ("Opportunity", "ExpectedRevenue", {"calculated": True}),
        ("Opportunity", "ForecastCategory", {"createable": False, "restrictedPicklist": True}),
        ("OpportunityContactRole", "OpportunityId", {"createable": True, "updateable": False, "nillable": False}),
        ("Contract", "EndDate", {"calculated": True, "createable": False}),
        ("Contract", "ContractNumber", {"autoNumber": True, "createable": False}),
        ("Contract", "StatusCode", {"restrictedPicklist": True, "updateable": False}),
        ("Contract", "Notice_Period_Days__c", {"type": "double", "scale": 0, "custom": True}),
        ("Contract", "Auto_Renew__c", {"type": "boolean"}),
        ("Contract", "Annual_Value__c", {"type": "currency"}),
        ("Case", "CaseNumber", {"autoNumber": True}),
        ("Case", "OwnerId", {"referenceTo": ["User", "Group"], "polymorphicForeignKey": True}),
        ("Case", "IsClosed", {"updateable": False}),
        ("Task", "WhoId", {"polymorphicForeignKey": True, "relationshipName": "Who"}),
        ("Task", "WhatId", {"polymorphicForeignKey": True, "relationshipName": "What"}),
        ("Task", "AccountId", {"createable": False}),
        ("Task", "Status", {"nillable": False, "defaultedOnCreate": True}),
        ("Task", "TaskSubtype", {"createable": True, "updateable": False, "restrictedPicklist": True}),
        ("Task", "Subject", {"type": "combobox", "length": 255}),
        ("Event", "DurationInMinutes", {"type": "int"}),
        ("User", "Username", {"nillable": False, "length": 80}),
        ("User", "IsActive", {"type": "boolean"}),
    ],
)
def test_a_field_is_described_as_the_vendor_does(api: Api, name: str, field: str, facts: dict[str, Any]) -> None:
    found = fields_of(api, name)[field]
    assert {key: found[key] for key in facts} == facts


def test_a_standard_account_has_no_mail_address(api: Api) -> None:
    assert "Email" not in fields_of(api, "Account")


@pytest.mark.parametrize(
    ("name", "field", "options"),
    [
        ("Contract", "Status", ["In Approval Process", "Activated", "Draft", "Expired", "Terminated"]),
        ("Task", "Status", ["Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred"]),
        ("Task", "Priority", ["High", "Normal", "Low"]),
        ("Account", "CurrencyIsoCode", ["GBP", "EUR", "USD"]),
    ],
)
def test_options_are_listed_with_their_default(api: Api, name: str, field: str, options: list[str]) -> None:
    listed = fields_of(api, name)[field]["picklistValues"]
    assert [one["value"] for one in listed] == options
    assert all(one.keys() == {"active", "defaultValue", "label", "validFor", "value"} for one in listed)
    assert sum(one["defaultValue"] for one in listed) == 1


def test_an_object_names_its_children(api: Api) -> None:
    children = {one["relationshipName"]: one for one in api.get("sobjects/Account/describe")["childRelationships"]}
    assert children["Contacts"]["childSObject"] == "Contact"
    assert children["Contacts"]["field"] == "AccountId"
    assert {"Opportunities", "Contracts", "Cases", "Tasks", "Events", "ChildAccounts"} <= children.keys()


@pytest.mark.parametrize(("name", "mergeable"), [("Account", True), ("Contact", True), ("Case", True), ("Task", False)])
def test_only_some_objects_can_be_merged(api: Api, name: str, mergeable: bool) -> None:
    assert api.get(f"sobjects/{name}/describe")["mergeable"] is mergeable


def test_all_objects_are_listed_but_those_of_the_tooling_api(api: Api) -> None:
    listed = api.get("sobjects")
    names = {one["name"] for one in listed["sobjects"]}
    assert set(OBJECTS) | {"PermissionSet", "FieldPermissions", "Organization"} <= names
    assert "CustomField" not in names
    assert listed["maxBatchSize"] == 200
    assert api.refusal("GET", "sobjects/CustomField/describe") == (404, "NOT_FOUND")


def test_an_object_is_found_in_any_letter_case(api: Api) -> None:
    assert api.get("sobjects/aCCount/describe")["name"] == "Account"
    assert api.get("sobjects/account")["objectDescribe"]["name"] == "Account"


def test_an_unknown_object_is_not_found(api: Api) -> None:
    assert api.refusal("GET", "sobjects/Nothing/describe") == (404, "NOT_FOUND")
    assert api.refusal("POST", "sobjects/Nothing", {"Name": "x"}) == (404, "NOT_FOUND")


def test_addresses_in_answers_are_of_the_asked_version(api: Api) -> None:
    urls = api.get("/services/data/v59.0/sobjects/Account/describe")["urls"]
    assert urls["sobject"] == "/services/data/v59.0/sobjects/Account"
    assert urls["rowTemplate"].endswith("/{ID}")
    assert api.get(f"{BASE}/")["query"] == "/services/data/v64.0/query"


@pytest.mark.parametrize("name", ["Account", "Contact", "Opportunity", "Contract", "Case", "Task", "Event"])
def test_no_field_that_describe_calls_read_only_can_be_created(api: Api, name: str) -> None:
    for field in fields_of(api, name).values():
        if not field["createable"]:
            refused = api.refusal("POST", f"sobjects/{name}", {field["name"]: None})
            assert refused == (400, "INVALID_FIELD_FOR_INSERT_UPDATE")


# on condition


def asked_since(api: Api, seconds: float, path: str = "sobjects/Account/describe") -> int:
    """Ask for a description if it changed in the last ``seconds``; return the status."""
    since = write_http_date(api.app.clock.now() - timedelta(seconds=seconds))
    response = api.raw("GET", path, None, {"If-Modified-Since": since})
    assert bool(response.get_data()) == (response.status_code == 200)
    return response.status_code


def test_a_description_that_did_not_change_is_not_repeated(api: Api) -> None:
    assert asked_since(api, 0) == 304
    assert asked_since(api, 86_400) == 304
    assert asked_since(api, 0, "sobjects") == 304
    assert api.raw("GET", "sobjects/Account/describe", None, {"If-Modified-Since": "yesterday"}).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"schema": [{"do": "rename", "field": "Account.Rating", "name": "Grade"}]},
        {"schema": [{"do": "remove", "field": "Account.Rating"}]},
        {"schema": [{"do": "require", "field": "Account.Rating"}]},
        {"withhold": ["Account.AnnualRevenue"]},
        {"read_only": ["Account.AnnualRevenue"]},
        {"add_objects": [{"name": "Visit__c", "label": "Visit"}]},
    ],
    ids=str,
)
def test_a_change_of_fields_or_rights_is_told_to_whoever_asked_before_it(api: Api, change: Json) -> None:
    api.wait(3600)
    api.options(**change)
    api.wait(60)
    assert asked_since(api, 61) == 200
    assert asked_since(api, 59) == 304


def test_a_field_made_and_granted_is_a_change_and_a_record_is_none(api: Api) -> None:
    api.wait(3600)
    api.create("Account", Name="Acme")
    assert asked_since(api, 60) == 304
    api.add_field("Account.New__c", grant=False)
    assert asked_since(api, 60) == 200
    api.wait(600)
    assert asked_since(api, 60) == 304
    api.grant("Account.New__c")
    assert asked_since(api, 60) == 200
