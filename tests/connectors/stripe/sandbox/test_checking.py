from __future__ import annotations

from typing import Any

import pytest

from connectors.stripe.sandbox import checking
from connectors.stripe.sandbox.problems import StripeProblemError


def refusal(check: checking.Check, value: Any) -> dict[str, str]:
    with pytest.raises(StripeProblemError) as caught:
        check("field", value)
    assert caught.value.code == 400
    return caught.value.body["error"]


@pytest.mark.parametrize(("value", "kept"), [("abc", "abc"), ("", None), ("é" * 5, "é" * 5), (" a ", " a ")])
def test_texts(value: str, kept: str | None) -> None:
    assert checking.text(5)("field", value) == kept


@pytest.mark.parametrize("value", ["abcdef", {"a": "b"}, ["a"]])
def test_refused_texts(value: Any) -> None:
    assert refusal(checking.text(5), value)["param"] == "field"


@pytest.mark.parametrize("value", ["a@b.example", "a.b+c@d-e.example", "A@B.EXAMPLE"])
def test_addresses_of_mail(value: str) -> None:
    assert checking.email("field", value) == value


@pytest.mark.parametrize("value", ["a", "a@", "@b.example", "a b@c.example", "a@b", "a@b@c.example"])
def test_refused_addresses_of_mail(value: str) -> None:
    assert refusal(checking.email, value)["code"] == "email_invalid"


def test_an_empty_address_clears() -> None:
    assert checking.email("field", "") is None


@pytest.mark.parametrize(("value", "kept"), [("true", True), ("false", False)])
def test_booleans(value: str, kept: bool) -> None:
    assert checking.boolean("field", value) is kept


@pytest.mark.parametrize("value", ["", "1", "yes", "True"])
def test_refused_booleans(value: str) -> None:
    assert refusal(checking.boolean, value)["param"] == "field"


def test_choices() -> None:
    pick = checking.choice("none", "exempt")
    assert pick("field", "exempt") == "exempt"
    assert "none, exempt" in refusal(pick, "reverse")["message"]


def test_postal_addresses_have_all_their_parts() -> None:
    assert checking.address("address", {"city": "London", "line2": ""}) == {
        "city": "London",
        "country": None,
        "line1": None,
        "line2": None,
        "postal_code": None,
        "state": None,
    }
    assert checking.address("address", "") is None


@pytest.mark.parametrize(
    ("current", "changes", "after"),
    [
        ({}, {}, {}),
        ({"a": "1"}, {}, {"a": "1"}),
        ({"a": "1"}, {"b": "2"}, {"a": "1", "b": "2"}),
        ({"a": "1"}, {"a": "2"}, {"a": "2"}),
        ({"a": "1", "b": "2"}, {"a": ""}, {"b": "2"}),
        ({"a": "1"}, {"b": ""}, {"a": "1"}),
        ({"a": "1"}, None, {}),
    ],
)
def test_merging_metadata(current: dict[str, str], changes: dict[str, str] | None, after: dict[str, str]) -> None:
    assert checking.merged_metadata(current, changes) == after


def test_metadata_that_would_be_too_many() -> None:
    full = {f"k{number}": "v" for number in range(50)}
    assert len(checking.merged_metadata(full, {"k0": "w"})) == 50
    with pytest.raises(StripeProblemError, match="at most 50"):
        checking.merged_metadata(full, {"more": "v"})


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("text", "key-value"),
        ({"k" * 41: "v"}, "at most 40"),
        ({"k": "v" * 501}, "at most 500"),
        ({"k": {"a": "b"}}, "texts"),
    ],
)
def test_refused_metadata(value: Any, words: str) -> None:
    assert words in refusal(checking.metadata, value)["message"]


def test_clearing_all_metadata() -> None:
    assert checking.metadata("metadata", "") is None


def test_unknown_parameters_are_refused_but_expand_is_known_everywhere() -> None:
    checks = {"name": checking.text(9)}
    assert checking.checked({"name": "Ann", "expand": ["x"]}, checks) == {"name": "Ann"}
    with pytest.raises(StripeProblemError) as caught:
        checking.checked({"name": "Ann", "colour": "red"}, checks)
    assert caught.value.body["error"]["code"] == "parameter_unknown"
