"""What counts as activity and as contact, each event once, and what is left out and why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plugins import engagement
from plugins.engagement.settings import EngagementSettings
from tests.core.signals.book import AS_OF, Book, Desk, days
from tests.plugins.clinic import clinic, publisher_of

Talk = tuple[str, str, dict[str, Any]]  # when, kind, what else is known
IN, OUT = {"direction": "inbound"}, {"direction": "outbound"}
SETTINGS = EngagementSettings()

# case: (interactions, last contact, days since, events in 90 days, records left out in 90 days)
CASES: dict[str, tuple[list[Talk], str | None, float | None, float | None, float]] = {
    "nothing": ([], None, None, None, 0),
    "a call": ([("2026-06-05", "call", {})], "2026-06-05", 10, 1, 0),
    "today": ([("2026-06-15T06:00:00Z", "call", {})], "2026-06-15", 0, 1, 0),
    "late in the evening": ([("2026-06-13T23:30:00Z", "call", {})], "2026-06-14", 1, 1, 0),
    "a mail from the client": ([("2026-06-05", "email", IN)], "2026-06-05", 10, 1, 0),
    "a mail to the client": ([("2026-06-05", "email", OUT)], None, None, 1, 0),
    "a mail of unknown direction": ([("2026-06-05", "email", {})], "2026-06-05", 10, 1, 0),
    "a text to the client": ([("2026-06-05", "sms", OUT)], None, None, 1, 0),
    "a text from the client": ([("2026-06-05", "sms", IN)], "2026-06-05", 10, 1, 0),
    "a chat of unknown direction": ([("2026-06-05", "chat", {})], None, None, 1, 0),
    "a portal visit": ([("2026-06-05", "portal", {})], "2026-06-05", 10, 1, 0),
    "a note": ([("2026-06-05", "note", {})], None, None, None, 0),
    "a meeting ahead": ([("2026-06-20", "meeting", {}), ("2026-06-01", "meeting", {})], "2026-06-01", 14, 1, 0),
    "a canceled meeting": ([("2026-06-05", "meeting", {"outcome": "Canceled"})], None, None, None, 0),
    "a moved meeting": ([("2026-06-05", "meeting", {"outcome": "rescheduled"})], None, None, None, 0),
    "a call nobody took": ([("2026-06-05", "call", OUT | {"outcome": "No answer"})], None, None, None, 0),
    "inlay's own": ([("2026-06-05", "call", {"external_key": "renewal:c:30"})], None, None, None, 1),
    "inlay's own without key": ([("2026-06-05", "call", {"subject": "[Inlay] Call acme"})], None, None, None, 1),
    "bulk mail by the CRM": ([("2026-06-05", "email", {"outcome": "bulk"})], None, None, None, 1),
    "bulk mail by its subject": ([("2026-06-05", "email", OUT | {"subject": "June Newsletter"})], None, None, None, 1),
    "an answer to bulk mail": (
        [("2026-06-05", "email", IN | {"subject": "Re: June Newsletter"})], "2026-06-05", 10, 1, 0,
    ),
    "an absence note": ([("2026-06-05", "email", IN | {"subject": "Automatic reply: VAT"})], None, None, None, 1),
    "a bounce": ([("2026-06-05", "email", OUT | {"outcome": "BOUNCED"})], None, None, None, 1),
    "long ago": ([("2026-01-15", "visit", {})], "2026-01-15", 151, 0, 0),
    "90 days ago to the second": ([("2026-03-17T07:30:00Z", "call", {})], "2026-03-17", 90, 0, 0),
    "a second less": ([("2026-03-17T07:30:01Z", "call", {})], "2026-03-17", 90, 1, 0),
}  # fmt: skip

# The same event in two CRMs: what each says of it, and what is made of them.
PAIRS: dict[str, tuple[dict[str, Any], dict[str, Any], str | None, float | None]] = {
    "direction told by one": ({"subject": "VAT"}, IN | {"subject": "VAT"}, "2026-06-05", 1),
    "outbound told by one": ({"subject": "VAT"}, OUT | {"subject": "Email: VAT"}, None, 1),
    "bulk told by one": (OUT | {"subject": "VAT"}, OUT | {"subject": "VAT", "outcome": "bulk"}, None, None),
    "bounced told by one": (OUT | {"subject": "VAT", "outcome": "bounced"}, OUT | {"subject": "VAT"}, None, None),
    "canceled told by one": ({"subject": "VAT"}, {"subject": "VAT", "outcome": "Canceled"}, None, None),
    "written by Inlay": ({"subject": "VAT", "external_key": "k"}, IN | {"subject": "VAT"}, None, None),
    "two mails": (IN | {"subject": "VAT"}, IN | {"subject": "Payroll"}, "2026-06-05", 2),
}


def fill(book: Book) -> None:
    for case, (talks, *_) in CASES.items():
        client = book.client(case)
        for at, kind, data in talks:
            book.talk(client, at, kind, **data)
    for case, (one, other, *_) in PAIRS.items():
        client = book.client(f"pair {case}")
        book.talk(client, "2026-06-05T10:00:00Z", "email", **one)
        more = {"kind": "email", "started_at": "2026-06-05T10:09:00Z"} | other
        book.add("interaction", f"marketing/emails/{case}", client, **more)
    book.add("user", "crm/User/ann", None, name="Ann Hart")
    book.join("user", "marketing/owners/7", "crm/User/ann")
    client = book.client("by ann")
    book.talk(client, "2026-06-05", "call", owner_id="marketing/owners/7")
    book.talk(client, "2026-06-04", "call", owner_id="crm/User/bob")
    late = book.client("late")
    book.talk(late, "2026-06-05", "call", created_at="2026-06-09T08:00:00Z")
    book.talk(late, "2026-06-08", "call", created_at="2026-06-08T18:00:00Z")
    asked = book.client("asked")
    book.add("ticket", None, asked, status="open", opened_at="2026-06-10T09:00:00Z")
    book.add("ticket", None, asked, status="closed", created_at="2026-04-10T09:00:00Z")


@pytest.fixture(scope="module")
def desk(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    publisher = publisher_of(engagement, SETTINGS)
    with clinic(migrated_file, tmp_path_factory.mktemp("contact"), fill, publisher) as made:
        yield made


@pytest.fixture(scope="module")
def told(desk: Desk) -> dict[tuple[str, str], tuple[Any, str]]:
    """All values with their reasons, read once."""
    return desk._stored()


Told = dict[tuple[str, str], tuple[Any, str]]


def known(told: Told, case: str, signal: str) -> Any:
    return told.get((f"crm/Account/{case}", signal), (None, ""))[0]


def reason(told: Told, case: str, signal: str) -> str:
    return told[f"crm/Account/{case}", signal][1]


@pytest.mark.parametrize("case", CASES)
def test_what_counts(told: Told, case: str) -> None:
    _, last, since, count, left_out = CASES[case]
    assert known(told, case, "activity.last_contact") == last
    assert known(told, case, "activity.days_since_contact") == since
    assert known(told, case, "activity.count_90d") == count
    assert known(told, case, "activity.left_out_90d") == left_out
    assert known(told, case, "activity.never_contacted") is (last is None)


@pytest.mark.parametrize("case", PAIRS)
def test_what_two_systems_say_of_one_event(told: Told, case: str) -> None:
    *_, last, count = PAIRS[case]
    assert known(told, f"pair {case}", "activity.last_contact") == last
    assert known(told, f"pair {case}", "activity.count_90d") == count


@pytest.mark.parametrize(
    ("case", "signal", "said"),
    [
        ("a call", "activity.last_contact", "call on 5 June 2026"),
        ("a call", "activity.days_since_contact", "last contact 10 days ago (call on 5 June 2026)"),
        ("today", "activity.days_since_contact", "last contact today (call on 15 June 2026)"),
        ("a mail from the client", "activity.last_contact", "mail from the client on 5 June 2026"),
        ("an absence note", "activity.left_out_90d", "1 answer of a machine"),
        ("pair direction told by one", "activity.left_out_90d", "1 told twice"),
        ("pair bulk told by one", "activity.left_out_90d", "2 bulk mail"),
        ("nothing", "activity.never_contacted", "no contact is on record"),
        ("late", "activity.logged_late_90d", "the last happened on 5 June 2026"),
        ("a call", "activity.logged_late_90d", "every event was recorded on its day"),
        ("asked", "activity.last_date", "ticket on 10 June 2026"),
        ("a text to the client", "activity.last_date", "message to the client on 5 June 2026"),
    ],
)
def test_reasons_are_what_people_would_say(told: Told, case: str, signal: str, said: str) -> None:
    assert reason(told, case, signal) == said


def test_tickets_are_activity_but_no_contact(told: Told) -> None:
    assert known(told, "asked", "activity.last_date") == "2026-06-10"
    assert known(told, "asked", "activity.count_7d") == 1
    assert known(told, "asked", "activity.count_90d") == 2
    assert known(told, "asked", "activity.last_contact") is None


def test_the_last_contact_is_told_with_its_type_and_person(told: Told) -> None:
    assert known(told, "by ann", "activity.contact_by") == "Ann Hart"
    assert known(told, "by ann", "activity.contact_type") == "Call"
    assert known(told, "a mail from the client", "activity.contact_type") == "Mail"
    assert known(told, "a call", "activity.contact_by") is None


def test_events_recorded_after_their_day_are_counted(told: Told) -> None:
    assert known(told, "late", "activity.logged_late_90d") == 1
    assert known(told, "a call", "activity.logged_late_90d") == 0


def test_an_event_logged_late_reopens_its_day(book: Book) -> None:
    client = book.client("acme")
    book.talk(client, "2026-05-01")
    book.save()
    desk = Desk(book.store, publisher_of(engagement, SETTINGS))
    desk.evaluate(AS_OF)
    assert desk.value(client, "activity.days_since_contact") == 45
    book.talk(client, "2026-06-01", created_at="2026-06-16T07:00:00Z")
    book.save()
    desk.evaluate(AS_OF + days(1))
    assert desk.value(client, "activity.last_contact") == "2026-06-01"
    assert desk.value(client, "activity.days_since_contact") == 15
    assert desk.value(client, "activity.logged_late_90d") == 1


def test_days_may_be_working_days(book: Book) -> None:
    client = book.client("acme")
    book.talk(client, "2026-05-22")  # a Friday; Spring Bank Holiday is on the 25th
    book.save()
    desk = Desk(book.store, publisher_of(engagement, EngagementSettings(days="business")))
    desk.evaluate()
    assert desk.value(client, "activity.days_since_contact") == 15
    assert desk.reason(client, "activity.days_since_contact").startswith("last contact 15 working days ago")


def test_settings_decide_what_counts(book: Book) -> None:
    client = book.client("acme")
    book.talk(client, "2026-06-05", "email", **OUT, subject="Autumn news")
    book.talk(client, "2026-06-10", "email", **OUT, subject="Your accounts")
    book.talk(client, "2026-06-12", "call")
    book.save()
    chosen = EngagementSettings(contact_types=("mail_out",), bulk_subjects=("Your Accounts",))
    desk = Desk(book.store, publisher_of(engagement, chosen))
    desk.evaluate()
    assert desk.value(client, "activity.last_contact") == "2026-06-05"


def test_it_is_explained_down_to_the_fields(desk: Desk) -> None:
    lines = "\n".join(desk.explain("crm/Account/pair direction told by one", "activity.days_since_contact").lines())
    assert "activity.last_contact = 2026-06-05" in lines
    assert "interaction marketing/emails/direction told by one: direction inbound, kind email" in lines
