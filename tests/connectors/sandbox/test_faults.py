from __future__ import annotations

from typing import Any

import pytest

from connectors.sandbox.faults import Fault, FaultPlan, fault_from


def struck(plan: FaultPlan, requests: int, method: str = "GET", path: str = "/a") -> list[int]:
    """The numbers of the requests that were struck, out of so many alike."""
    return [number for number in range(1, requests + 1) if plan.strike(method, path)]


@pytest.mark.parametrize(
    ("nth", "times", "expected"),
    [(1, 1, [1]), (2, 1, [2]), (2, 3, [2, 3, 4]), (1, None, [1, 2, 3, 4, 5, 6]), (5, None, [5, 6]), (7, 1, [])],
)
def test_occurrences(nth: int, times: int | None, expected: list[int]) -> None:
    plan = FaultPlan()
    plan.add(Fault("cut", nth=nth, times=times))
    assert struck(plan, 6) == expected


@pytest.mark.parametrize(
    ("pattern", "hits"),
    [
        ({"path": "^/crm/v3/objects/tasks"}, True),
        ({"path": "tasks$"}, False),
        ({"path": "^/crm/v3/objects/notes"}, False),
        ({"method": "POST"}, True),
        ({"method": "GET"}, False),
        ({"method": "*"}, True),
        ({"query": "limit=100"}, True),
        ({"query": "limit=100$"}, False),
        ({"contains": '"subject": "Call'}, True),
        ({"contains": "never there"}, False),
        ({"method": "POST", "path": "tasks", "contains": "nothing"}, False),
    ],
)
def test_what_a_fault_concerns(pattern: dict[str, Any], hits: bool) -> None:
    plan = FaultPlan()
    plan.add(Fault("cut", **pattern))
    body = '{"subject": "Call Ann"}'
    assert (plan.strike("POST", "/crm/v3/objects/tasks/batch", "limit=100&after=2", body) is not None) is hits


def test_only_matching_requests_count() -> None:
    plan = FaultPlan()
    plan.add(Fault("cut", path="^/b", nth=2))
    assert struck(plan, 5, path="/a") == []
    assert struck(plan, 3, path="/b") == [2]


def test_every_matching_fault_counts_but_one_strikes() -> None:
    plan = FaultPlan()
    first, second = Fault("cut", nth=1), Fault("html", nth=2)
    plan.add(first, second)
    assert plan.strike("GET", "/a") is first
    assert plan.strike("GET", "/a") is second
    assert [entry["seen"] for entry in plan.dump()] == [2, 2]


def test_clear_lets_all_pass() -> None:
    plan = FaultPlan()
    plan.add(Fault("cut", times=None))
    plan.clear()
    assert struck(plan, 3) == []
    assert plan.dump() == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"do": "explode"}, "unknown fault 'explode'"),
        ({"do": "cut", "path_regex": "x"}, "path_regex"),
        ({"path": "/a"}, "needs 'do'"),
        ({"do": "cut", "nth": 0}, "count from 1"),
        ({"do": "cut", "times": 0}, "count from 1"),
    ],
)
def test_a_fault_that_could_not_happen_is_refused(data: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        fault_from(data)


def test_faults_from_json_keep_everything() -> None:
    data: dict[str, object] = {
        "do": "status",
        "method": "POST",
        "path": "^/x",
        "status": 429,
        "headers": {"Retry-After": "3"},
        "body": "{}",
    }
    fault = fault_from(data)
    assert (fault.status, fault.headers, fault.body, fault.nth, fault.times) == (429, {"Retry-After": "3"}, "{}", 1, 1)
    assert fault.prevents


@pytest.mark.parametrize("do", ["cut", "hang", "drip", "apply_then_cut", "truncate"])
def test_the_other_faults_carry_the_request_out(do: Any) -> None:
    assert not Fault(do).prevents
