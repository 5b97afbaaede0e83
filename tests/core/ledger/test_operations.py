"""Operations: names that follow from content, and rows that lose nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.ledger.operations import (
    COLUMNS,
    Operation,
    count_by_state,
    from_row,
    operation_id,
    successor,
    to_row,
    vendor_key,
)
from core.store.tables import operation as table

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
TARGET = ("crm", "Account", "A1", "Score__c")


def test_the_columns_are_the_tables() -> None:
    assert {*COLUMNS, "plan_id", "position"} == set(table.c.keys())


@given(before=JSON, after=JSON, inputs=st.lists(st.text(), max_size=3))
def test_rows_lose_nothing(before: Any, after: Any, inputs: list[str]) -> None:
    one = Operation(
        id="x", kind="set_field", connection="c", stream="s", before=before, after=after, inputs=tuple(inputs)
    )
    assert from_row(to_row(one)) == one


def test_the_same_content_has_the_same_name() -> None:
    first = operation_id("set_field", TARGET, {"b": 1, "a": 2}, 82, None)
    assert first == operation_id("set_field", list(TARGET), {"a": 2, "b": 1}, 82, None)
    assert len(first) == 32


@pytest.mark.parametrize(
    "other",
    [
        ("create_record", TARGET, None, 82, None),
        ("set_field", ("crm", "Account", "A2", "Score__c"), None, 82, None),
        ("set_field", ("crm", "Account", "A1", "Band__c"), None, 82, None),
        ("set_field", TARGET, 1, 82, None),
        ("set_field", TARGET, None, 83, None),
        ("set_field", TARGET, None, "82", None),
        ("set_field", TARGET, None, 82, "an-earlier-write"),
    ],
)
def test_any_difference_gives_another_name(other: tuple[Any, ...]) -> None:
    assert operation_id(*other) != operation_id("set_field", TARGET, None, 82, None)


def test_successors_never_meet() -> None:
    names = ["start"]
    for _ in range(100):
        names.append(successor(names[-1]))
    assert len(set(names)) == 101


@given(st.text(max_size=200), st.text(max_size=200))
def test_keys_fit_everywhere(plugin: str, wish: str) -> None:
    key = vendor_key(plugin.replace("\ud800", ""), wish)
    assert len(key) == 46
    assert key.startswith("inlay-")
    assert key == key.lower()


@pytest.mark.parametrize(
    ("changes", "place", "target"),
    [
        (
            {"kind": "set_field", "external_id": "A1", "field": "Score__c"},
            "crm/Account/A1.Score__c",
            ("crm", "Account", "A1", "Score__c"),
        ),
        ({"kind": "create_record", "key": "k"}, "crm/Account/new k", ("crm", "Account", "k", "")),
        (
            {"kind": "delete_record", "key": "k", "external_id": "T1"},
            "crm/Account/T1",
            ("crm", "Account", "T1", ""),
        ),
    ],
)
def test_places_are_told_and_compared(changes: dict[str, Any], place: str, target: tuple[str, ...]) -> None:
    one = Operation(id="x", connection="crm", stream="Account", **changes)
    assert (one.place, one.target) == (place, target)


def test_states_are_counted_in_order() -> None:
    assert list(count_by_state(["b", "a", "b"]).items()) == [("a", 1), ("b", 2)]
