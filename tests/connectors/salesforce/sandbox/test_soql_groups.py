"""GROUP BY and aggregate functions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.salesforce.orgs import Api, open_org


@pytest.fixture(scope="module")
def api() -> Api:
    """Five opportunities in three stages."""
    api = Api(open_org())
    account = api.create("Account", Name="Acme")
    for name, stage, amount, day in (
        ("a", "Prospecting", 100, "2026-01-10"),
        ("b", "Prospecting", 300, "2026-02-10"),
        ("c", "Closed Won", 50, "2026-03-10"),
        ("d", "Closed Won", None, "2026-04-10"),
        ("e", "Closed Lost", None, "2026-05-10"),
    ):
        parent = account if name in "abc" else None
        api.create("Opportunity", Name=name, StageName=stage, Amount=amount, CloseDate=day, AccountId=parent)
    return api


@pytest.mark.parametrize(
    ("select", "expected"),
    [
        ("COUNT(Id)", {"expr0": 5}),
        ("COUNT(Amount)", {"expr0": 3}),
        ("COUNT(Id) n", {"n": 5}),
        ("COUNT(Id), SUM(Amount)", {"expr0": 5, "expr1": 450.0}),
        ("COUNT(Id) n, SUM(Amount)", {"n": 5, "expr0": 450.0}),
        ("AVG(Amount) mean", {"mean": 150.0}),
        ("MIN(Amount) low, MAX(Amount) high", {"low": 50.0, "high": 300.0}),
        ("MIN(CloseDate) first, MAX(CloseDate) last", {"first": "2026-01-10", "last": "2026-05-10"}),
        ("MIN(Name) low", {"low": "a"}),
        ("COUNT_DISTINCT(StageName) kinds", {"kinds": 3}),
        ("COUNT_DISTINCT(AccountId) n", {"n": 1}),
    ],
)
def test_over_all_rows(api: Api, select: str, expected: dict[str, Any]) -> None:
    assert api.rows(f"SELECT {select} FROM Opportunity") == [expected]


def test_over_no_rows(api: Api) -> None:
    found = api.rows(
        "SELECT COUNT(Id) n, SUM(Amount) s, AVG(Amount) a, MAX(Amount) m FROM Opportunity WHERE Name = 'x'"
    )
    assert found == [{"n": 0, "s": None, "a": None, "m": None}]


def test_one_row_per_group_in_the_order_asked_for(api: Api) -> None:
    found = api.get(
        "query", q="SELECT StageName, COUNT(Id) n, SUM(Amount) s FROM Opportunity GROUP BY StageName ORDER BY StageName"
    )
    assert found["totalSize"] == 3
    assert [record.pop("attributes") for record in found["records"]] == [{"type": "AggregateResult"}] * 3
    assert found["records"] == [
        {"StageName": "Closed Lost", "n": 1, "s": None},
        {"StageName": "Closed Won", "n": 2, "s": 50.0},
        {"StageName": "Prospecting", "n": 2, "s": 400.0},
    ]


def test_groups_by_a_parents_field_and_by_several(api: Api) -> None:
    found = api.rows(
        "SELECT Account.Name client, IsClosed shut, COUNT(Id) n FROM Opportunity "
        "GROUP BY Account.Name, IsClosed ORDER BY Account.Name, IsClosed"
    )
    assert found == [
        {"client": None, "shut": True, "n": 2},
        {"client": "Acme", "shut": False, "n": 2},
        {"client": "Acme", "shut": True, "n": 1},
    ]


def test_groups_are_filtered_first_and_cut_last(api: Api) -> None:
    soql = "SELECT StageName FROM Opportunity WHERE Amount != null GROUP BY StageName ORDER BY StageName LIMIT 1"
    assert api.rows(soql) == [{"StageName": "Closed Won"}]


def test_an_ungrouped_field_is_refused(api: Api) -> None:
    code, message = api.refuse_query("SELECT Name, COUNT(Id) FROM Opportunity GROUP BY StageName")
    assert code == "MALFORMED_QUERY"
    assert "must be grouped or aggregated: Name" in message
