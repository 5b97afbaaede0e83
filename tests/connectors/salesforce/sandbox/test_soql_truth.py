"""Queries against plain Python over the same made-up rows: filters, orders, pages and sums agree."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.salesforce.soql import quoted
from tests.connectors.salesforce.orgs import Api, open_org

NAMES = ["alpha", "Beta", "BETA", "gamma_1", "delta 5%", "o'neil", "é", "北京", "zz top", "b"]
SITES = [None, "North", "south", "SOUTH"]
COUNTS = [None, 0, 1, 5, 500]

Row = dict[str, Any]


def made_up() -> list[Row]:
    """Return rows of every combination, each name made unique by its number."""
    rows: list[Row] = []
    for number, name in enumerate(NAMES):
        for site in SITES:
            for count in COUNTS:
                rows.append({"Name": f"{name} {number}{len(rows):03d}", "Site": site, "NumberOfEmployees": count})
    return rows


ROWS = made_up()


@pytest.fixture(scope="module")
def api() -> Api:
    """An org that holds the rows, 200 of them."""
    api = Api(open_org())
    records = [{"attributes": {"type": "Account"}, **row} for row in ROWS]
    for start in range(0, len(records), 200):
        _, results = api.call("POST", "composite/sobjects", {"records": records[start : start + 200]})
        assert all(result["success"] for result in results)
    return api


def found(api: Api, where: str) -> Counter[str]:
    """Return the names that a query finds."""
    return Counter(api.column(f"SELECT Name FROM Account WHERE {where}"))


def expected(test: Any) -> Counter[str]:
    """Return the names of the rows for which ``test`` holds."""
    return Counter(str(row["Name"]) for row in ROWS if test(row))


VERY_CALM = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
OPERATORS = {
    "=": lambda value, other: value == other,
    "<": lambda value, other: value < other,
    "<=": lambda value, other: value <= other,
    ">": lambda value, other: value > other,
    ">=": lambda value, other: value >= other,
}


@VERY_CALM
@given(operator=st.sampled_from([*OPERATORS, "!="]), number=st.integers(-2, 600))
def test_comparing_numbers(api: Api, operator: str, number: int) -> None:
    def holds(row: Row) -> bool:
        value = row["NumberOfEmployees"]
        if operator == "!=":
            return bool(value != number)
        return value is not None and bool(OPERATORS[operator](value, number))

    assert found(api, f"NumberOfEmployees {operator} {number}") == expected(holds)


@VERY_CALM
@given(operator=st.sampled_from([*OPERATORS, "!="]), text=st.sampled_from(["north", "SOUTH", "a", "z", "Nor"]))
def test_comparing_text_without_regard_to_letter_case(api: Api, operator: str, text: str) -> None:
    def holds(row: Row) -> bool:
        value = row["Site"]
        if operator == "!=":
            return value is None or value.lower() != text.lower()
        return value is not None and bool(OPERATORS[operator](value.lower(), text.lower()))

    assert found(api, f"Site {operator} {quoted(text)}") == expected(holds)


@VERY_CALM
@given(pattern=st.text(alphabet="abet_%o'5 1", max_size=6))
def test_like(api: Api, pattern: str) -> None:
    regex = re.compile(
        "".join({"%": ".*", "_": "."}.get(char, re.escape(char)) for char in pattern), re.IGNORECASE | re.DOTALL
    )
    assert found(api, f"Name LIKE {quoted(pattern)}") == expected(lambda row: regex.fullmatch(row["Name"]))


@VERY_CALM
@given(numbers=st.lists(st.sampled_from([0, 1, 5, 7, 500]), min_size=1, max_size=4), negated=st.booleans())
def test_lists(api: Api, numbers: list[int], negated: bool) -> None:
    where = f"NumberOfEmployees {'NOT ' if negated else ''}IN ({', '.join(map(str, numbers))})"
    assert found(api, where) == expected(lambda row: (row["NumberOfEmployees"] in numbers) != negated)


SITE_IS_SOUTH = ("Site = 'south'", lambda row: (row["Site"] or "").lower() == "south")
FEW = ("NumberOfEmployees < 5", lambda row: row["NumberOfEmployees"] is not None and row["NumberOfEmployees"] < 5)
NO_SITE = ("Site = null", lambda row: row["Site"] is None)
ATOMS = (SITE_IS_SOUTH, FEW, NO_SITE)


def trees() -> Any:
    """Return a strategy of conditions, each with the Python that means the same."""

    def join(children: Any) -> Any:
        def both(word: str, join_all: Any) -> Any:
            return st.lists(children, min_size=2, max_size=3).map(
                lambda terms: (
                    "(" + f" {word} ".join(text for text, _ in terms) + ")",
                    lambda row: join_all(bool(test(row)) for _, test in terms),
                )
            )

        negated = children.map(lambda term: (f"(NOT {term[0]})", lambda row: not term[1](row)))
        return both("AND", all) | both("OR", any) | negated

    return st.recursive(st.sampled_from(ATOMS), join, max_leaves=8)


@VERY_CALM
@given(tree=trees())
def test_connectives(api: Api, tree: tuple[str, Any]) -> None:
    where, test = tree
    assert found(api, where) == expected(test)


@VERY_CALM
@given(descending=st.booleans(), nulls_last=st.booleans())
def test_order(api: Api, descending: bool, nulls_last: bool) -> None:
    order = f"NumberOfEmployees {'DESC' if descending else 'ASC'} NULLS {'LAST' if nulls_last else 'FIRST'}, Id"
    values = api.column(f"SELECT NumberOfEmployees FROM Account ORDER BY {order}")
    filled = sorted(
        (row["NumberOfEmployees"] for row in ROWS if row["NumberOfEmployees"] is not None), reverse=descending
    )
    empty = [None] * (len(ROWS) - len(filled))
    assert values == (filled + empty if nulls_last else empty + filled)


@VERY_CALM
@given(offset=st.integers(0, 230), limit=st.integers(0, 230))
def test_limit_and_offset(api: Api, offset: int, limit: int) -> None:
    names = api.column(f"SELECT Name FROM Account ORDER BY Id LIMIT {limit} OFFSET {offset}")
    assert names == [row["Name"] for row in ROWS][offset : offset + limit]


@VERY_CALM
@given(size=st.integers(1, 230))
def test_pages_hold_everything_once(api: Api, size: int) -> None:
    api.options(page_size=size)
    page = api.get("query", q="SELECT Name FROM Account ORDER BY Id")
    names = [record["Name"] for record in page["records"]]
    while not page["done"]:
        page = api.get(page["nextRecordsUrl"])
        names += [record["Name"] for record in page["records"]]
    api.options(page_size=2000)
    assert names == [row["Name"] for row in ROWS]


def test_sums_by_group(api: Api) -> None:
    groups: dict[Any, list[int]] = {}
    for row in ROWS:
        groups.setdefault(row["Site"], []).extend(
            [row["NumberOfEmployees"]] if row["NumberOfEmployees"] is not None else []
        )
    answer = api.rows(
        "SELECT Site, COUNT(Id) n, SUM(NumberOfEmployees) s, MAX(NumberOfEmployees) m FROM Account GROUP BY Site"
    )
    assert {row["Site"]: (row["n"], row["s"], row["m"]) for row in answer} == {
        site: (sum(row["Site"] == site for row in ROWS), sum(values), max(values)) for site, values in groups.items()
    }
