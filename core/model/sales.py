"""What the firm sells, hopes to sell and has agreed."""

from __future__ import annotations

from typing import ClassVar, Literal

from core.model.record import Record
from core.model.values import Count, Date, Flag, Instant, LineItem, LongText, Money, Percent, SourceId

ContractStatus = Literal["draft", "in_approval", "sent", "active", "expired", "terminated"]


class Deal(Record):
    """A sale that may come; ``probability`` in percent."""

    needs: ClassVar[tuple[tuple[str, ...], ...]] = (("name",),)

    name: str | None = None
    description: LongText | None = None
    client_id: SourceId | None = None
    primary_contact_id: SourceId | None = None
    pipeline_id: str | None = None
    stage_id: str | None = None
    status: Literal["open", "won", "lost"] | None = None
    amount: Money | None = None
    probability: Percent | None = None
    forecast_category: str | None = None
    expected_close_date: Date | None = None
    closed_at: Instant | None = None
    deal_type: Literal["new", "renewal", "expansion", "cross_sell"] | None = None
    service_line_ids: list[SourceId] | None = None
    lead_source: str | None = None
    campaign: str | None = None
    next_step: str | None = None
    loss_reason: str | None = None
    competitor: str | None = None
    stage_changed_at: Instant | None = None
    line_items: list[LineItem] | None = None


class Contract(Record):
    """An agreement with a client; terms in months, notice in calendar days before ``end_date``."""

    number: str | None = None
    name: str | None = None
    client_id: SourceId | None = None
    deal_id: SourceId | None = None
    status: ContractStatus | None = None
    start_date: Date | None = None
    end_date: Date | None = None
    term_months: Count | None = None
    signed_at: Instant | None = None
    auto_renew: Flag | None = None
    renewal_date: Date | None = None
    notice_period_days: Count | None = None
    total_contract_value: Money | None = None
    annual_contract_value: Money | None = None
    billing_frequency: Literal["monthly", "quarterly", "semiannual", "annual", "one_off", "other"] | None = None
    payment_terms: str | None = None
    document_ids: list[SourceId] | None = None
    envelope_id: SourceId | None = None
    service_line_ids: list[SourceId] | None = None
    replaced_by_id: SourceId | None = None


class ServiceLine(Record):
    """A service the firm offers."""

    needs: ClassVar[tuple[tuple[str, ...], ...]] = (("name", "code"),)

    code: str | None = None
    name: str | None = None
    family: str | None = None
    description: LongText | None = None
    unit_price: Money | None = None
    billing_type: Literal["fixed", "hourly", "retainer", "subscription"] | None = None
    recurrence: str | None = None
    active: Flag | None = None
    practice_area: str | None = None
    lead_partner_id: SourceId | None = None
