"""Salesforce's data export: API names, all values text, and the canonical records they become."""

from __future__ import annotations

import pytest

from tests.mappings.golden import Case, check

CASES: dict[str, Case] = {
    "an account of the data export": Case(
        stream="Account.csv",
        id="0015g0000000003AAA",
        stamp="2026-05-02T08:00:01Z",
        raw={
            "Id": "0015g0000000003AAA",
            "Name": "Silverbeck Ceramics Ltd",
            "Website": "www.silverbeckceramics.example",
            "Type": "Customer",
            "ParentId": "000000000000000AAA",
            "NumberOfEmployees": "38",
            "AnnualRevenue": "4200000.5",
            "CurrencyIsoCode": "GBP",
            "Phone": "020 7946 0003",
            "BillingStreet": "112 Temple Row",
            "BillingCity": "Chelmsford",
            "BillingCountry": "United Kingdom",
            "OwnerId": "0055g0000000003AAA",
            "CreatedDate": "2019-06-09T09:00:00.000Z",
            "LastModifiedDate": "2026-05-02T08:00:00.000Z",
            "SystemModstamp": "2026-05-02T08:00:01.000Z",
            "VAT_Number__c": "GB003610731",
        },
        made=[
            (
                "client",
                {
                    "name": "Silverbeck Ceramics Ltd",
                    "domain": "silverbeckceramics.example",
                    "website": "https://www.silverbeckceramics.example",
                    "client_type": "customer",
                    "status": "active",
                    "parent_client_id": "crm/Account.csv/000000000000000AAA",
                    "number_of_employees": 38,
                    "annual_revenue": {"amount": "4200000.50", "currency": "GBP"},
                    "currency": "GBP",
                    "vat_number": "GB003610731",
                    "phones": [{"number": "020 7946 0003", "e164": "+442079460003", "kind": "work"}],
                    "addresses": [
                        {"kind": "billing", "street1": "112 Temple Row", "city": "Chelmsford", "country": "GB"}
                    ],
                    "owner_id": "crm/User.csv/0055g0000000003AAA",
                    "account_manager_id": "crm/User.csv/0055g0000000003AAA",
                    "created_at": "2019-06-09T09:00:00Z",
                    "updated_at": "2026-05-02T08:00:00Z",
                },
            ),
        ],
    ),
    "an opportunity of the data export, flags as digits": Case(
        stream="Opportunity.csv",
        id="0065g0000000006AAA",
        stamp="2026-05-02T08:00:01Z",
        raw={
            "Id": "0065g0000000006AAA",
            "Name": "Audit",
            "AccountId": "0015g0000000003AAA",
            "StageName": "Closed Won",
            "IsWon": "1",
            "IsClosed": "1",
            "Amount": "8400.0",
            "CloseDate": "2024-11-04",
            "Probability": "100.0",
            "SystemModstamp": "2026-05-02T08:00:01.000Z",
        },
        made=[
            (
                "deal",
                {
                    "name": "Audit",
                    "client_id": "crm/Account.csv/0015g0000000003AAA",
                    "stage_id": "Closed Won",
                    "status": "won",
                    "amount": {"amount": "8400.00", "currency": "GBP"},
                    "probability": 100.0,
                    "expected_close_date": "2024-11-04",
                },
            ),
        ],
    ),
    "a call of the data export": Case(
        stream="Task.csv",
        id="00T5g0000000003EAA",
        stamp=None,
        raw={
            "Id": "00T5g0000000003EAA",
            "TaskSubtype": "Call",
            "Subject": "Cash position",
            "Status": "Completed",
            "IsClosed": "true",
            "CallType": "Outbound",
            "CallDurationInSeconds": "60",
            "ActivityDate": "2024-06-28",
            "WhatId": "0015g0000000003AAA",
            "WhoId": "",
            "AccountId": "",
            "OwnerId": "0055g0000000003AAA",
            "CreatedDate": "2024-06-28T09:56:38.000Z",
        },
        made=[
            (
                "interaction",
                {
                    "kind": "call",
                    "subject": "Cash position",
                    "direction": "outbound",
                    "duration_seconds": 60,
                    "started_at": "2024-06-28T00:00:00Z",
                    "client_id": "crm/Account.csv/0015g0000000003AAA",
                    "contact_id": None,
                    "deal_id": None,
                    "ticket_id": None,
                    "participants": [{"type": "user", "role": "other", "id": "crm/User.csv/0055g0000000003AAA"}],
                    "owner_id": "crm/User.csv/0055g0000000003AAA",
                    "created_at": "2024-06-28T09:56:38Z",
                },
            ),
        ],
    ),
    "a task of ours, from the import file": Case(
        stream="inlay_tasks",
        id="renewals-7",
        stamp=None,
        raw={
            "Inlay Key": "renewals-7",
            "Subject": "Call",
            "Description": "Late",
            "Status": "Not Started",
            "Priority": "High",
            "Due Date": "2026-07-01",
            "Account Id": "0015g0000000003AAA",
        },
        made=[
            (
                "task",
                {
                    "subject": "Call",
                    "body": "Late",
                    "status": "not_started",
                    "priority": "high",
                    "due_date": "2026-07-01",
                    "client_id": "crm/Account.csv/0015g0000000003AAA",
                    "external_key": "renewals-7",
                },
            ),
        ],
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_a_record_becomes(case: Case) -> None:
    check("csv-salesforce-export", case)
