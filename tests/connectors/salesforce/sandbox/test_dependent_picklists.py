"""Dependent picklists and options that are switched off."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.connectors.salesforce.orgs import Api

NAMES = [f"r{number}" for number in range(10)]


def picklist(*names: str, restricted: bool = True, **more: Any) -> dict[str, Any]:
    """Return the metadata of a value set."""
    return {
        "valueSet": {
            "restricted": restricted,
            "valueSetDefinition": {"value": [{"valueName": n} for n in names]},
            **more,
        }
    }


@pytest.fixture
def dependent(api: Api) -> Api:
    """An org where the town depends on the region: r0 has Leeds, r9 has Leeds and York."""
    api.add_field("Account.Region__c", "Picklist", **picklist(*NAMES))
    settings = [
        {"valueName": "Leeds", "controllingFieldValue": ["r0", "r9"]},
        {"valueName": "York", "controllingFieldValue": ["r9"]},
    ]
    metadata = picklist("Leeds", "York", "Bath", controllingField="Region__c", valueSettings=settings)
    api.add_field("Account.Town__c", "Picklist", **metadata)
    return api


def field(api: Api, name: str) -> Any:
    """Return a field as describe gives it."""
    return next(one for one in api.get("sobjects/Account/describe")["fields"] if one["name"] == name)


def bits(text: str) -> set[int]:
    """Return the positions of the set bits, the highest bit of the first byte being 0."""
    return {i * 8 + bit for i, byte in enumerate(base64.b64decode(text)) for bit in range(8) if byte & (0x80 >> bit)}


def test_describe_tells_with_which_values_an_option_goes(dependent: Api) -> None:
    town = field(dependent, "Town__c")
    assert (town["dependentPicklist"], town["controllerName"]) == (True, "Region__c")
    assert {one["value"]: bits(one["validFor"]) for one in town["picklistValues"]} == {
        "Leeds": {0, 9},
        "York": {9},
        "Bath": set(),
    }
    assert town["picklistValues"][0]["validFor"] == "gEA="
    region = field(dependent, "Region__c")
    assert (region["dependentPicklist"], region["controllerName"]) == (False, None)
    assert {one["validFor"] for one in region["picklistValues"]} == {None}


@pytest.mark.parametrize(
    ("region", "town", "status"),
    [("r0", "Leeds", 201), ("r9", "York", 201), ("r0", "York", 400), (None, "Leeds", 400), ("r9", "Bath", 400)],
)
def test_an_option_must_go_with_the_controlling_value(dependent: Api, region: Any, town: str, status: int) -> None:
    found, body = dependent.call("POST", "sobjects/Account", {"Name": "a", "Region__c": region, "Town__c": town})
    assert found == status
    if status == 400:
        assert body[0]["errorCode"] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
        assert body[0]["fields"] == ["Town__c"]


def test_changing_the_controlling_value_alone_is_looked_at_too(dependent: Api) -> None:
    row_id = dependent.create("Account", Name="a", Region__c="r9", Town__c="York")
    path = f"sobjects/Account/{row_id}"
    assert dependent.refusal("PATCH", path, {"Region__c": "r0"}) == (400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST")
    dependent.update("Account", row_id, Region__c="r0", Town__c="Leeds")
    dependent.update("Account", row_id, Name="b")


def test_a_checkbox_may_control(api: Api) -> None:
    api.add_field("Account.Vip__c", "Checkbox", defaultValue="false")
    settings = [{"valueName": "Gold", "controllingFieldValue": ["true"]}]
    metadata = picklist("Gold", controllingField="Vip__c", valueSettings=settings)
    api.add_field("Account.Card__c", "Picklist", **metadata)
    assert bits(field(api, "Card__c")["picklistValues"][0]["validFor"]) == {1}
    assert api.refusal("POST", "sobjects/Account", {"Name": "a", "Card__c": "Gold"})[0] == 400
    assert api.create("Account", Name="a", Card__c="Gold", Vip__c=True)


def test_an_option_switched_off_is_refused_but_kept_where_it_is(dependent: Api) -> None:
    row_id = dependent.create("Account", Name="a", Region__c="r9", Town__c="York")
    dependent.options(schema=[{"do": "deactivate", "field": "Account.Town__c", "option": "York"}])
    active = {one["value"]: one["active"] for one in field(dependent, "Town__c")["picklistValues"]}
    assert active == {"Leeds": True, "York": False, "Bath": True}
    dependent.update("Account", row_id, Name="b")
    assert dependent.row("Account", row_id)["Town__c"] == "York"
    body = {"Name": "c", "Region__c": "r9", "Town__c": "York"}
    assert dependent.refusal("POST", "sobjects/Account", body) == (400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST")
    dependent.options(schema=[{"do": "activate", "field": "Account.Town__c", "option": "York"}])
    assert dependent.create("Account", **body)


def test_metadata_can_bring_an_option_switched_off(api: Api) -> None:
    values = [{"valueName": "a"}, {"valueName": "b", "isActive": False}]
    api.add_field("Account.P__c", "Picklist", valueSet={"restricted": True, "valueSetDefinition": {"value": values}})
    assert api.create("Account", Name="x", P__c="a")
    assert api.refusal("POST", "sobjects/Account", {"Name": "x", "P__c": "b"})[0] == 400
