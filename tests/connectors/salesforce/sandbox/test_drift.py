"""The schema changes under a connected client."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.salesforce.orgs import Api


def change(api: Api, do: str, field: str, **more: Any) -> None:
    """Let an administrator change a field."""
    api.options(schema=[{"do": do, "field": field, **more}])


def described(api: Api, name: str) -> Any:
    """Return a field of accounts as describe gives it, None when there is none."""
    return next((one for one in api.get("sobjects/Account/describe")["fields"] if one["name"] == name), None)


def test_a_removed_field_is_gone_from_describe_queries_and_writes(api: Api) -> None:
    row_id = api.create("Account", Name="a", Site="x")
    change(api, "remove", "Account.Site")
    assert described(api, "Site") is None
    assert api.refuse_query("SELECT Site FROM Account")[0] == "INVALID_FIELD"
    assert api.refusal("PATCH", f"sobjects/Account/{row_id}", {"Site": "y"}) == (400, "INVALID_FIELD")
    assert "Site" not in api.row("Account", row_id)


def test_a_renamed_field_keeps_its_values_and_rights_under_the_new_name(api: Api) -> None:
    api.add_field("Account.Old__c")
    row_id = api.create("Account", Name="a", Old__c="x")
    change(api, "rename", "Account.Old__c", name="New__c")
    assert described(api, "Old__c") is None
    assert described(api, "New__c")["updateable"] is True
    assert api.row("Account", row_id)["New__c"] == "x"
    assert api.refuse_query("SELECT Old__c FROM Account")[0] == "INVALID_FIELD"


def test_a_retyped_field_takes_and_describes_other_values(api: Api) -> None:
    row_id = api.create("Account", Name="a", Site="x")
    change(api, "retype", "Account.Site", type="double")
    assert described(api, "Site")["type"] == "double"
    assert api.row("Account", row_id)["Site"] is None
    api.update("Account", row_id, Site=12.5)
    assert api.row("Account", row_id)["Site"] == 12.5
    assert api.call("PATCH", f"sobjects/Account/{row_id}", {"Site": "text"})[0] == 400


def test_a_field_that_became_required_refuses_rows_without_it(api: Api) -> None:
    change(api, "require", "Account.Site")
    assert described(api, "Site")["nillable"] is False
    assert api.refusal("POST", "sobjects/Account", {"Name": "a"}) == (400, "REQUIRED_FIELD_MISSING")
    assert api.create("Account", Name="a", Site="x")
    change(api, "release", "Account.Site")
    assert api.create("Account", Name="b")


def test_a_picklist_that_became_restricted_refuses_other_values(api: Api) -> None:
    assert api.create("Account", Name="a", Rating="Lukewarm")
    change(api, "restrict", "Account.Rating")
    assert described(api, "Rating")["restrictedPicklist"] is True
    body = {"Name": "b", "Rating": "Lukewarm"}
    assert api.refusal("POST", "sobjects/Account", body) == (400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST")
    assert api.create("Account", Name="b", Rating="Warm")


def test_a_shortened_field_refuses_what_is_too_long_now(api: Api) -> None:
    change(api, "shorten", "Account.Site", length=3)
    assert described(api, "Site")["length"] == 3
    assert api.refusal("POST", "sobjects/Account", {"Name": "a", "Site": "abcd"}) == (400, "STRING_TOO_LONG")


def test_no_stamp_moves_when_the_schema_changes(api: Api) -> None:
    row_id = api.create("Account", Name="a", Site="x")
    before = api.row("Account", row_id)["SystemModstamp"]
    change(api, "remove", "Account.Site")
    change(api, "require", "Account.Rating")
    assert api.row("Account", row_id)["SystemModstamp"] == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"do": "remove", "field": "Account.Nope"},
        {"do": "remove", "field": "Nope.Name"},
        {"do": "paint", "field": "Account.Name"},
        {"do": "deactivate", "field": "Account.Rating", "option": "Nope"},
    ],
)
def test_a_change_that_makes_no_sense_is_refused(api: Api, wrong: dict[str, str]) -> None:
    assert api.control("POST", "options", {"schema": [wrong]})[0] == 400
