"""Exact decimal arithmetic on columns."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.csv.formula import Formula, FormulaError, amount, rounded

ROW = {
    "unit_price": "9.80000019",
    "quantity": "10",
    "discount": "0.150000006",
    "Unit price": "2",
    "empty": "",
    "word": "n/a",
    "zero": "0",
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("unit_price * quantity", "98.00000190"),
        ("unit_price * quantity * (1 - discount)", "83.3000010269999886"),
        ("quantity + 2 * 3", "16"),
        ("(quantity + 2) * 3", "36"),
        ("-quantity", "-10"),
        ("quantity / 4", "2.5"),
        ("[Unit price] * quantity", "20"),
        ("0.1 + 0.2", "0.3"),
        ("quantity - 2 - 3", "5"),
    ],
)
def test_values_are_exact(text: str, value: str) -> None:
    found = Formula.parse(text).of(ROW)
    assert found is not None
    assert found == Decimal(value)


def test_the_columns_a_formula_needs_are_known() -> None:
    assert Formula.parse("[Unit price] * quantity - [A.b (c)]").columns == ("A.b (c)", "Unit price", "quantity")


@pytest.mark.parametrize("column", ["empty", "absent"])
def test_an_empty_or_absent_column_makes_the_value_unknown(column: str) -> None:
    assert Formula.parse(f"quantity + {column}").of(ROW) is None


@pytest.mark.parametrize("text", ["quantity + word", "quantity / zero", "quantity / (zero * 2)"])
def test_what_cannot_be_computed_is_an_error(text: str) -> None:
    with pytest.raises(FormulaError):
        Formula.parse(text).of(ROW)


@pytest.mark.parametrize(
    "text",
    [
        "", "quantity +", "quantity ** 2", "open('x')", "quantity.real", "quantity if 1 else 2", "[quantity", "'a'",
        "True", "lambda: 1", "quantity < 3", "a b", "1;2", "(" * 300 + "1" + ")" * 300, "-" * 40 + "1",
        "__import__('os')", "x\0",
    ],
)  # fmt: skip
def test_anything_else_is_no_formula(text: str) -> None:
    with pytest.raises(FormulaError, match="write it as"):
        Formula.parse(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", "12"), ("12.50", "12.50"), (" 1,234.50 ", "1234.50"), ("£1,234", "1234"), ("$ 5", "5"),
        ("(12.30)", "-12.30"), ("-7", "-7"), ("+7", "7"), (".5", "0.5"), ("1e3", "1E+3"), ("9.80000019", "9.80000019"),
        ("1'234.00", "1234.00"),
    ],
)  # fmt: skip
def test_amounts_as_people_write_them(text: str, value: str) -> None:
    assert amount(text) == Decimal(value)


@pytest.mark.parametrize(("text", "value"), [("1.234,50", "1234.50"), ("0,5", "0.5"), ("12", "12"), ("1.000", "1000")])
def test_amounts_with_a_decimal_comma(text: str, value: str) -> None:
    assert amount(text, decimal_comma=True) == Decimal(value)


@pytest.mark.parametrize("text", ["", "  ", "\u00a0"])
def test_blank_is_no_amount(text: str) -> None:
    assert amount(text) is None


@pytest.mark.parametrize("text", ["abc", "1,23", "1.2.3", "--1", "1e999", "NaN", "Infinity", "٣", "12 apples", "0x10"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(FormulaError, match="is no number"):
        amount(text)


@pytest.mark.parametrize(
    ("value", "result"),
    [("2.675", "2.68"), ("2.665", "2.67"), ("-2.675", "-2.68"), ("2.674999", "2.67"), ("3", "3.00")],
)
def test_rounding_is_half_up_as_on_invoices(value: str, result: str) -> None:
    assert str(rounded(Decimal(value), 2)) == result


@given(st.lists(st.decimals(-(10**9), 10**9, places=8), max_size=30))
def test_sums_of_formulas_are_exact(values: list[Decimal]) -> None:
    formula = Formula.parse("a * 3 - b")
    total = sum((formula.of({"a": f"{value:f}", "b": "1.5"}) or Decimal(0) for value in values), Decimal(0))
    assert total == sum((value * 3 - Decimal("1.5") for value in values), Decimal(0))
