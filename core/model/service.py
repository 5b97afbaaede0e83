"""What the firm does for its clients: answers, talks, work and to-dos."""

from __future__ import annotations

from typing import ClassVar, Literal

from core.model.record import Record
from core.model.values import (
    ChecklistItem,
    Count,
    Date,
    Flag,
    Instant,
    LongText,
    Milestone,
    Money,
    Number,
    Participant,
    Percent,
    RecordRef,
    SourceId,
)

Priority = Literal["low", "normal", "high", "urgent"]
TicketStatus = Literal["new", "open", "pending", "on_hold", "solved", "closed"]
TaskStatus = Literal["not_started", "in_progress", "waiting", "completed", "deferred", "canceled"]
InteractionKind = Literal["call", "email", "meeting", "note", "sms", "chat", "portal", "visit"]


class Ticket(Record):
    """A question or complaint of a client."""

    number: str | None = None
    subject: str | None = None
    description: LongText | None = None
    client_id: SourceId | None = None
    contact_id: SourceId | None = None
    status: TicketStatus | None = None
    priority: Priority | None = None
    channel: Literal["email", "phone", "web", "chat", "portal", "other"] | None = None
    category: str | None = None
    assignee_id: SourceId | None = None
    opened_at: Instant | None = None
    first_response_at: Instant | None = None
    first_response_due_at: Instant | None = None
    resolved_at: Instant | None = None
    resolution_due_at: Instant | None = None
    closed_at: Instant | None = None
    is_escalated: Flag | None = None
    reopened_count: Count | None = None
    satisfaction_rating: Number | None = None
    sla_policy: str | None = None
    sla_breached: Flag | None = None


class Interaction(Record):
    """One contact between firm and client; ``external_key`` is set on what Inlay itself wrote."""

    needs: ClassVar[tuple[tuple[str, ...], ...]] = (("kind",), ("started_at",))

    kind: InteractionKind | None = None
    direction: Literal["inbound", "outbound"] | None = None
    subject: str | None = None
    body_excerpt: LongText | None = None
    body_ref: str | None = None
    started_at: Instant | None = None
    ended_at: Instant | None = None
    duration_seconds: Number | None = None
    outcome: str | None = None
    location: str | None = None
    participants: list[Participant] | None = None
    client_id: SourceId | None = None
    contact_id: SourceId | None = None
    deal_id: SourceId | None = None
    ticket_id: SourceId | None = None
    project_id: SourceId | None = None
    sentiment: Literal["positive", "neutral", "negative"] | None = None
    responded_at: Instant | None = None
    response_seconds: Number | None = None
    urgency: Literal["urgent", "important", "regular"] | None = None
    external_key: str | None = None


class Task(Record):
    """A to-do of somebody at the firm; ``external_key`` is set on what Inlay itself made."""

    subject: str | None = None
    body: LongText | None = None
    status: TaskStatus | None = None
    priority: Priority | None = None
    due_date: Date | None = None
    reminder_at: Instant | None = None
    completed_at: Instant | None = None
    assignee_id: SourceId | None = None
    client_id: SourceId | None = None
    contact_id: SourceId | None = None
    deal_id: SourceId | None = None
    related: list[RecordRef] | None = None
    queue: str | None = None
    recurrence_rule: str | None = None
    template_key: str | None = None
    created_by_plugin: str | None = None
    checklist: list[ChecklistItem] | None = None
    external_key: str | None = None


class Project(Record):
    """A piece of work for a client: an engagement, matter or audit. Hours as numbers, completion in percent."""

    needs: ClassVar[tuple[tuple[str, ...], ...]] = (("name", "number"),)

    number: str | None = None
    name: str | None = None
    kind: Literal["engagement", "matter", "audit", "other"] | None = None
    client_id: SourceId | None = None
    contract_id: SourceId | None = None
    service_line_id: SourceId | None = None
    status: Literal["proposed", "active", "on_hold", "completed", "closed"] | None = None
    start_date: Date | None = None
    target_end_date: Date | None = None
    end_date: Date | None = None
    budget: Money | None = None
    billed_to_date: Money | None = None
    hours_budget: Number | None = None
    hours_actual: Number | None = None
    percent_complete: Percent | None = None
    lead_id: SourceId | None = None
    team_ids: list[SourceId] | None = None
    risk_status: Literal["green", "amber", "red"] | None = None
    milestones: list[Milestone] | None = None


class UsageMetric(Record):
    """How much of something a client used in a period."""

    needs: ClassVar[tuple[tuple[str, ...], ...]] = (("metric_key",), ("quantity",))

    client_id: SourceId | None = None
    subscription_id: SourceId | None = None
    metric_key: str | None = None
    period_start: Instant | None = None
    period_end: Instant | None = None
    quantity: Number | None = None
    unit: str | None = None
    active_users: Count | None = None
    login_count: Count | None = None
    last_login_at: Instant | None = None
    dimensions: dict[str, str] | None = None
