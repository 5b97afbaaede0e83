"""The shape of every kind of answer, member by member, as the vendor's documentation prints it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.connectors.salesforce.orgs import BASE, Api

ID = re.compile(r"[0-9A-Za-z]{18}\Z")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000\Z")
DAY = re.compile(r"\d{4}-\d\d-\d\d\Z")


def shape(value: Any) -> Any:
    """Return a value with its facts replaced by their kinds."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    if isinstance(value, str):
        for name, pattern in (("id", ID), ("instant", INSTANT), ("day", DAY)):
            if pattern.match(value):
                return name
        return "text"
    return {bool: "flag", int: "whole", float: "number", type(None): None}[type(value)]


@pytest.fixture
def org(api: Api) -> Api:
    """An org with an account, and a key field on it."""
    api.add_field("Account.Key__c", unique=True, externalId=True)
    api.create("Account", Name="Acme", Key__c="A-1", AnnualRevenue=5, NumberOfEmployees=2)
    return api


ATTRIBUTES = {"type": "text", "url": "text"}
ERROR = [{"message": "text", "errorCode": "text"}]
ERROR_OF_FIELDS = [{"message": "text", "errorCode": "text", "fields": ["text"]}]
SAVED = {"id": "id", "success": "flag", "errors": []}
REFUSED = {"success": "flag", "errors": [{"statusCode": "text", "message": "text", "fields": ["text"]}]}


def of(**values: Any) -> dict[str, Any]:
    """Return one account of a collection."""
    return {"attributes": {"type": "Account"}, **values}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "expected"),
    [
        ("GET", "/services/data/", None, 200, [{"label": "text", "url": "text", "version": "text"}]),
        ("POST", "sobjects/Account", {"Name": "x"}, 201, SAVED),
        ("POST", "sobjects/Account", {}, 400, ERROR_OF_FIELDS),
        ("POST", "sobjects/Account", {"Nope": 1}, 400, ERROR),
        ("GET", "sobjects/Nope/describe", None, 404, ERROR),
        ("PATCH", "sobjects/Account/Key__c/A-1", {"Name": "x"}, 200, {**SAVED, "created": "flag"}),
        ("PATCH", "sobjects/Account/Key__c/A-2", {"Name": "x"}, 201, {**SAVED, "created": "flag"}),
        ("POST", "composite/sobjects", {"records": [of(Name="x")]}, 200, [SAVED]),
        ("POST", "composite/sobjects", {"records": [of()]}, 200, [REFUSED]),
        (
            "PATCH",
            "composite/sobjects/Account/Key__c",
            {"records": [of(Name="x", Key__c="A-3")]},
            200,
            [{**SAVED, "created": "flag"}],
        ),
        ("DELETE", "composite/sobjects?ids=x", None, 200, [{"id": "text", **REFUSED}]),
        (
            "GET",
            "query?q=SELECT+Id,Name,AnnualRevenue,NumberOfEmployees,CreatedDate,LastActivityDate,Owner.Name+FROM+Account",
            None,
            200,
            {
                "totalSize": "whole",
                "done": "flag",
                "records": [
                    {
                        "attributes": ATTRIBUTES,
                        "Id": "id",
                        "Name": "text",
                        "AnnualRevenue": "number",
                        "NumberOfEmployees": "whole",
                        "CreatedDate": "instant",
                        "LastActivityDate": None,
                        "Owner": {"attributes": ATTRIBUTES, "Name": "text"},
                    }
                ],
            },
        ),
        (
            "GET",
            "query?q=SELECT+COUNT()+FROM+Account",
            None,
            200,
            {"totalSize": "whole", "done": "flag", "records": []},
        ),
        (
            "GET",
            "query?q=SELECT+COUNT(Id)+n+FROM+Account",
            None,
            200,
            {"totalSize": "whole", "done": "flag", "records": [{"attributes": {"type": "text"}, "n": "whole"}]},
        ),
        ("GET", "query?q=SELECT", None, 400, ERROR),
        (
            "GET",
            "sobjects/Account/updated?start=2026-06-30T08:00:00Z&end=2026-06-30T10:00:00Z",
            None,
            200,
            {"ids": ["id"], "latestDateCovered": "instant"},
        ),
        (
            "GET",
            "sobjects/Account/deleted?start=2026-06-30T08:00:00Z&end=2026-06-30T10:00:00Z",
            None,
            200,
            {"deletedRecords": [], "earliestDateAvailable": "instant", "latestDateCovered": "instant"},
        ),
        (
            "POST",
            "composite",
            {"compositeRequest": [{"referenceId": "a", "method": "GET", "url": f"{BASE}/query?q=x"}]},
            200,
            {
                "compositeResponse": [
                    {"body": ERROR, "httpHeaders": {}, "httpStatusCode": "whole", "referenceId": "text"}
                ]
            },
        ),
        (
            "POST",
            "composite/graph",
            {
                "graphs": [
                    {
                        "graphId": "g",
                        "compositeRequest": [
                            {
                                "referenceId": "a",
                                "method": "POST",
                                "url": f"{BASE}/sobjects/Account",
                                "body": {"Name": "x"},
                            }
                        ],
                    }
                ]
            },
            200,
            {
                "graphs": [
                    {
                        "graphId": "text",
                        "graphResponse": {
                            "compositeResponse": [
                                {
                                    "body": SAVED,
                                    "httpHeaders": {"Location": "text"},
                                    "httpStatusCode": "whole",
                                    "referenceId": "text",
                                }
                            ]
                        },
                        "isSuccessful": "flag",
                    }
                ]
            },
        ),
        (
            "POST",
            "tooling/sobjects/CustomField",
            {"FullName": "Account.New__c", "Metadata": {"label": "New", "type": "Date"}},
            201,
            {**SAVED, "warnings": [], "infos": []},
        ),
        ("GET", "sobjects/Account", None, 200, None),
    ],
)
def test_an_answer_has_its_shape(org: Api, method: str, path: str, body: Any, status: int, expected: Any) -> None:
    where, _, query = path.partition("?")
    parameters = dict(pair.split("=", 1) for pair in query.split("&")) if query else {}
    found, answer = org.call(
        method, where, body, None, **{name: value.replace("+", " ") for name, value in parameters.items()}
    )
    assert found == status, answer
    if expected is not None:
        assert shape(answer) == expected


