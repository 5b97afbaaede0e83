"""What an administrator adds: own objects, formulas, roll-ups, teams, contacts of several accounts, rates."""

from __future__ import annotations

import pytest

from tests.connectors.salesforce.orgs import Api

VISIT = {
    "name": "Visit__c",
    "label": "Visit",
    "fields": {
        "Account__c": {"type": "Lookup", "label": "Account", "referenceTo": "Account", "relationshipName": "Visits"},
        "Day__c": {"type": "Date", "label": "Day", "required": True},
    },
}
STAMPS = ("LastModifiedDate", "SystemModstamp")


def stamps(api: Api, row_id: str) -> list[str]:
    """Return the stamps of an account."""
    row = api.row("Account", row_id)
    return [row[name] for name in STAMPS]


def test_an_own_object_is_one_like_others(api: Api) -> None:
    api.options(add_objects=[VISIT])
    account = api.create("Account", Name="Acme")
    visit = api.create("Visit__c", Name="First", Account__c=account, Day__c="2026-06-01")
    assert visit.startswith("a0")
    assert api.get("sobjects/Visit__c/describe")["custom"] is True
    assert "Visit__c" in {one["name"] for one in api.get("sobjects")["sobjects"]}
    assert api.refusal("POST", "sobjects/Visit__c", {"Name": "x"}) == (400, "REQUIRED_FIELD_MISSING")
    (found,) = api.rows("SELECT Name, Account__r.Name FROM Visit__c")
    assert found["Account__r"] == {"Name": "Acme"}
    (parent,) = api.rows("SELECT Id, (SELECT Name FROM Visits__r) FROM Account")
    assert [one["Name"] for one in parent["Visits__r"]["records"]] == ["First"]
    api.delete("Visit__c", visit)
    assert api.column("SELECT Id FROM Visit__c") == []


def test_an_object_is_added_once(api: Api) -> None:
    api.options(add_objects=[VISIT])
    assert api.control("POST", "options", {"add_objects": [VISIT]})[0] == 400
    assert api.control("POST", "options", {"add_objects": [{"name": "Visit", "label": "x"}]})[0] == 400


def test_a_roll_up_follows_its_children_without_any_stamp_moving(api: Api) -> None:
    account = api.create("Account", Name="Acme")
    total = {
        "field": "Account.Total__c",
        "label": "Total",
        "of": "Opportunity",
        "through": "AccountId",
        "sum": "Amount",
    }
    count = {"field": "Account.Deals__c", "label": "Deals", "of": "Opportunity", "through": "AccountId"}
    api.options(add_formulas=[total, count])
    before = stamps(api, account)
    assert (api.row("Account", account)["Total__c"], api.row("Account", account)["Deals__c"]) == (0, 0.0)
    common = {"Name": "d", "AccountId": account, "StageName": "Prospecting", "CloseDate": "2026-07-01"}
    _, deal = (api.create("Opportunity", Amount=amount, **common) for amount in (10.5, 20))
    assert api.row("Account", account)["Total__c"] == 30.5
    assert api.column("SELECT Deals__c FROM Account") == [2.0]
    api.delete("Opportunity", deal)
    assert api.row("Account", account)["Total__c"] == 10.5
    assert stamps(api, account) == before


def test_a_formula_shows_a_value_of_the_parent(api: Api) -> None:
    parent = api.create("Account", Name="Parent")
    child = api.create("Account", Name="Child", ParentId=parent)
    api.options(add_formulas=[{"field": "Account.Group__c", "label": "Group", "path": "Parent.Name"}])
    before = stamps(api, child)
    assert api.row("Account", child)["Group__c"] == "Parent"
    api.update("Account", parent, Name="Renamed")
    assert api.column("SELECT Group__c FROM Account WHERE ParentId != null") == ["Renamed"]
    assert api.row("Account", parent)["Group__c"] is None
    assert stamps(api, child) == before


def test_calculated_fields_say_so_and_take_no_value(api: Api) -> None:
    api.options(add_formulas=[{"field": "Account.Group__c", "label": "Group", "path": "Parent.Name"}])
    fields = {one["name"]: one for one in api.get("sobjects/Account/describe")["fields"]}
    assert fields["Group__c"]["calculated"] is True
    assert fields["Group__c"]["calculatedFormula"] == "Parent.Name"
    assert (fields["Group__c"]["createable"], fields["Group__c"]["updateable"]) == (False, False)
    body = {"Name": "a", "Group__c": "x"}
    assert api.refusal("POST", "sobjects/Account", body) == (400, "INVALID_FIELD_FOR_INSERT_UPDATE")


def test_an_account_has_a_team(api: Api) -> None:
    account = api.create("Account", Name="Acme")
    member = api.create("AccountTeamMember", AccountId=account, UserId=api.me(), TeamMemberRole="Reviewer")
    (found,) = api.rows("SELECT Id, User.Name, TeamMemberRole FROM AccountTeamMember")
    assert found == {"Id": member, "User": {"Name": "Inlay Integration"}, "TeamMemberRole": "Reviewer"}
    body = {"AccountId": account, "TeamMemberRole": "Reviewer"}
    assert api.refusal("POST", "sobjects/AccountTeamMember", body) == (400, "REQUIRED_FIELD_MISSING")


def test_contacts_belong_to_one_account_until_the_feature_is_on(api: Api) -> None:
    assert api.refusal("GET", "sobjects/AccountContactRelation/describe") == (404, "NOT_FOUND")
    account = api.create("Account", Name="Acme")
    contact = api.create("Contact", LastName="Lopez", AccountId=account)
    api.options(contacts_to_multiple_accounts=True)
    relation = "SELECT AccountId, ContactId, IsDirect FROM AccountContactRelation ORDER BY IsDirect"
    assert api.rows(relation) == [{"AccountId": account, "ContactId": contact, "IsDirect": True}]
    other = api.create("Account", Name="Bolt")
    api.create("AccountContactRelation", AccountId=other, ContactId=contact, Roles="Evaluator;Other")
    assert [row["IsDirect"] for row in api.rows(relation)] == [False, True]
    soql = "SELECT AccountId FROM AccountContactRelation WHERE Roles INCLUDES ('Evaluator')"
    assert api.column(soql) == [other]


def test_a_contact_that_moves_keeps_an_indirect_relation(api: Api) -> None:
    api.options(contacts_to_multiple_accounts=True)
    first, second = api.create("Account", Name="a"), api.create("Account", Name="b")
    contact = api.create("Contact", LastName="Lopez", AccountId=first)
    api.update("Contact", contact, AccountId=second)
    found = api.rows("SELECT AccountId, IsDirect FROM AccountContactRelation")
    assert {row["AccountId"]: row["IsDirect"] for row in found} == {first: False, second: True}


def test_rates_of_other_days(api: Api) -> None:
    api.create("DatedConversionRate", IsoCode="EUR", StartDate="2026-01-01", ConversionRate=1.15)
    soql = "SELECT ConversionRate FROM DatedConversionRate WHERE IsoCode = 'EUR' AND StartDate <= 2026-06-30"
    assert api.column(soql) == [1.15]
    corporate = api.rows("SELECT IsoCode FROM CurrencyType WHERE IsCorporate = true")
    assert corporate == [{"IsoCode": "GBP"}]


@pytest.mark.parametrize("name", ["Account", "Contact", "Opportunity", "Contract", "Lead", "AccountTeamMember"])
def test_records_of_a_multi_currency_org_carry_a_currency(api: Api, name: str) -> None:
    fields = {one["name"] for one in api.get(f"sobjects/{name}/describe")["fields"]}
    assert "CurrencyIsoCode" in fields
