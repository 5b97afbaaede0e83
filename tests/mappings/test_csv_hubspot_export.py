"""HubSpot's exports: labels, all values text, and the canonical records they become."""

from __future__ import annotations

import pytest

from tests.mappings.golden import Case, check

CASES: dict[str, Case] = {
    "a company of an export": Case(
        stream="companies.csv",
        id="9951",
        stamp="2026-05-02T08:00:00Z",
        raw={
            "Record ID": "9951",
            "Company name": "Silverbeck Ceramics Limited",
            "Company Domain Name": "silverbeckceramics.example",
            "Industry": "Machinery",
            "Lifecycle Stage": "Customer",
            "Type": "",
            "Number of Employees": "38",
            "Annual Revenue": "4200000",
            "Phone Number": "+44 20 7946 0003",
            "Street Address": "112 Temple Row",
            "City": "Chelmsford",
            "Country/Region": "United Kingdom",
            "Company owner": "Sam Reed",
            "Create Date": "2019-06-09 09:00",
            "Last Modified Date": "2026-05-02 08:00",
            "VAT number": "GB003610731",
            "Last Contacted": "2026-02-26 11:22",
        },
        made=[
            (
                "client",
                {
                    "name": "Silverbeck Ceramics Limited",
                    "domain": "silverbeckceramics.example",
                    "website": "https://silverbeckceramics.example",
                    "industry": "Machinery",
                    "client_type": "customer",
                    "lifecycle_stage": "customer",
                    "status": "active",
                    "number_of_employees": 38,
                    "annual_revenue": {"amount": "4200000.00", "currency": "GBP"},
                    "vat_number": "GB003610731",
                    "phones": [{"number": "+44 20 7946 0003", "e164": "+442079460003", "kind": "work"}],
                    "addresses": [
                        {"kind": "billing", "street1": "112 Temple Row", "city": "Chelmsford", "country": "GB"}
                    ],
                    "created_at": "2019-06-09T09:00:00Z",
                    "updated_at": "2026-05-02T08:00:00Z",
                    "last_contacted_at": "2026-02-26T11:22:00Z",
                    "custom_fields": {"Company owner": "Sam Reed"},
                },
            ),
        ],
    ),
    "a contact of an export": Case(
        stream="contacts.csv",
        id="501",
        stamp=None,
        raw={
            "Record ID": "501",
            "First Name": "Luke",
            "Last Name": "Dufresne",
            "Email": "luke@silverbeckceramics.example",
            "Phone Number": "+44 1632 968372",
            "Job Title": "Bookkeeper",
            "Lifecycle Stage": "Lead",
            "Unsubscribed from all email": "true",
            "Associated Company IDs": "9951",
            "Create Date": "2019-06-09 09:00",
        },
        made=[
            (
                "contact",
                {
                    "client_id": "crm/companies.csv/9951",
                    "first_name": "Luke",
                    "last_name": "Dufresne",
                    "title": "Bookkeeper",
                    "emails": [{"address": "luke@silverbeckceramics.example", "kind": "work", "is_primary": True}],
                    "phones": [{"number": "+44 1632 968372", "e164": "+441632968372", "kind": "work"}],
                    "opted_out": True,
                    "lifecycle_stage": "lead",
                    "created_at": "2019-06-09T09:00:00Z",
                },
            ),
        ],
    ),
    "a deal of an export that is a contract": Case(
        stream="deals.csv",
        id="603",
        stamp=None,
        raw={
            "Record ID": "603",
            "Deal Name": "ENG-1106",
            "Deal Stage": "Closed Won",
            "Pipeline": "Sales Pipeline",
            "Amount": "7444.80",
            "Currency": "GBP",
            "Deal Type": "Existing Business",
            "Close Date": "2020-03-05 00:00",
            "Deal probability": "1.0",
            "Associated Company IDs": "9953",
            "Contract start date": "2020-03-05",
            "Contract end date": "2023-03-04",
            "Notice period (days)": "90",
            "Renews automatically": "Yes",
            "Annual value": "7444.80",
        },
        made=[
            (
                "deal",
                {
                    "name": "ENG-1106",
                    "client_id": "crm/companies.csv/9953",
                    "pipeline_id": "Sales Pipeline",
                    "stage_id": "Closed Won",
                    "status": "won",
                    "amount": {"amount": "7444.80", "currency": "GBP"},
                    "probability": 100.0,
                    "expected_close_date": "2020-03-05",
                    "deal_type": "expansion",
                },
            ),
            (
                "contract",
                {
                    "name": "ENG-1106",
                    "client_id": "crm/companies.csv/9953",
                    "deal_id": "crm/deals.csv/603",
                    "status": "active",
                    "start_date": "2020-03-05",
                    "end_date": "2023-03-04",
                    "notice_period_days": 90,
                    "auto_renew": True,
                    "annual_contract_value": {"amount": "7444.80", "currency": "GBP"},
                },
            ),
        ],
    ),
    "a ticket of an export": Case(
        stream="tickets.csv",
        id="701",
        stamp=None,
        raw={
            "Ticket ID": "701",
            "Ticket name": "VAT figure differs",
            "Ticket status": "Waiting on us",
            "Priority": "High",
            "Create date": "2026-06-05 11:15",
            "Close date": "",
            "Associated Company IDs": "9951",
            "Associated Contact IDs": "501",
        },
        made=[
            (
                "ticket",
                {
                    "number": "701",
                    "subject": "VAT figure differs",
                    "client_id": "crm/companies.csv/9951",
                    "contact_id": "crm/contacts.csv/501",
                    "status": "open",
                    "priority": "high",
                    "opened_at": "2026-06-05T11:15:00Z",
                    "closed_at": None,
                    "resolved_at": None,
                    "created_at": "2026-06-05T11:15:00Z",
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
            "Company ID": "9951",
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
                    "client_id": "crm/companies.csv/9951",
                    "external_key": "renewals-7",
                },
            ),
        ],
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_a_record_becomes(case: Case) -> None:
    check("csv-hubspot-export", case)