def test_a_deleted_row_in_the_feed_has_its_shape(org: Api) -> None:
    org.delete("Account", org.create("Account", Name="gone"))
    answer = org.get("sobjects/Account/deleted", start="2026-06-30T08:00:00Z", end="2026-06-30T10:00:00Z")
    assert shape(answer["deletedRecords"]) == [{"id": "id", "deletedDate": "instant"}]


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("Id", "id"),
        ("OwnerId", "id"),
        ("Name", "text"),
        ("IsDeleted", "flag"),
        ("AnnualRevenue", "number"),
        ("NumberOfEmployees", "whole"),
        ("CreatedDate", "instant"),
        ("SystemModstamp", "instant"),
        ("ParentId", None),
        ("BillingAddress", None),
    ],
)
def test_a_value_has_its_kind(org: Api, field: str, kind: str | None) -> None:
    assert shape(org.rows(f"SELECT {field} FROM Account LIMIT 1")[0][field]) == kind


def test_a_date_is_a_day_without_time(api: Api) -> None:
    api.create("Opportunity", Name="x", StageName="Prospecting", CloseDate="2026-07-01")
    assert shape(api.rows("SELECT CloseDate FROM Opportunity")[0]) == {"CloseDate": "day"}


def test_the_top_of_a_description_has_its_members(api: Api) -> None:
    answer = api.get("sobjects/Account/describe")
    expected = {
        "name",
        "label",
        "labelPlural",
        "keyPrefix",
        "custom",
        "createable",
        "updateable",
        "deletable",
        "undeletable",
        "mergeable",
        "queryable",
        "replicateable",
        "retrieveable",
        "searchable",
        "triggerable",
        "fields",
        "recordTypeInfos",
        "childRelationships",
        "urls",
    }
    assert answer.keys() >= expected
    assert answer["recordTypeInfos"][0]["master"] is True


def test_no_answer_of_the_api_ever_has_a_bare_word_for_a_body(api: Api) -> None:
    for path in ("limits", "sobjects", "", "sobjects/Account"):
        assert isinstance(api.get(path), dict)
