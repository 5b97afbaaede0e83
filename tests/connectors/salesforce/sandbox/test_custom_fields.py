"""Adding fields through the Tooling API, and who can see them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.salesforce.orgs import Api

TOOL = "tooling/sobjects/CustomField"


def described(api: Api, name: str, field: str) -> dict[str, Any] | None:
    """Return a field's description, None when this user does not see it."""
    fields = api.get(f"sobjects/{name}/describe")["fields"]
    return next((one for one in fields if one["name"] == field), None)


OPTIONS = {
    "valueSetDefinition": {
        "sorted": False,
        "value": [{"valueName": "Good", "label": "Good", "default": False}, {"valueName": "Bad"}],
    }
}


@pytest.mark.parametrize(
    ("metadata", "facts"),
    [
        ({"type": "Text", "length": 80}, {"type": "string", "length": 80, "nillable": True, "unique": False}),
        (
            {"type": "Text", "length": 80, "unique": True, "externalId": True, "caseSensitive": True},
            {"unique": True, "externalId": True, "idLookup": True, "caseSensitive": True},
        ),
        ({"type": "Text", "length": 80, "required": True}, {"nillable": False}),
        (
            {"type": "LongTextArea", "length": 32_000, "visibleLines": 3},
            {"type": "textarea", "length": 32_000, "filterable": False},
        ),
        ({"type": "TextArea"}, {"type": "textarea", "length": 255, "filterable": True}),
        ({"type": "Number", "precision": 5, "scale": 1}, {"type": "double", "precision": 5, "scale": 1}),
        ({"type": "Currency", "precision": 18, "scale": 2}, {"type": "currency"}),
        ({"type": "Percent", "precision": 5, "scale": 2}, {"type": "percent"}),
        ({"type": "Checkbox", "defaultValue": "false"}, {"type": "boolean", "nillable": False, "defaultValue": False}),
        ({"type": "Checkbox", "defaultValue": True}, {"defaultValue": True}),
        ({"type": "Date"}, {"type": "date"}),
        ({"type": "DateTime"}, {"type": "datetime"}),
        ({"type": "Url"}, {"type": "url", "length": 255}),
        ({"type": "Email"}, {"type": "email", "length": 80}),
        ({"type": "Phone"}, {"type": "phone", "length": 40}),
        (
            {"type": "Picklist", "valueSet": {**OPTIONS, "restricted": True}},
            {"type": "picklist", "restrictedPicklist": True},
        ),
        ({"type": "Picklist", "valueSet": OPTIONS}, {"restrictedPicklist": False}),
        ({"type": "MultiselectPicklist", "valueSet": {**OPTIONS, "restricted": True}}, {"type": "multipicklist"}),
        ({"type": "Date", "inlineHelpText": "When?"}, {"inlineHelpText": "When?"}),
    ],
)
def test_a_field_of_every_type(api: Api, metadata: dict[str, Any], facts: dict[str, Any]) -> None:
    body = {"FullName": "Account.New__c", "Metadata": {"label": "New", **metadata}}
    status, answer = api.call("POST", TOOL, body)
    assert status == 201
    assert answer["success"] is True
    assert answer["id"].startswith("00N")
    api.grant("Account.New__c")
    found = described(api, "Account", "New__c")
    assert found is not None
    assert {key: found[key] for key in facts} == facts
    assert found["custom"] is True
    assert found["label"] == "New"


