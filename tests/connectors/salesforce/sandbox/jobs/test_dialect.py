"""The CSV of bulk jobs."""

from __future__ import annotations

import csv

import pytest

from connectors.salesforce.sandbox.errors import Refusal
from connectors.salesforce.sandbox.jobs.dialect import (
    DELIMITERS,
    LINE_ENDS,
    Dialect,
    dialect_from,
    read_cell,
    shower_of,
)
from connectors.salesforce.sandbox.schema import Field

HARD = ["plain", 'say "no"', "a,b;c|d^e`f\tg", "two\nlines", "two\r\nlines", " blank ", "", "é€😀"]
FLAG = Field("Flag__c", "Flag", "boolean")


@pytest.mark.parametrize("delimiter", DELIMITERS)
@pytest.mark.parametrize("line_end", LINE_ENDS)
def test_what_is_written_is_read_again(delimiter: str, line_end: str) -> None:
    dialect = Dialect(delimiter, line_end)
    assert list(dialect.rows(dialect.lines([HARD, HARD]))) == [HARD, HARD]


def test_nothing_is_an_empty_value_and_numbers_are_quoted() -> None:
    assert Dialect().lines([[None, 12, 1.5]]) == '"","12","1.5"\n'


def test_empty_lines_are_no_rows() -> None:
    assert list(Dialect().rows("a\n\nb\n")) == [["a"], ["b"]]


@pytest.mark.parametrize("text", ['"a', '"a"b'])
def test_a_stray_quote_is_an_error(text: str) -> None:
    with pytest.raises(csv.Error):
        list(Dialect().rows(text))


@pytest.mark.parametrize("body", [{"columnDelimiter": "COLON"}, {"lineEnding": "CR"}, {"columnDelimiter": "comma"}])
def test_a_name_that_does_not_exist_is_refused(body: dict[str, object]) -> None:
    with pytest.raises(Refusal) as caught:
        dialect_from(body)
    assert caught.value.status == 400


def test_a_job_that_says_nothing_gets_comma_and_line_feed() -> None:
    assert dialect_from({}) == Dialect("COMMA", "LF")
    assert dialect_from({"columnDelimiter": None}) == Dialect()


def test_cells_are_read_by_the_kind_of_field() -> None:
    assert read_cell(FLAG, "Yes") is True
    assert read_cell(FLAG, "off") is False
    assert read_cell(FLAG, "perhaps") == "perhaps"
    assert read_cell(Field("Name", "Name", "string"), "yes") == "yes"
    assert read_cell(FLAG, "#N/A") is None
    assert read_cell(None, "x") == "x"


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("boolean", True, "true"),
        ("boolean", None, "false"),
        ("datetime", "2026-05-01T07:25:37.000+0000", "2026-05-01T07:25:37.000Z"),
        ("datetime", None, None),
        ("double", 12.0, 12.0),
        ("string", "+0000", "+0000"),
    ],
)
def test_values_are_shown_by_the_kind_of_field(kind: str, value: object, shown: object) -> None:
    assert shower_of(Field("F", "F", kind), lambda _row: value)({}) == shown
