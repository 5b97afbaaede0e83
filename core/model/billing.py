"""What clients owe and pay."""

from __future__ import annotations

from typing import ClassVar, Literal

from core.model.record import Record
from core.model.values import Date, Flag, Instant, LineItem, LongText, Money, Number, SourceId, Url

SubscriptionStatus = Literal["incomplete", "trialing", "active", "past_due", "paused", "canceled", "unpaid"]
InvoiceStatus = Literal["draft", "open", "paid", "partially_paid", "void", "uncollectible"]
PaymentStatus = Literal["pending", "succeeded", "failed", "refunded", "disputed", "canceled"]


class Subscription(Record):
    """A recurring fee; ``mrr`` is what it brings in a month."""

    client_id: SourceId | None = None
    contract_id: SourceId | None = None
    status: SubscriptionStatus | None = None
    plan_name: str | None = None
    quantity: Number | None = None
    unit_amount: Money | None = None
    interval: Literal["day", "week", "month", "quarter", "year"] | None = None
    interval_count: Number | None = None
    mrr: Money | None = None
    started_at: Instant | None = None
    trial_end: Instant | None = None
    current_period_start: Instant | None = None
    current_period_end: Instant | None = None
    cancel_at: Instant | None = None
    canceled_at: Instant | None = None
    cancel_reason: str | None = None
    cancels_at_period_end: Flag | None = None
    collection_method: Literal["automatic", "invoice"] | None = None


class Invoice(Record):
    """A bill. Without its total it would distort every figure, so it cannot stand without."""

    needs: ClassVar[tuple[tuple[str, ...], ...]] = (("total",),)

    number: str | None = None
    client_id: SourceId | None = None
    contract_id: SourceId | None = None
    subscription_id: SourceId | None = None
    project_id: SourceId | None = None
    status: InvoiceStatus | None = None
    issue_date: Date | None = None
    due_date: Date | None = None
    paid_at: Instant | None = None
    subtotal: Money | None = None
    tax_total: Money | None = None
    discount_total: Money | None = None
    total: Money | None = None
    amount_paid: Money | None = None
    amount_due: Money | None = None
    memo: LongText | None = None
    hosted_url: Url | None = None
    pdf_document_id: SourceId | None = None
    line_items: list[LineItem] | None = None


class Payment(Record):
    """Money that came, or did not."""

    needs: ClassVar[tuple[tuple[str, ...], ...]] = (("amount",),)

    invoice_id: SourceId | None = None
    client_id: SourceId | None = None
    status: PaymentStatus | None = None
    amount: Money | None = None
    method: str | None = None
    description: str | None = None
    processed_at: Instant | None = None
    failure_code: str | None = None
    failure_message: str | None = None
    refunded_amount: Money | None = None


class CreditNote(Record):
    """What the firm gave back or took off an invoice."""

    needs: ClassVar[tuple[tuple[str, ...], ...]] = (("amount",),)

    number: str | None = None
    client_id: SourceId | None = None
    invoice_id: SourceId | None = None
    status: Literal["issued", "void"] | None = None
    reason: str | None = None
    amount: Money | None = None
    issued_at: Instant | None = None
