"""Renewal tasks: one per contract and stage, due on a working day, to the right person."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from core.proposals import CreateTask
from plugins import renewals
from plugins.renewals.settings import RenewalSettings
from tests.core.signals.book import AS_OF, Book, Desk, days
from tests.plugins.clinic import RENEWALS, renewals_publisher

CONTRACT: dict[str, Any] = {
    "status": "active", "number": "C-7", "start_date": "2025-09-01", "term_months": 12, "notice_period_days": 30,
    "auto_renew": True, "annual_contract_value": {"amount": "12000", "currency": "GBP"},
}  # fmt: skip


def tasks(book: Book, as_of: datetime = AS_OF, settings: RenewalSettings = RENEWALS) -> list[CreateTask]:
    """What is proposed after an evaluation."""
    book.save()
    desk = Desk(book.store, renewals_publisher(settings))
    desk.evaluate(as_of)
    found = desk.proposals(renewals.propose, settings, as_of)
    return [proposal for proposal in found if isinstance(proposal, CreateTask)]


def with_contract(book: Book, client: dict[str, Any] | None = None, **data: Any) -> None:
    """One client with one contract."""
    acme = book.client("acme", **({"name": "Acme & Co"} | (client or {})))
    book.add("contract", "crm/Contract/8001", acme, **(CONTRACT | data))


def test_the_task_says_what_is_at_stake(book: Book) -> None:
    with_contract(book)
    [task] = tasks(book)
    assert task.client_id == "crm/Account/acme"
    assert task.subject == "[Inlay] Renew Acme & Co: C-7, 46 days left"
    assert task.body.splitlines() == [
        "Contract C-7 of Acme & Co needs a decision: 46 days left.",
        "Ends on 31 August 2026.",
        "Notice must arrive by 31 July 2026.",
        "Send notice by post no later than 17 July 2026.",
        "It renews by itself unless notice is given.",
        "Worth GBP 12,000 a year.",
        "As of 15 June 2026.",
        "",
        "Step expected: agree with the client whether and how to go on, and write the outcome down here.",
        "To snooze, move the due date. To stop, complete this task; the next stage makes a new one.",
    ]
    assert task.reason == "contract C-7 has 46 days left: notice by 31 July 2026"
    assert task.inputs == ("term.stage", "term.days_left", "term.end", "term.notice_deadline", "crm/Contract/8001")


def test_what_is_not_known_is_not_said(book: Book) -> None:
    with_contract(book, notice_period_days=None, auto_renew=False, annual_contract_value=None, number=None)
    [task] = tasks(book)
    assert task.subject == "[Inlay] Renew Acme & Co: 8001, 77 days left"
    assert task.body.splitlines()[1:3] == ["Ends on 31 August 2026.", "As of 15 June 2026."]


def test_one_task_per_contract_and_stage(book: Book) -> None:
    with_contract(book)
    keys = [[task.key for task in tasks(book, AS_OF + days(later))] for later in (0, 1, 15, 16, 17, 32, 39, 46)]
    stages = ["60", "60", "60", "30", "30", "14", "7", "7"]
    assert keys == [[f"renewal:crm/Contract/8001:2026-08:{stage}"] for stage in stages]


def test_stages_that_went_by_are_not_made_up_for(book: Book) -> None:
    with_contract(book, notice_period_days=75)
    assert [task.key for task in tasks(book)] == ["renewal:crm/Contract/8001:2026-08:7"]


@pytest.mark.parametrize(
    "data",
    [
        {"status": "terminated"}, {"status": "draft"}, {"status": "expired"}, {"end_date": "2029-01-01"},
        {"end_date": "2026-01-01", "auto_renew": False}, {"start_date": None, "term_months": None},
        {"replaced_by_id": "crm/Contract/9"},
    ],
)  # fmt: skip
def test_what_needs_no_decision_makes_no_task(book: Book, data: dict[str, Any]) -> None:
    with_contract(book, **data)
    assert tasks(book) == []


def test_a_contract_of_nobody_makes_no_task(book: Book) -> None:
    book.add("contract", None, None, **CONTRACT)
    assert tasks(book) == []


@pytest.mark.parametrize(
    ("as_of", "end", "due"),
    [
        ("2026-06-15", "2026-12-10", "2026-06-29"),  # stage 180: ten working days
        ("2026-06-15", "2026-08-20", "2026-06-22"),  # stage 90: five
        ("2026-06-15", "2026-07-10", "2026-06-17"),  # stage 30: two
        ("2026-06-15", "2026-06-21", "2026-06-16"),  # stage 7: one
        ("2026-06-19", "2026-06-22", "2026-06-22"),  # Friday to Monday
        ("2026-06-19", "2026-06-21", "2026-06-19"),  # ends on Sunday: Friday is the last working day before it
        ("2026-06-15", "2026-06-15", "2026-06-15"),  # today is all that is left
        ("2026-06-20", "2026-06-21", "2026-06-22"),  # a Saturday, nothing worked before the end: the next working day
        ("2026-12-24", "2026-12-30", "2026-12-29"),  # Christmas: neither the 25th nor the 28th is worked
    ],
)
def test_it_is_due_on_a_working_day_before_the_decision(book: Book, as_of: str, end: str, due: str) -> None:
    with_contract(book, end_date=end, notice_period_days=None, auto_renew=False)
    [task] = tasks(book, datetime.fromisoformat(f"{as_of}T08:00:00+00:00"))
    assert task.due == date.fromisoformat(due)


@pytest.mark.parametrize(
    ("data", "priority"),
    [
        ({}, "normal"),
        ({"annual_contract_value": {"amount": "20000", "currency": "GBP"}}, "high"),
        ({"annual_contract_value": {"amount": "19999.99", "currency": "GBP"}}, "normal"),
        ({"annual_contract_value": None}, "normal"),
        ({"notice_period_days": 47}, "high"),  # 30 days left
        ({"notice_period_days": 45}, "normal"),  # 31 days left and more
    ],
)
def test_time_and_money_make_a_task_urgent(book: Book, data: dict[str, Any], priority: str) -> None:
    with_contract(book, **data)
    [task] = tasks(book)
    assert task.priority == priority


@pytest.mark.parametrize(
    ("contract", "client", "assignee"),
    [
        ({"owner_id": "crm/User/ann"}, {"account_manager_id": "crm/User/bob"}, "crm/User/ann"),
        ({}, {"account_manager_id": "crm/User/bob", "owner_id": "crm/User/ann"}, "crm/User/bob"),
        ({}, {"owner_id": "crm/User/ann"}, "crm/User/ann"),
        ({"owner_id": "crm/User/eve"}, {"owner_id": "crm/User/ann"}, "crm/User/ann"),  # eve has left
        ({"owner_id": "crm/User/eve"}, {}, None),
        ({"owner_id": "crm/User/load"}, {"owner_id": "crm/User/bob"}, "crm/User/bob"),  # it looks after no client
        ({"owner_id": "crm/User/load"}, {"owner_id": "crm/User/eve"}, "crm/User/load"),
    ],
)
def test_it_goes_to_who_looks_after_it(
    book: Book, contract: dict[str, Any], client: dict[str, Any], assignee: str | None
) -> None:
    for name, works in (("ann", True), ("bob", True), ("eve", False), ("load", True)):
        book.add("user", f"crm/User/{name}", None, name=name, is_active=works)
    book.client("ann's own", owner_id="crm/User/ann")
    with_contract(book, client, **contract)
    [task] = tasks(book)
    assert task.assignee_id == assignee


def test_the_day_is_that_of_the_firms_zone(book: Book) -> None:
    with_contract(book, end_date="2026-09-14", notice_period_days=None, auto_renew=False)
    before, after = datetime(2026, 6, 15, 22, 59, tzinfo=UTC), datetime(2026, 6, 15, 23, 0, tzinfo=UTC)
    assert [task.key[-3:] for task in tasks(book, before)] == ["120"]
    assert [task.key[-3:] for task in tasks(book, after)] == [":90"]


def test_stages_are_a_setting(book: Book) -> None:
    with_contract(book)
    assert tasks(book, settings=RenewalSettings(stages=(45, 20))) == []
    [task] = tasks(book, settings=RenewalSettings(stages=(100, 50)))
    assert task.key.endswith(":50")


@pytest.mark.parametrize(
    ("stage", "given_days"), [(180, 10), (120, 10), (90, 5), (60, 5), (30, 2), (14, 2), (7, 1), (365, 10)]
)
def test_days_are_given_by_stage(stage: int, given_days: int) -> None:
    assert RENEWALS.days_for(stage) == given_days


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"stages": ()}, "at least 1 item"),
        ({"stages": (30, 60)}, "must fall"),
        ({"stages": (30, 30)}, "must fall"),
        ({"stages": (0,)}, "greater than or equal to 1"),
        ({"notice_buffer_days": -1}, "greater than or equal to 0"),
        ({"expiring": 30}, "Extra inputs"),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        RenewalSettings.model_validate(wrong)


def test_a_term_goes_through_every_stage_once(book: Book) -> None:
    with_contract(book, auto_renew=False, notice_period_days=90)
    made: dict[str, date] = {}
    for later in range(-200, 90, 6):
        for task in tasks(book, AS_OF + days(later)):
            made.setdefault(task.key, task.due)
    stages = ["180", "120", "90", "60", "30", "14", "7"]
    assert list(made) == [f"renewal:crm/Contract/8001:2026-08:{stage}" for stage in stages]
    assert all(due.weekday() < 5 for due in made.values())


def test_the_next_term_is_asked_about_anew(book: Book) -> None:
    with_contract(book, notice_period_days=None)
    first, second = (tasks(book, AS_OF + days(later))[0].key for later in (0, 365))
    assert first == "renewal:crm/Contract/8001:2026-08:90"
    assert second == "renewal:crm/Contract/8001:2027-08:90"
