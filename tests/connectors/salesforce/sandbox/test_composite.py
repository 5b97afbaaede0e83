"""Several calls in one: composite with references, and graphs that stand or fall as a whole."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.salesforce.orgs import BASE, Api

Json = dict[str, Any]


def sub(reference: str, method: str, path: str, body: Json | None = None, **more: Any) -> Json:
    """Return one subrequest."""
    request = {"referenceId": reference, "method": method, "url": f"{BASE}/{path}", **more}
    return request if body is None else {**request, "body": body}


def composite(api: Api, *requests: Json, all_or_none: bool = False) -> list[Json]:
    """Send subrequests and return their answers."""
    status, body = api.call("POST", "composite", {"allOrNone": all_or_none, "compositeRequest": list(requests)})
    assert status == 200, body
    return list(body["compositeResponse"])


def statuses(responses: list[Json]) -> list[int]:
    """Return the status of each answer."""
    return [response["httpStatusCode"] for response in responses]


def test_a_parent_and_its_child_are_made_in_one_call(api: Api) -> None:
    responses = composite(
        api,
        sub("parent", "POST", "sobjects/Account", {"Name": "Acme"}),
        sub("child", "POST", "sobjects/Contact", {"LastName": "Lopez", "AccountId": "@{parent.id}"}),
        sub("read", "GET", "sobjects/Contact/@{child.id}?fields=LastName,AccountId"),
        sub("list", "GET", "query?q=SELECT+Name+FROM+Account+WHERE+Id='@{parent.id}'"),
        sub("name", "PATCH", "sobjects/Account/@{parent.id}", {"Site": "of @{list.records[0].Name}"}),
    )
    assert statuses(responses) == [201, 201, 200, 200, 204]
    assert [response["referenceId"] for response in responses] == ["parent", "child", "read", "list", "name"]
    assert responses[2]["body"]["AccountId"] == responses[0]["body"]["id"]
    assert api.column("SELECT Site FROM Account") == ["of Acme"]
    assert responses[4]["body"] is None
    assert responses[0]["httpHeaders"]["Location"].endswith(responses[0]["body"]["id"])


def test_a_failed_subrequest_leaves_the_others_alone(api: Api) -> None:
    responses = composite(
        api,
        sub("a", "POST", "sobjects/Account", {"Name": "Acme"}),
        sub("b", "POST", "sobjects/Account", {}),
        sub("c", "POST", "sobjects/Contact", {"LastName": "x", "AccountId": "@{b.id}"}),
        sub("d", "POST", "sobjects/Account", {"Name": "Other"}),
    )
    assert statuses(responses) == [201, 400, 400, 201]
    assert responses[1]["body"][0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    assert responses[2]["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert "b.id" in responses[2]["body"][0]["message"]
    assert api.column("SELECT Name FROM Account ORDER BY Name") == ["Acme", "Other"]


def test_all_or_none_takes_everything_back(api: Api) -> None:
    kept = api.create("Account", Name="kept")
    responses = composite(
        api,
        sub("a", "POST", "sobjects/Account", {"Name": "Acme"}),
        sub("b", "PATCH", f"sobjects/Account/{kept}", {"Name": "changed"}),
        sub("c", "POST", "sobjects/Account", {}),
        sub("d", "POST", "sobjects/Account", {"Name": "later"}),
        all_or_none=True,
    )
    assert statuses(responses) == [400] * 4
    assert [response["body"][0]["errorCode"] for response in responses] == [
        "PROCESSING_HALTED",
        "PROCESSING_HALTED",
        "REQUIRED_FIELD_MISSING",
        "PROCESSING_HALTED",
    ]
    assert api.column("SELECT Name FROM Account") == ["kept"]


def test_a_composite_call_counts_once(api: Api) -> None:
    before = api.app.site.quota.used
    composite(api, *[sub(f"r{number}", "GET", "limits") for number in range(25)])
    assert api.app.site.quota.used == before + 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"compositeRequest": []}, "INVALID_INPUT"),
        ({"compositeRequest": [sub(f"r{number}", "GET", "limits") for number in range(26)]}, "INVALID_INPUT"),
        ({"compositeRequest": "x"}, "JSON_PARSER_ERROR"),
        ({}, "JSON_PARSER_ERROR"),
    ],
)
def test_a_malformed_composite_is_refused(api: Api, body: Json, code: str) -> None:
    assert api.refusal("POST", "composite", body) == (400, code)


@pytest.mark.parametrize("url", ["/services/data/v59.0/limits", "/other", f"{BASE}/nothing", ""])
def test_a_subrequest_to_another_version_or_nowhere_is_not_found(api: Api, url: str) -> None:
    request = {"referenceId": "a", "method": "GET", "url": url}
    status, body = api.call("POST", "composite", {"compositeRequest": [request]})
    assert status == 200
    assert body["compositeResponse"][0]["httpStatusCode"] == 404


def test_headers_of_a_subrequest_reach_it(api: Api) -> None:
    row_id = api.create("Account", Name="Acme")
    old = {"If-Unmodified-Since": "Thu, 01 Jan 2026 00:00:00 GMT"}
    responses = composite(api, sub("a", "PATCH", f"sobjects/Account/{row_id}", {"Name": "x"}, httpHeaders=old))
    assert statuses(responses) == [412]


# graphs


def graph_of(graph_id: str, *requests: Json) -> Json:
    """Return one graph."""
    return {"graphId": graph_id, "compositeRequest": list(requests)}


def send_graphs(api: Api, *graphs: Json) -> list[Json]:
    """Send graphs and return their answers."""
    status, body = api.call("POST", "composite/graph", {"graphs": list(graphs)})
    assert status == 200, body
    return list(body["graphs"])


def test_each_graph_stands_or_falls_alone(api: Api) -> None:
    good = graph_of(
        "good",
        sub("a", "POST", "sobjects/Account", {"Name": "Acme"}),
        sub("c", "POST", "sobjects/Contact", {"LastName": "x", "AccountId": "@{a.id}"}),
    )
    bad = graph_of(
        "bad", sub("a", "POST", "sobjects/Account", {"Name": "Lost"}), sub("b", "POST", "sobjects/Contact", {})
    )
    answers = send_graphs(api, bad, good)
    assert [(answer["graphId"], answer["isSuccessful"]) for answer in answers] == [("bad", False), ("good", True)]
    assert statuses(answers[0]["graphResponse"]["compositeResponse"]) == [400, 400]
    assert statuses(answers[1]["graphResponse"]["compositeResponse"]) == [201, 201]
    assert api.column("SELECT Name FROM Account") == ["Acme"]


def test_after_fourteen_failed_graphs_the_rest_is_left_alone(api: Api) -> None:
    bad = [graph_of(f"bad{number}", sub("a", "POST", "sobjects/Account", {})) for number in range(14)]
    answers = send_graphs(api, *bad, graph_of("late", sub("a", "POST", "sobjects/Account", {"Name": "Late"})))
    assert [answer["isSuccessful"] for answer in answers] == [False] * 15
    last = answers[-1]["graphResponse"]["compositeResponse"][0]
    assert last["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert api.column("SELECT Id FROM Account") == []


def test_too_many_graphs_or_nodes_are_refused(api: Api) -> None:
    one = sub("a", "POST", "sobjects/Account", {"Name": "x"})
    assert api.refusal("POST", "composite/graph", {"graphs": [graph_of("g", one)] * 76}) == (400, "INVALID_INPUT")
    wide = graph_of("g", *[one] * 251)
    assert api.refusal("POST", "composite/graph", {"graphs": [wide, wide]}) == (400, "INVALID_INPUT")
    assert api.column("SELECT Id FROM Account") == []
