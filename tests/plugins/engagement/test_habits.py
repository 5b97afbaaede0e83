"""By which channel and in which hours a client answers."""

from __future__ import annotations

from typing import Any

from plugins import engagement
from plugins.engagement.settings import EngagementSettings
from tests.core.signals.book import Book, Desk
from tests.plugins.clinic import publisher_of, some_of

IN, OUT = {"direction": "inbound"}, {"direction": "outbound"}
PREFIX = "contact.best"
LEAST = EngagementSettings(habit_least=3)


def evaluated(book: Book, settings: EngagementSettings = LEAST) -> Desk:
    book.save()
    desk = Desk(book.store, some_of(publisher_of(engagement, settings), PREFIX))
    assert desk.evaluate().faults == ()
    return desk


def known(desk: Desk, client: str, signal: str) -> Any:
    return desk._stored().get((client, signal), (None, ""))[0]


def mails(book: Book, client: str, answered: int, of: int, hour: int = 9, month: int = 5) -> None:
    """So many mails of ours at one hour (UTC), the first of them answered a day later."""
    for at in range(of):
        day = 1 + at * 4
        book.talk(client, f"2026-{month:02d}-{day:02d}T{hour:02d}:30:00Z", "email", subject=f"m{month}{at}", **OUT)
        if at < answered:
            book.talk(client, f"2026-{month:02d}-{day + 1:02d}T20:00:00Z", "email", subject=f"Re: m{month}{at}", **IN)


def calls(book: Book, client: str, taken: int, of: int) -> None:
    for at in range(of):
        outcome = "Connected" if at < taken else "No answer"
        book.talk(client, f"2026-04-{1 + at:02d}T13:15:00Z", "call", outcome=outcome, **OUT)


ANSWERED = {(4, 1): "Email", (1, 4): "Phone", (0, 1): "Phone", (1, 0): "Email", (0, 0): None}


def test_the_channel_that_is_answered_most_is_best(book: Book) -> None:
    for answered, taken in ANSWERED:
        client = book.client(f"{answered}{taken}")
        mails(book, client, answered, 5)
        calls(book, client, taken, 5)
    desk = evaluated(book)
    for (answered, taken), best in ANSWERED.items():
        assert known(desk, f"crm/Account/{answered}{taken}", "contact.best_channel") == best


def test_it_says_on_what_it_rests(book: Book) -> None:
    client = book.client("acme")
    mails(book, client, 3, 4)
    desk = evaluated(book)
    assert desk.reason(client, "contact.best_channel") == "3 of 4 attempts answered in 365 days"


def test_of_equals_the_one_tried_more_often_is_best(book: Book) -> None:
    client = book.client("acme")
    mails(book, client, 3, 3)
    calls(book, client, 4, 4)
    assert evaluated(book).value(client, "contact.best_channel") == "Phone"


def test_too_few_attempts_tell_nothing(book: Book) -> None:
    client = book.client("acme")
    mails(book, client, 2, 2)
    desk = evaluated(book)
    assert known(desk, client, "contact.best_channel") is None
    why = desk.explain(client, "contact.best_channel").reason
    assert why == "fewer than 3 attempts of any one way, or none answered"


def test_an_answer_after_many_days_is_none(book: Book) -> None:
    client = book.client("acme")
    for at in range(3):
        book.talk(client, f"2026-0{at + 3}-01T09:30:00Z", "email", subject=f"m{at}", **OUT)
        book.talk(client, f"2026-0{at + 3}-05T09:31:00Z", "email", subject=f"Re: m{at}", **IN)
    assert known(evaluated(book), client, "contact.best_channel") is None
    patient = EngagementSettings(habit_least=3, answer_days=5)
    assert evaluated(book, patient).value(client, "contact.best_channel") == "Email"


def test_answers_of_machines_are_none(book: Book) -> None:
    client = book.client("acme")
    for at in range(3):
        book.talk(client, f"2026-05-0{at + 1}T09:30:00Z", "email", subject=f"m{at}", **OUT)
        book.talk(client, f"2026-05-0{at + 1}T09:31:00Z", "email", subject=f"Automatic reply: m{at}", **IN)
    assert known(evaluated(book), client, "contact.best_channel") is None


