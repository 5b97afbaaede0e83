"""Whom the firm serves, whom it knows there, and who works for the firm."""

from __future__ import annotations

from typing import ClassVar, Literal

from core.model.record import Record
from core.model.values import (
    Address,
    Consent,
    Count,
    CurrencyCode,
    Date,
    Domain,
    Email,
    EmailAddress,
    Flag,
    Instant,
    LongText,
    Money,
    Number,
    Phone,
    SourceId,
    Url,
)

ClientStatus = Literal["prospect", "onboarding", "active", "at_risk", "churned", "other"]
ClientType = Literal["prospect", "customer", "partner", "former", "other"]
LifecycleStage = Literal["subscriber", "lead", "mql", "sql", "opportunity", "customer", "evangelist", "other"]
RelationshipRole = Literal[
    "decision_maker", "economic_buyer", "champion", "influencer", "billing", "legal", "employee",
    "parent", "subsidiary", "referrer", "other",
]  # fmt: skip


class Client(Record):
    """A company or person the firm serves or wants to serve.

    ``judged_…`` is what somebody at the firm says of the client's health against the score: a band or a score of 100,
    why, who, and the last day on which it counts.
    """

    needs: ClassVar[tuple[tuple[str, ...], ...]] = (("name", "emails"),)

    name: str | None = None
    legal_name: str | None = None
    domain: Domain | None = None
    website: Url | None = None
    description: LongText | None = None
    industry: str | None = None
    industry_code: str | None = None
    client_type: ClientType | None = None
    lifecycle_stage: LifecycleStage | None = None
    status: ClientStatus | None = None
    tier: str | None = None
    parent_client_id: SourceId | None = None
    number_of_employees: Count | None = None
    annual_revenue: Money | None = None
    tax_id: str | None = None
    vat_number: str | None = None
    registration_number: str | None = None
    currency: CurrencyCode | None = None
    time_zone: str | None = None
    language: str | None = None
    addresses: list[Address] | None = None
    phones: list[Phone] | None = None
    emails: list[EmailAddress] | None = None
    tags: list[str] | None = None
    source: str | None = None
    rating: str | None = None
    sentiment: Literal["positive", "neutral", "negative"] | None = None
    judged_band: str | None = None
    judged_score: Number | None = None
    judged_reason: str | None = None
    judged_by: str | None = None
    judged_until: Date | None = None
    account_manager_id: SourceId | None = None
    relationship_partner_id: SourceId | None = None
    team_ids: list[SourceId] | None = None
    onboarded_at: Instant | None = None
    client_since: Date | None = None
    last_activity_at: Instant | None = None
    last_contacted_at: Instant | None = None
    next_activity_at: Instant | None = None
    kyc_status: Literal["not_started", "in_progress", "passed", "failed", "expired"] | None = None
    kyc_checked_at: Instant | None = None
    risk_rating: Literal["low", "medium", "high"] | None = None
    balance: Money | None = None
    is_delinquent: Flag | None = None
    external_ids: dict[str, str] | None = None


class Contact(Record):
    """Somebody who works for a client."""

    needs: ClassVar[tuple[tuple[str, ...], ...]] = (("first_name", "last_name", "emails"),)

    client_id: SourceId | None = None
    first_name: str | None = None
    last_name: str | None = None
    salutation: str | None = None
    title: str | None = None
    department: str | None = None
    seniority: str | None = None
    emails: list[EmailAddress] | None = None
    phones: list[Phone] | None = None
    addresses: list[Address] | None = None
    preferred_channel: Literal["email", "phone", "sms", "portal", "post"] | None = None
    language: str | None = None
    time_zone: str | None = None
    lead_source: str | None = None
    lifecycle_stage: LifecycleStage | None = None
    is_primary: Flag | None = None
    opted_out: Flag | None = None
    consent: list[Consent] | None = None
    reports_to_id: SourceId | None = None
    last_contacted_at: Instant | None = None
    tags: list[str] | None = None
    portal_user_id: str | None = None


class User(Record):
    """Somebody who works for the firm and uses one of its systems."""

    needs: ClassVar[tuple[tuple[str, ...], ...]] = (("name", "email"),)

    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: Email | None = None
    is_active: Flag | None = None
    role: str | None = None
    title: str | None = None
    department: str | None = None
    team_ids: list[SourceId] | None = None
    manager_id: SourceId | None = None
    time_zone: str | None = None
    capacity: Number | None = None  # hours a week


class Relationship(Record):
    """A tie between two records: who is what to whom. ``strength`` runs from 0 to 100."""

    needs: ClassVar[tuple[tuple[str, ...], ...]] = (("from_id",), ("to_id",))

    from_type: str | None = None
    from_id: SourceId | None = None
    to_type: str | None = None
    to_id: SourceId | None = None
    role: RelationshipRole | None = None
    label: str | None = None
    category: str | None = None
    strength: Number | None = None
    influence: Number | None = None
    sentiment: Literal["positive", "neutral", "negative"] | None = None
    is_primary: Flag | None = None
    start_date: Date | None = None
    end_date: Date | None = None


class Referral(Record):
    """A client or contact that somebody sent to the firm."""

    needs: ClassVar[tuple[tuple[str, ...], ...]] = (("referred_client_id", "referred_contact_id"),)

    referrer_type: str | None = None
    referrer_id: SourceId | None = None
    referred_client_id: SourceId | None = None
    referred_contact_id: SourceId | None = None
    program: str | None = None
    status: Literal["received", "qualified", "converted", "declined", "rewarded"] | None = None
    received_at: Instant | None = None
    converted_at: Instant | None = None
    deal_id: SourceId | None = None
    reward: Money | None = None
    reward_status: str | None = None


class ComplianceCheck(Record):
    """One check of a client or person: identity, money laundering, sanctions."""

    needs: ClassVar[tuple[tuple[str, ...], ...]] = (("client_id", "contact_id"),)

    client_id: SourceId | None = None
    contact_id: SourceId | None = None
    kind: Literal["identity", "address", "sanctions", "pep", "beneficial_owner", "adverse_media", "other"] | None = None
    provider: str | None = None
    status: Literal["pending", "passed", "failed", "expired"] | None = None
    risk_level: Literal["low", "medium", "high"] | None = None
    performed_at: Instant | None = None
    expires_at: Instant | None = None
    evidence_document_id: SourceId | None = None
