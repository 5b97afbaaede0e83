"""Rules that an account's admins put on properties beyond their types."""

from __future__ import annotations

import pytest

from tests.connectors.hubspot.hub import Hub

RULES = "/crm/v3/property-validations/0-2"


def put(hub: Hub, name: str, rule: str, *arguments: str, version: str = RULES) -> int:
    return hub.ask("PUT", f"{version}/{name}/rule-type/{rule}", {"ruleArguments": list(arguments)}).status_code


@pytest.mark.parametrize(
    ("name", "rule", "arguments", "good", "bad"),
    [
        ("zip", "ALPHANUMERIC", ["NUMERIC_ONLY"], "12345", "LS1 4DY"),
        ("zip", "ALPHANUMERIC", ["ALPHANUMERIC"], "LS14DY", "LS1 4DY"),
        ("name", "MIN_LENGTH", ["3"], "Elm", "El"),
        ("name", "MAX_LENGTH", ["3"], "Elm", "Elms"),
        ("phone", "REGEX", [r"\+44\d+"], "+441134960000", "0113 496 0000"),
        ("city", "WHITESPACE", ["NO_LEADING_TRAILING"], "Leeds", " Leeds"),
        ("numberofemployees", "MIN_NUMBER", ["1"], "1", "0"),
        ("numberofemployees", "MAX_NUMBER", ["10"], "10", "10.5"),
    ],
)
def test_a_value_that_breaks_a_rule_is_refused(
    hub: Hub, name: str, rule: str, arguments: list[str], good: str, bad: str
) -> None:
    assert put(hub, name, rule, *arguments) == 204
    body = {"domain": "x.example", name: bad}
    status, refusal = hub.refused("POST", "/crm/v3/objects/companies", {"properties": body})
    assert (status, refusal["errors"][0]["context"]["propertyName"]) == (400, [name])
    assert hub.make("companies", {**body, name: good})


@pytest.mark.parametrize(
    ("rule", "arguments", "good", "bad"),
    [
        ("START_DATE", ["2026-01-01"], "2026-01-01", "2025-12-31"),
        ("END_DATE", ["2026-01-01"], "2026-01-01", "2026-01-02"),
        ("DAYS_OF_WEEK", ["MONDAY", "TUESDAY"], "2026-06-29", "2026-06-28"),
    ],
)
def test_dates_have_rules_too(hub: Hub, rule: str, arguments: list[str], good: str, bad: str) -> None:
    own = {"name": "audit", "label": "Audit", "type": "date", "fieldType": "date", "groupName": "companyinformation"}
    hub.post("/crm/v3/properties/companies", own, 201)
    put(hub, "audit", rule, *arguments)
    assert hub.refused("POST", "/crm/v3/objects/companies", {"properties": {"name": "A", "audit": bad}})[0] == 400
    assert hub.make("companies", name="A", audit=good)


@pytest.mark.parametrize(
    ("rule", "domain", "good", "bad"),
    [
        ("EMAIL_ALLOWED_DOMAINS", "a.example", "ann@a.example", "ann@b.example"),
        ("EMAIL_BLOCKED_DOMAINS", "b.example", "ann@a.example", "ann@b.example"),
    ],
)
def test_addresses_may_be_held_to_domains(hub: Hub, rule: str, domain: str, good: str, bad: str) -> None:
    assert put(hub, "email", rule, domain, version="/crm/v3/property-validations/0-1") == 204
    assert hub.refused("POST", "/crm/v3/objects/contacts", {"properties": {"email": bad}})[0] == 400
    assert hub.make("contacts", email=good)


def test_clearing_is_no_value_and_breaks_no_rule(hub: Hub) -> None:
    company = hub.make("companies", name="A", city="Leeds")
    put(hub, "city", "MIN_LENGTH", "3")
    hub.ask("PATCH", f"/crm/v3/objects/companies/{company}", {"properties": {"city": ""}})
    assert hub.values("companies", company, "city") == {"city": None}


def test_rules_of_one_type_replace_each_other_and_others_stay(hub: Hub) -> None:
    put(hub, "name", "MIN_LENGTH", "3")
    put(hub, "name", "MAX_LENGTH", "9")
    put(hub, "name", "MIN_LENGTH", "4")
    rows = hub.get(f"{RULES}/name")["results"]
    assert {row["ruleType"]: row["ruleArguments"] for row in rows} == {"MIN_LENGTH": ["4"], "MAX_LENGTH": ["9"]}
    assert hub.get(f"{RULES}/name/rule-type/MAX_LENGTH")["ruleArguments"] == ["9"]


def test_an_account_lists_the_properties_that_have_rules(hub: Hub) -> None:
    assert hub.get(RULES)["results"] == []
    put(hub, "zip", "ALPHANUMERIC", "NUMERIC_ONLY", version="/crm/property-validations/2026-03/0-2")
    expected = {"ruleType": "ALPHANUMERIC", "ruleArguments": ["NUMERIC_ONLY"]}
    assert hub.get(RULES)["results"] == [{"propertyName": "zip", "propertyValidationRules": [expected]}]


@pytest.mark.parametrize(("name", "rule"), [("zip", "MIN_NUMBER"), ("zip", "PRETTY"), ("numberofemployees", "REGEX")])
def test_a_rule_must_fit_the_propertys_type(hub: Hub, name: str, rule: str) -> None:
    assert put(hub, name, rule, "1") == 400


@pytest.mark.parametrize(
    ("name", "rule", "arguments"),
    [
        ("zip", "REGEX", ["("]),
        ("zip", "MIN_LENGTH", ["many"]),
        ("zip", "MIN_LENGTH", []),
        ("zip", "ALPHANUMERIC", ["RUNES"]),
        ("numberofemployees", "MAX_NUMBER", ["much"]),
    ],
)
def test_arguments_that_make_no_sense_are_refused(hub: Hub, name: str, rule: str, arguments: list[str]) -> None:
    assert put(hub, name, rule, *arguments) == 400
    assert hub.make("companies", name="A", zip="LS1 4DY", numberofemployees="5")


def test_what_is_not_there_is_not_found(hub: Hub) -> None:
    assert put(hub, "none", "MIN_LENGTH", "1") == 404
    assert hub.refused("GET", f"{RULES}/zip/rule-type/REGEX")[0] == 404


def test_before_the_release_of_autumn_2026_rules_bind_forms_only(hub: Hub) -> None:
    put(hub, "zip", "ALPHANUMERIC", "NUMERIC_ONLY")
    hub.configure(validation_rules_bind_the_api=False)
    assert hub.make("companies", name="A", zip="LS1 4DY")
