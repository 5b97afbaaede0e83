from __future__ import annotations

from typing import Any

import pytest

from connectors.stripe.sandbox.form import decode
from connectors.stripe.sandbox.problems import StripeProblemError


@pytest.mark.parametrize(
    ("pairs", "tree"),
    [
        ([], {}),
        ([("name", "Ann")], {"name": "Ann"}),
        ([("name", "")], {"name": ""}),
        ([("name", "A"), ("name", "B")], {"name": "B"}),
        ([("metadata[a]", "1"), ("metadata[b]", "2")], {"metadata": {"a": "1", "b": "2"}}),
        ([("metadata[a b]", "1")], {"metadata": {"a b": "1"}}),
        ([("types[]", "x"), ("types[]", "y")], {"types": ["x", "y"]}),
        ([("types[0]", "x"), ("types[1]", "y")], {"types": ["x", "y"]}),
        ([("types[1]", "y"), ("types[0]", "x")], {"types": {"1": "y", "0": "x"}}),
        ([("items[0][price]", "p"), ("items[0][quantity]", "2")], {"items": [{"price": "p", "quantity": "2"}]}),
        ([("items[0][price]", "p"), ("items[1][price]", "q")], {"items": [{"price": "p"}, {"price": "q"}]}),
        ([("created[gte]", "5"), ("created[lt]", "9")], {"created": {"gte": "5", "lt": "9"}}),
        ([("a[b][c][d]", "x")], {"a": {"b": {"c": {"d": "x"}}}}),
        ([("expand[]", "data.customer")], {"expand": ["data.customer"]}),
        ([("metadata[5]", "five")], {"metadata": {"5": "five"}}),
    ],
)
def test_nesting(pairs: list[tuple[str, str]], tree: dict[str, Any]) -> None:
    assert decode(pairs) == tree


@pytest.mark.parametrize("key", ["", "[a]", "a[b", "a]b", "a[b]c]", "]"])
def test_malformed_names_are_refused(key: str) -> None:
    with pytest.raises(StripeProblemError) as caught:
        decode([(key, "x")])
    assert caught.value.code == 400


@pytest.mark.parametrize(
    "pairs", [[("a", "1"), ("a[b]", "2")], [("a[b]", "1"), ("a[b][c]", "2")], [("a", ""), ("a[]", "x")]]
)
def test_a_value_cannot_be_a_group_too(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(StripeProblemError, match="both a value and a group"):
        decode(pairs)