def test_bulk_mail_is_no_attempt(book: Book) -> None:
    client = book.client("acme")
    mails(book, client, 3, 3)
    for at in range(9):
        book.talk(client, f"2026-03-{at + 1:02d}T09:30:00Z", "email", subject=f"Newsletter {at}", **OUT)
    assert evaluated(book).reason(client, "contact.best_channel") == "3 of 3 attempts answered in 365 days"


def test_the_best_hours_are_those_of_the_firms_clocks(book: Book) -> None:
    client = book.client("acme")
    mails(book, client, 4, 5, hour=9)  # 10:30 in London in May
    mails(book, client, 1, 5, hour=14, month=4)
    desk = evaluated(book)
    assert desk.value(client, "contact.best_window") == "10:00-12:00"
    assert desk.reason(client, "contact.best_window") == "4 of 5 attempts answered in 365 days"


def test_hours_are_a_choice(book: Book) -> None:
    client = book.client("acme")
    mails(book, client, 3, 3, hour=19)
    assert known(evaluated(book), client, "contact.best_window") is None
    evening = EngagementSettings(habit_least=3, windows=((8, 18), (18, 22)))
    assert evaluated(book, evening).value(client, "contact.best_window") == "18:00-22:00"


def test_records_that_know_only_the_day_tell_nothing_of_habits(book: Book) -> None:
    client = book.client("acme")
    for at in range(4):
        book.talk(client, f"2026-05-0{at + 1}T00:00:00Z", "email", subject=f"m{at}", **OUT)
        book.talk(client, f"2026-05-0{at + 1}T15:00:00Z", "email", subject=f"Re: m{at}", **IN)
    desk = evaluated(book)
    assert known(desk, client, "contact.best_channel") is None
    assert known(desk, client, "contact.best_window") is None


def test_clients_do_not_answer_for_each_other(book: Book) -> None:
    silent, chatty = book.client("a"), book.client("b")
    mails(book, silent, 0, 4)
    for at in range(4):
        book.talk(chatty, f"2026-05-{2 + at * 4:02d}T09:00:00Z", "email", subject=f"x{at}", **IN)
    assert known(evaluated(book), silent, "contact.best_channel") is None


def test_each_person_has_habits_and_a_last_contact_of_their_own(book: Book) -> None:
    client = book.client("acme")
    for name in ("ann", "bo", "cy"):
        book.add("contact", f"crm/Contact/{name}", client, first_name=name)
    book.join("contact", "hub/contacts/ann", "crm/Contact/ann")
    for at in range(4):
        day = 1 + at * 4
        about = {"contact_id": "hub/contacts/ann", "subject": f"m{at}"}
        book.talk(client, f"2026-05-{day:02d}T09:30:00Z", "email", **OUT, **about)
        book.talk(client, f"2026-05-{day + 1:02d}T20:00:00Z", "email", **IN, **about)
        book.talk(
            client, f"2026-05-{day:02d}T13:30:00Z", "call", outcome="No answer", contact_id="crm/Contact/bo", **OUT
        )
    book.talk(client, "2026-06-01T10:00:00Z", "meeting", contact_id="crm/Contact/bo")
    book.talk(client, "2026-06-03T10:00:00Z", "meeting")
    book.save()
    settings = EngagementSettings(habit_least=3)
    desk = Desk(book.store, some_of(publisher_of(engagement, settings), "person."))
    assert desk.evaluate().faults == ()
    people = [f"crm/Contact/{name}" for name in ("ann", "bo", "cy")]
    assert [known(desk, one, "person.best_channel") for one in people] == ["Email", None, None]
    assert [known(desk, one, "person.best_window") for one in people] == ["10:00-12:00", None, None]
    assert [known(desk, one, "person.last_contact") for one in people] == ["2026-05-14", "2026-06-01", None]
    told = "\n".join(desk.explain("hub/contacts/ann", "person.best_channel").lines())
    assert "person.best_channel = Email" in told
    assert "4 of 4 attempts answered in 365 days" in told
