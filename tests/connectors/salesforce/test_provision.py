"""Making Inlay's fields exist, and letting the integration user have them."""

from __future__ import annotations

from typing import Any

import pytest

from core.sdk import AuthError, BugError, ProvisionStep, WantedField, WriteRow
from tests.connectors.salesforce.links import KEY, SCORE, Link
from tests.connectors.salesforce.orgs import Api

BAND = WantedField("Account", "Inlay_Health_Band__c", "Health band", "picklist", "Its band.", ("Good", "At Risk"))
EVERY_TYPE = {
    "text": ("string", "some text"),
    "long_text": ("textarea", "x" * 1000),
    "number": ("double", 12.25),
    "percent": ("percent", 99.5),
    "currency": ("currency", 1234.56),
    "date": ("date", "2026-07-31"),
    "datetime": ("datetime", "2026-07-31T10:00:00.000+0000"),
    "picklist": ("picklist", "Good"),
    "checkbox": ("boolean", True),
    "url": ("url", "https://acme.example/x"),
    "key": ("string", "a|b|c"),
}


@pytest.mark.parametrize("kind", EVERY_TYPE)
def test_a_field_of_every_type_can_be_made_and_written(api: Api, link: Link, kind: Any) -> None:
    vendor_type, value = EVERY_TYPE[kind]
    wanted = WantedField("Account", "Inlay_New__c", "New", kind, "Why.", ("Good", "Bad") if kind == "picklist" else ())
    link.provision(wanted)
    facts = link.connector.describe("Account")["Inlay_New__c"]
    assert (facts.type, facts.can_update, facts.label) == (vendor_type, True, "New")
    row_id = api.create("Account", Name="Acme")
    outcome = link.connector.write("Account", "update", [WriteRow({"Inlay_New__c": value}, row_id)])[0]
    assert outcome.state == "applied"
    assert api.row("Account", row_id)["Inlay_New__c"] == value


def test_the_plan_names_every_step_in_order_and_changes_nothing(api: Api, link: Link) -> None:
    steps = link.connector.plan_fields([SCORE, BAND, KEY])
    assert [(step.name, step.kind) for step in steps] == [
        ("create Account.Inlay_Health_Score__c", "create_field"),
        ("create Account.Inlay_Health_Band__c", "create_field"),
        ("create Activity.Inlay_Key__c", "create_field"),
        ("permission set", "admit_user"),
        ("grant Account.Inlay_Health_Score__c", "grant_field"),
        ("grant Account.Inlay_Health_Band__c", "grant_field"),
        ("grant Task.Inlay_Key__c", "grant_field"),
    ]
    assert all(step.summary and step.calls for step in steps)
    assert len({step.name for step in steps}) == len(steps)
    assert api.rows("SELECT Id FROM CustomField", api="tooling/query") == []
    assert api.rows("SELECT Id FROM PermissionSet WHERE Name = 'Inlay_Fields'") == []


def test_after_provisioning_the_plan_is_empty(link: Link) -> None:
    link.provision(SCORE, BAND, KEY)
    assert link.connector.plan_fields([SCORE, BAND, KEY]) == []
    assert link.connector.findings() == []


def test_the_plan_of_what_exists_costs_one_call_per_object(link: Link) -> None:
    link.provision(SCORE, BAND, KEY)
    link.calls()
    link.connector.plan_fields([SCORE, BAND, KEY])
    assert link.calls() == [("GET", "sobjects/Account/describe"), ("GET", "sobjects/Task/describe")]


def test_every_step_may_be_repeated(api: Api, link: Link) -> None:
    steps = link.connector.plan_fields([SCORE, KEY])
    for _ in range(2):
        for step in steps:
            link.connector.provision(step)
    assert len(api.rows("SELECT Id FROM CustomField", api="tooling/query")) == 2
    assert len(api.rows("SELECT Id FROM PermissionSet WHERE Name = 'Inlay_Fields'")) == 1
    assert len(api.rows("SELECT Id FROM PermissionSetAssignment")) == 1
    assert len(api.rows("SELECT Id FROM FieldPermissions WHERE Field LIKE '%Inlay%'")) == 2


