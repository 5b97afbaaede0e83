"""The values records are made of.

Each named type carries a ``Form``: how its text is written. The mapping compiler picks the converter by it, so that
what a mapping yields always fits the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as _date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


@dataclass(frozen=True)
class Form:
    """The way a value is written, by name: what a converter has to make of a vendor's rendering."""

    name: str


LongText = Annotated[str, Form("long_text")]
Instant = Annotated[AwareDatetime, Form("instant")]
Date = Annotated[_date, Form("date")]
Number = Annotated[float, Field(allow_inf_nan=False), Form("number")]
Percent = Annotated[float, Field(ge=-1000, le=1000, allow_inf_nan=False), Form("percent")]
Count = Annotated[int, Field(ge=0, le=10**12), Form("count")]
Whole = Annotated[int, Field(ge=-(10**15), le=10**15), Form("whole")]
Flag = Annotated[bool, Form("flag")]
Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=320), Form("email")]
Domain = Annotated[str, Field(pattern=r"^[^\s/:@]+\.[^\s/:@.]+$", max_length=253), Form("domain")]
Url = Annotated[str, Field(pattern=r"^https?://\S+$"), Form("url")]
E164 = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$"), Form("phone")]
CountryCode = Annotated[str, Field(pattern=r"^[A-Z]{2}$"), Form("country")]
CurrencyCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$"), Form("currency")]
SourceId = Annotated[str, Field(pattern=r"^[^/]+/[^/]+/(?s:.+)$"), Form("source_id")]
AmountText = Annotated[Decimal, Field(allow_inf_nan=False)]


class Value(BaseModel):
    """Base of all compound values: immutable, and nothing but what is declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Money(Value):
    """An amount in major units, never without its currency (ISO 4217); the base amount is in the firm's own."""

    amount: AmountText
    currency: CurrencyCode
    base_amount: AmountText | None = None
    base_currency: CurrencyCode | None = None
    fx_rate: AmountText | None = None
    fx_date: Date | None = None


class Address(Value):
    """A postal address; ``country`` is ISO 3166-1, ``country_name`` what the vendor wrote where none is known."""

    kind: Literal["billing", "shipping", "mailing", "other"] = "other"
    street1: str | None = None
    street2: str | None = None
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: CountryCode | None = None
    country_name: str | None = None


class EmailAddress(Value):
    """One e-mail address of somebody, lower case."""

    address: Email
    kind: Literal["work", "home", "billing", "other"] = "work"
    is_primary: bool = False
    opted_out: bool = False


class Phone(Value):
    """One phone number: ``e164`` when it could be read as such, and always as the vendor shows it."""

    number: str
    e164: E164 | None = None
    kind: Literal["work", "mobile", "home", "fax", "other"] = "work"


class RecordRef(Value):
    """A reference to a record of any type, by source id."""

    type: str
    id: SourceId


class Participant(Value):
    """Somebody who took part in an interaction; known by record, by e-mail, or both."""

    type: Literal["contact", "user", "client", "other"] = "other"
    id: SourceId | None = None
    email: Email | None = None
    role: Literal["sender", "recipient", "copied", "organizer", "attendee", "other"] = "other"


class Consent(Value):
    """What a person agreed to, and when."""

    purpose: str
    status: Literal["given", "withdrawn", "unknown"]
    at: Instant | None = None


class LineItem(Value):
    """One line of a deal or invoice."""

    service_line_id: SourceId | None = None
    description: str | None = None
    quantity: Number | None = None
    unit_price: Money | None = None
    discount: Money | None = None
    amount: Money | None = None
    term_months: Count | None = None


class ChecklistItem(Value):
    """One step of a task."""

    text: str
    is_done: bool = False


class Milestone(Value):
    """A point in a project that somebody waits for."""

    name: str
    due_date: Date | None = None
    reached_on: Date | None = None


class Answer(Value):
    """One answered question of a survey."""

    question: str
    answer: str | None = None
    score: Number | None = None


class Recipient(Value):
    """Somebody an envelope was sent to, with the state of the signature."""

    role: Literal["signer", "cc", "certified_delivery", "in_person_signer", "other"] = "signer"
    routing_order: Count | None = None
    name: str | None = None
    email: Email | None = None
    contact_id: SourceId | None = None
    status: Literal["created", "sent", "delivered", "signed", "completed", "declined", "autoresponded"] | None = None
    signed_at: Instant | None = None
    declined_reason: str | None = None
