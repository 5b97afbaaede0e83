"""The firm in the org: who owns what, when it was made, how it is spelt in Salesforce's words."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from connectors.sandbox.demo import demo_firm, empty_firm
from tests.connectors.salesforce.orgs import Api, open_org, small_firm


@pytest.fixture(scope="module")
def small() -> Api:
    """The small firm."""
    return Api(open_org(small_firm()))


@pytest.fixture(scope="module")
def demo() -> Api:
    """The demo firm."""
    return Api(open_org(demo_firm()))


def test_only_what_lives_in_salesforce_is_there(small: Api) -> None:
    assert small.column("SELECT Name FROM Account ORDER BY Name") == ["Acme Bakery Ltd", "Acme Shops Ltd"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("Type", "Customer"),
        ("Industry", "Retail"),
        ("NumberOfEmployees", 12),
        ("Website", "https://www.acme.example"),
        ("Phone", "+44 20 7946 0100"),
        ("BillingStreet", "1 Mill Lane"),
        ("BillingCountry", "United Kingdom"),
        ("CurrencyIsoCode", "GBP"),
        ("VAT_Number__c", "GB123456789"),
        ("CreatedDate", "2024-01-10T09:00:00.000+0000"),
        ("LastActivityDate", "2026-06-03"),
    ],
)
def test_an_account_is_as_the_firm_says(small: Api, field: str, value: object) -> None:
    assert small.column(f"SELECT {field} FROM Account WHERE Name = 'Acme Bakery Ltd'") == [value]


def test_people_own_what_is_theirs_even_after_they_left(small: Api) -> None:
    found = small.rows("SELECT Name, Owner.LastName, Owner.IsActive, Parent.Name FROM Account ORDER BY Name")
    assert [row["Owner"]["LastName"] for row in found] == ["Reid", "Left"]
    assert found[1]["Owner"]["IsActive"] is False
    assert found[1]["Parent"]["Name"] == "Acme Bakery Ltd"


def test_a_contact_an_opportunity_and_the_role_between_them(small: Api) -> None:
    role = small.rows(
        "SELECT Contact.Email, Opportunity.Name, Opportunity.Amount, Opportunity.IsWon, IsPrimary "
        "FROM OpportunityContactRole"
    )[0]
    assert role["Contact"]["Email"] == "maria@acme.example"
    assert role["Opportunity"] == {"Name": "Payroll", "Amount": 1200.5, "IsWon": True}
    assert role["IsPrimary"] is True


def test_a_contract_carries_the_firms_own_fields_and_number(small: Api) -> None:
    row = small.rows(
        "SELECT ContractNumber, Status, StatusCode, StartDate, EndDate, ContractTerm, Notice_Period_Days__c, "
        "Auto_Renew__c, Annual_Value__c FROM Contract"
    )[0]
    assert row == {
        "ContractNumber": "ENG-1",
        "Status": "Activated",
        "StatusCode": "Activated",
        "StartDate": "2025-08-01",
        "EndDate": "2026-07-31",
        "ContractTerm": 12,
        "Notice_Period_Days__c": 60.0,
        "Auto_Renew__c": True,
        "Annual_Value__c": 2400.0,
    }


def test_a_closed_case_was_last_touched_when_it_was_closed(small: Api) -> None:
    row = small.rows(
        "SELECT Subject, Priority, Status, IsClosed, CreatedDate, ClosedDate, SystemModstamp, Contact.Name FROM Case"
    )[0]
    assert (row["Priority"], row["Status"], row["IsClosed"]) == ("Urgent", "Closed", True)
    assert row["CreatedDate"] == "2026-05-01T10:30:00.000+0000"
    assert row["ClosedDate"] == row["SystemModstamp"] == "2026-05-03T10:30:00.000+0000"
    assert row["Contact"]["Name"] == "Maria Lopez"


@pytest.mark.parametrize(
    ("subject", "facts"),
    [
        (
            "Question",
            {"TaskSubtype": "Email", "Status": "Completed", "Direction__c": "Inbound", "ActivityDate": "2026-06-01"},
        ),
        (
            "Call",
            {"TaskSubtype": "Call", "CallType": "Outbound", "CallDurationInSeconds": 900, "Direction__c": "Outbound"},
        ),
        ("Note", {"TaskSubtype": "Task", "Status": "Completed", "Direction__c": None}),
        ("Send letter", {"Status": "Not Started", "ActivityDate": "2026-07-20", "IsClosed": False}),
    ],
)
def test_mails_calls_notes_and_chores_are_tasks(small: Api, subject: str, facts: dict[str, Any]) -> None:
    row = small.rows(f"SELECT {', '.join(facts)} FROM Task WHERE Subject = '{subject}'", api="queryAll")[0]
    assert row == facts


def test_meetings_are_events(small: Api) -> None:
    row = small.rows(
        "SELECT Subject, StartDateTime, DurationInMinutes, EndDateTime, Who.Name, Account.Name FROM Event"
    )[0]
    assert row["StartDateTime"] == "2026-06-03T10:30:00.000+0000"
    assert row["DurationInMinutes"] == 60
    assert row["Account"]["Name"] == "Acme Bakery Ltd"


def test_the_demo_firm_fills_every_object(demo: Api) -> None:
    firm = demo_firm()
    at_home = sum("salesforce" in party.homes for party in firm.parties)
    assert demo.get("query", q="SELECT COUNT() FROM Account")["totalSize"] == at_home
    for name, records in (("Opportunity", firm.openings), ("Contract", firm.engagements), ("Case", firm.cases)):
        expected = sum(one.home == "salesforce" for one in records)
        assert demo.get("query", q=f"SELECT COUNT() FROM {name}")["totalSize"] == expected
    meetings = sum(one.home == "salesforce" and one.channel == "meeting" for one in firm.touches)
    assert demo.get("queryAll", q="SELECT COUNT() FROM Event")["totalSize"] == meetings


def test_nothing_in_the_demo_org_is_younger_than_the_firm(demo: Api) -> None:
    for name in ("Account", "Contact", "Opportunity", "Contract", "Case", "Task", "Event"):
        assert (
            demo.get("queryAll", q=f"SELECT COUNT() FROM {name} WHERE SystemModstamp > 2026-06-30T09:00:00Z")[
                "totalSize"
            ]
            == 0
        )


def test_no_id_in_the_demo_org_is_used_twice_and_all_references_lead_somewhere(demo: Api) -> None:
    org = demo.app.site.org
    ids = Counter(row_id for table in org.tables.values() for row_id in table.rows)
    assert max(ids.values()) == 1
    for table in org.tables.values():
        references = [field.name for field in table.sobject.fields.values() if field.type == "reference"]
        for row in table.rows.values():
            assert all(row.get(name) is None or row[name] in ids for name in references)


def test_duplicates_of_the_demo_firm_are_two_accounts(demo: Api) -> None:
    twins = [party for party in demo_firm().parties if party.twin_of and "salesforce" in party.homes]
    assert twins
    names = demo.column("SELECT Name FROM Account")
    assert all(party.spelling.get("salesforce", party.name) in names for party in twins)


def test_an_empty_firm_has_its_people_and_nothing_else() -> None:
    api = Api(open_org(empty_firm()))
    assert api.get("query", q="SELECT COUNT() FROM User")["totalSize"] == 2
    assert api.get("query", q="SELECT COUNT() FROM Account")["totalSize"] == 0


def test_the_same_firm_gives_the_same_org() -> None:
    first, second = (open_org(small_firm()).state() for _ in range(2))
    assert first == second