@pytest.mark.parametrize("done", range(6))
def test_an_interrupted_provision_is_taken_up_where_it_stopped(link: Link, done: int) -> None:
    for step in link.connector.plan_fields([SCORE, KEY])[:done]:
        link.connector.provision(step)
    left = link.connector.plan_fields([SCORE, KEY])
    assert len(left) == 5 - min(done, 5)
    link.provision(SCORE, KEY)
    assert link.connector.plan_fields([SCORE, KEY]) == []


def test_a_field_made_by_somebody_else_only_needs_to_be_granted(api: Api, link: Link) -> None:
    api.add_field("Account.Inlay_Health_Score__c", "Number", grant=False)
    steps = link.connector.plan_fields([SCORE])
    assert [step.kind for step in steps] == ["admit_user", "grant_field"]
    for step in steps:
        link.connector.provision(step)
    assert link.connector.describe("Account")["Inlay_Health_Score__c"].can_update is True


def test_a_field_that_can_only_be_read_is_granted_for_writing(api: Api, link: Link) -> None:
    api.add_field("Account.Inlay_Health_Score__c", "Number", grant=False)
    api.grant("Account.Inlay_Health_Score__c", edit=False)
    link.provision(SCORE)
    assert link.connector.describe("Account")["Inlay_Health_Score__c"].can_update is True


def test_a_grant_that_was_narrowed_by_somebody_is_widened_again(api: Api, link: Link) -> None:
    link.provision(SCORE)
    row_id = api.column("SELECT Id FROM FieldPermissions WHERE Field = 'Account.Inlay_Health_Score__c'")[0]
    api.update("FieldPermissions", row_id, PermissionsEdit=False)
    fresh = Link(link.settings.base_url or "")
    assert [step.kind for step in fresh.connector.plan_fields([SCORE])] == ["grant_field"]
    fresh.provision(SCORE)
    assert fresh.connector.describe("Account")["Inlay_Health_Score__c"].can_update is True


def test_tasks_and_events_share_one_field_and_need_two_grants(link: Link) -> None:
    on_event = WantedField("Event", "Inlay_Key__c", "Inlay key", "key")
    steps = link.connector.plan_fields([KEY, on_event])
    assert [step.name for step in steps] == [
        "create Activity.Inlay_Key__c",
        "permission set",
        "grant Task.Inlay_Key__c",
        "grant Event.Inlay_Key__c",
    ]
    link.provision(KEY, on_event)
    assert "Inlay_Key__c" in link.connector.describe("Event")


def test_a_key_is_unique_and_tells_letters_apart(api: Api, link: Link) -> None:
    link.provision(KEY)
    field = next(one for one in api.get("sobjects/Task/describe")["fields"] if one["name"] == "Inlay_Key__c")
    assert (field["unique"], field["externalId"], field["caseSensitive"], field["length"]) == (True, True, True, 80)


def test_a_picklist_takes_only_its_options(api: Api, link: Link) -> None:
    link.provision(BAND)
    assert link.connector.describe("Account")["Inlay_Health_Band__c"].options == ("Good", "At Risk")
    row_id = api.create("Account", Name="Acme")
    outcome = link.connector.write("Account", "update", [WriteRow({"Inlay_Health_Band__c": "Awful"}, row_id)])[0]
    assert outcome.code == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"


def test_help_and_label_are_shown_to_users_and_cut_to_what_fits(api: Api, link: Link) -> None:
    link.provision(WantedField("Account", "Inlay_New__c", "L" * 60, "date", "H" * 600))
    field = next(one for one in api.get("sobjects/Account/describe")["fields"] if one["name"] == "Inlay_New__c")
    assert (field["label"], field["inlineHelpText"]) == ("L" * 40, "H" * 510)


@pytest.mark.parametrize(
    ("kind", "vendor", "fits"),
    [
        ("number", "Text", False),
        ("picklist", "Text", True),
        ("text", "Picklist", True),
        ("date", "Text", False),
        ("date", "DateTime", False),
        ("number", "Currency", True),
        ("currency", "Number", True),
        ("checkbox", "Text", False),
        ("url", "Text", True),
    ],
)
def test_an_existing_field_of_another_type_is_reported(
    api: Api, link: Link, kind: Any, vendor: str, fits: bool
) -> None:
    more: dict[str, Any] = {"precision": 18, "scale": 2} if vendor == "Currency" else {}
    if vendor == "Picklist":
        more = {"valueSet": {"valueSetDefinition": {"value": [{"valueName": "a"}]}}}
    api.add_field("Account.Health__c", vendor, **more)
    assert link.connector.plan_fields([WantedField("Account", "Health__c", "Health", kind)]) == []
    findings = link.connector.findings()
    assert [finding.code for finding in findings] == ([] if fits else ["field_retyped"])


