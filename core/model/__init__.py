"""The canonical records: what every system's data becomes, and the only form plugins see."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from core.model.billing import CreditNote, Invoice, Payment, Subscription
from core.model.feedback import Survey, SurveyResponse
from core.model.keys import SourceKey
from core.model.papers import Document, Envelope
from core.model.people import Client, ComplianceCheck, Contact, Referral, Relationship, User
from core.model.record import Record, State, state_of
from core.model.sales import Contract, Deal, ServiceLine
from core.model.service import Interaction, Project, Task, Ticket, UsageMetric
from core.model.values import (
    Address,
    Answer,
    ChecklistItem,
    Consent,
    EmailAddress,
    LineItem,
    Milestone,
    Money,
    Participant,
    Phone,
    Recipient,
    RecordRef,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

RECORD_TYPES: Mapping[str, type[Record]] = MappingProxyType(
    {
        "client": Client,
        "contact": Contact,
        "user": User,
        "deal": Deal,
        "contract": Contract,
        "service_line": ServiceLine,
        "subscription": Subscription,
        "invoice": Invoice,
        "payment": Payment,
        "credit_note": CreditNote,
        "ticket": Ticket,
        "interaction": Interaction,
        "project": Project,
        "usage_metric": UsageMetric,
        "survey": Survey,
        "survey_response": SurveyResponse,
        "envelope": Envelope,
        "document": Document,
        "task": Task,
        "referral": Referral,
        "relationship": Relationship,
        "compliance_check": ComplianceCheck,
    }
)
"""Every record type by the name that tables and mappings use."""

__all__ = [
    "RECORD_TYPES",
    "Address",
    "Answer",
    "ChecklistItem",
    "Client",
    "ComplianceCheck",
    "Consent",
    "Contact",
    "Contract",
    "CreditNote",
    "Deal",
    "Document",
    "EmailAddress",
    "Envelope",
    "Interaction",
    "Invoice",
    "LineItem",
    "Milestone",
    "Money",
    "Participant",
    "Payment",
    "Phone",
    "Project",
    "Recipient",
    "Record",
    "RecordRef",
    "Referral",
    "Relationship",
    "ServiceLine",
    "SourceKey",
    "State",
    "Subscription",
    "Survey",
    "SurveyResponse",
    "Task",
    "Ticket",
    "UsageMetric",
    "User",
    "state_of",
]
