"""Ids of vendor records."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.mapping.convert.ids import external_id, salesforce_id
from core.mapping.issues import BadValueError


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("001000000000000", "001000000000000AAA"),
        ("0015g00000AbCdE", "0015g00000AbCdEAAV"),
        ("00D000000000062", "00D000000000062EAA"),
        ("003D000000QYVPb", "003D000000QYVPbIAP"),
        ("ABCDEABCDEABCDE", "ABCDEABCDEABCDE555"),
        ("abcdeabcdeabcde", "abcdeabcdeabcdeAAA"),
    ],
)
def test_fifteen_characters_become_eighteen(short: str, long: str) -> None:
    assert salesforce_id(short) == long
    assert salesforce_id(long) == long
    assert salesforce_id(f" {short} ") == long


@pytest.mark.parametrize(
    "value", ["001", "0015g00000AbCd-", "0015g00000AbCdEAA", "x" * 19, "0015g00000AbCdÉ", ["001"], {}]
)
def test_what_is_no_salesforce_id_is_refused(value: Any) -> None:
    with pytest.raises(BadValueError) as bad:
        salesforce_id(value)
    assert bad.value.remedy


@pytest.mark.parametrize("value", ["000000000000000", "000000000000000AAA"])
def test_the_data_exports_empty_reference_is_none(value: str) -> None:
    assert salesforce_id(value) is None


def test_a_blank_is_no_id() -> None:
    assert salesforce_id("") is None
    assert external_id("  ") is None


@given(st.from_regex(r"[A-Za-z1-9][A-Za-z0-9]{14}", fullmatch=True))
def test_ids_that_differ_in_case_only_get_different_endings(short: str) -> None:
    other = short.swapcase()
    long, long_other = salesforce_id(short), salesforce_id(other)
    assert long is not None
    assert long_other is not None
    assert long[:15] == short
    assert (long.lower() == long_other.lower()) == (short == other)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("cus_123", "cus_123"),
        (" 42 ", "42"),
        (42, "42"),
        (42.0, "42"),
        ("a/b c", "a/b c"),
        ({"id": "cus_123", "object": "customer"}, "cus_123"),
        ({"id": 42}, "42"),
    ],
)
def test_ids_as_text_number_or_expanded_object(value: Any, expected: str) -> None:
    assert external_id(value) == expected


@pytest.mark.parametrize("value", [{}, {"id": None}, {"id": {}}, ["x"], float("nan")])
def test_what_holds_no_id_is_refused(value: Any) -> None:
    with pytest.raises(BadValueError):
        external_id(value)
