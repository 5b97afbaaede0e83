"""What health proposes: a call to each client At Risk, once a month, to somebody who works here."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from core.proposals import CompleteTask, CreateTask
from plugins import health
from plugins.health.settings import HealthSettings
from tests.core.signals.book import AS_OF, Book, Desk, days
from tests.plugins.clinic import HEALTH, health_publisher, renewals_publisher
from tests.plugins.health.test_score import bad_client, good_client

SENTENCE = (
    "At Risk at 5: last contact 161 days ago (call on 5 January 2026) and pays 58 days late on average; "
    "mind: invoice B-9 is 75 days overdue and nothing agreed or in sight beyond 90 days."
)


def calls(book: Book, as_of: datetime = AS_OF, settings: HealthSettings = HEALTH) -> list[CreateTask]:
    """What is proposed after an evaluation."""
    book.save()
    desk = Desk(book.store, health_publisher(settings), renewals_publisher())
    desk.evaluate(as_of)
    found = desk.proposals(health.propose, settings, as_of)
    assert all(isinstance(proposal, CreateTask) for proposal in found)
    return [proposal for proposal in found if isinstance(proposal, CreateTask)]


def test_only_clients_at_risk_are_called(book: Book) -> None:
    good_client(book, "Ash")
    bad = bad_client(book, "Birch")
    book.client("Cedar")
    assert [call.client_id for call in calls(book)] == [bad]


def test_the_call_to_a_client_that_has_recovered_is_needless(book: Book) -> None:
    good, unknown = good_client(book, "Ash"), book.client("Cedar")
    bad = bad_client(book, "Birch")
    for number, client in enumerate((good, bad, unknown)):
        book.add("task", f"crm/Task/{number}", client, subject="[Inlay] Call them: At Risk at 5", status="not_started",
                 external_key="k", due_date="2026-05-20")  # fmt: skip
    book.add("task", "crm/Task/8", good, subject="Call them", status="not_started")
    book.save()
    desk = Desk(book.store, health_publisher(), renewals_publisher())
    desk.evaluate(AS_OF)
    found = [one for one in desk.proposals(health.propose, HEALTH, AS_OF) if isinstance(one, CompleteTask)]
    assert [(one.client_id, one.key.rpartition(":")[2]) for one in found] == [(good, "2026-06"), (good, "2026-05")]
    assert all("is " in one.reason for one in found)


def test_a_client_without_an_open_call_of_ours_needs_nothing(book: Book) -> None:
    good = good_client(book, "Ash")
    book.add("task", "crm/Task/1", good, subject="[Inlay] Call Ash: At Risk at 5", status="completed", external_key="k")
    book.add("task", "crm/Task/2", good, subject="[Inlay] Call Ash: At Risk at 5", status="not_started")
    book.save()
    desk = Desk(book.store, health_publisher(), renewals_publisher())
    desk.evaluate(AS_OF)
    assert desk.proposals(health.propose, HEALTH, AS_OF) == []


def test_where_playbooks_call_them_health_does_not(book: Book) -> None:
    bad_client(book, "Birch")
    assert calls(book, settings=HEALTH.model_copy(update={"tasks": False})) == []


def test_the_task_says_who_why_and_what_to_do(book: Book) -> None:
    bad_client(book, "Birch & Co")
    [call] = calls(book)
    assert call.subject == "[Inlay] Call Birch & Co: At Risk at 5"
    assert call.body.splitlines() == [
        "Birch & Co is At Risk: its health is 5 of 100.",
        SENTENCE,
        "As of 15 June 2026.",
        "",
        "Step expected: speak to the client within 2 working days, and write down here what will be done.",
        "To snooze, move the due date. To stop, complete the task; there will be no other one this month.",
    ]
    assert call.priority == "high"
    assert call.reason == "5 is At Risk"
    assert call.inputs == ("health.band", "health.score", "health.reasons")


def test_the_trend_is_told_when_there_is_one(book: Book) -> None:
    client = good_client(book, "Ash")
    assert calls(book) == []
    for _ in range(8):
        book.add("ticket", None, client, status="open", priority="urgent", opened_at="2026-07-01T00:00:00Z")
    for month in (5, 6, 7):
        book.invoice(client, f"2026-0{month}-01", total="90000.00")
    [call] = calls(book, AS_OF + days(120))
    assert call.body.splitlines()[0] == "Ash is At Risk: its health is 23 of 100 (-73 in 30 days)."


@pytest.mark.parametrize(
    ("as_of", "due"),
    [
        (datetime(2026, 6, 15, 7, tzinfo=UTC), date(2026, 6, 17)),
        (datetime(2026, 6, 18, 7, tzinfo=UTC), date(2026, 6, 22)),  # over a weekend
        (datetime(2026, 6, 20, 7, tzinfo=UTC), date(2026, 6, 23)),  # on a Saturday
        (datetime(2026, 8, 27, 7, tzinfo=UTC), date(2026, 9, 1)),  # over a bank holiday
    ],
)
def test_it_is_due_in_two_working_days(book: Book, as_of: datetime, due: date) -> None:
    bad_client(book, "Birch")
    [call] = calls(book, as_of)
    assert call.due == due


def test_the_days_given_are_a_setting(book: Book) -> None:
    bad_client(book, "Birch")
    [call] = calls(book, settings=HealthSettings(at_risk_due_days=5))
    assert call.due == date(2026, 6, 22)
    assert "within 5 working days" in call.body


def test_one_key_per_client_and_month(book: Book) -> None:
    bad_client(book, "Birch")
    keys = [calls(book, AS_OF + days(later))[0].key for later in (0, 1, 10, 30)]
    assert keys[0] == keys[1] == keys[2] == "health:at-risk:crm/Account/Birch:2026-06"
    assert keys[3] == "health:at-risk:crm/Account/Birch:2026-07"


def test_the_owner_gets_the_task(book: Book) -> None:
    book.add("user", "crm/User/ann", None, name="Ann")
    client = bad_client(book, "Birch")
    book.add("client", client, None, name="Birch", status="active", owner_id="crm/User/ann")
    [call] = calls(book)
    assert call.assignee_id == "crm/User/ann"


def test_without_a_band_there_is_no_call(book: Book) -> None:
    client = book.client("Birch")
    book.add("ticket", None, client, status="open", priority="urgent", opened_at="2026-01-01T00:00:00Z")
    assert calls(book) == []


def test_a_long_name_still_fits_the_subject(book: Book) -> None:
    bad_client(book, "Birch " * 60)
    [call] = calls(book)
    assert len(call.subject) <= 255


def test_equal_books_give_equal_proposals(book: Book) -> None:
    for key in ("Birch", "Beech", "Bay"):
        bad_client(book, key)
    assert calls(book) == calls(book)
    assert [call.client_id for call in calls(book)] == [f"crm/Account/{key}" for key in ("Bay", "Beech", "Birch")]
