from __future__ import annotations

import re
from decimal import Decimal

import pytest

from connectors.stripe.sandbox.ids import stripe_id
from connectors.stripe.sandbox.money import ZERO_DECIMAL, minor_units


@pytest.mark.parametrize(("prefix", "length"), [("cus", 14), ("prod", 14), ("in", 24), ("sub", 24), ("evt", 24)])
def test_ids_look_like_the_vendors(prefix: str, length: int) -> None:
    for number in range(50):
        assert re.fullmatch(rf"{prefix}_[0-9A-Za-z]{{{length}}}", stripe_id(prefix, str(number)))


def test_ids_follow_from_the_key_alone() -> None:
    assert stripe_id("cus", "p001") == stripe_id("cus", "p001")
    assert len({stripe_id("cus", f"p{number:03d}") for number in range(2000)}) == 2000


def test_ids_of_different_kinds_share_nothing() -> None:
    assert stripe_id("in", "b1").partition("_")[2] != stripe_id("sub", "b1").partition("_")[2]


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [
        ("12.30", "GBP", 1230),
        ("0.01", "eur", 1),
        ("0", "gbp", 0),
        ("1999.99", "usd", 199_999),
        ("500", "JPY", 500),
        ("500.00", "krw", 500),
        ("-3.50", "gbp", -350),
        ("999999.99", "gbp", 99_999_999),
    ],
)
def test_smallest_units(amount: str, currency: str, units: int) -> None:
    assert minor_units(Decimal(amount), currency) == units


def test_zero_decimal_currencies() -> None:
    assert {"jpy", "krw", "vnd"} <= ZERO_DECIMAL
    assert not {"gbp", "eur", "usd"} & ZERO_DECIMAL
