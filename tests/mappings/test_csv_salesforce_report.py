"""Salesforce's reports: labels, short ids, local dates, and the canonical records they become."""

from __future__ import annotations

import pytest

from tests.mappings.golden import Case, check

CASES: dict[str, Case] = {
    "an account of a report": Case(
        stream="accounts.csv",
        id="0015g0000000003AAA",
        stamp="2026-05-02T08:00:00Z",
        raw={
            "Account ID": "0015g0000000003",
            "Account Name": "Silverbeck Ceramics Ltd",
            "Website": "www.silverbeckceramics.example",
            "Type": "Customer",
            "Employees": "1,038",
            "Annual Revenue": "4,200,000.50",
            "Annual Revenue Currency": "GBP",
            "Phone": "020 7946 0003",
            "Billing Street": "112 Temple Row",
            "Billing City": "Chelmsford",
            "Billing Country": "United Kingdom",
            "Account Owner": "Sam Reed",
            "Parent Account ID": "0015g0000000001",
            "Created Date": "09/06/2019",
            "Last Modified Date": "02/05/2026 08:00",
            "Last Activity": "27/02/2026",
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
                    "parent_client_id": "crm/accounts.csv/0015g0000000001AAA",
                    "number_of_employees": 1038,
                    "annual_revenue": {"amount": "4200000.50", "currency": "GBP"},
                    "phones": [{"number": "020 7946 0003", "e164": "+442079460003", "kind": "work"}],
                    "addresses": [
                        {"kind": "billing", "street1": "112 Temple Row", "city": "Chelmsford", "country": "GB"}
                    ],
                    "created_at": "2019-06-09T00:00:00Z",
                    "updated_at": "2026-05-02T08:00:00Z",
                    "last_activity_at": "2026-02-27T00:00:00Z",
                    "custom_fields": {"Account Owner": "Sam Reed"},
                },
            ),
        ],
    ),
    "a contact of a report": Case(
        stream="contacts.csv",
        id="0035g0000000005AAA",
        stamp=None,
        raw={
            "Contact ID": "0035g0000000005",
            "Account ID": "0015g0000000003",
            "First Name": "Luke",
            "Last Name": "Dufresne",
            "Email": "luke@silverbeckceramics.example",
            "Mobile": "07700 900123",
            "Email Opt Out": "1",
            "Created Date": "10/06/2019",
        },
        made=[
            (
                "contact",
                {
                    "client_id": "crm/accounts.csv/0015g0000000003AAA",
                    "first_name": "Luke",
                    "last_name": "Dufresne",
                    "emails": [{"address": "luke@silverbeckceramics.example", "kind": "work", "is_primary": True}],
                    "phones": [{"number": "07700 900123", "e164": "+447700900123", "kind": "mobile"}],
                    "opted_out": True,
                    "created_at": "2019-06-10T00:00:00Z",
                },
            ),
        ],
    ),
    "an opportunity of a report": Case(
        stream="opportunities.csv",
        id="0065g0000000006AAA",
        stamp=None,
        raw={
            "Opportunity ID": "0065g0000000006",
            "Opportunity Name": "Audit",
            "Account ID": "0015g0000000003",
            "Stage": "Closed Lost",
            "Won": "0",
            "Closed": "1",
            "Amount": "8,400.00",
            "Amount Currency": "EUR",
            "Probability (%)": "0%",
            "Close Date": "04/11/2024",
        },
        made=[
            (
                "deal",
                {
                    "name": "Audit",
                    "client_id": "crm/accounts.csv/0015g0000000003AAA",
                    "stage_id": "Closed Lost",
                    "status": "lost",
                    "amount": {"amount": "8400.00", "currency": "EUR"},
                    "probability": 0,
                    "expected_close_date": "2024-11-04",
                },
            ),
        ],
    ),
    "a contract of a report": Case(
        stream="contracts.csv",
        id="8005g0000000003AAA",
        stamp=None,
        raw={
            "Contract ID": "8005g0000000003",
            "Contract Number": "00000103",
            "Account ID": "0015g0000000003",
            "Status": "Activated",
            "Contract Start Date": "10/08/2023",
            "Contract End Date": "09/08/2026",
            "Contract Term (months)": "36",
            "Notice Period (Days)": "30",
            "Renews Automatically": "0",
            "Annual Value": "11,054.40",
            "Annual Value Currency": "GBP",
        },
        made=[
            (
                "contract",
                {
                    "number": "00000103",
                    "client_id": "crm/accounts.csv/0015g0000000003AAA",
                    "status": "active",
                    "start_date": "2023-08-10",
                    "end_date": "2026-08-09",
                    "term_months": 36,
                    "notice_period_days": 30,
                    "auto_renew": False,
                    "annual_contract_value": {"amount": "11054.40", "currency": "GBP"},
                },
            ),
        ],
    ),
    "a case of a report": Case(
        stream="cases.csv",
        id="5005g000000001HAAQ",
        stamp=None,
        raw={
            "Case ID": "5005g000000001H",
            "Case Number": "00001079",
            "Subject": "VAT",
            "Account ID": "0015g0000000003",
            "Status": "Working",
            "Closed": "0",
            "Priority": "Medium",
            "Case Origin": "Phone",
            "Date/Time Opened": "02/07/2024 10:56",
        },
        made=[
            (
                "ticket",
                {
                    "number": "00001079",
                    "subject": "VAT",
                    "client_id": "crm/accounts.csv/0015g0000000003AAA",
                    "status": "open",
                    "priority": "normal",
                    "channel": "phone",
                    "opened_at": "2024-07-02T10:56:00Z",
                },
            ),
        ],
    ),
    "an activity of a report": Case(
        stream="activities.csv",
        id="00T5g0000000003EAA",
        stamp=None,
        raw={
            "Activity ID": "00T5g0000000003",
            "Subject": "Cash position",
            "Task Subtype": "Call",
            "Call Type": "Inbound",
            "Status": "Completed",
            "Date": "28/06/2024",
            "Account ID": "0015g0000000003",
            "Contact ID": "0035g0000000005",
            "Full Comments": "VAT",
        },
        made=[
            (
                "interaction",
                {
                    "kind": "call",
                    "subject": "Cash position",
                    "body_excerpt": "VAT",
                    "direction": "inbound",
                    "started_at": "2024-06-28T00:00:00Z",
                    "client_id": "crm/accounts.csv/0015g0000000003AAA",
                    "contact_id": "crm/contacts.csv/0035g0000000005AAA",
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
            "Status": "Completed",
            "Priority": "Low",
            "Due Date": "2026-07-01",
            "Account ID": "0015g0000000003AAA",
        },
        made=[
            (
                "task",
                {
                    "subject": "Call",
                    "body": "Late",
                    "status": "completed",
                    "priority": "low",
                    "due_date": "2026-07-01",
                    "client_id": "crm/accounts.csv/0015g0000000003AAA",
                    "external_key": "renewals-7",
                },
            ),
        ],
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_a_record_becomes(case: Case) -> None:
    check("csv-salesforce-report", case)
