"""Nonsense in paths, queries and bodies is refused in the vendor's shape; it never breaks the simulator."""

from __future__ import annotations

import re
from typing import Any

import pytest

from connectors.hubspot.sandbox.routes import INSIDE, ROUTES, unversioned
from tests.connectors.hubspot.hub import Hub


def _branch(inner: Any) -> Any:
    """The filter of a list around whatever is inside."""
    return {"filterBranchType": "OR", "filterBranches": [inner]}


JUNK: tuple[Any, ...] = (
    None,
    [],
    "text",
    7,
    {},
    {"inputs": None},
    {"inputs": "x"},
    {"inputs": [None]},
    {"inputs": ["x"]},
    {"inputs": [{}]},
    {"inputs": [{"id": None}]},
    {"inputs": [{"id": {"a": 1}, "idProperty": ["x"], "properties": 3}]},
    {"inputs": [{"id": "1", "properties": {"name": {"a": 1}}, "associations": 5}]},
    {"inputs": [{"from": "a", "to": "b", "types": "c"}]},
    {"inputs": [{"from": {"id": "1"}, "to": [1], "types": [{}]}]},
    {"inputs": [{"id": "1", "after": "x"}]},
    {"inputs": [{"name": 1, "type": [], "fieldType": {}, "groupName": 0, "label": 0, "options": 5}]},
    {"properties": {"name": ["a"]}, "associations": [{"to": 5}]},
    {"properties": "x", "associations": "y"},
    {"filterGroups": "x"},
    {"filterGroups": [1]},
    {"filterGroups": [{"filters": "x"}]},
    {"filterGroups": [{"filters": [{"propertyName": [], "operator": {}}]}]},
    {"filterGroups": [{"filters": [{"propertyName": "name", "operator": "IN", "values": [{}]}]}]},
    {"sorts": "x", "limit": "y", "after": {}, "query": [], "properties": 5},
    {"sorts": [5]},
    {"limit": True, "after": True},
    {"primaryObjectId": {}, "objectIdToMerge": []},
    {"ruleArguments": "x"},
    {"ruleArguments": [1]},
    {"name": "L", "objectTypeId": {}, "processingType": []},
    {"name": "L", "objectTypeId": "0-3", "processingType": "DYNAMIC", "filterBranch": "x"},
    {"name": "L", "objectTypeId": "0-3", "processingType": "DYNAMIC", "filterBranch": {"filterBranchType": "OR"}},
    {"name": "L", "objectTypeId": "0-3", "processingType": "DYNAMIC", "filterBranch": _branch(1)},
    {"name": "L", "objectTypeId": "0-3", "processingType": "DYNAMIC", "filterBranch": _branch({"filters": 5})},
    {"name": "L", "objectTypeId": "0-3", "processingType": "DYNAMIC", "filterBranch": _branch({"filters": ["x"]})},
    {
        "name": "L",
        "objectTypeId": "0-3",
        "processingType": "DYNAMIC",
        "filterBranch": _branch({"filters": [{"filterType": "PROPERTY", "operation": 7}]}),
    },
    {"listIds": 5, "query": [], "offset": "x", "count": {}, "processingTypes": "y"},
    {"recordIdsToAdd": {}, "recordIdsToRemove": [{}]},
    {"name": "moon", "labels": 5, "properties": [{}]},
    {"name": "moon", "labels": {}, "properties": "x", "requiredProperties": 5},
    {"name": "moon", "labels": {"singular": []}, "associatedObjects": [{}], "primaryDisplayProperty": {}},
    {"toObjectTypeId": []},
    {"associationTypeId": {}, "label": 5, "inverseLabel": []},
    {"label": "a", "inverseLabel": {}, "name": []},
    {"objectId": [], "idProperty": {}},
    {"label": [], "displayOrder": "x", "stages": 5, "name": {}, "metadata": 3},
    {"label": "a", "displayOrder": "x", "stages": [1], "metadata": {"probability": []}},
    {"name": "x y", "label": "l", "type": "string", "fieldType": "text", "groupName": []},
    {
        "name": "x",
        "label": "l",
        "type": "enumeration",
        "fieldType": "select",
        "groupName": "dealinformation",
        "options": [1],
    },
)
QUERIES: tuple[dict[str, str], ...] = (
    {},
    {"limit": "x"},
    {"after": "y"},
    {"associations": "w", "archived": "z"},
    {"idProperty": "q", "limit": "-1", "after": "²"},
)
PATHS = sorted({(method, path) for method, path, _, _ in ROUTES})


def address(path: str, kind: str) -> str:
    """A route's public address, with something in every place of it."""
    filled = re.sub(r"<(?:from_|to_)?kind>", kind, path.removeprefix(INSIDE))
    filled = re.sub(r"<\w+>", "9951", filled)
    for family, base in (("/account-info", ""), ("/files", "/files"), ("/currencies", "/settings")):
        if filled.startswith(family):
            return f"{base}/v3{filled}" if base else filled.replace(family, f"{family}/v3")
    version = "v4" if "/associations" in filled and not filled.startswith("/schemas") else "v3"
    return f"/crm/{version}{filled}"


@pytest.mark.parametrize(("method", "path"), PATHS, ids=lambda value: value.removeprefix(INSIDE))
def test_no_nonsense_breaks_it(hub: Hub, method: str, path: str) -> None:
    hub.make("deals", dealname="d", dealstage="closedwon")
    bodies = JUNK if method in ("POST", "PATCH", "PUT") else (None,)
    for kind, tried in {"deals": bodies, "no such type": bodies[:2]}.items():
        for body, query in [*((each, {}) for each in tried), *((None, each) for each in QUERIES)]:
            answer = hub.ask(method, address(path, kind), body, **query)
            assert answer.status_code < 500, (kind, body, query, answer.text)
            if answer.status_code >= 400 and answer.content:
                assert answer.json()["status"] == "error"


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b'{"a":', b"[" * 10_000])
def test_bodies_that_are_no_json(hub: Hub, body: bytes) -> None:
    answer = hub.session.post(f"{hub.url}/crm/v3/objects/deals", data=body, timeout=10)
    assert (answer.status_code, answer.json()["category"]) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/-/objects/deals",
        "/crm/objects/deals",
        "/crm/v2/objects/deals",
        "/crm/v4/objects/deals",
        "/crm/objects/2025-01/deals",
        "/account-info/details",
        "/crm/v3/associations/deals/contacts/labels",
    ],
)
def test_paths_of_no_version_lead_nowhere(hub: Hub, path: str) -> None:
    assert hub.refused("GET", path)[0] == 404


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("/crm/v3/objects/deals", "/objects/deals"),
        ("/crm/objects/2026-09/deals/7", "/objects/deals/7"),
        ("/crm/v4/objects/deals/7/associations/contacts", "/objects/deals/7/associations/contacts"),
        ("/crm/objects/2026-03/deals/7/associations/contacts", "/objects/deals/7/associations/contacts"),
        ("/crm/associations/2026-03/deals/contacts/labels", "/associations/deals/contacts/labels"),
        ("/crm/v3/owners/", "/owners/"),
        ("/crm/owners/2026-03", "/owners"),
        ("/account-info/2026-09/details", "/account-info/details"),
    ],
)
def test_versions_lead_to_one_table(path: str, inside: str) -> None:
    assert unversioned(path) == INSIDE + inside
