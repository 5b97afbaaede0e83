"""What describe costs while an org's schema changes, and the facts that are read from it."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from connectors.salesforce.facts import object_facts
from connectors.sandbox.server import RunningSandbox
from core.sdk import RetryLater
from tests.connectors.salesforce.links import Link
from tests.connectors.salesforce.orgs import Api

HALF_AN_HOUR = 1800.0


# what describe costs


def test_an_unchanged_description_is_asked_for_on_condition(api: Api, link: Link) -> None:
    link.connector.describe("Account")
    api.control(
        "POST", "faults", [{"do": "status", "status": 304, "path": "Account/describe", "body": "", "times": None}]
    )
    link.clock.sleep(HALF_AN_HOUR)
    assert "Name" in link.connector.describe("Account")
    link.clock.sleep(HALF_AN_HOUR)
    assert "Name" in link.connector.describe("Account")
    assert [call.status for call in link.transport.calls if "describe" in call.path] == [200, 304, 304]


@pytest.mark.parametrize("ahead", [0, 3 * HALF_AN_HOUR], ids=["right", "fast"])
def test_what_changed_is_told_whole_and_believed_again_from_then_on(
    api: Api, served: RunningSandbox, ahead: float
) -> None:
    link = Link(served.base_url)
    link.clock.sleep(ahead)  # a clock of ours that is ahead makes us overlook nothing
    has_rating = "Rating" in link.connector.describe("Account")
    assert has_rating
    for change in (None, None, {"do": "remove", "field": "Account.Rating"}, None):
        api.wait(HALF_AN_HOUR - 600)
        api.options(schema=[change] if change else [])
        api.wait(600)
        link.clock.sleep(HALF_AN_HOUR)
        has_rating = "Rating" in link.connector.describe("Account")
    assert not has_rating
    assert [call.status for call in link.transport.calls if "describe" in call.path] == [200, 304, 304, 200, 304]


def test_once_a_day_it_is_asked_for_whole(api: Api, link: Link) -> None:
    """Permissions may change without the object being "modified"."""
    link.connector.describe("Account")
    api.add_field("Account.New__c")
    unchanged = {"do": "status", "status": 304, "path": "Account/describe", "body": "", "times": None}
    api.control("POST", "faults", [unchanged])
    for _ in range(47):
        link.clock.sleep(HALF_AN_HOUR)
        assert "New__c" not in link.connector.describe("Account")
    link.clock.sleep(HALF_AN_HOUR)
    with pytest.raises(RetryLater):  # "unchanged" is no answer to a question without a condition
        link.connector.describe("Account")
    api.control("DELETE", "faults")
    assert "New__c" in link.connector.describe("Account")


# facts


def described(*fields: dict[str, Any], **more: Any) -> Any:
    base = {"label": "L", "type": "string", "createable": True, "updateable": True, "nillable": True}
    return object_facts({"fields": [{**base, **field} for field in fields], **more})


def test_a_field_that_describe_says_hardly_anything_of_raises_nothing() -> None:
    facts = object_facts({"fields": [{"name": "X", "type": "of_next_year", "unheard_of": {"a": 1}}]})
    field = facts.fields["X"]
    assert (field.type, field.label, field.can_create, field.can_update, field.options) == (
        "of_next_year",
        "X",
        False,
        False,
        None,
    )
    assert (facts.is_mergeable, facts.is_replicated) == (False, False)


@pytest.mark.parametrize(
    ("field", "required"),
    [
        ({"nillable": False}, True),
        ({"nillable": False, "defaultedOnCreate": True}, False),
        ({"nillable": False, "createable": False}, False),
        ({"nillable": True}, False),
        ({}, False),
    ],
)
def test_required_is_what_must_be_given_at_creation(field: dict[str, Any], required: bool) -> None:
    assert described({"name": "X", **field}).fields["X"].is_required is required


def test_options_of_a_dependent_picklist_by_controlling_value() -> None:
    def option(name: str, bits: bytes, active: bool = True) -> dict[str, Any]:
        return {"value": name, "active": active, "validFor": base64.b64encode(bits).decode()}

    countries = [{"value": name, "active": True, "validFor": None} for name in ("GB", "FR", "DE")]
    cities = [
        option("London", b"\x80\x00"),
        option("Paris", b"\x40\x00"),
        option("Border", b"\x60\x00"),
        option("Old", b"\xff\xff", active=False),
    ]
    facts = described(
        {"name": "Country", "type": "picklist", "picklistValues": countries},
        {
            "name": "City",
            "type": "picklist",
            "picklistValues": cities,
            "dependentPicklist": True,
            "controllerName": "Country",
            "restrictedPicklist": True,
        },
    ).fields["City"]
    assert facts.controller == "Country"
    assert facts.is_restricted is True
    assert facts.valid_for == {
        "GB": frozenset({"London"}),
        "FR": frozenset({"Paris", "Border"}),
        "DE": frozenset({"Border"}),
    }


def test_a_checkbox_controls_with_false_first() -> None:
    facts = described(
        {"name": "Vip", "type": "boolean"},
        {
            "name": "Plan",
            "type": "picklist",
            "dependentPicklist": True,
            "controllerName": "Vip",
            "picklistValues": [{"value": "Gold", "active": True, "validFor": base64.b64encode(b"\x40").decode()}],
        },
    ).fields["Plan"]
    assert facts.valid_for == {"false": frozenset(), "true": frozenset({"Gold"})}


@pytest.mark.parametrize("bits", [None, "", "%%%", "gAA"])
def test_unreadable_dependencies_raise_nothing(bits: str | None) -> None:
    facts = described(
        {"name": "C", "type": "picklist", "picklistValues": [{"value": "a", "active": True}]},
        {
            "name": "D",
            "type": "picklist",
            "dependentPicklist": True,
            "controllerName": "C",
            "picklistValues": [{"value": "x", "active": True, "validFor": bits}],
        },
    )
    assert facts.fields["D"].valid_for == {"a": frozenset()}
