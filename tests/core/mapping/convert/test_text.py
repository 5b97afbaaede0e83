"""Text, tags and custom values: what is kept, what is cleaned, what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.mapping.convert.text import MAX_TEXT, anything, excerpt_of_markup, lower, text, texts
from core.mapping.issues import BadValueError


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Hill & Co", "Hill & Co"),
        ("  Hill  ", "Hill"),
        ("", None),
        ("   ", None),
        ("\t\n", None),
        ("\u00a0Hill\u00a0", "Hill"),
        ("two\nlines", "two\nlines"),
        ("Zoë Müller", "Zoë Müller"),
        ("日本", "日本"),
        ("nul\x00byte", "nulbyte"),
        ("half \ud800 pair", "half ? pair"),
        ("\x00", None),
        (0, "0"),
        (12, "12"),
        (12.0, "12"),
        (12.5, "12.5"),
        (True, "true"),
        (False, "false"),
    ],
)
def test_scalars_become_clean_text(value: Any, expected: str | None) -> None:
    assert text(value) == expected


@pytest.mark.parametrize("value", [{"a": 1}, ["a"], float("nan"), float("inf"), 10**100, b"bytes", object()])
def test_what_is_no_text_is_refused_with_a_reason(value: Any) -> None:
    with pytest.raises(BadValueError) as bad:
        text(value)
    assert bad.value.problem
    assert bad.value.remedy


def test_a_text_of_five_megabytes_is_cut_and_told() -> None:
    with pytest.raises(BadValueError, match="5000000 characters") as bad:
        text("x" * 5_000_000)
    assert len(bad.value.partial) == MAX_TEXT


def test_the_longest_text_passes_whole() -> None:
    assert text("x" * MAX_TEXT) == "x" * MAX_TEXT


@given(st.text())
def test_any_text_comes_out_encodable_and_stripped(value: str) -> None:
    found = text(value)
    assert found is None or (found == found.strip() and found.encode())


@pytest.mark.parametrize(
    ("value", "expected"), [("COMPLETED", "completed"), (" Mixed Case ", "mixed case"), ("", None)]
)
def test_lower_case(value: str, expected: str | None) -> None:
    assert lower(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain words", "plain words"),
        ("<p>Hello</p>", "Hello"),
        ("<p>one</p><p>two</p>", "one\ntwo"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<b>bold</b> &amp; <i>slanted</i>", "bold & slanted"),
        ("a &lt; b &gt; c &quot;d&quot; &#39;e&#39;", "a < b > c \"d\" 'e'"),
        ("a&nbsp;b", "a b"),
        ("<div><ul><li>one</li><li>two</li></ul></div>", "one\ntwo"),
        ("one\n\n\n\n\ntwo", "one\n\ntwo"),
        ("3 < 4", "3 < 4"),
        ("", None),
        ("<p></p>", None),
    ],
)
def test_bodies_lose_their_markup(value: str, expected: str | None) -> None:
    assert excerpt_of_markup(value) == expected


def test_a_body_is_cut_to_an_excerpt() -> None:
    found = excerpt_of_markup("<p>" + "word " * 2_000 + "</p>")
    assert found is not None
    assert len(found) <= 2_000


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["vip", "audit"], ["vip", "audit"]),
        (["vip", " vip ", "audit"], ["vip", "audit"]),
        ("vip;audit", ["vip", "audit"]),
        (" vip ; ; audit ", ["vip", "audit"]),
        ("vip", ["vip"]),
        (["vip", None, ""], ["vip"]),
        ([1, 2], ["1", "2"]),
        ("", None),
        ([], None),
        (["", None], None),
    ],
)
def test_tags_from_lists_and_from_text(value: Any, expected: list[str] | None) -> None:
    assert texts(value) == expected


@pytest.mark.parametrize("value", [7, {"a": 1}, True, [["nested"]], [{"a": 1}]])
def test_what_is_no_list_of_tags_is_refused(value: Any) -> None:
    with pytest.raises(BadValueError):
        texts(value)


def test_a_list_without_end_is_cut_and_told() -> None:
    with pytest.raises(BadValueError, match="5000 entries") as bad:
        texts([f"tag {number}" for number in range(5_000)])
    assert len(bad.value.partial) == 1_000


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (3, 3),
        (2.5, 2.5),
        ("  x ", "x"),
        ("", None),
        ([1, " a ", None], [1, "a", None]),
        ({"a": {"b": [" c "]}}, {"a": {"b": ["c"]}}),
        ({"bad\ud800key": 1}, {"bad?key": 1}),
        ({}, {}),
        ([], []),
    ],
)
def test_custom_values_are_any_json(value: Any, expected: Any) -> None:
    assert anything(value) == expected


def nested(depth: int) -> Any:
    """Lists in lists."""
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), 2**70, nested(40), {"a": object()}, b"x", ["x" * 2_000_000]]
)
def test_custom_values_that_no_store_can_keep_are_refused(value: Any) -> None:
    with pytest.raises(BadValueError):
        anything(value)
