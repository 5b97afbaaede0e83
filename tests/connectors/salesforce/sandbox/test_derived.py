"""Values that the vendor works out itself, per object."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from connectors.salesforce.sandbox.derive import add_months
from connectors.salesforce.sandbox.objects.sales import STAGES
from tests.connectors.salesforce.orgs import Api


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2026-01-15", 1, "2026-02-15"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2026-12-01", 1, "2027-01-01"),
        ("2026-06-30", 12, "2027-06-30"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-01-01", -1, "2025-12-01"),
        ("2026-05-05", 0, "2026-05-05"),
        ("2026-05-05", 120, "2036-05-05"),
    ],
)
def test_months_are_added_by_the_calendar(day: str, months: int, expected: str) -> None:
    assert add_months(date.fromisoformat(day), months) == date.fromisoformat(expected)


# people


@pytest.mark.parametrize(("first", "last", "whole"), [("Maria", "Lopez", "Maria Lopez"), (None, "Lopez", "Lopez")])
def test_a_persons_name_is_joined(api: Api, first: str | None, last: str, whole: str) -> None:
    row_id = api.create("Contact", FirstName=first, LastName=last)
    assert api.row("Contact", row_id)["Name"] == whole


def test_a_persons_name_follows_its_parts(api: Api) -> None:
    row_id = api.create("Contact", FirstName="Maria", LastName="Lopez")
    api.update("Contact", row_id, LastName="Chen")
    assert api.row("Contact", row_id)["Name"] == "Maria Chen"


def test_a_bounced_mail_address_is_marked(api: Api) -> None:
    row_id = api.create("Contact", LastName="Lopez", Email="m@acme.example")
    assert api.row("Contact", row_id)["IsEmailBounced"] is False
    api.update("Contact", row_id, EmailBouncedDate="2026-06-01T00:00:00Z", EmailBouncedReason="gone")
    assert api.row("Contact", row_id)["IsEmailBounced"] is True


# opportunities


@pytest.mark.parametrize(("stage", "probability", "category"), [(name, *facts) for name, facts in STAGES.items()])
def test_the_stage_decides_probability_forecast_and_whether_it_is_won(
    api: Api, stage: str, probability: int, category: str
) -> None:
    row = api.row(
        "Opportunity", api.create("Opportunity", Name="Deal", StageName=stage, CloseDate="2026-07-15", Amount=200)
    )
    assert row["Probability"] == float(probability)
    assert row["ForecastCategory"] == row["ForecastCategoryName"] == category
    assert row["IsClosed"] is (stage in {"Closed Won", "Closed Lost"})
    assert row["IsWon"] is (stage == "Closed Won")
    assert row["ExpectedRevenue"] == 2.0 * probability


def test_a_given_probability_stands_until_the_stage_changes(api: Api) -> None:
    row_id = api.create("Opportunity", Name="Deal", StageName="Prospecting", CloseDate="2026-07-15", Probability=33)
    assert api.row("Opportunity", row_id)["Probability"] == 33.0
    api.update("Opportunity", row_id, Amount=10)
    assert api.row("Opportunity", row_id)["Probability"] == 33.0
    api.update("Opportunity", row_id, StageName="Negotiation/Review")
    row = api.row("Opportunity", row_id)
    assert (row["Probability"], row["ForecastCategory"]) == (90.0, "Commit")
    assert row["LastStageChangeDate"] == row["SystemModstamp"]
    api.update("Opportunity", row_id, StageName="Closed Lost", Probability=5)
    assert api.row("Opportunity", row_id)["Probability"] == 5.0


@pytest.mark.parametrize(
    ("day", "year", "quarter"),
    [("2026-01-01", 2026, 1), ("2026-06-30", 2026, 2), ("2026-07-01", 2026, 3), ("2027-12-31", 2027, 4)],
)
def test_the_close_date_decides_the_fiscal_period(api: Api, day: str, year: int, quarter: int) -> None:
    row = api.row("Opportunity", api.create("Opportunity", Name="Deal", StageName="Prospecting", CloseDate=day))
    assert (row["FiscalYear"], row["FiscalQuarter"], row["Fiscal"]) == (year, quarter, f"{year} {quarter}")


# contracts


@pytest.mark.parametrize(
    ("start", "term", "end"),
    [
        ("2026-01-01", 12, "2026-12-31"),
        ("2026-06-15", 1, "2026-07-14"),
        ("2024-02-29", 12, "2025-02-27"),
        ("2026-01-31", 1, "2026-02-27"),
        ("2025-08-01", 24, "2027-07-31"),
        (None, 12, None),
        ("2026-01-01", None, None),
    ],
)
def test_a_contract_ends_the_day_before_its_term_is_over(
    api: Api, start: str | None, term: int | None, end: str | None
) -> None:
    account = api.create("Account", Name="Acme")
    row = api.row("Contract", api.create("Contract", AccountId=account, StartDate=start, ContractTerm=term))
    assert row["EndDate"] == end


def test_the_end_follows_a_changed_term(api: Api) -> None:
    row_id = api.create(
        "Contract", AccountId=api.create("Account", Name="Acme"), StartDate="2026-01-01", ContractTerm=12
    )
    api.update("Contract", row_id, ContractTerm=6)
    assert api.row("Contract", row_id)["EndDate"] == "2026-06-30"
    api.update("Contract", row_id, ContractTerm=None)
    assert api.row("Contract", row_id)["EndDate"] is None


def test_a_contract_begins_as_a_draft_is_activated_and_never_a_draft_again(api: Api) -> None:
    account = api.create("Account", Name="Acme")
    assert api.refusal("POST", "sobjects/Contract", {"AccountId": account, "Status": "Activated"}) == (
        400,
        "FAILED_ACTIVATION",
    )
    row_id = api.create("Contract", AccountId=account)
    draft = api.row("Contract", row_id)
    assert (draft["Status"], draft["StatusCode"], draft["ActivatedDate"]) == ("Draft", "Draft", None)
    api.update("Contract", row_id, Status="Activated")
    active = api.row("Contract", row_id)
    assert (active["StatusCode"], active["ActivatedById"]) == ("Activated", api.me())
    assert active["ActivatedDate"] == active["SystemModstamp"]
    assert api.refusal("PATCH", f"sobjects/Contract/{row_id}", {"Status": "Draft"}) == (400, "FAILED_ACTIVATION")
    api.update("Contract", row_id, Status="Terminated")
    assert api.row("Contract", row_id)["StatusCode"] == "Activated"


def test_a_status_that_the_org_does_not_know_is_refused(api: Api) -> None:
    body = {"AccountId": api.create("Account", Name="Acme"), "Status": "Signed"}
    assert api.refusal("POST", "sobjects/Contract", body) == (400, "FAILED_ACTIVATION")


def test_contracts_and_cases_are_numbered(api: Api) -> None:
    account = api.create("Account", Name="Acme")
    contracts = [api.row("Contract", api.create("Contract", AccountId=account))["ContractNumber"] for _ in range(3)]
    cases = [api.row("Case", api.create("Case", Subject="x"))["CaseNumber"] for _ in range(3)]
    for numbers in (contracts, cases):
        assert len(set(numbers)) == 3
        assert sorted(numbers) == numbers
        assert all(len(number) == 8 and number.isdigit() for number in numbers)


# cases


def test_a_case_is_closed_and_opened_by_its_status(api: Api) -> None:
    row_id = api.create("Case", Subject="x")
    assert (api.row("Case", row_id)["IsClosed"], api.row("Case", row_id)["Priority"]) == (False, "Medium")
    api.update("Case", row_id, Status="Closed")
    shut = api.row("Case", row_id)
    assert shut["IsClosed"] is True
    assert shut["ClosedDate"] == shut["SystemModstamp"]
    api.wait(60)
    api.update("Case", row_id, Subject="y")
    assert api.row("Case", row_id)["ClosedDate"] == shut["ClosedDate"]
    api.update("Case", row_id, Status="Working")
    assert (api.row("Case", row_id)["IsClosed"], api.row("Case", row_id)["ClosedDate"]) == (False, None)


def test_a_case_takes_its_account_from_its_contact(api: Api) -> None:
    account = api.create("Account", Name="Acme")
    person = api.create("Contact", LastName="Lopez", AccountId=account, Email="m@acme.example", Phone="1")
    assert api.row("Case", api.create("Case", ContactId=person))["AccountId"] == account
    other = api.create("Account", Name="Other")
    assert api.row("Case", api.create("Case", ContactId=person, AccountId=other))["AccountId"] == other


def test_what_a_case_shows_of_its_contact_changes_without_any_stamp_of_the_case(api: Api) -> None:
    person = api.create("Contact", LastName="Lopez", Email="old@acme.example")
    row_id = api.create("Case", ContactId=person)
    before = api.row("Case", row_id)
    api.update("Contact", person, Email="new@acme.example")
    after = api.row("Case", row_id)
    assert (before["ContactEmail"], after["ContactEmail"]) == ("old@acme.example", "new@acme.example")
    assert after["SystemModstamp"] == before["SystemModstamp"]
    assert api.column("SELECT ContactEmail FROM Case WHERE ContactEmail = 'new@acme.example'") == ["new@acme.example"]
    assert api.row("Case", api.create("Case", Subject="x"))["ContactEmail"] is None


# activities


def activity_targets(api: Api) -> dict[str, str]:
    """Return ids of one record of each kind that an activity can be about, all of one account."""
    account = api.create("Account", Name="Acme")
    return {
        "Account": account,
        "Contact": api.create("Contact", LastName="Lopez", AccountId=account),
        "Opportunity": api.create(
            "Opportunity", Name="D", StageName="Prospecting", CloseDate="2026-07-01", AccountId=account
        ),
        "Contract": api.create("Contract", AccountId=account),
        "Case": api.create("Case", AccountId=account),
    }


@pytest.mark.parametrize("about", ["Account", "Opportunity", "Contract", "Case", "Contact"])
@pytest.mark.parametrize("kind", ["Task", "Event"])
def test_an_activity_counts_for_the_account_behind_what_it_is_about(api: Api, about: str, kind: str) -> None:
    targets = activity_targets(api)
    reference = {"WhoId" if about == "Contact" else "WhatId": targets[about]}
    times = {"StartDateTime": "2026-07-01T09:00:00Z", "DurationInMinutes": 30} if kind == "Event" else {}
    row = api.row(kind, api.create(kind, Subject="x", **reference, **times))
    assert row["AccountId"] == targets["Account"]


def test_what_it_is_about_weighs_more_than_whom(api: Api) -> None:
    targets = activity_targets(api)
    other = api.create("Account", Name="Other")
    row = api.row("Task", api.create("Task", Subject="x", WhoId=targets["Contact"], WhatId=other))
    assert row["AccountId"] == other
    assert api.row("Task", api.create("Task", Subject="x"))["AccountId"] is None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {},
            {
                "Status": "Not Started",
                "Priority": "Normal",
                "IsClosed": False,
                "IsHighPriority": False,
                "TaskSubtype": "Task",
            },
        ),
        ({"Status": "Completed"}, {"IsClosed": True}),
        ({"Status": "In Progress"}, {"IsClosed": False, "CompletedDateTime": None}),
        ({"Priority": "High"}, {"IsHighPriority": True}),
        ({"TaskSubtype": "Call"}, {"TaskSubtype": "Call"}),
        ({"ActivityDate": "2026-07-01T15:00:00Z"}, {"ActivityDate": "2026-07-01"}),
    ],
)
def test_a_tasks_state_follows_status_and_priority(api: Api, body: dict[str, Any], expected: dict[str, Any]) -> None:
    row = api.row("Task", api.create("Task", Subject="x", **body))
    assert {name: row[name] for name in expected} == expected


def test_a_task_keeps_the_time_of_its_completion(api: Api) -> None:
    row_id = api.create("Task", Subject="x")
    api.update("Task", row_id, Status="Completed")
    done = api.row("Task", row_id)
    assert done["CompletedDateTime"] == done["SystemModstamp"]
    api.wait(60)
    api.update("Task", row_id, Subject="y")
    assert api.row("Task", row_id)["CompletedDateTime"] == done["CompletedDateTime"]
    api.update("Task", row_id, Status="Not Started")
    assert api.row("Task", row_id)["CompletedDateTime"] is None


@pytest.mark.parametrize(
    ("body", "end", "minutes"),
    [
        ({"StartDateTime": "2026-07-01T09:00:00Z", "DurationInMinutes": 45}, "2026-07-01T09:45:00.000+0000", 45),
        (
            {"StartDateTime": "2026-07-01T09:00:00Z", "EndDateTime": "2026-07-01T10:30:00Z"},
            "2026-07-01T10:30:00.000+0000",
            90,
        ),
        ({"ActivityDateTime": "2026-07-01T23:30:00Z", "DurationInMinutes": 60}, "2026-07-02T00:30:00.000+0000", 60),
        ({"StartDateTime": "2026-07-01T09:00:00Z", "DurationInMinutes": 0}, "2026-07-01T09:00:00.000+0000", 0),
    ],
)
def test_an_events_times_follow_from_one_another(api: Api, body: dict[str, Any], end: str, minutes: int) -> None:
    row = api.row("Event", api.create("Event", Subject="x", **body))
    assert row["StartDateTime"] == row["ActivityDateTime"]
    assert (row["EndDateTime"], row["DurationInMinutes"]) == (end, minutes)
    assert (row["ActivityDate"], row["EndDate"]) == (row["StartDateTime"][:10], end[:10])
    assert (row["EventSubtype"], row["ShowAs"]) == ("Event", "Busy")


def test_the_last_activity_of_account_and_contact_moves_without_their_stamps(api: Api) -> None:
    targets = activity_targets(api)
    before = api.row("Account", targets["Account"])
    api.create("Task", Subject="open", WhatId=targets["Account"], ActivityDate="2026-06-29")
    assert api.row("Account", targets["Account"])["LastActivityDate"] is None
    api.create(
        "Task",
        Subject="done",
        WhatId=targets["Opportunity"],
        WhoId=targets["Contact"],
        Status="Completed",
        ActivityDate="2026-06-20",
    )
    api.create(
        "Event", Subject="past", WhatId=targets["Account"], StartDateTime="2026-06-25T09:00:00Z", DurationInMinutes=5
    )
    api.create(
        "Event", Subject="to come", WhatId=targets["Account"], StartDateTime="2026-08-25T09:00:00Z", DurationInMinutes=5
    )
    after = api.row("Account", targets["Account"])
    assert after["LastActivityDate"] == "2026-06-25"
    assert api.row("Contact", targets["Contact"])["LastActivityDate"] == "2026-06-20"
    assert api.row("Opportunity", targets["Opportunity"])["LastActivityDate"] == "2026-06-20"
    assert after["SystemModstamp"] == before["SystemModstamp"]
