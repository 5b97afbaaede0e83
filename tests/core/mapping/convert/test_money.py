"""Money: exact decimals, every currency's own digits, never an amount without a currency."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.mapping.convert.money import currency, known_currencies, minor_money, money
from core.mapping.issues import BadValueError
from core.model import Money


@pytest.mark.parametrize(
    ("value", "code", "amount"),
    [
        (12.3, "GBP", "12.30"),
        (12, "GBP", "12.00"),
        (0, "GBP", "0.00"),
        (-5.5, "GBP", "-5.50"),
        (0.125, "GBP", "0.125"),
        (1234567.89, "EUR", "1234567.89"),
        (1e15, "EUR", "1000000000000000.00"),
        (1e-7, "EUR", "0.0000001"),
        ("12.30", "GBP", "12.30"),
        ("12.3", "GBP", "12.30"),
        ("12", "GBP", "12.00"),
        ("012.3400", "GBP", "12.34"),
        ("£1,234.50", "GBP", "1234.50"),
        ("1,234", "USD", "1234.00"),
        ("(99.95)", "USD", "-99.95"),
        (".5", "USD", "0.50"),
        ("-.5", "USD", "-0.50"),
        ("1e3", "USD", "1000.00"),
        ("+7", "USD", "7.00"),
        (1200, "JPY", "1200"),
        ("1200.00", "JPY", "1200"),
        (1.5, "KWD", "1.500"),
        (1.2345, "KWD", "1.2345"),
        (-0.0, "GBP", "0.00"),
        ("-0", "GBP", "0.00"),
    ],
)
def test_amounts_in_major_units(value: Any, code: str, amount: str) -> None:
    assert money(value, code) == {"amount": amount, "currency": code}


@pytest.mark.parametrize(
    ("value", "amount"), [("1.234,50", "1234.50"), ("0,5", "0.50"), ("1.000", "1000.00"), (1.5, "1.50")]
)
def test_amounts_with_a_decimal_comma(value: Any, amount: str) -> None:
    assert money(value, "EUR", decimal_comma=True) == {"amount": amount, "currency": "EUR"}


@pytest.mark.parametrize(
    ("value", "code", "amount"),
    [
        (1230, "GBP", "12.30"),
        (5, "GBP", "0.05"),
        (0, "GBP", "0.00"),
        (-150, "GBP", "-1.50"),
        ("1230", "USD", "12.30"),
        (1230.0, "USD", "12.30"),
        (1200, "JPY", "1200"),
        (1200, "KRW", "1200"),
        (1500, "KWD", "1.500"),
        (500, "ISK", "5"),
        (500, "UGX", "5"),
        (500, "MGA", "500.00"),
        (99, "BHD", "0.099"),
    ],
)
def test_amounts_in_the_smallest_unit(value: Any, code: str, amount: str) -> None:
    assert minor_money(value, code) == {"amount": amount, "currency": code}


@pytest.mark.parametrize("value", ["", "  "])
def test_a_blank_is_no_amount(value: str) -> None:
    assert money(value, "GBP") is None
    assert minor_money(value, "GBP") is None


@pytest.mark.parametrize(
    "value", ["much", "12.3.4", True, [1], {"amount": 1}, float("nan"), float("inf"), 10**30, "9" * 40, "1e400", 1e18]
)
def test_what_is_no_amount_is_refused(value: Any) -> None:
    with pytest.raises(BadValueError) as bad:
        money(value, "GBP")
    assert bad.value.remedy


@pytest.mark.parametrize("value", ["12.30", 12.5, "x", True, [1], {}, 10**19, float("nan"), float("inf"), None])
def test_what_is_no_count_of_pence_is_refused(value: Any) -> None:
    with pytest.raises(BadValueError):
        minor_money(value, "GBP")


@pytest.mark.parametrize(
    ("value", "code"), [("GBP", "GBP"), ("gbp", "GBP"), (" eur ", "EUR"), ("Jpy", "JPY"), ("", None)]
)
def test_currency_codes(value: str, code: str | None) -> None:
    assert currency(value) == code


@pytest.mark.parametrize("value", ["£", "POUND", "XYZ", 826, None, ["GBP"], "GB"])
def test_unknown_currencies_are_refused(value: Any) -> None:
    with pytest.raises(BadValueError, match="ISO 4217"):
        currency(value)


@pytest.mark.parametrize("code", ["GBP", "EUR", "USD", "CHF", "JPY", "PLN", "ZAR", "BRL", "INR", "AED"])
def test_everyday_currencies_are_known(code: str) -> None:
    assert code in known_currencies()


@given(st.decimals(-(10**9), 10**9, places=2), st.sampled_from(["GBP", "JPY", "KWD"]))
def test_no_penny_is_lost_on_the_way(amount: Decimal, code: str) -> None:
    made = money(str(amount), code)
    assert made is not None
    assert Decimal(made["amount"]) == amount
    assert Money.model_validate(made).amount == amount


@given(st.integers(-(10**15), 10**15), st.sampled_from([("GBP", 100), ("JPY", 1), ("KWD", 1000)]))
def test_no_unit_is_lost_on_the_way(units: int, kind: tuple[str, int]) -> None:
    made = minor_money(units, kind[0])
    assert made is not None
    assert Decimal(made["amount"]) * kind[1] == units


@given(st.floats(0.01, 1e12))
def test_any_json_number_is_written_as_it_was_sent(value: float) -> None:
    made = money(value, "GBP")
    assert made is not None
    assert float(made["amount"]) == value
