"""Salesforce's objects that tie two records together, and the canonical relationships they become."""

from __future__ import annotations

import pytest

from tests.mappings.golden import Case, check

STAMPS = {
    "CreatedDate": "2026-01-05T10:00:00.000+0000",
    "LastModifiedDate": "2026-05-02T08:00:00.000+0000",
    "SystemModstamp": "2026-05-02T08:00:01.000+0000",
}
TIMES = {"created_at": "2026-01-05T10:00:00Z", "updated_at": "2026-05-02T08:00:00Z"}

CASES: dict[str, Case] = {
    "a contact of a second company": Case(
        stream="AccountContactRelation",
        id="07k5g0000000001AAA",
        stamp="2026-05-02T08:00:01Z",
        raw={
            "Id": "07k5g0000000001AAA",
            "AccountId": "0015g0000000002AAA",
            "ContactId": "0035g0000000001AAA",
            "Roles": "Decision Maker",
            "IsDirect": False,
            "IsActive": True,
            "StartDate": "2025-01-01",
            "EndDate": None,
            **STAMPS,
        },
        made=[
            (
                "relationship",
                {
                    "from_type": "contact",
                    "from_id": "crm/Contact/0035g0000000001AAA",
                    "to_type": "client",
                    "to_id": "crm/Account/0015g0000000002AAA",
                    "role": "decision_maker",
                    "label": "Decision Maker",
                    "start_date": "2025-01-01",
                    "end_date": None,
                    **TIMES,
                },
            )
        ],
    ),
    "a contact's own company is told by the contact": Case(
        stream="AccountContactRelation",
        id="07k5g0000000002AAA",
        stamp="2026-05-02T08:00:01Z",
        raw={
            "Id": "07k5g0000000002AAA",
            "AccountId": "0015g0000000001AAA",
            "ContactId": "0035g0000000001AAA",
            "Roles": None,
            "IsDirect": True,
            "StartDate": None,
            "EndDate": None,
            **STAMPS,
        },
        made=[],
    ),
    "a member of an account team": Case(
        stream="AccountTeamMember",
        id="01M5g0000000001AAA",
        stamp="2026-05-02T08:00:01Z",
        raw={
            "Id": "01M5g0000000001AAA",
            "AccountId": "0015g0000000001AAA",
            "UserId": "0055g0000000003AAA",
            "TeamMemberRole": "Tax Specialist",
            **STAMPS,
        },
        made=[
            (
                "relationship",
                {
                    "from_type": "user",
                    "from_id": "crm/User/0055g0000000003AAA",
                    "to_type": "client",
                    "to_id": "crm/Account/0015g0000000001AAA",
                    "role": "other",
                    "label": "Tax Specialist",
                    "category": "account_team",
                    **TIMES,
                },
            )
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_record_becomes_what_it_means(name: str) -> None:
    check("salesforce", CASES[name])