@pytest.mark.parametrize(
    ("full_name", "metadata", "code"),
    [
        ("Account.New__c", {"type": "Text"}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Account.New__c", {"type": "Text", "length": 256}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Account.New__c", {"type": "Text", "length": 0}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Account.New__c", {"type": "Number", "precision": 5}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Account.New__c", {"type": "Number", "precision": 19, "scale": 0}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Account.New__c", {"type": "Checkbox"}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Account.New__c", {"type": "LongTextArea", "length": 32_000}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Account.New__c", {"type": "LongTextArea", "length": 100, "visibleLines": 3}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Account.New__c", {"type": "Picklist"}, "FIELD_INTEGRITY_EXCEPTION"),
        (
            "Account.New__c",
            {"type": "Picklist", "valueSet": {"valueSetDefinition": {"value": []}}},
            "FIELD_INTEGRITY_EXCEPTION",
        ),
        ("Account.New__c", {"type": "Colour"}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Account.New__c", {}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Account.New__c", {"type": "Date", "label": ""}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Account.New__c", {"type": "Date", "label": "x" * 41}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Account.New__c", {"type": "Date", "inlineHelpText": "x" * 511}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Account.New", {"type": "Date"}, "FIELD_INTEGRITY_EXCEPTION"),
        (f"Account.{'x' * 41}__c", {"type": "Date"}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Nope.New__c", {"type": "Date"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ("Task.New__c", {"type": "Date"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ("Event.New__c", {"type": "Date"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ("Account.VAT_Number__c", {"type": "Date"}, "DUPLICATE_DEVELOPER_NAME"),
        ("Account.vat_number__c", {"type": "Date"}, "DUPLICATE_DEVELOPER_NAME"),
    ],
)
def test_a_definition_is_refused(api: Api, full_name: str, metadata: dict[str, Any], code: str) -> None:
    body = {"FullName": full_name, "Metadata": {"label": "New", **metadata}}
    assert api.refusal("POST", TOOL, body) == (400, code)
    assert api.rows("SELECT Id FROM CustomField", api="tooling/query") == []


@pytest.mark.parametrize("body", [{"FullName": "Account.New__c"}, {"FullName": "Account.New__c", "Metadata": "x"}])
def test_a_definition_needs_metadata(api: Api, body: dict[str, Any]) -> None:
    assert api.refusal("POST", TOOL, body) == (400, "REQUIRED_FIELD_MISSING")


def test_the_right_to_customise_is_needed(api: Api) -> None:
    api.options(may_customize=False)
    assert api.refusal("POST", TOOL, {"FullName": "Account.New__c", "Metadata": {"label": "x", "type": "Date"}}) == (
        403,
        "INSUFFICIENT_ACCESS",
    )


def test_nobody_sees_a_new_field_until_it_is_granted(api: Api) -> None:
    api.add_field("Account.New__c", grant=False)
    row_id = api.create("Account", Name="Acme")
    assert described(api, "Account", "New__c") is None
    assert "New__c" not in api.row("Account", row_id)
    assert api.refuse_query("SELECT New__c FROM Account")[0] == "INVALID_FIELD"
    assert api.refusal("PATCH", f"sobjects/Account/{row_id}", {"New__c": "x"}) == (400, "INVALID_FIELD")
    api.grant("Account.New__c")
    api.update("Account", row_id, New__c="x")
    assert api.row("Account", row_id)["New__c"] == "x"
    assert api.column("SELECT New__c FROM Account") == ["x"]


def test_a_field_granted_for_reading_cannot_be_written(api: Api) -> None:
    api.add_field("Account.New__c", grant=False)
    api.grant("Account.New__c", edit=False)
    found = described(api, "Account", "New__c")
    assert found is not None
    assert (found["createable"], found["updateable"]) == (False, False)
    assert api.column("SELECT New__c FROM Account") == []
    body = {"Name": "x", "New__c": "x"}
    assert api.refusal("POST", "sobjects/Account", body) == (400, "INVALID_FIELD_FOR_INSERT_UPDATE")


def test_a_permission_set_must_be_assigned_to_count(api: Api) -> None:
    api.add_field("Account.New__c", grant=False)
    set_id = api.create("PermissionSet", Name="Other", Label="Other")
    api.create("FieldPermissions", ParentId=set_id, SobjectType="Account", Field="Account.New__c", PermissionsRead=True)
    assert described(api, "Account", "New__c") is None
    assignment = api.create("PermissionSetAssignment", PermissionSetId=set_id, AssigneeId=api.me())
    assert described(api, "Account", "New__c") is not None
    api.delete("PermissionSetAssignment", assignment)
    assert described(api, "Account", "New__c") is None


def test_deleting_a_permission_set_takes_its_grants_along(api: Api) -> None:
    api.add_field("Account.New__c")
    api.delete("PermissionSet", api.permission_set())
    assert described(api, "Account", "New__c") is None
    remaining = api.rows("SELECT Field FROM FieldPermissions WHERE Field = 'Account.New__c'")
    assert remaining == []


def test_the_firms_own_fields_are_granted_by_the_profile(api: Api) -> None:
    hidden = api.rows("SELECT Id FROM PermissionSet WHERE IsOwnedByProfile = true")
    assert len(hidden) == 3
    assert described(api, "Account", "VAT_Number__c") is not None


def test_tasks_and_events_share_a_field_but_not_its_grant(api: Api) -> None:
    api.add_field("Activity.Key__c", grant=False)
    api.create(
        "FieldPermissions",
        ParentId=api.permission_set(),
        SobjectType="Task",
        Field="Task.Key__c",
        PermissionsRead=True,
        PermissionsEdit=True,
    )
    assert described(api, "Task", "Key__c") is not None
    assert described(api, "Event", "Key__c") is None


def test_a_standard_field_can_be_withheld(api: Api) -> None:
    row_id = api.create("Account", Name="Acme", AnnualRevenue=5)
    api.options(withhold=["Account.AnnualRevenue"])
    assert described(api, "Account", "AnnualRevenue") is None
    assert "AnnualRevenue" not in api.row("Account", row_id)
    assert api.refuse_query("SELECT AnnualRevenue FROM Account")[0] == "INVALID_FIELD"
    api.options(withhold=[])
    assert api.row("Account", row_id)["AnnualRevenue"] == 5.0


def test_a_field_is_found_by_the_tooling_query_whoever_sees_it(api: Api) -> None:
    api.add_field("Account.New__c", grant=False, inlineHelpText="Why")
    api.add_field("Activity.Key__c", grant=False)
    found = api.rows(
        "SELECT DeveloperName, TableEnumOrId, InlineHelpText FROM CustomField ORDER BY DeveloperName",
        api="tooling/query",
    )
    assert found == [
        {"DeveloperName": "Key", "TableEnumOrId": "Activity", "InlineHelpText": None},
        {"DeveloperName": "New", "TableEnumOrId": "Account", "InlineHelpText": "Why"},
    ]
    assert api.refuse_query("SELECT Id FROM Account", api="tooling/query")[0] == "INVALID_TYPE"


def test_a_definition_is_read_changed_and_removed(api: Api) -> None:
    field_id = api.add_field("Account.New__c", "Picklist", valueSet={**OPTIONS, "restricted": True})
    row_id = api.create("Account", Name="Acme", New__c="Good")
    found = api.get(f"{TOOL}/{field_id}")
    assert found["FullName"] == "Account.New__c"
    assert found["Metadata"]["type"] == "Picklist"
    wider = {"restricted": True, "valueSetDefinition": {"value": [{"valueName": "Good"}, {"valueName": "Best"}]}}
    changed = {**found["Metadata"], "label": "Newer", "valueSet": wider}
    assert api.call("PATCH", f"{TOOL}/{field_id}", {"Metadata": changed})[0] == 204
    api.update("Account", row_id, New__c="Best")
    assert described(api, "Account", "New__c")["label"] == "Newer"  # type: ignore[index]  # it is there
    assert (
        api.refusal("PATCH", f"sobjects/Account/{row_id}", {"New__c": "Bad"})[1]
        == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    )
    assert api.call("DELETE", f"{TOOL}/{field_id}")[0] == 204
    assert described(api, "Account", "New__c") is None
    assert api.refuse_query("SELECT New__c FROM Account")[0] == "INVALID_FIELD"
    assert api.refusal("GET", f"{TOOL}/{field_id}") == (404, "NOT_FOUND")


def test_a_removed_field_takes_its_values_and_grants_along(api: Api) -> None:
    field_id = api.add_field("Activity.Key__c", unique=True, externalId=True)
    api.create("Task", Subject="x", Key__c="k1")
    api.call("DELETE", f"{TOOL}/{field_id}")
    assert api.rows("SELECT Id FROM FieldPermissions WHERE Field LIKE '%Key__c'") == []
    api.add_field("Activity.Key__c", unique=True, externalId=True)
    assert api.rows("SELECT Key__c FROM Task") == [{"Key__c": None}]
    api.create("Task", Subject="y", Key__c="k1")


@pytest.mark.parametrize("field_id", ["00N000000000000", "x", "00N5g0000000099AAA"])
def test_a_definition_that_is_not_there(api: Api, field_id: str) -> None:
    assert api.refusal("GET", f"{TOOL}/{field_id}") == (404, "NOT_FOUND")
    assert api.refusal("DELETE", f"{TOOL}/{field_id}") == (404, "NOT_FOUND")


def test_a_new_checkbox_is_unticked_on_old_rows(api: Api) -> None:
    row_id = api.create("Account", Name="Acme")
    api.add_field("Account.Flag__c", "Checkbox", defaultValue="false")
    assert api.row("Account", row_id)["Flag__c"] is False
    assert api.column("SELECT Id FROM Account WHERE Flag__c = false") == [row_id]
