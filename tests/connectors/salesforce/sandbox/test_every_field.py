"""Every field of every object, by its own description: what it says it takes is taken, what it refuses is refused."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.salesforce.sandbox.ids import make_id
from tests.connectors.salesforce.orgs import Api, open_org

Field = dict[str, Any]
OBJECTS = ("Account", "Contact", "Opportunity", "OpportunityContactRole", "Contract", "Case", "Task", "Event")
ENOUGH: dict[str, dict[str, Any]] = {
    "Account": {"Name": "Acme"},
    "Contact": {"LastName": "Lopez"},
    "Opportunity": {"Name": "Deal", "StageName": "Prospecting", "CloseDate": "2026-07-01"},
    "OpportunityContactRole": {},
    "Contract": {},
    "Case": {"Subject": "x"},
    "Task": {"Subject": "x"},
    "Event": {"StartDateTime": "2026-07-01T09:00:00Z", "DurationInMinutes": 30},
}
NOT_IN_THE_ORG = {"Lead", "Group", "Campaign", "Pricebook2", "UserRole"}


@pytest.fixture(scope="module")
def api() -> Api:
    """An org with one record of each kind to point at."""
    api = Api(open_org())
    account = api.create("Account", Name="Parent")
    ENOUGH["Contract"]["AccountId"] = account
    contact = api.create("Contact", LastName="Person", AccountId=account)
    deal = api.create("Opportunity", **ENOUGH["Opportunity"])
    ENOUGH["OpportunityContactRole"].update(OpportunityId=deal, ContactId=contact)
    api.create("Case", Subject="Case")
    api.create("Contract", AccountId=account)
    return api


def fields_of(api: Api, name: str) -> list[Field]:
    """Return the fields of an object."""
    return list(api.get(f"sobjects/{name}/describe")["fields"])


def target_of(api: Api, field: Field) -> str | None:
    """Return the id of a record that a reference may point at, None when the org has none."""
    for name in field["referenceTo"]:
        if name not in NOT_IN_THE_ORG:
            found = api.column(f"SELECT Id FROM {name} ORDER BY Id LIMIT 1")
            if found:
                return str(found[0])
    return None


def sample(api: Api, field: Field) -> Any:
    """Return a value that the field should take."""
    kind = field["type"]
    if kind == "reference":
        return target_of(api, field)
    if kind in {"picklist", "multipicklist", "combobox"} and field["picklistValues"]:
        return field["picklistValues"][0]["value"]
    if kind == "email":
        return "somebody@acme.example"
    plain = {
        "boolean": True,
        "int": 7,
        "double": 7.0,
        "currency": 7.0,
        "percent": 7.0,
        "date": "2026-07-01",
        "datetime": "2026-07-01T09:00:00.000+0000",
    }
    return plain.get(kind, "x" * min(field["length"], 30))


def too_much(field: Field) -> Any:
    """Return a value that the field should refuse as too long or too large, None when it has no such bound."""
    kind = field["type"]
    if kind in {"string", "textarea", "url", "phone", "combobox"}:
        return "x" * (field["length"] + 1)
    if kind == "int":
        return 10 ** field["digits"]
    if kind in {"double", "currency", "percent"}:
        return 10 ** (field["precision"] - field["scale"])
    return None


@pytest.mark.parametrize("name", OBJECTS)
def test_every_writable_field_takes_its_kind_of_value_and_gives_it_back(api: Api, name: str) -> None:
    for field in fields_of(api, name):
        value = sample(api, field)
        if not field["createable"] or value is None or field["name"] in {"Status", "EndDateTime"}:
            continue
        row = api.row(name, api.create(name, **{**ENOUGH[name], field["name"]: value}))
        assert row[field["name"]] == value, field["name"]


@pytest.mark.parametrize("name", OBJECTS)
def test_every_updateable_field_can_be_changed_and_cleared(api: Api, name: str) -> None:
    row_id = api.create(name, **ENOUGH[name])
    for field in fields_of(api, name):
        value = sample(api, field)
        if not field["updateable"] or value is None or field["name"] in {"Status", "EndDateTime"}:
            continue
        api.update(name, row_id, **{field["name"]: value})
        assert api.row(name, row_id)[field["name"]] == value
        clears = field["nillable"] and field["name"] not in {"StartDateTime", "ActivityDateTime", "DurationInMinutes"}
        if clears and field["name"] not in {"Probability", "ForecastCategoryName", "ActivityDate", "ShowAs"}:
            api.update(name, row_id, **{field["name"]: None})
            assert api.row(name, row_id)[field["name"]] is None, field["name"]


@pytest.mark.parametrize("name", OBJECTS)
def test_every_field_that_must_be_filled_cannot_be_cleared(api: Api, name: str) -> None:
    row_id = api.create(name, **ENOUGH[name])
    for field in fields_of(api, name):
        if field["updateable"] and not field["nillable"]:
            status, body = api.call("PATCH", f"sobjects/{name}/{row_id}", {field["name"]: None})
            assert status == 400, field["name"]
            assert body[0]["errorCode"] in {
                "REQUIRED_FIELD_MISSING",
                "INVALID_TYPE_ON_FIELD_IN_RECORD",
                "FAILED_ACTIVATION",
            }


@pytest.mark.parametrize("name", OBJECTS)
def test_every_bound_is_kept(api: Api, name: str) -> None:
    for field in fields_of(api, name):
        value = too_much(field)
        if not field["createable"] or value is None:
            continue
        status, body = api.call("POST", f"sobjects/{name}", {**ENOUGH[name], field["name"]: value})
        assert status == 400, field["name"]
        assert body[0]["errorCode"] in {"STRING_TOO_LONG", "NUMBER_OUTSIDE_VALID_RANGE"}
        assert body[0]["fields"] == [field["name"]]


@pytest.mark.parametrize("name", OBJECTS)
def test_every_restricted_picklist_refuses_other_values_and_every_other_one_takes_them(api: Api, name: str) -> None:
    for field in fields_of(api, name):
        if field["type"] != "picklist" or not field["createable"] or (name, field["name"]) == ("Contract", "Status"):
            continue
        status, body = api.call("POST", f"sobjects/{name}", {**ENOUGH[name], field["name"]: "Something else"})
        if field["restrictedPicklist"]:
            assert (status, body[0]["errorCode"]) == (400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"), field["name"]
        else:
            assert status == 201, field["name"]


@pytest.mark.parametrize("name", OBJECTS)
def test_every_reference_refuses_what_is_none_or_not_there(api: Api, name: str) -> None:
    for field in fields_of(api, name):
        if field["type"] != "reference" or not field["createable"]:
            continue
        for value, codes in (
            ("nonsense", {"MALFORMED_ID"}),
            (make_id("zzz", 1), {"MALFORMED_ID"}),
            (make_id("001", 9999), {"INVALID_CROSS_REFERENCE_KEY", "MALFORMED_ID"}),
        ):
            status, body = api.call("POST", f"sobjects/{name}", {**ENOUGH[name], field["name"]: value})
            assert (status, body[0]["errorCode"] in codes) == (400, True), (field["name"], value)


@pytest.mark.parametrize("name", OBJECTS)
def test_every_field_can_be_selected_and_filtered_as_described(api: Api, name: str) -> None:
    for field in fields_of(api, name):
        assert api.call("GET", "query", None, None, q=f"SELECT {field['name']} FROM {name} LIMIT 1")[0] == 200
        nothing = "true" if field["type"] == "boolean" else "null"
        status, _ = api.call("GET", "query", None, None, q=f"SELECT Id FROM {name} WHERE {field['name']} = {nothing}")
        assert (status == 200) is field["filterable"], field["name"]
        status, _ = api.call("GET", "query", None, None, q=f"SELECT Id FROM {name} ORDER BY {field['name']}")
        assert (status == 200) is field["sortable"], field["name"]


@pytest.mark.parametrize("name", OBJECTS)
def test_every_parent_can_be_reached_by_its_relationship(api: Api, name: str) -> None:
    for field in fields_of(api, name):
        if field["relationshipName"] and not NOT_IN_THE_ORG.intersection(field["referenceTo"][:1]):
            soql = f"SELECT {field['relationshipName']}.Id FROM {name} LIMIT 1"
            assert api.call("GET", "query", None, None, q=soql)[0] == 200, soql


@pytest.mark.parametrize("name", OBJECTS)
def test_every_child_can_be_reached_by_its_relationship(api: Api, name: str) -> None:
    for child in api.get(f"sobjects/{name}/describe")["childRelationships"]:
        soql = f"SELECT (SELECT Id FROM {child['relationshipName']}) FROM {name} LIMIT 1"
        assert api.call("GET", "query", None, None, q=soql)[0] == 200, soql
