"""What the demo firm consists of, in no vendor's words; each vendor's sandbox loads its own part of it.

The firm is an accounting practice. Every party carries ``homes``: the systems that hold a record of it
(``"salesforce"``, ``"hubspot"``, ``"stripe"``), so that one client can live in two CRMs and in billing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

Home = Literal["salesforce", "hubspot", "stripe"]
Channel = Literal["email", "call", "meeting", "note"]
Direction = Literal["inbound", "outbound"]


@dataclass(frozen=True)
class Colleague:
    """Somebody who works at the firm and owns clients in both CRMs."""

    key: str
    first_name: str
    last_name: str
    email: str
    title: str
    is_active: bool = True


@dataclass(frozen=True)
class Party:
    """One real client or prospect of the firm, as one system of ``homes`` may know it.

    ``spelling`` holds per home another spelling of the name where the systems disagree ("Ltd" against "Limited");
    ``twin_of`` names the party this one duplicates inside the same system.
    """

    key: str
    name: str
    domain: str
    industry: str
    employees: int
    status: Literal["prospect", "active", "former"]
    currency: str
    owner_key: str
    phone: str
    street: str
    city: str
    postal_code: str
    country: str
    client_since: date
    homes: tuple[Home, ...]
    vat_number: str | None = None
    spelling: dict[Home, str] = field(default_factory=dict)
    twin_of: str | None = None
    parent_key: str | None = None


@dataclass(frozen=True)
class Person:
    """Somebody who works for a client."""

    key: str
    party_key: str
    first_name: str
    last_name: str
    email: str
    phone: str
    title: str
    homes: tuple[Home, ...]
    is_primary: bool = False
    opted_out: bool = False


@dataclass(frozen=True)
class Opening:
    """A sales opportunity: an Opportunity here, a deal there."""

    key: str
    party_key: str
    owner_key: str
    name: str
    stage: Literal["qualify", "proposal", "negotiation", "won", "lost"]
    amount: Decimal
    currency: str
    created_at: datetime
    close_date: date
    home: Home


@dataclass(frozen=True)
class Engagement:
    """A signed contract for a recurring service (Salesforce Contract; in HubSpot a won deal with dates)."""

    key: str
    party_key: str
    number: str
    status: Literal["draft", "active", "expired", "terminated"]
    start_date: date
    term_months: int
    notice_period_days: int
    auto_renew: bool
    annual_value: Decimal
    currency: str
    home: Home


@dataclass(frozen=True)
class SupportCase:
    """A question or complaint: a Case here, a ticket there."""

    key: str
    party_key: str
    person_key: str | None
    subject: str
    priority: Literal["low", "normal", "high", "urgent"]
    status: Literal["new", "open", "waiting", "closed"]
    opened_at: datetime
    closed_at: datetime | None
    home: Home


@dataclass(frozen=True)
class Touch:
    """One contact between the firm and a client."""

    key: str
    party_key: str
    person_key: str | None
    owner_key: str
    channel: Channel
    direction: Direction
    subject: str
    at: datetime
    minutes: int
    home: Home


@dataclass(frozen=True)
class Chore:
    """A to-do that a colleague made by hand, before Inlay came."""

    key: str
    party_key: str
    owner_key: str
    subject: str
    due: date
    is_done: bool
    home: Home


@dataclass(frozen=True)
class Fee:
    """A recurring fee collected through billing."""

    key: str
    party_key: str
    plan_name: str
    monthly_amount: Decimal
    currency: str
    status: Literal["active", "past_due", "canceled", "trialing"]
    started_at: datetime
    canceled_at: datetime | None = None


@dataclass(frozen=True)
class Bill:
    """An invoice; ``paid_at`` is None while it is open."""

    key: str
    party_key: str
    fee_key: str | None
    number: str
    amount: Decimal
    currency: str
    status: Literal["draft", "open", "paid", "uncollectible", "void"]
    issued_at: datetime
    due_at: datetime
    paid_at: datetime | None


@dataclass(frozen=True)
class Firm:
    """The whole demo firm at the instant ``as_of``."""

    name: str
    as_of: datetime
    colleagues: tuple[Colleague, ...]
    parties: tuple[Party, ...]
    people: tuple[Person, ...]
    openings: tuple[Opening, ...]
    engagements: tuple[Engagement, ...]
    cases: tuple[SupportCase, ...]
    touches: tuple[Touch, ...]
    chores: tuple[Chore, ...]
    fees: tuple[Fee, ...]
    bills: tuple[Bill, ...]
