"""HubSpot's objects, as its API sends them with associations, and the canonical records they become: service."""

from __future__ import annotations

import pytest

from tests.mappings.golden import Case, check

CASES: dict[str, Case] = {
    "a ticket": Case(
        stream="tickets",
        id="701",
        stamp="2026-05-02T08:00:01.250000Z",
        raw={
            "id": "701",
            "createdAt": "2024-07-01T15:03:15.554Z",
            "updatedAt": "2026-05-02T08:00:01.250Z",
            "archived": False,
            "properties": {
                "subject": "VAT figure differs",
                "content": "See ledger",
                "hs_pipeline_stage": "4",
                "hs_is_closed": "true",
                "hs_ticket_priority": "URGENT",
                "source_type": "EMAIL",
                "hs_ticket_category": "BILLING_ISSUE",
                "closed_date": "2024-07-07T06:15:28Z",
                "createdate": "2024-07-05T11:15:28Z",
                "first_agent_reply_date": "2024-07-05T12:00:00Z",
                "hubspot_owner_id": "71400115",
            },
            "associations": {"companies": ["9951"], "contacts": ["501"]},
        },
        made=[
            (
                "ticket",
                {
                    "number": "701",
                    "subject": "VAT figure differs",
                    "description": "See ledger",
                    "client_id": "crm/companies/9951",
                    "contact_id": "crm/contacts/501",
                    "status": "closed",
                    "priority": "urgent",
                    "channel": "email",
                    "category": "BILLING_ISSUE",
                    "assignee_id": "crm/owners/71400115",
                    "owner_id": "crm/owners/71400115",
                    "opened_at": "2024-07-05T11:15:28Z",
                    "first_response_at": "2024-07-05T12:00:00Z",
                    "resolved_at": "2024-07-07T06:15:28Z",
                    "closed_at": "2024-07-07T06:15:28Z",
                    "created_at": "2024-07-05T11:15:28Z",
                    "updated_at": "2026-05-02T08:00:01.250000Z",
                },
            ),
        ],
    ),
    "a ticket that waits in another pipeline": Case(
        stream="tickets",
        id="702",
        stamp="2026-05-02T08:00:01.250000Z",
        raw={
            "id": "702",
            "createdAt": "2024-07-01T15:03:15.554Z",
            "updatedAt": "2026-05-02T08:00:01.250Z",
            "archived": False,
            "properties": {
                "subject": "Login",
                "hs_pipeline_stage": "99812",
                "hs_is_closed": "false",
                "hs_ticket_priority": None,
                "source_type": "ZAPIER",
                "closed_date": None,
                "createdate": "2026-06-05T11:15:28Z",
            },
            "associations": {"companies": [], "contacts": []},
        },
        made=[
            (
                "ticket",
                {
                    "number": "702",
                    "subject": "Login",
                    "client_id": None,
                    "contact_id": None,
                    "status": "open",
                    "priority": None,
                    "channel": "other",
                    "opened_at": "2026-06-05T11:15:28Z",
                    "resolved_at": None,
                    "closed_at": None,
                    "created_at": "2026-06-05T11:15:28Z",
                    "updated_at": "2026-05-02T08:00:01.250000Z",
                },
            ),
        ],
    ),
    "a task": Case(
        stream="tasks",
        id="801",
        stamp="2026-05-02T08:00:01.250000Z",
        raw={
            "id": "801",
            "createdAt": "2024-07-01T15:03:15.554Z",
            "updatedAt": "2026-05-02T08:00:01.250Z",
            "archived": False,
            "properties": {
                "hs_task_subject": "Ask for a testimonial",
                "hs_task_body": "<p>Be nice</p>",
                "hs_task_status": "NOT_STARTED",
                "hs_task_priority": "NONE",
                "hs_timestamp": "2026-06-01T09:00:00Z",
                "hs_task_reminders": "1780300800000",
                "hs_task_completion_date": None,
                "hubspot_owner_id": "71400115",
                "hs_queue_membership_ids": None,
                "inlay_key": "renewals-7",
                "hs_createdate": "2026-05-18T09:00:00.271Z",
                "hs_lastmodifieddate": "2026-05-18T09:00:00.271Z",
            },
            "associations": {"companies": ["9951"], "contacts": [], "deals": []},
        },
        made=[
            (
                "task",
                {
                    "subject": "Ask for a testimonial",
                    "body": "Be nice",
                    "status": "not_started",
                    "priority": "normal",
                    "due_date": "2026-06-01",
                    "reminder_at": "2026-06-01T08:00:00Z",
                    "completed_at": None,
                    "assignee_id": "crm/owners/71400115",
                    "client_id": "crm/companies/9951",
                    "contact_id": None,
                    "deal_id": None,
                    "queue": None,
                    "external_key": "renewals-7",
                    "owner_id": "crm/owners/71400115",
                    "created_at": "2026-05-18T09:00:00.271000Z",
                    "updated_at": "2026-05-18T09:00:00.271000Z",
                },
            ),
        ],
    ),
    "a task done": Case(
        stream="tasks",
        id="802",
        stamp="2026-05-02T08:00:01.250000Z",
        raw={
            "id": "802",
            "createdAt": "2024-07-01T15:03:15.554Z",
            "updatedAt": "2026-05-02T08:00:01.250Z",
            "archived": False,
            "properties": {
                "hs_task_subject": "Send figures",
                "hs_task_body": None,
                "hs_task_status": "COMPLETED",
                "hs_task_priority": "HIGH",
                "hs_timestamp": "2026-06-01T09:00:00Z",
                "hs_task_completion_date": "2026-05-30T10:00:00.5Z",
                "hs_queue_membership_ids": "12",
                "hs_createdate": "2026-05-18T09:00:00Z",
            },
            "associations": {"companies": ["9951"], "contacts": ["501"], "deals": ["601"]},
        },
        made=[
            (
                "task",
                {
                    "subject": "Send figures",
                    "body": None,
                    "status": "completed",
                    "priority": "high",
                    "due_date": "2026-06-01",
                    "completed_at": "2026-05-30T10:00:00.500000Z",
                    "client_id": "crm/companies/9951",
                    "contact_id": "crm/contacts/501",
                    "deal_id": "crm/deals/601",
                    "queue": "12",
                    "created_at": "2026-05-18T09:00:00Z",
                    "updated_at": "2026-05-02T08:00:01.250000Z",
                },
            ),
        ],
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_a_record_becomes(case: Case) -> None:
    check("hubspot", case)
