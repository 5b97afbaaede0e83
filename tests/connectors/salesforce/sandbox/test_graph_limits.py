"""Composite graphs: how many, how deep; and conditions of single subrequests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.salesforce.sandbox.moments import read_instant, write_http_date
from tests.connectors.salesforce.orgs import BASE, Api

URL = f"{BASE}/sobjects/Account"


def node(name: str, parent: str | None = None) -> dict[str, Any]:
    """Return a subrequest that creates an account, perhaps below another of the graph."""
    body = {"Name": name, **({"ParentId": f"@{{{parent}.id}}"} if parent else {})}
    return {"method": "POST", "url": URL, "referenceId": name, "body": body}


def chain(length: int) -> list[dict[str, Any]]:
    """Return subrequests that hang on each other in a row."""
    return [node(f"n{number}", f"n{number - 1}" if number else None) for number in range(length)]


def send(api: Api, *graphs: list[dict[str, Any]]) -> tuple[int, Any]:
    """Send graphs."""
    body = {"graphs": [{"graphId": f"g{number}", "compositeRequest": one} for number, one in enumerate(graphs)]}
    return api.call("POST", "composite/graph", body)


@pytest.mark.parametrize(("depth", "status"), [(15, 200), (16, 400)])
def test_a_graph_is_fifteen_nodes_deep_at_most(api: Api, depth: int, status: int) -> None:
    assert send(api, chain(depth))[0] == status
    assert len(api.column("SELECT Id FROM Account")) == (depth if status == 200 else 0)


@pytest.mark.parametrize(("count", "status"), [(75, 200), (76, 400)])
def test_a_payload_holds_seventy_five_graphs_at_most(api: Api, count: int, status: int) -> None:
    assert send(api, *[[node("n")] for _ in range(count)])[0] == status


@pytest.mark.parametrize(("sizes", "status"), [((250, 250), 200), ((250, 251), 400), ((501,), 400)])
def test_a_payload_holds_five_hundred_nodes_at_most(api: Api, sizes: tuple[int, ...], status: int) -> None:
    graphs = [[node(f"n{number}") for number in range(size)] for size in sizes]
    assert send(api, *graphs)[0] == status


def test_a_graph_has_fifteen_kinds_of_nodes_at_most(api: Api) -> None:
    names = ["Account", "Contact", "Opportunity", "Contract", "Case", "Task", "Event", "Lead"]
    requests = [
        {"method": method, "url": f"{BASE}/sobjects/{name}/x", "referenceId": f"{method}{name}"}
        for name in names
        for method in ("GET", "DELETE")
    ]
    assert send(api, requests)[0] == 400
    assert send(api, requests[:15])[0] == 200


def test_after_fourteen_failed_graphs_the_rest_is_left_alone(api: Api) -> None:
    bad: list[dict[str, Any]] = [{"method": "POST", "url": URL, "referenceId": "x", "body": {}}]
    _, answer = send(api, *[bad] * 14, [node("n")])
    last = answer["graphs"][-1]
    assert last["isSuccessful"] is False
    assert last["graphResponse"]["compositeResponse"][0]["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert api.column("SELECT Id FROM Account") == []


@pytest.mark.parametrize(("seconds", "status"), [(-1, 412), (0, 204)])
@pytest.mark.parametrize("kind", ["composite", "graph"])
def test_a_subrequest_keeps_to_its_own_condition(api: Api, kind: str, seconds: int, status: int) -> None:
    row_id = api.create("Contact", LastName="a")
    changed = read_instant(str(api.row("Contact", row_id)["LastModifiedDate"])) + timedelta(seconds=seconds)
    request = {
        "method": "PATCH",
        "url": f"{BASE}/sobjects/Contact/{row_id}",
        "referenceId": "r",
        "httpHeaders": {"If-Unmodified-Since": write_http_date(changed)},
        "body": {"LastName": "b"},
    }
    if kind == "composite":
        _, answer = api.call("POST", "composite", {"compositeRequest": [request]})
    else:
        answer = send(api, [request])[1]["graphs"][0]["graphResponse"]
    assert answer["compositeResponse"][0]["httpStatusCode"] == status
    assert api.row("Contact", row_id)["LastName"] == ("b" if status == 204 else "a")


def test_one_failed_condition_leaves_the_other_subrequests_alone(api: Api) -> None:
    rows = [api.create("Contact", LastName=name) for name in "ab"]
    old = {"If-Unmodified-Since": "Thu, 01 Jan 2026 00:00:00 GMT"}
    requests = [
        {
            "method": "PATCH",
            "url": f"{BASE}/sobjects/Contact/{row_id}",
            "referenceId": f"r{number}",
            "httpHeaders": old if number == 0 else {},
            "body": {"Title": "new"},
        }
        for number, row_id in enumerate(rows)
    ]
    _, answer = api.call("POST", "composite", {"compositeRequest": requests, "allOrNone": False})
    assert [one["httpStatusCode"] for one in answer["compositeResponse"]] == [412, 204]
    assert [api.row("Contact", row_id)["Title"] for row_id in rows] == [None, "new"]
