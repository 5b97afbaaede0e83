"""Signals' values in each vendor's types, and when two renderings mean the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.connector import FieldType
from core.errors import RejectedError
from core.mapping import MISSING, FieldWrite, same_value, to_vendor_value


def write(kind: FieldType, *options: str) -> FieldWrite:
    """A write of that type."""
    return FieldWrite("client", "Account", "Field__c", "health.score", "Field", kind, "owned", options)


BANDS = ("Excellent", "Good", "Fair", "At Risk", "Provisional")


@pytest.mark.parametrize(
    ("kind", "value", "salesforce", "hubspot"),
    [
        ("number", 82, 82, "82"),
        ("number", 82.0, 82, "82"),
        ("number", 82.5, 82.5, "82.5"),
        ("number", -3, -3, "-3"),
        ("number", 0, 0, "0"),
        ("number", "82", 82, "82"),
        ("number", None, None, ""),
        ("percent", 0.82, 82, "82"),
        ("percent", 0.825, 82.5, "82.5"),
        ("percent", 1 / 3, 33.33, "33.33"),
        ("percent", 1, 100, "100"),
        ("percent", None, None, ""),
        ("currency", 1250.5, 1250.5, "1250.5"),
        ("currency", {"amount": "1250.50", "currency": "GBP"}, 1250.5, "1250.5"),
        ("currency", {"amount": "1250.00", "currency": "GBP"}, 1250, "1250"),
        ("currency", None, None, ""),
        ("date", "2026-06-30", "2026-06-30", "2026-06-30"),
        ("date", "2026-06-30T09:00:00Z", "2026-06-30", "2026-06-30"),
        ("date", None, None, ""),
        ("datetime", "2026-06-30T09:00:00Z", "2026-06-30T09:00:00Z", "2026-06-30T09:00:00Z"),
        ("datetime", "2026-06-30T09:00:00.123456Z", "2026-06-30T09:00:00.123Z", "2026-06-30T09:00:00.123Z"),
        ("datetime", "2026-06-30T11:00:00+02:00", "2026-06-30T09:00:00Z", "2026-06-30T09:00:00Z"),
        ("checkbox", True, True, "true"),
        ("checkbox", False, False, "false"),
        ("checkbox", None, None, ""),
        ("text", " 90 ", "90", "90"),
        ("text", 90, "90", "90"),
        ("text", "", None, ""),
        ("long_text", "two\nlines", "two\nlines", "two\nlines"),
        ("url", "https://hill.example", "https://hill.example", "https://hill.example"),
        ("picklist", "Good", "Good", "Good"),
        ("picklist", "at_risk", "At Risk", "At Risk"),
        ("picklist", "AT RISK", "At Risk", "At Risk"),
        ("picklist", None, None, ""),
    ],
)
def test_a_signal_in_each_vendors_types(kind: FieldType, value: Any, salesforce: Any, hubspot: str) -> None:
    one = write(kind, *(BANDS if kind == "picklist" else ()))
    found = to_vendor_value(one, value, "salesforce")
    assert found == salesforce
    assert type(found) is type(salesforce)
    for dialect in ("hubspot", "csv", "stripe"):
        assert to_vendor_value(one, value, dialect) == hubspot


@pytest.mark.parametrize(
    ("kind", "dialect", "length"),
    [
        ("text", "salesforce", 255),
        ("url", "salesforce", 255),
        ("key", "salesforce", 80),
        ("long_text", "salesforce", 32_768),
        ("text", "hubspot", 65_536),
        ("long_text", "hubspot", 65_536),
        ("text", "stripe", 500),
    ],
)
def test_texts_are_cut_to_what_the_field_holds(kind: FieldType, dialect: str, length: int) -> None:
    found = to_vendor_value(write(kind), "x" * 100_000, dialect)
    assert len(found) == length
    assert found.endswith("…")
    assert to_vendor_value(write(kind), "x" * length, dialect) == "x" * length


def test_texts_for_files_are_not_cut() -> None:
    assert to_vendor_value(write("text"), "x" * 100_000, "csv") == "x" * 100_000


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        ("number", "many", "no number"),
        ("number", True, "no number"),
        ("number", float("nan"), "no finite number"),
        ("date", "soon", "no date"),
        ("date", "0001-01-01", "before 1900"),
        ("datetime", "soon", "no date"),
        ("checkbox", "perhaps", "neither yes nor no"),
        ("picklist", "Superb", "not among the field's options"),
        ("text", ["a"], "a list where text is due"),
    ],
)
def test_what_the_field_cannot_hold_is_refused_with_place_and_remedy(kind: FieldType, value: Any, told: str) -> None:
    with pytest.raises(RejectedError, match=told) as refused:
        to_vendor_value(write(kind, *BANDS), value, "salesforce")
    assert refused.value.where == "Account.Field__c"
    assert refused.value.remedy
    assert refused.value.facts["signal"] == "health.score"


def test_the_nearest_option_is_suggested() -> None:
    with pytest.raises(RejectedError) as refused:
        to_vendor_value(write("picklist", *BANDS), "Excelent", "hubspot")
    assert refused.value.remedy == "did you mean `Excellent`?"


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [
        ("number", "82", 82),
        ("number", 82, 82.0),
        ("number", "82.0", "82"),
        ("number", 0.1 + 0.2, 0.3),
        ("number", "1,250", 1250),
        ("number", "", None),
        ("percent", "82", 82.0),
        ("currency", "1250.50", 1250.5),
        ("date", "2026-06-30", "1782777600000"),
        ("date", "2026-06-30", 1782777600000),
        ("date", "2026-06-30", "2026-06-30T00:00:00Z"),
        ("datetime", "2026-06-30T09:00:00Z", "2026-06-30T09:00:00.000+0000"),
        ("datetime", "2026-06-30T09:00:00.123456Z", "2026-06-30T09:00:00.123Z"),
        ("datetime", "2026-06-30T09:00:00Z", "1782810000000"),
        ("datetime", "2026-06-30T09:00:00Z", "2026-06-30T11:00:00+02:00"),
        ("checkbox", "true", True),
        ("checkbox", "false", False),
        ("checkbox", 1, "true"),
        ("text", "90", 90),
        ("text", "", None),
        ("text", " x ", "x"),
        ("text", MISSING, None),
        ("text", MISSING, ""),
        ("long_text", "one\r\ntwo", "one\ntwo"),
        ("long_text", "one \ntwo\n", "one\ntwo"),
        ("picklist", "Good", "Good"),
        ("number", "not a number", "not a number"),
    ],
)
def test_renderings_that_mean_the_same(kind: FieldType, first: Any, second: Any) -> None:
    assert same_value(first, second, kind)
    assert same_value(second, first, kind)


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [
        ("number", 82, 83),
        ("number", 0, None),
        ("number", "0", ""),
        ("number", "not a number", 7),
        ("currency", 1250.5, 1250.51),
        ("date", "2026-06-30", "2026-07-01"),
        ("datetime", "2026-06-30T09:00:00Z", "2026-06-30T09:00:01Z"),
        ("checkbox", False, None),
        ("checkbox", True, False),
        ("text", "a", "A"),
        ("text", "a", None),
        ("picklist", "Good", "Fair"),
    ],
)
def test_renderings_that_differ(kind: FieldType, first: Any, second: Any) -> None:
    assert not same_value(first, second, kind)
    assert not same_value(second, first, kind)


@given(st.floats(-1e9, 1e9) | st.integers(-(10**9), 10**9), st.sampled_from(["salesforce", "hubspot", "csv"]))
def test_what_is_written_reads_back_as_the_same_number(value: float, dialect: str) -> None:
    written = to_vendor_value(write("number"), value, dialect)
    assert same_value(written, to_vendor_value(write("number"), value, "salesforce"), "number")
    assert same_value(str(written), written, "number")


@given(st.text(max_size=200))
def test_what_is_written_reads_back_as_the_same_text(value: str) -> None:
    assert same_value(
        to_vendor_value(write("text"), value, "hubspot"), to_vendor_value(write("text"), value, "csv"), "text"
    )
