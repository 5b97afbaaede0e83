"""HubSpot's objects, as its API sends them with associations, and the canonical records they become: talks."""

from __future__ import annotations

import pytest

from tests.mappings.golden import Case, check

CASES: dict[str, Case] = {
    "a call": Case(
        stream="calls",
        id="901",
        stamp="2026-05-02T08:00:01.250000Z",
        raw={
            "id": "901",
            "createdAt": "2024-07-01T15:03:15.554Z",
            "updatedAt": "2026-05-02T08:00:01.250Z",
            "archived": False,
            "properties": {
                "hs_call_body": "<p>Asked for a plan</p>",
                "hs_call_direction": "OUTBOUND",
                "hs_call_disposition": "f240bbac-87c9-4f6e-bf70-924b57d47db7",
                "hs_call_duration": "1380000",
                "hs_call_title": "Cash position",
                "hs_timestamp": "2024-07-01T15:03:15Z",
                "hubspot_owner_id": "71400136",
                "hs_createdate": "2024-07-01T15:03:15.554Z",
            },
            "associations": {"companies": ["9951"], "contacts": ["501"], "deals": [], "tickets": ["701"]},
        },
        made=[
            (
                "interaction",
                {
                    "kind": "call",
                    "direction": "outbound",
                    "subject": "Cash position",
                    "body_excerpt": "Asked for a plan",
                    "started_at": "2024-07-01T15:03:15Z",
                    "duration_seconds": 1380.0,
                    "outcome": "connected",
                    "client_id": "crm/companies/9951",
                    "contact_id": "crm/contacts/501",
                    "deal_id": None,
                    "ticket_id": "crm/tickets/701",
                    "owner_id": "crm/owners/71400136",
                    "created_at": "2024-07-01T15:03:15.554000Z",
                    "updated_at": "2026-05-02T08:00:01.250000Z",
                },
            ),
        ],
    ),
    "an e-mail": Case(
        stream="emails",
        id="902",
        stamp="2026-05-02T08:00:01.250000Z",
        raw={
            "id": "902",
            "createdAt": "2024-07-01T15:03:15.554Z",
            "updatedAt": "2026-05-02T08:00:01.250Z",
            "archived": False,
            "properties": {
                "hs_email_direction": "INCOMING_EMAIL",
                "hs_email_from_email": "luke.dufresne@silverbeckceramics.example",
                "hs_email_to_email": "margaret.hartwell@hartwell.example",
                "hs_email_html": "<p>Hello &amp; thanks</p>",
                "hs_email_text": None,
                "hs_email_status": "SENT",
                "hs_email_subject": "Invoice query",
                "hs_timestamp": "2024-06-28T10:36:50Z",
                "hubspot_owner_id": "71400101",
            },
            "associations": {"companies": ["9951"], "contacts": ["501"], "deals": [], "tickets": []},
        },
        made=[
            (
                "interaction",
                {
                    "kind": "email",
                    "direction": "inbound",
                    "subject": "Invoice query",
                    "body_excerpt": "Hello & thanks",
                    "started_at": "2024-06-28T10:36:50Z",
                    "outcome": "sent",
                    "participants": [
                        {"role": "sender", "email": "luke.dufresne@silverbeckceramics.example"},
                        {"role": "recipient", "email": "margaret.hartwell@hartwell.example"},
                    ],
                    "client_id": "crm/companies/9951",
                    "contact_id": "crm/contacts/501",
                    "deal_id": None,
                    "ticket_id": None,
                    "owner_id": "crm/owners/71400101",
                    "created_at": "2024-07-01T15:03:15.554000Z",
                    "updated_at": "2026-05-02T08:00:01.250000Z",
                },
            ),
        ],
    ),
    "a forwarded e-mail": Case(
        stream="emails",
        id="903",
        stamp="2026-05-02T08:00:01.250000Z",
        raw={
            "id": "903",
            "createdAt": "2024-07-01T15:03:15.554Z",
            "updatedAt": "2026-05-02T08:00:01.250Z",
            "archived": False,
            "properties": {
                "hs_email_direction": "FORWARDED_EMAIL",
                "hs_email_text": "See below",
                "hs_timestamp": "1719571010000",
            },
            "associations": {"companies": ["9951"]},
        },
        made=[
            (
                "interaction",
                {
                    "kind": "email",
                    "direction": None,
                    "body_excerpt": "See below",
                    "started_at": "2024-06-28T10:36:50Z",
                    "client_id": "crm/companies/9951",
                    "created_at": "2024-07-01T15:03:15.554000Z",
                    "updated_at": "2026-05-02T08:00:01.250000Z",
                },
            ),
        ],
    ),
    "a meeting": Case(
        stream="meetings",
        id="904",
        stamp="2026-05-02T08:00:01.250000Z",
        raw={
            "id": "904",
            "createdAt": "2024-07-01T15:03:15.554Z",
            "updatedAt": "2026-05-02T08:00:01.250Z",
            "archived": False,
            "properties": {
                "hs_meeting_title": "Budget workshop",
                "hs_meeting_body": "<div>Agenda<br>Budget</div>",
                "hs_internal_meeting_notes": None,
                "hs_meeting_start_time": "2024-06-28T10:41:45Z",
                "hs_meeting_end_time": "2024-06-28T11:29:45Z",
                "hs_meeting_location": "Zoom",
                "hs_meeting_outcome": "COMPLETED",
                "hs_timestamp": "2024-06-28T10:41:45Z",
                "hubspot_owner_id": "71400108",
            },
            "associations": {"companies": ["9951"], "contacts": ["501"], "deals": ["601"], "tickets": []},
        },
        made=[
            (
                "interaction",
                {
                    "kind": "meeting",
                    "subject": "Budget workshop",
                    "body_excerpt": "Agenda\nBudget",
                    "started_at": "2024-06-28T10:41:45Z",
                    "ended_at": "2024-06-28T11:29:45Z",
                    "outcome": "completed",
                    "location": "Zoom",
                    "client_id": "crm/companies/9951",
                    "contact_id": "crm/contacts/501",
                    "deal_id": "crm/deals/601",
                    "ticket_id": None,
                    "owner_id": "crm/owners/71400108",
                    "created_at": "2024-07-01T15:03:15.554000Z",
                    "updated_at": "2026-05-02T08:00:01.250000Z",
                },
            ),
        ],
    ),
    "a note": Case(
        stream="notes",
        id="905",
        stamp="2026-05-02T08:00:01.250000Z",
        raw={
            "id": "905",
            "createdAt": "2024-07-01T15:03:15.554Z",
            "updatedAt": "2026-05-02T08:00:01.250Z",
            "archived": False,
            "properties": {
                "hs_note_body": "<p>Client mentioned a new site</p>",
                "hs_timestamp": "2024-07-15T14:37:56Z",
                "hubspot_owner_id": "71400101",
                "inlay_key": "health-3",
            },
            "associations": {"companies": ["9951"], "contacts": ["501"], "deals": ["601"], "tickets": []},
        },
        made=[
            (
                "interaction",
                {
                    "kind": "note",
                    "body_excerpt": "Client mentioned a new site",
                    "started_at": "2024-07-15T14:37:56Z",
                    "external_key": "health-3",
                    "client_id": "crm/companies/9951",
                    "contact_id": "crm/contacts/501",
                    "deal_id": "crm/deals/601",
                    "ticket_id": None,
                    "owner_id": "crm/owners/71400101",
                    "created_at": "2024-07-01T15:03:15.554000Z",
                    "updated_at": "2026-05-02T08:00:01.250000Z",
                },
            ),
        ],
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_a_record_becomes(case: Case) -> None:
    check("hubspot", case)
