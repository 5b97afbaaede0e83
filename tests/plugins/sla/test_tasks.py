"""The tasks that response times ask for: when, for whom, and never twice."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from core.proposals import CompleteTask, CreateTask
from plugins import sla
from plugins.sla.settings import SlaSettings
from tests.core.signals.book import AS_OF, Book, Desk
from tests.plugins.clinic import publisher_of

ANN, BOB, EVE = "crm/User/ann", "crm/User/bob", "crm/User/eve"
ASKED = {"direction": "inbound", "subject": "VAT return"}
DUE_SOON = "2026-06-11T08:45:00Z"  # regular: due on Monday, 15 June, at 09:45 in London


def tasks(book: Book, as_of: datetime = AS_OF, settings: SlaSettings | None = None) -> list[CreateTask]:
    chosen = settings or SlaSettings()
    book.save()
    found = Desk(book.store, publisher_of(sla, chosen)).proposals(sla.propose, chosen, as_of)
    return [task for task in found if isinstance(task, CreateTask)]


def needless(book: Book, as_of: datetime = AS_OF) -> list[CompleteTask]:
    """The tasks that are to be completed."""
    book.save()
    settings = SlaSettings()
    found = Desk(book.store, publisher_of(sla, settings)).proposals(sla.propose, settings, as_of)
    return [one for one in found if isinstance(one, CompleteTask)]


def asked(book: Book, at: str = DUE_SOON, client: dict[str, Any] | None = None, **data: Any) -> str:
    """One mail of a client; it is due on Monday at 09:45 in London unless another time is given."""
    account = book.client("Acme Ltd", **(client or {}))
    return book.add("interaction", "crm/Task/1", account, kind="email", started_at=at, **(ASKED | data))


def moment(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00+00:00")


def test_a_reply_that_is_due_soon_makes_a_task(book: Book) -> None:
    asked(book)
    [task] = tasks(book)
    assert task.subject == "[Inlay] Answer Acme Ltd: VAT return, due 15 June 2026 at 09:45"
    assert task.key == "sla:due_soon:crm/Task/1"
    assert task.due == date(2026, 6, 15)
    assert task.priority == "normal"
    assert task.reason == "the first reply to “VAT return” is due on 15 June 2026 at 09:45"
    assert task.inputs == ("sla.status", "sla.next_due", "crm/Task/1")
    assert task.body.startswith("Acme Ltd asked on 11 June 2026 at 09:45: “VAT return” (regular).")
    assert "The first reply of a person is due on 15 June 2026 at 09:45." in task.body
    assert "To snooze, move the due date." in task.body


def test_a_late_reply_makes_another(book: Book) -> None:
    asked(book)
    [task] = tasks(book, moment("2026-06-15T09:00"))
    assert task.subject == "[Inlay] Answer Acme Ltd: VAT return, was due 15 June 2026 at 09:45"
    assert task.key == "sla:breached:crm/Task/1"
    assert task.priority == "high"
    assert "was due on" in task.body
    assert "answer at once" in task.body


def test_once_it_is_answered_its_tasks_are_needless_for_a_week(book: Book) -> None:
    asked(book)
    assert needless(book) == []
    reply = {"kind": "email", "direction": "outbound", "subject": "Re: VAT return"}
    book.add("interaction", "crm/Task/2", "crm/Account/Acme Ltd", started_at="2026-06-15T10:00:00Z", **reply)
    found = needless(book, moment("2026-06-15T12:00"))
    assert [one.key for one in found] == ["sla:due_soon:crm/Task/1", "sla:breached:crm/Task/1"]
    assert found[0].reason == "“VAT return” was answered on 15 June 2026 at 11:00"
    assert tasks(book, moment("2026-06-15T12:00")) == []
    assert needless(book, moment("2026-06-22T10:01")) == []


@pytest.mark.parametrize(
    ("subject", "asks"),
    [
        ("Thank you for the quick turn-round", False),
        ("Re: Many thanks for your help", False),
        ("Thanks, but the VAT figure is wrong", True),
        ("We would thank you for an answer", True),
    ],
)
def test_a_word_of_thanks_asks_for_nothing(book: Book, subject: str, asks: bool) -> None:
    asked(book, subject=subject)
    assert bool(tasks(book)) == asks


STAGES: dict[str, list[str]] = {
    "2026-06-11T12:00": [],
    "2026-06-12T12:44": [],
    "2026-06-12T12:45": ["due_soon"],  # a quarter of sixteen office hours before Monday, 09:45
    "2026-06-15T08:45": ["due_soon"],
    "2026-06-15T08:46": ["breached"],
    "2026-06-22T08:44": ["breached"],
    "2026-06-22T08:46": [],  # a week later nobody is asked any more
}


def test_each_stage_has_its_time(book: Book) -> None:
    asked(book)
    assert {at: [task.key.split(":")[1] for task in tasks(book, moment(at))] for at in STAGES} == STAGES


@pytest.mark.parametrize("stage", ["due_soon", "breached"])
def test_stages_are_a_choice(book: Book, stage: Any) -> None:
    asked(book)
    chosen = SlaSettings(tasks=(stage,))
    soon, late = tasks(book, settings=chosen), tasks(book, moment("2026-06-15T09:00"), chosen)
    assert [task.key.split(":")[1] for task in soon + late] == [stage]


def test_what_is_answered_or_paused_makes_none(book: Book) -> None:
    asked(book)
    book.talk("crm/Account/Acme Ltd", "2026-06-12T10:00:00Z", "email", direction="outbound", subject="Re: VAT return")
    book.add("ticket", None, "crm/Account/Acme Ltd", status="on_hold", opened_at="2026-06-08T10:00:00Z")
    assert tasks(book) == []


PEOPLE: list[tuple[dict[str, Any], dict[str, Any], str | None, str | None]] = [
    ({"owner_id": ANN}, {"account_manager_id": BOB}, ANN, BOB),  # a breach goes to who looks after the client
    ({}, {"account_manager_id": BOB, "owner_id": ANN}, BOB, BOB),
    ({}, {"owner_id": ANN}, ANN, ANN),
    ({"owner_id": ANN}, {}, ANN, ANN),
    ({"owner_id": EVE}, {"account_manager_id": BOB}, BOB, BOB),  # Eve has left
    ({"owner_id": ANN}, {"account_manager_id": EVE}, ANN, ANN),
    ({"owner_id": EVE}, {"account_manager_id": EVE, "owner_id": ANN}, ANN, ANN),
    ({}, {}, None, None),
]


def test_it_goes_to_who_is_asked_and_then_to_who_is_in_charge(book: Book) -> None:
    for id_, works in ((ANN, True), (BOB, True), (EVE, False)):
        book.add("user", id_, None, name=id_[-3:], is_active=works)
    for at, (mail, client, *_) in enumerate(PEOPLE):
        account = book.client(f"Acme {at}", **client)
        book.add("interaction", f"crm/Task/{at}", account, kind="email", started_at=DUE_SOON, **(ASKED | mail))
    soon, late = tasks(book), tasks(book, moment("2026-06-15T09:00"))
    assert [task.assignee_id for task in sorted(soon, key=lambda task: task.key)] == [case[2] for case in PEOPLE]
    assert [task.assignee_id for task in sorted(late, key=lambda task: task.key)] == [case[3] for case in PEOPLE]


def test_a_breach_may_stay_with_who_was_asked(book: Book) -> None:
    for id_ in (ANN, BOB):
        book.add("user", id_, None, name=id_[-3:])
    asked(book, client={"account_manager_id": BOB}, owner_id=ANN)
    [task] = tasks(book, moment("2026-06-15T09:00"), SlaSettings(breach_to="person"))
    assert task.assignee_id == ANN


DAYS: dict[str, date] = {
    "2026-06-12T14:00": date(2026, 6, 15),  # on Friday for Monday
    "2026-06-15T09:00": date(2026, 6, 15),
    "2026-06-17T09:00": date(2026, 6, 17),  # late: today
    "2026-06-20T09:00": date(2026, 6, 22),  # a Saturday: on Monday
}


def test_it_is_due_on_a_working_day(book: Book) -> None:
    asked(book)
    assert {at: tasks(book, moment(at))[0].due for at in DAYS} == DAYS


def test_urgent_requests_are_of_high_priority_before_they_are_late(book: Book) -> None:
    asked(book, "2026-06-12T15:45:00Z", urgency="urgent")  # 16:45: due on Monday at 10:45
    assert tasks(book) == []
    [task] = tasks(book, moment("2026-06-15T09:20"))
    assert (task.key.split(":")[1], task.priority) == ("due_soon", "high")


def test_a_ticket_without_subject_is_called_by_its_number(book: Book) -> None:
    client = book.client("Acme Ltd")
    book.add("ticket", "crm/Case/7", client, number="00042", status="new", opened_at="2026-06-11T08:45:00Z")
    [task] = tasks(book)
    assert task.subject == "[Inlay] Answer Acme Ltd: ticket 00042, due 15 June 2026 at 09:45"


def test_a_long_subject_is_cut_to_what_a_list_shows(book: Book) -> None:
    asked(book, subject="please " * 60)
    [task] = tasks(book)
    assert len(task.subject) <= 255
    assert task.subject.endswith("…")


def test_one_request_makes_one_task_a_stage_however_often_it_is_looked_at(book: Book) -> None:
    asked(book)
    keys = [
        task.key for day in range(12, 17) for hour in (7, 14) for task in tasks(book, AS_OF.replace(day=day, hour=hour))
    ]
    assert set(keys) == {"sla:due_soon:crm/Task/1", "sla:breached:crm/Task/1"}
    assert keys == sorted(keys, reverse=True)


def test_an_old_mailbox_floods_nobody(book: Book) -> None:
    client = book.client("Acme Ltd")
    for day in range(1, 29):
        book.talk(client, f"2026-04-{day:02d}T10:00:00Z", "email", direction="inbound", subject=f"Question {day}")
    assert tasks(book) == []
