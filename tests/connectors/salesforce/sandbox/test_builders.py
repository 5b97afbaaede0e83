"""The words that objects are made of, and the schema they make."""

from __future__ import annotations

import pytest

from connectors.salesforce.sandbox import builders as b
from connectors.salesforce.sandbox.objects import standard_schema
from connectors.salesforce.sandbox.schema import Field, child_relationships

NAMES = ("Account", "Contact", "Opportunity", "OpportunityContactRole", "Contract", "Case", "Task", "Event", "User")


@pytest.mark.parametrize(
    ("field", "facts"),
    [
        (b.text("A", "a", 5), {"type": "string", "length": 5, "nillable": True, "createable": True}),
        (b.text("A", "a", 5, "url"), {"type": "url"}),
        (
            b.picklist("A", "a", ("x",), "x"),
            {"type": "picklist", "options": ("x",), "default": "x", "restricted": False},
        ),
        (b.number("A", "a", "int", 8), {"digits": 8, "precision": 0}),
        (b.number("A", "a", "currency", 18, 2), {"precision": 18, "scale": 2, "digits": 0}),
        (b.flag("A", "a"), {"type": "boolean", "nillable": False, "defaulted_on_create": True, "default": False}),
        (b.moment("A", "a"), {"type": "date"}),
        (b.moment("A", "a", "datetime"), {"type": "datetime"}),
        (
            b.lookup("AccountId", "a", "Account", children="Cs"),
            {"relationship_name": "Account", "child_relationship": "Cs", "length": 18},
        ),
        (b.required(b.text("A", "a", 5)), {"nillable": False}),
        (b.defaulted(b.text("A", "a", 5), "x"), {"nillable": False, "defaulted_on_create": True, "default": "x"}),
        (b.read_only(b.text("A", "a", 5)), {"createable": False, "updateable": False, "calculated": False}),
        (b.read_only(b.text("A", "a", 5), calculated=True), {"calculated": True}),
        (b.create_only(b.text("A", "a", 5)), {"createable": True, "updateable": False}),
        (b.restricted(b.picklist("A", "a", ())), {"restricted": True}),
        (b.naming(b.text("A", "a", 5)), {"name_field": True}),
        (b.firm_owned(b.text("A__c", "a", 5)), {"custom": True}),
        (b.owner(), {"reference_to": ("User",), "defaulted_on_create": True}),
        (b.owner("User", "Group"), {"reference_to": ("User", "Group"), "is_polymorphic": True}),
        (b.currency_code(), {"restricted": True, "default": "GBP"}),
    ],
)
def test_a_word_makes_its_field(field: Field, facts: dict[str, object]) -> None:
    assert {name: getattr(field, name) for name in facts} == facts


@pytest.mark.parametrize(
    ("field", "needed"),
    [
        (b.text("A", "a", 5), False),
        (b.required(b.text("A", "a", 5)), True),
        (b.defaulted(b.text("A", "a", 5)), False),
        (b.flag("A", "a"), False),
        (b.read_only(b.required(b.text("A", "a", 5))), False),
    ],
)
def test_what_a_new_record_must_have(field: Field, needed: bool) -> None:
    assert field.is_required is needed


@pytest.mark.parametrize(
    ("kind", "length", "long"), [("textarea", 255, False), ("textarea", 256, True), ("string", 255, False)]
)
def test_what_is_a_long_text(kind: str, length: int, long: bool) -> None:
    assert b.text("A", "a", length, kind).is_long_text is long


def test_an_address_is_seven_parts_and_their_whole() -> None:
    parts = b.address("Billing")
    assert [field.name for field in parts] == [
        "BillingStreet",
        "BillingCity",
        "BillingState",
        "BillingPostalCode",
        "BillingCountry",
        "BillingLatitude",
        "BillingLongitude",
        "BillingAddress",
    ]
    assert {field.compound_of for field in parts[:-1]} == {"BillingAddress"}


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        ("plain", {"deletable": True, "mergeable": False, "is_setup": False, "is_tooling": False}),
        ("mergeable", {"mergeable": True, "deletable": True}),
        ("kept", {"deletable": False}),
        ("setup", {"is_setup": True, "deletable": True}),
        ("kept setup", {"is_setup": True, "deletable": False}),
        ("tooling", {"is_tooling": True}),
    ],
)
def test_an_object_is_of_its_kind(kind: b.Kind, facts: dict[str, bool]) -> None:
    made = b.sobject("X", ("X", "Xs"), "a00", kind=kind)
    assert {name: getattr(made, name) for name in facts} == facts
    assert ("IsDeleted" in made.fields) is made.deletable


@pytest.mark.parametrize("name", NAMES)
def test_every_object_is_named_by_one_field_at_most(name: str) -> None:
    schema = standard_schema()
    named = [field for field in schema[name].fields.values() if field.name_field]
    assert len(named) <= 1
    assert schema[name].name_field() == (named[0] if named else None)


def test_no_two_objects_share_a_prefix() -> None:
    prefixes = [one.key_prefix for one in standard_schema().values()]
    assert len(set(prefixes)) == len(prefixes)
    assert all(len(prefix) == 3 for prefix in prefixes)


def test_no_two_relationships_of_an_object_share_a_name() -> None:
    schema = standard_schema()
    for name, one in schema.items():
        up = [field.relationship_name for field in one.fields.values() if field.relationship_name]
        down = [relationship for relationship, _, _ in child_relationships(name, schema)]
        assert len(set(up)) == len(up), name
        assert len(set(down)) == len(down), name


def test_one_orgs_changes_do_not_reach_another() -> None:
    first, second = standard_schema(), standard_schema()
    first["Account"].add(b.text("New__c", "New", 5))
    assert first["Account"].find("new__C") is not None
    assert second["Account"].find("New__c") is None
    first["Account"].remove("New__c")
    assert first["Account"].find("New__c") is None


def test_a_parent_is_found_by_relationship_in_any_letter_case() -> None:
    account = standard_schema()["Account"]
    found = account.by_relationship("OWNER")
    assert found is not None
    assert found.name == "OwnerId"
    assert account.by_relationship("Nobody") is None
