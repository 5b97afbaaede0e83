"""What the org refuses of a record, one table for creating and one for changing."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.salesforce.sandbox.ids import make_id
from tests.connectors.salesforce.orgs import Api

OPPORTUNITY = {"Name": "Deal", "StageName": "Prospecting", "CloseDate": "2026-07-01"}


@pytest.mark.parametrize(
    ("name", "body", "code", "fields"),
    [
        # what must be there
        ("Account", {}, "REQUIRED_FIELD_MISSING", ["Name"]),
        ("Account", {"Name": None}, "REQUIRED_FIELD_MISSING", ["Name"]),
        ("Account", {"Name": ""}, "REQUIRED_FIELD_MISSING", ["Name"]),
        ("Account", {"Name": "  "}, "REQUIRED_FIELD_MISSING", ["Name"]),
        ("Contact", {"FirstName": "M"}, "REQUIRED_FIELD_MISSING", ["LastName"]),
        ("Opportunity", {"Name": "Deal"}, "REQUIRED_FIELD_MISSING", ["StageName", "CloseDate"]),
        ("Opportunity", {}, "REQUIRED_FIELD_MISSING", ["Name", "StageName", "CloseDate"]),
        ("OpportunityContactRole", {}, "REQUIRED_FIELD_MISSING", ["OpportunityId", "ContactId"]),
        ("Contract", {}, "REQUIRED_FIELD_MISSING", ["AccountId"]),
        ("Task", {"Status": None}, "REQUIRED_FIELD_MISSING", ["Status"]),
        ("Event", {"Subject": "x"}, "REQUIRED_FIELD_MISSING", ["ActivityDateTime"]),
        ("Event", {"StartDateTime": "2026-07-01T09:00:00Z"}, "REQUIRED_FIELD_MISSING", ["DurationInMinutes"]),
        ("User", {"LastName": "x"}, "REQUIRED_FIELD_MISSING", None),
        # what is too long, out of range or of the wrong form
        ("Account", {"Name": "x" * 256}, "STRING_TOO_LONG", ["Name"]),
        ("Account", {"Name": "x", "BillingCity": "x" * 41}, "STRING_TOO_LONG", ["BillingCity"]),
        ("Account", {"Name": "x", "VAT_Number__c": "x" * 21}, "STRING_TOO_LONG", ["VAT_Number__c"]),
        ("Account", {"Name": "x", "Description": "x" * 32_001}, "STRING_TOO_LONG", ["Description"]),
        ("Account", {"Name": "x", "NumberOfEmployees": 10**9}, "NUMBER_OUTSIDE_VALID_RANGE", ["NumberOfEmployees"]),
        ("Account", {"Name": "x", "AnnualRevenue": 1e20}, "NUMBER_OUTSIDE_VALID_RANGE", ["AnnualRevenue"]),
        ("Opportunity", {**OPPORTUNITY, "CloseDate": "1066-10-14"}, "NUMBER_OUTSIDE_VALID_RANGE", ["CloseDate"]),
        ("Contact", {"LastName": "x", "Email": "nobody"}, "INVALID_EMAIL_ADDRESS", ["Email"]),
        # lists
        ("Task", {"CallType": "Sideways"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ["CallType"]),
        ("Task", {"TaskSubtype": "Fax"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ["TaskSubtype"]),
        (
            "Account",
            {"Name": "x", "CurrencyIsoCode": "XYZ"},
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            ["CurrencyIsoCode"],
        ),
        # what nobody may write
        ("Account", {"Name": "x", "Id": make_id("001", 1)}, "INVALID_FIELD_FOR_INSERT_UPDATE", ["Id"]),
        (
            "Account",
            {"Name": "x", "CreatedDate": "2026-01-01T00:00:00Z"},
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            ["CreatedDate"],
        ),
        (
            "Account",
            {"Name": "x", "IsDeleted": True, "MasterRecordId": None},
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            ["IsDeleted", "MasterRecordId"],
        ),
        (
            "Account",
            {"Name": "x", "BillingAddress": {"city": "x"}},
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            ["BillingAddress"],
        ),
        ("Contact", {"LastName": "x", "Name": "y"}, "INVALID_FIELD_FOR_INSERT_UPDATE", ["Name"]),
        ("Opportunity", {**OPPORTUNITY, "IsWon": True}, "INVALID_FIELD_FOR_INSERT_UPDATE", ["IsWon"]),
        ("Opportunity", {**OPPORTUNITY, "ExpectedRevenue": 5}, "INVALID_FIELD_FOR_INSERT_UPDATE", ["ExpectedRevenue"]),
        ("Contract", {"AccountId": None, "EndDate": "2027-01-01"}, "INVALID_FIELD_FOR_INSERT_UPDATE", ["EndDate"]),
        ("Task", {"AccountId": make_id("001", 1)}, "INVALID_FIELD_FOR_INSERT_UPDATE", ["AccountId"]),
        ("Task", {"IsClosed": True}, "INVALID_FIELD_FOR_INSERT_UPDATE", ["IsClosed"]),
        ("Case", {"CaseNumber": "7"}, "INVALID_FIELD_FOR_INSERT_UPDATE", ["CaseNumber"]),
        # references
        ("Contact", {"LastName": "x", "AccountId": "x"}, "MALFORMED_ID", ["AccountId"]),
        ("Contact", {"LastName": "x", "AccountId": make_id("003", 1)}, "MALFORMED_ID", ["AccountId"]),
        ("Contact", {"LastName": "x", "AccountId": make_id("001", 77)}, "INVALID_CROSS_REFERENCE_KEY", ["AccountId"]),
        ("Account", {"Name": "x", "OwnerId": make_id("005", 77)}, "INVALID_CROSS_REFERENCE_KEY", ["OwnerId"]),
        ("Account", {"Name": "x", "OwnerId": None}, "REQUIRED_FIELD_MISSING", ["OwnerId"]),
        ("Task", {"WhatId": make_id("003", 1)}, "MALFORMED_ID", ["WhatId"]),
        ("Task", {"WhoId": make_id("001", 1)}, "MALFORMED_ID", ["WhoId"]),
        ("Opportunity", {**OPPORTUNITY, "Pricebook2Id": make_id("01s", 1)}, "MALFORMED_ID", ["Pricebook2Id"]),
        # rules of single objects
        (
            "Event",
            {"StartDateTime": "2026-07-01T09:00:00Z", "EndDateTime": "2026-07-01T08:00:00Z"},
            "FIELD_INTEGRITY_EXCEPTION",
            ["DurationInMinutes"],
        ),
        # what makes the body unreadable
        ("Account", {"Name": "x", "Nope": 1}, "INVALID_FIELD", None),
        ("Account", {"Name": "x", "Inlay_Health_Score__c": 1}, "INVALID_FIELD", None),
        ("Account", {"Name": "x", "Email": "a@b.example"}, "INVALID_FIELD", None),
        ("Account", {"Name": "x", "NumberOfEmployees": "many"}, "JSON_PARSER_ERROR", None),
        ("Account", {"Name": "x", "AnnualRevenue": True}, "JSON_PARSER_ERROR", None),
        ("Opportunity", {**OPPORTUNITY, "CloseDate": "tomorrow"}, "JSON_PARSER_ERROR", None),
        ("Contact", {"LastName": "x", "HasOptedOutOfEmail": "perhaps"}, "JSON_PARSER_ERROR", None),
        (
            "Contact",
            {"LastName": "x", "HasOptedOutOfEmail": None},
            "INVALID_TYPE_ON_FIELD_IN_RECORD",
            ["HasOptedOutOfEmail"],
        ),
    ],
)
def test_a_new_record_is_refused(
    api: Api, name: str, body: dict[str, Any], code: str, fields: list[str] | None
) -> None:
    status, answer = api.call("POST", f"sobjects/{name}", body)
    assert status == 400
    assert [error["errorCode"] for error in answer] == [code]
    if fields is not None:
        assert answer[0]["fields"] == fields
    assert api.get("query", q=f"SELECT COUNT() FROM {name}")["totalSize"] == (4 if name == "User" else 0)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"Name": None}, "REQUIRED_FIELD_MISSING"),
        ({"Name": "x" * 256}, "STRING_TOO_LONG"),
        ({"Id": make_id("001", 2)}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"SystemModstamp": "2026-01-01T00:00:00Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"ParentId": make_id("001", 77)}, "INVALID_CROSS_REFERENCE_KEY"),
        ({"ParentId": "x"}, "MALFORMED_ID"),
        ({"OwnerId": None}, "REQUIRED_FIELD_MISSING"),
        ({"CurrencyIsoCode": "AUD"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ({"Nope__c": 1}, "INVALID_FIELD"),
        ({"NumberOfEmployees": "x"}, "JSON_PARSER_ERROR"),
    ],
)
def test_a_change_is_refused(api: Api, body: dict[str, Any], code: str) -> None:
    row_id = api.create("Account", Name="Acme")
    before = api.row("Account", row_id)
    assert api.refusal("PATCH", f"sobjects/Account/{row_id}", body) == (400, code)
    assert api.row("Account", row_id) == before


@pytest.mark.parametrize(
    ("name", "field", "value"), [("Task", "TaskSubtype", "Call"), ("Opportunity", "ContactId", None)]
)
def test_what_is_set_once_cannot_be_changed(api: Api, name: str, field: str, value: object) -> None:
    row_id = api.create(name, **(OPPORTUNITY if name == "Opportunity" else {"Subject": "x"}))
    assert api.refusal("PATCH", f"sobjects/{name}/{row_id}", {field: value}) == (400, "INVALID_FIELD_FOR_INSERT_UPDATE")


def test_a_deleted_parent_is_refused(api: Api) -> None:
    parent = api.create("Account", Name="Acme")
    api.delete("Account", parent)
    assert api.refusal("POST", "sobjects/Contact", {"LastName": "x", "AccountId": parent}) == (400, "ENTITY_IS_DELETED")


def test_an_inactive_owner_is_refused_but_may_keep_what_is_theirs(firm_api: Api) -> None:
    left = firm_api.column("SELECT Id FROM User WHERE IsActive = false")[0]
    assert firm_api.refusal("POST", "sobjects/Account", {"Name": "x", "OwnerId": left}) == (
        400,
        "INACTIVE_OWNER_OR_USER",
    )
    kept = firm_api.column(f"SELECT Id FROM Account WHERE OwnerId = '{left}'")[0]
    firm_api.update("Account", kept, Site="still works")
    assert firm_api.row("Account", kept)["OwnerId"] == left


@pytest.mark.parametrize(
    ("first", "second", "clash"),
    [("A-1", "A-1", True), ("A-1", "a-1", True), ("A-1", "A-2", False), (None, None, False)],
)
def test_a_unique_field_refuses_a_second_holder(api: Api, first: str | None, second: str | None, clash: bool) -> None:
    api.add_field("Account.Ext__c", unique=True)
    holder = api.create("Account", Name="a", Ext__c=first)
    status, body = api.call("POST", "sobjects/Account", {"Name": "b", "Ext__c": second})
    assert (status == 400) is clash
    if clash:
        assert body[0]["errorCode"] == "DUPLICATE_VALUE"
        assert holder in body[0]["message"]


def test_a_case_sensitive_unique_field_tells_letters_apart(api: Api) -> None:
    api.add_field("Account.Ext__c", unique=True, caseSensitive=True)
    api.create("Account", Name="a", Ext__c="A-1")
    api.create("Account", Name="b", Ext__c="a-1")
    assert api.refusal("POST", "sobjects/Account", {"Name": "c", "Ext__c": "a-1"}) == (400, "DUPLICATE_VALUE")


def test_a_unique_value_is_free_again_when_its_holder_changes_or_goes(api: Api) -> None:
    api.add_field("Account.Ext__c", unique=True)
    first = api.create("Account", Name="a", Ext__c="A-1")
    api.update("Account", first, Ext__c="A-2")
    second = api.create("Account", Name="b", Ext__c="A-1")
    api.delete("Account", second)
    api.create("Account", Name="c", Ext__c="A-1")
    assert api.column("SELECT Ext__c FROM Account ORDER BY Ext__c") == ["A-1", "A-2"]


@pytest.mark.parametrize(
    "code",
    [
        "UNABLE_TO_LOCK_ROW",
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "DUPLICATES_DETECTED",
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
    ],
)
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_the_orgs_own_machinery_refuses_rows(api: Api, code: str, method: str) -> None:
    row_id = api.create("Account", Name="Acme")
    api.options(row_faults=[{"sobject": "Account", "code": code, "message": "no", "times": 1}])
    path = "sobjects/Account" if method == "POST" else f"sobjects/Account/{row_id}"
    assert api.refusal(method, path, {"Name": "Acme"}) == (400, code)
    assert api.call(method, path, {"Name": "Acme"})[0] in {201, 204}


def test_a_validation_rule_stands_until_it_is_taken_away_and_binds_no_other_rows(api: Api) -> None:
    rule = {
        "sobject": "Account",
        "code": "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "message": "no",
        "field": "Rating",
        "value": "Cold",
        "times": None,
    }
    api.options(row_faults=[rule])
    for _ in range(3):
        assert api.refusal("POST", "sobjects/Account", {"Name": "x", "Rating": "Cold"})[1] == rule["code"]
    api.create("Account", Name="x", Rating="Hot")
    api.create("Contact", LastName="x")
    api.options(row_faults=[])
    api.create("Account", Name="x", Rating="Cold")
