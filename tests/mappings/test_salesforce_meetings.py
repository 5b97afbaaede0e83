"""Salesforce's objects, as its REST API sends them, and the canonical records they become: meetings."""

from __future__ import annotations

import pytest

from tests.mappings.golden import Case, check

CASES: dict[str, Case] = {
    "a meeting": Case(
        stream="Event",
        id="00U5g0000000001EAA",
        stamp="2026-05-02T08:00:01Z",
        raw={
            "Id": "00U5g0000000001EAA",
            "Subject": "Year-end planning",
            "Description": None,
            "Direction__c": "Inbound",
            "StartDateTime": "2024-07-01T15:48:05.000+0000",
            "ActivityDateTime": "2024-07-01T15:48:05.000+0000",
            "ActivityDate": "2024-07-01",
            "EndDateTime": "2024-07-01T16:57:05.000+0000",
            "DurationInMinutes": 69,
            "Location": "Board room",
            "AccountId": "0015g000000000DAAQ",
            "WhatId": "0015g000000000DAAQ",
            "WhoId": "0035g000000000SAAQ",
            "OwnerId": "0055g0000000008AAA",
            "CreatedDate": "2024-09-20T16:52:08.000+0000",
            "LastModifiedDate": "2026-05-02T08:00:00.000+0000",
            "SystemModstamp": "2026-05-02T08:00:01.000+0000",
            "attributes": {"type": "X", "url": "/services/data/v64.0/sobjects/X/1"},
            "IsDeleted": False,
        },
        made=[
            (
                "interaction",
                {
                    "kind": "meeting",
                    "subject": "Year-end planning",
                    "body_excerpt": None,
                    "direction": "inbound",
                    "started_at": "2024-07-01T15:48:05Z",
                    "ended_at": "2024-07-01T16:57:05Z",
                    "duration_seconds": 4140,
                    "location": "Board room",
                    "client_id": "crm/Account/0015g000000000DAAQ",
                    "contact_id": "crm/Contact/0035g000000000SAAQ",
                    "deal_id": None,
                    "ticket_id": None,
                    "participants": [
                        {"type": "user", "role": "organizer", "id": "crm/User/0055g0000000008AAA"},
                        {"type": "contact", "role": "attendee", "id": "crm/Contact/0035g000000000SAAQ"},
                    ],
                    "owner_id": "crm/User/0055g0000000008AAA",
                    "created_at": "2024-09-20T16:52:08Z",
                    "updated_at": "2026-05-02T08:00:00Z",
                },
            ),
        ],
    ),
    "a whole day": Case(
        stream="Event",
        id="00U5g0000000002EAA",
        stamp="2026-05-02T08:00:01Z",
        raw={
            "Id": "00U5g0000000002EAA",
            "Subject": "Stocktaking",
            "StartDateTime": None,
            "ActivityDateTime": None,
            "ActivityDate": "2024-07-01",
            "EndDateTime": None,
            "DurationInMinutes": 1440,
            "WhatId": None,
            "WhoId": None,
            "OwnerId": "0055g0000000008AAA",
            "CreatedDate": "2024-09-20T16:52:08.000+0000",
            "LastModifiedDate": "2026-05-02T08:00:00.000+0000",
            "SystemModstamp": "2026-05-02T08:00:01.000+0000",
            "attributes": {"type": "X", "url": "/services/data/v64.0/sobjects/X/1"},
            "IsDeleted": False,
        },
        made=[
            (
                "interaction",
                {
                    "kind": "meeting",
                    "subject": "Stocktaking",
                    "started_at": "2024-07-01T00:00:00Z",
                    "ended_at": None,
                    "duration_seconds": 86400,
                    "client_id": None,
                    "contact_id": None,
                    "deal_id": None,
                    "ticket_id": None,
                    "participants": [{"type": "user", "role": "organizer", "id": "crm/User/0055g0000000008AAA"}],
                    "owner_id": "crm/User/0055g0000000008AAA",
                    "created_at": "2024-09-20T16:52:08Z",
                    "updated_at": "2026-05-02T08:00:00Z",
                },
            ),
        ],
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_a_record_becomes(case: Case) -> None:
    check("salesforce", case)