def test_a_user_without_the_right_to_customise_is_told(api: Api, link: Link) -> None:
    api.options(may_customize=False)
    with pytest.raises(AuthError, match="INSUFFICIENT_ACCESS"):
        link.provision(SCORE)


def test_a_step_that_names_no_field_is_a_bug(link: Link) -> None:
    with pytest.raises(BugError):
        link.connector.provision(ProvisionStep("create x", "create_field", "x", 1))
    with pytest.raises(BugError):
        link.connector.provision(ProvisionStep("grant x", "grant_field", "x", 1, SCORE))


# options that came later


def test_a_picklist_that_lacks_options_gets_them_and_keeps_its_own(api: Api, link: Link) -> None:
    link.provision(WantedField("Account", BAND.name, BAND.label, "picklist", "", ("Good", "Awful")))
    steps = link.connector.plan_fields([BAND])
    assert [(step.name, step.kind) for step in steps] == [("extend Account.Inlay_Health_Band__c", "extend_field")]
    assert "“At Risk”" in steps[0].summary
    for step in steps * 2:
        link.connector.provision(step)
    assert link.connector.describe("Account")[BAND.name].options == ("Good", "Awful", "At Risk")
    assert link.connector.plan_fields([BAND]) == []
    row_id = api.create("Account", Name="Acme")
    outcome = link.connector.write("Account", "update", [WriteRow({BAND.name: "At Risk"}, row_id)])[0]
    assert outcome.state == "applied"


# taking everything away


def test_removal_takes_back_the_permission_set_and_then_the_fields(api: Api, link: Link) -> None:
    link.provision(SCORE, BAND, KEY)
    api.create("Account", Name="Acme", Inlay_Health_Score__c=5)
    steps = link.connector.plan_removal([SCORE, BAND, KEY])
    assert [step.name for step in steps] == [
        "remove permission set",
        "delete Account.Inlay_Health_Score__c",
        "delete Account.Inlay_Health_Band__c",
        "delete Activity.Inlay_Key__c",
    ]
    for step in steps * 2:
        link.connector.provision(step)
    assert api.rows("SELECT Id FROM CustomField", api="tooling/query") == []
    assert api.rows("SELECT Id FROM PermissionSet WHERE Name = 'Inlay_Fields'") == []
    assert api.rows("SELECT Id FROM PermissionSetAssignment") == []
    assert SCORE.name not in link.connector.describe("Account")
    assert api.column("SELECT Name FROM Account") == ["Acme"]
    assert link.connector.plan_removal([SCORE, BAND, KEY]) == []


def test_a_removal_can_be_undone_by_provisioning_again(link: Link) -> None:
    link.provision(SCORE)
    for step in link.connector.plan_removal([SCORE]):
        link.connector.provision(step)
    link.provision(SCORE)
    assert link.connector.describe("Account")[SCORE.name].can_update is True


def test_fields_that_were_the_firms_before_stay(api: Api, link: Link) -> None:
    api.add_field("Account.Health_Score__c", "Number")
    adopted = WantedField("Account", "Health_Score__c", "Health", "number")
    assert link.connector.plan_removal([adopted, WantedField("Account", "Rating", "Rating", "text")]) == []


@pytest.mark.parametrize("done", range(4))
def test_an_interrupted_removal_is_taken_up_where_it_stopped(api: Api, link: Link, done: int) -> None:
    link.provision(SCORE, KEY)
    for step in link.connector.plan_removal([SCORE, KEY])[:done]:
        link.connector.provision(step)
    left = link.connector.plan_removal([SCORE, KEY])
    assert len(left) == 3 - min(done, 3)
    for step in left:
        link.connector.provision(step)
    assert api.rows("SELECT Id FROM CustomField", api="tooling/query") == []
