"""What the values of a column look like."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.onboard.shapes import Shape, newest_of, parse_date, shape_of


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([], "empty"),
        (["", "  "], "empty"),
        (["a@b.example", "c.d@e.example"], "email"),
        (["https://a.example/x", "www.b.org", "c.co.uk"], "web"),
        (["yes", "No", "y"], "flag"),
        (["1", "22", "-3"], "whole"),
        (["1.50", "2", "1,234.00", "(3.20)", "£4"], "amount"),
        (["9.80000019", "1e-05"], "amount"),
        (["030-0074321", "(5) 555-4729", "+44 113 496 0000"], "phone"),
        (["Leeds", "York", "12"], "text"),
        (["3 High St", "12 Low Rd"], "text"),
        (["10.5.3", "1.2.3.4"], "text"),
    ],
)
def test_shapes(values: list[str], kind: str) -> None:
    assert shape_of(values).kind == kind


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (["2026-01-31", "2025-12-01"], "YYYY-MM-DD"),
        (["19970101", "19980630"], "YYYYMMDD"),
        (["31/01/2026", "01/02/2026"], "DD/MM/YYYY"),
        (["01/31/2026", "02/01/2026"], "MM/DD/YYYY"),
        (["31.01.2026"], "DD.MM.YYYY"),
        (["31-01-2026"], "DD-MM-YYYY"),
        (["2026/01/31"], "YYYY/MM/DD"),
        (["10/31/15", "08/01/17"], "MM/DD/YY"),
        (["31/01/2026 09:30"], "DD/MM/YYYY HH:mm"),
        (["31/01/2026 09:30:10"], "DD/MM/YYYY HH:mm:ss"),
        (["2026-01-31T09:30:00Z", "2026-01-31 09:30"], "ISO"),
        (["2026-01-31T09:30:00.000+0000"], "ISO"),
    ],
)
def test_dates_are_known_with_their_form(values: list[str], form: str) -> None:
    assert (shape_of(values).kind, shape_of(values).form) == ("date", form)


def test_days_that_fit_both_orders_are_ambiguous() -> None:
    assert shape_of(["01/02/2026", "03/04/2026"]) == Shape("date", "DD/MM/YYYY", is_ambiguous=True)
    assert not shape_of(["01/02/2026", "13/04/2026"]).is_ambiguous


@pytest.mark.parametrize("values", [["12345678", "99999999"], ["31/31/2026"], ["2026-13-01"], ["00000000"]])
def test_what_only_looks_like_dates_is_none(values: list[str]) -> None:
    assert shape_of(values).kind != "date"


def test_decimal_commas_are_seen() -> None:
    assert shape_of(["1.234,50", "2,75", "10"]) == Shape("amount", decimal_comma=True)
    assert not shape_of(["1,234.50", "2.75"]).decimal_comma


def test_one_odd_value_in_ten_does_not_change_the_shape() -> None:
    assert shape_of([*map(str, range(9)), "n/a"]).kind == "whole"
    assert shape_of([*map(str, range(8)), "n/a", "none"]).kind == "text"


def test_the_newest_date() -> None:
    values = ["31/01/2026", "01/02/2026", "", "soon"]
    assert newest_of(values, Shape("date", "DD/MM/YYYY")) == date(2026, 2, 1)
    assert newest_of(["5"], Shape("whole")) is None
    assert newest_of(["2026-01-31T23:59:00Z"], Shape("date", "ISO")) == date(2026, 1, 31)


@given(st.dates(date(1950, 1, 1), date(2049, 12, 31)))
def test_whatever_form_is_found_reads_the_date_back(day: date) -> None:
    for written in (day.isoformat(), day.strftime("%d.%m.%Y"), day.strftime("%Y%m%d"), day.strftime("%d-%m-%Y")):
        assert parse_date(written, shape_of([written]).form) == day


@given(st.lists(st.text(max_size=20), max_size=20))
def test_any_text_has_a_shape(values: list[str]) -> None:
    assert shape_of(values).kind in {"empty", "email", "web", "date", "whole", "amount", "flag", "phone", "text"}
