"""The values records are made of: what they accept, and what they refuse."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from core.model import Address, EmailAddress, Money, Participant, Phone, RecordRef
from core.model.values import (
    E164,
    Consent,
    Count,
    CountryCode,
    CurrencyCode,
    Date,
    Domain,
    Email,
    Flag,
    Form,
    Instant,
    LineItem,
    LongText,
    Number,
    Percent,
    SourceId,
    Url,
    Value,
    Whole,
)

ACCEPTED: list[tuple[Any, Any]] = [
    (Date, "2026-06-30"),
    (Date, "1900-01-01"),
    (Instant, "2026-06-30T09:00:00Z"),
    (Instant, "2026-06-30T09:00:00.123000Z"),
    (Instant, "2026-06-30T11:00:00+02:00"),
    (Number, 1.5),
    (Number, -3),
    (Percent, 50),
    (Percent, 12.5),
    (Count, 0),
    (Count, 10**12),
    (Whole, -5),
    (Flag, True),
    (Email, "ada@example.com"),
    (Email, "o'neil+tax@mail.example.co.uk"),
    (Domain, "example.com"),
    (Domain, "mail.example.co.uk"),
    (Url, "https://example.com/a?b=c"),
    (Url, "http://example.com"),
    (E164, "+442079460000"),
    (CountryCode, "GB"),
    (CurrencyCode, "GBP"),
    (SourceId, "crm/Account/001"),
    (SourceId, "crm/orders.csv/a/b c"),
    (LongText, "any\nnumber of lines"),
]
REFUSED: list[tuple[Any, Any]] = [
    (Date, "30/06/2026"),
    (Date, "2026-02-30"),
    (Date, ""),
    (Instant, "2026-06-30T09:00:00"),
    (Instant, "yesterday"),
    (Number, "many"),
    (Number, float("nan")),
    (Number, float("inf")),
    (Percent, 5000),
    (Percent, -1001),
    (Count, -1),
    (Count, 10**12 + 1),
    (Count, 1.5),
    (Whole, 10**16),
    (Flag, "perhaps"),
    (Email, "ada"),
    (Email, "ada@a@b"),
    (Email, "ada lovelace@example.com"),
    (Email, "a" * 320 + "@example.com"),
    (Domain, "example"),
    (Domain, "https://example.com"),
    (Domain, "example.com/path"),
    (Domain, "a b.com"),
    (Url, "example.com"),
    (Url, "ftp://example.com"),
    (Url, "https://a b"),
    (E164, "020 7946 0000"),
    (E164, "+0123456789"),
    (E164, "+12"),
    (CountryCode, "gb"),
    (CountryCode, "GBR"),
    (CurrencyCode, "gbp"),
    (CurrencyCode, "POUND"),
    (SourceId, "001"),
    (SourceId, "crm/Account"),
    (SourceId, "crm/Account/"),
]


@pytest.mark.parametrize(("kind", "value"), ACCEPTED)
def test_a_well_formed_value_is_accepted(kind: Any, value: Any) -> None:
    TypeAdapter(kind).validate_python(value)


@pytest.mark.parametrize(("kind", "value"), REFUSED)
def test_a_malformed_value_is_refused(kind: Any, value: Any) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(value)


def test_money_keeps_every_digit() -> None:
    money = Money.model_validate({"amount": "12.30", "currency": "GBP"})
    assert money.amount == Decimal("12.30")
    assert money.model_dump(mode="json", exclude_unset=True) == {"amount": "12.30", "currency": "GBP"}


@pytest.mark.parametrize(
    "data",
    [
        {"amount": "12.30"},
        {"currency": "GBP"},
        {"amount": "12.30", "currency": None},
        {"amount": "12.30", "currency": "£"},
        {"amount": "much", "currency": "GBP"},
        {"amount": "NaN", "currency": "GBP"},
        {"amount": "12.30", "currency": "GBP", "note": "net"},
    ],
)
def test_money_is_never_without_its_currency(data: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Money.model_validate(data)


def test_money_may_carry_the_rate_it_was_converted_by() -> None:
    money = Money.model_validate(
        {
            "amount": "100",
            "currency": "EUR",
            "base_amount": "85.20",
            "base_currency": "GBP",
            "fx_rate": "0.852",
            "fx_date": "2026-06-30",
        }
    )
    assert money.base_amount == Decimal("85.20")
    assert money.fx_rate == Decimal("0.852")


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (Address, {"street1": "1 High Street", "planet": "Mars"}),
        (Address, {"kind": "holiday"}),
        (Address, {"country": "United Kingdom"}),
        (EmailAddress, {}),
        (EmailAddress, {"address": "nobody"}),
        (EmailAddress, {"address": "a@example.com", "kind": "secret"}),
        (Phone, {"e164": "+442079460000"}),
        (Phone, {"number": "020 7946 0000", "e164": "020 7946 0000"}),
        (RecordRef, {"type": "client"}),
        (RecordRef, {"type": "client", "id": "001"}),
        (Participant, {"type": "robot"}),
        (Consent, {"purpose": "newsletter", "status": "maybe"}),
        (LineItem, {"quantity": float("inf")}),
    ],
)
def test_groups_refuse_what_they_do_not_know(kind: type[Value], data: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        kind.model_validate(data)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (Address, {"kind": "billing", "street1": "1 High Street", "city": "Leeds", "country": "GB"}),
        (Address, {"country_name": "Atlantis"}),
        (EmailAddress, {"address": "a@example.com", "is_primary": True}),
        (Phone, {"number": "ext. 12"}),
        (Phone, {"number": "+44 20 7946 0000", "e164": "+442079460000", "kind": "mobile"}),
        (RecordRef, {"type": "deal", "id": "crm/Opportunity/006"}),
        (Participant, {"email": "a@example.com", "role": "sender"}),
        (Consent, {"purpose": "newsletter", "status": "given", "at": "2026-06-30T09:00:00Z"}),
        (LineItem, {"description": "Audit", "amount": {"amount": "1", "currency": "GBP"}}),
    ],
)
def test_groups_accept_what_they_know(kind: type[Value], data: dict[str, Any]) -> None:
    made = kind.model_validate(data)
    assert made.model_dump(mode="json", exclude_unset=True) == data


def test_values_cannot_be_changed() -> None:
    money = Money.model_validate({"amount": "1", "currency": "GBP"})
    field = "currency"
    with pytest.raises(ValidationError, match="frozen"):
        setattr(money, field, "EUR")


def test_equal_values_are_equal() -> None:
    one = Money.model_validate({"amount": "1.50", "currency": "GBP"})
    assert one == Money.model_validate({"amount": Decimal("1.50"), "currency": "GBP"})
    assert one != Money.model_validate({"amount": "1.50", "currency": "EUR"})


def test_every_named_type_says_how_it_is_written() -> None:
    named: list[Any] = [Date, Instant, Number, Percent, Count, Whole, Flag, Email, Domain, Url, E164, CountryCode]
    named += [CurrencyCode, SourceId, LongText]
    forms = [next(one.name for one in kind.__metadata__ if isinstance(one, Form)) for kind in named]
    assert len(set(forms)) == len(named)
