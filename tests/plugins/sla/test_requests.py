"""What asks for a reply, what is one, and how each client stands on Monday, 15 June 2026, 08:30 in London."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plugins import sla
from plugins.sla.settings import SlaSettings, Targets
from tests.core.signals.book import AS_OF, Book, Desk, days
from tests.plugins.clinic import clinic, publisher_of

Story = list[tuple[str, str, dict[str, Any]]]  # when, kind (or "ticket"), what else is known
IN, OUT = {"direction": "inbound"}, {"direction": "outbound"}
VAT, RE = {"subject": "VAT"}, {"subject": "Re: VAT"}
HIGH, LOW = {"priority": "high", "status": "new"}, {"priority": "low", "status": "new"}

# case: (story, status, requests waiting, replies due in 90 days, of these in time)
CASES: dict[str, tuple[Story, str | None, float, int, int]] = {
    "nothing asked": ([], None, 0, 0, 0),
    "answered in time": ([("06-08T10:00", "email", IN | VAT), ("06-10T09:00", "email", OUT | RE)], "In time", 0, 1, 1),
    "answered late": ([("06-08T10:00", "email", IN | VAT), ("06-10T11:00", "email", OUT | RE)], "In time", 0, 1, 0),
    "answered to the second": (
        [("06-08T10:00", "email", IN | VAT), ("06-10T10:00", "email", OUT | RE)], "In time", 0, 1, 1,
    ),
    "never answered": ([("06-08T10:00", "email", IN | VAT)], "Breached", 1, 1, 0),
    "asked on Friday": ([("06-12T10:00", "email", IN | VAT)], "In time", 1, 0, 0),  # due on Tuesday
    "due soon": ([("06-11T08:45", "email", IN | VAT)], "Due soon", 1, 0, 0),  # due today at 09:45
    "urgent by its subject": ([("06-12T15:30", "email", IN | {"subject": "Urgent: HMRC"})], "In time", 1, 0, 0),
    "urgent by a system": ([("06-12T10:00", "email", IN | VAT | {"urgency": "urgent"})], "Breached", 1, 1, 0),
    "regular by a system": (
        [("06-12T10:00", "email", IN | {"subject": "urgent?", "urgency": "regular"})], "In time", 1, 0, 0,
    ),
    "important by its subject": ([("06-11T10:00", "email", IN | {"subject": "Important"})], "Breached", 1, 1, 0),
    "answered by a call": ([("06-08T10:00", "email", IN | VAT), ("06-09T10:00", "call", {})], "In time", 0, 1, 1),
    "answered by a meeting before": (
        [("06-08T10:00", "email", IN | VAT), ("06-08T09:00", "meeting", {})], "Breached", 1, 1, 0,
    ),
    "a call nobody took": (
        [("06-08T10:00", "email", IN | VAT), ("06-09T10:00", "call", {"outcome": "No answer"})], "Breached", 1, 1, 0,
    ),
    "answered by a machine": (
        [("06-08T10:00", "email", IN | VAT), ("06-08T10:01", "email", OUT | {"subject": "Out of office: VAT"})],
        "Breached", 1, 1, 0,
    ),
    "answered by Inlay": (
        [("06-08T10:00", "email", IN | VAT), ("06-08T11:00", "email", OUT | RE | {"external_key": "k"})],
        "Breached", 1, 1, 0,
    ),
    "the answer bounced": (
        [("06-08T10:00", "email", IN | VAT), ("06-08T11:00", "email", OUT | RE | {"outcome": "bounced"})],
        "Breached", 1, 1, 0,
    ),
    "answered in another thread": (
        [("06-08T10:00", "email", IN | VAT), ("06-08T11:00", "email", OUT | {"subject": "Payroll"})],
        "Breached", 1, 1, 0,
    ),
    "thanked": (
        [("06-08T10:00", "email", IN | VAT), ("06-09T10:00", "email", OUT | RE), ("06-10T10:00", "email", IN | RE)],
        "In time", 0, 1, 1,
    ),
    "reminded": ([("06-08T10:00", "email", IN | VAT), ("06-12T10:00", "email", IN | RE)], "Breached", 1, 1, 0),
    "we began": ([("06-08T10:00", "email", OUT | VAT), ("06-08T11:00", "email", IN | RE)], None, 0, 0, 0),
    "asked anew after weeks": (
        [("05-08T10:00", "email", IN | VAT), ("05-08T11:00", "email", OUT | RE), ("06-08T10:00", "email", IN | RE)],
        "Breached", 1, 2, 1,
    ),
    "asked anew after weeks of silence": (
        [("05-18T10:00", "email", IN | VAT), ("06-08T10:00", "email", IN | RE)], "Breached", 2, 2, 0,
    ),
    "a ticket answered on a day to come": (
        [("06-08T10:00", "ticket", {"status": "open", "first_response_at": "2026-06-20T12:00:00Z"})],
        "Breached", 1, 1, 0,
    ),
    "an absence note of theirs": ([("06-08T10:00", "email", IN | {"subject": "Automatic reply: x"})], None, 0, 0, 0),
    "a mail of unknown direction": ([("06-08T10:00", "email", VAT)], None, 0, 0, 0),
    "a chat": ([("06-08T10:00", "chat", IN), ("06-08T10:02", "chat", OUT)], "In time", 0, 1, 1),
    "a chat answered by mail": (
        [("06-08T10:00", "chat", IN), ("06-08T10:02", "email", OUT | VAT)], "Breached", 1, 1, 0,
    ),
    "a call of the client": ([("06-08T10:00", "call", IN)], None, 0, 0, 0),
    "still ahead": ([("06-20T10:00", "email", IN | VAT)], None, 0, 0, 0),
    "long ago": ([("2025-10-08T10:00", "email", IN | VAT)], None, 0, 0, 0),
    "due 91 days ago": ([("03-12T10:00", "email", IN | VAT)], "In time", 0, 0, 0),
    "due a month ago": ([("05-14T10:00", "email", IN | VAT)], "Breached", 1, 1, 0),  # on 18 May
    "due for more than a month": ([("05-11T10:00", "email", IN | VAT)], "In time", 0, 1, 0),  # nobody will answer it
    "a portal visit": ([("06-08T10:00", "portal", IN)], None, 0, 0, 0),
    "thanked at the edge of what is read": (
        [("2025-11-25T10:00", "email", IN | VAT), ("2025-11-26T10:00", "email", OUT | RE),
         ("2025-11-28T10:00", "email", IN | RE)], None, 0, 0, 0,
    ),
    "an open ticket": ([("06-08T10:00", "ticket", {"status": "open"})], "Breached", 1, 1, 0),
    "a ticket first answered": (
        [("06-08T10:00", "ticket", {"status": "open", "first_response_at": "2026-06-08T12:00:00Z"})],
        "In time", 0, 1, 1,
    ),
    "an urgent ticket answered late": (
        [("06-08T10:00", "ticket", {"priority": "urgent", "first_response_at": "2026-06-08T14:00:00Z"})],
        "In time", 0, 1, 0,
    ),
    "a high ticket is important": ([("06-11T10:00", "ticket", HIGH)], "Breached", 1, 1, 0),
    "a low ticket is regular": ([("06-11T10:00", "ticket", LOW)], "Due soon", 1, 0, 0),
    "a ticket of unknown priority": ([("06-11T10:00", "ticket", {"status": "new"})], "Due soon", 1, 0, 0),
    "a paused ticket": ([("06-01T10:00", "ticket", {"status": "pending"})], "In time", 0, 0, 0),
    "a ticket closed in time": (
        [("06-08T10:00", "ticket", {"status": "closed", "closed_at": "2026-06-09T12:00:00Z"})], "In time", 0, 1, 1,
    ),
    "a ticket closed, nobody knows when": ([("06-08T10:00", "ticket", {"status": "closed"})], None, 0, 0, 0),
    "a ticket open for a year": ([("2025-06-08T10:00", "ticket", {"status": "open"})], "Breached", 1, 0, 0),
    "a ticket is not answered by any call": (
        [("06-08T10:00", "ticket", {"status": "open"}), ("06-09T10:00", "call", {})], "Breached", 1, 1, 0,
    ),
    "two requests": (
        [("06-12T10:00", "email", IN | VAT), ("06-08T10:00", "ticket", {"status": "open"})], "Breached", 2, 1, 0,
    ),
}  # fmt: skip


def when(text: str) -> str:
    return f"{text if text.startswith('2025') else f'2026-{text}'}:00Z"


def tell(book: Book, client: str, story: Story) -> None:
    for at, kind, data in story:
        if kind == "ticket":
            book.add("ticket", None, client, **({"opened_at": when(at), "subject": "Penalty"} | data))
        else:
            book.talk(client, when(at), kind, **data)


def fill(book: Book) -> None:
    for case, (story, *_) in CASES.items():
        tell(book, book.client(case), story)
    both = book.client("in both CRMs")
    tell(book, both, [("06-08T10:00", "email", IN | VAT), ("06-09T10:00", "email", OUT | RE)])
    for at, subject, direction in (
        ("06-08T10:04", "Email: VAT", "inbound"),
        ("06-09T10:04", "Email: Re: VAT", "outbound"),
    ):
        more = {"kind": "email", "started_at": when(at), "subject": subject, "direction": direction}
        book.add("interaction", f"marketing/emails/{at}", both, **more)
    named = book.client("a ticket answered by mail")
    ticket = book.add("ticket", None, named, status="open", opened_at="2026-06-08T10:00:00Z")
    book.talk(named, "2026-06-08T10:00:00Z", "email", **IN, subject="Help", ticket_id=ticket)
    book.talk(named, "2026-06-09T10:00:00Z", "email", **OUT, subject="Your question", ticket_id=ticket)
    machine = book.client("a ticket answered by a machine")
    ticket = book.add("ticket", None, machine, status="open", opened_at="2026-06-08T10:00:00Z")
    book.talk(machine, "2026-06-08T10:01:00Z", "email", **OUT, subject="Automatic reply: we have it", ticket_id=ticket)


@pytest.fixture(scope="module")
def desk(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    publisher = publisher_of(sla, SlaSettings())
    with clinic(migrated_file, tmp_path_factory.mktemp("requests"), fill, publisher) as made:
        yield made


Told = dict[tuple[str, str], tuple[Any, str]]


@pytest.fixture(scope="module")
def told(desk: Desk) -> Told:
    return desk._stored()


def known(told: Told, case: str, signal: str) -> Any:
    return told.get((f"crm/Account/{case}", signal), (None, ""))[0]


@pytest.mark.parametrize("case", CASES)
def test_how_a_client_stands(told: Told, case: str) -> None:
    _, status, waiting, due, kept = CASES[case]
    assert known(told, case, "sla.status") == status
    assert known(told, case, "sla.waiting") == waiting
    assert known(told, case, "sla.attainment_90d") == (round(kept / due, 4) if due else None)
    assert known(told, case, "sla.breached_90d") == due - kept


def test_the_same_mail_in_both_crms_is_one_request(told: Told) -> None:
    assert told["crm/Account/in both CRMs", "sla.attainment_90d"] == (1, "1 of 1 reply came in time")


def test_a_ticket_is_answered_by_mail_that_names_it(told: Told) -> None:
    assert told["crm/Account/a ticket answered by mail", "sla.attainment_90d"] == (1, "1 of 1 reply came in time")
    assert known(told, "a ticket answered by mail", "sla.waiting") == 0


def test_a_ticket_is_not_answered_by_a_machine(told: Told) -> None:
    assert known(told, "a ticket answered by a machine", "sla.status") == "Breached"


def test_the_next_due_time_is_the_earliest(told: Told) -> None:
    assert known(told, "due soon", "sla.next_due") == "2026-06-15T08:45:00Z"
    assert known(told, "two requests", "sla.next_due") == "2026-06-10T10:00:00Z"
    assert known(told, "answered late", "sla.next_due") is None


@pytest.mark.parametrize(
    ("case", "signal", "said"),
    [
        ("due soon", "sla.status", "“VAT” (regular) is due 15 June 2026 at 09:45"),
        ("urgent by its subject", "sla.status", "“Urgent: HMRC” (urgent) is due 15 June 2026 at 10:30"),
        ("an open ticket", "sla.status", "“Penalty” (regular) is due 10 June 2026 at 11:00"),
        ("answered late", "sla.status", "nothing waits for a reply"),
        ("two requests", "sla.waiting", "2 requests: 1 breached, 0 due soon"),
        ("answered late", "sla.attainment_90d", "0 of 1 reply came in time"),
        ("answered late", "sla.breached_90d", "of 1 reply due"),
        ("asked on Friday", "sla.breached_90d", "no reply fell due in 90 days"),
    ],
)
def test_reasons_are_what_people_would_say(told: Told, case: str, signal: str, said: str) -> None:
    assert told[f"crm/Account/{case}", signal][1] == said


def test_response_times_are_office_hours(told: Told) -> None:
    assert known(told, "answered in time", "sla.response_hours") == 15  # Monday 11:00 to Wednesday 10:00
    assert known(told, "never answered", "sla.response_hours") is None


def test_it_is_explained_down_to_the_fields(desk: Desk) -> None:
    lines = "\n".join(desk.explain("crm/Account/never answered", "sla.status").lines())
    assert "sla.status = Breached" in lines
    assert "direction inbound, kind email, started_at 2026-06-08T10:00:00Z, subject VAT" in lines


def one(book: Book, story: Story, chosen: SlaSettings, as_of: Any = AS_OF) -> Desk:
    tell(book, book.client("acme"), story)
    book.save()
    made = Desk(book.store, publisher_of(sla, chosen))
    assert made.evaluate(as_of).faults == ()
    return made


def test_follow_ups_may_ask_too(book: Book) -> None:
    story = CASES["thanked"][0]
    desk = one(book, story, SlaSettings(follow_ups=True))
    assert desk.value("crm/Account/acme", "sla.breached_90d") == 1
    assert desk.value("crm/Account/acme", "sla.attainment_90d") == 0.5


def test_talks_may_not_answer(book: Book) -> None:
    desk = one(book, CASES["answered by a call"][0], SlaSettings(talk_answers=False))
    assert desk.value("crm/Account/acme", "sla.status") == "Breached"


def test_other_targets_clocks_and_words(book: Book) -> None:
    story: Story = [("06-12T10:00", "email", IN | {"subject": "Dringend"})]
    chosen = SlaSettings(clock="business_hours", targets=Targets(urgent=1), urgent_words=("dringend",))
    desk = one(book, story, chosen)
    assert desk.value("crm/Account/acme", "sla.next_due") == "2026-06-12T11:00:00Z"


def test_time_goes_by_without_any_event(book: Book) -> None:
    client = book.client("acme")
    tell(book, client, [("06-12T10:00", "email", IN | VAT)])
    book.save()
    desk = Desk(book.store, publisher_of(sla, SlaSettings()))
    seen = []
    for moment in (AS_OF, AS_OF.replace(hour=15), AS_OF + days(1), AS_OF.replace(day=16, hour=11)):
        desk.evaluate(moment)
        seen.append(desk.value(client, "sla.status"))
    assert seen == ["In time", "Due soon", "Due soon", "Breached"]


def test_the_clock_is_that_of_the_person_who_is_asked(book: Book) -> None:
    book.add("user", "crm/User/nia", None, name="Nia", time_zone="America/New_York")
    book.add("user", "crm/User/ann", None, name="Ann", time_zone="Europe/London")
    friday: Story = [("06-12T15:30", "email", IN | {"subject": "urgent", "owner_id": "crm/User/nia"})]
    tell(book, book.client("new york"), friday)
    by_manager = book.client("by manager", account_manager_id="crm/User/nia")
    tell(book, by_manager, [("06-12T15:30", "email", IN | {"subject": "urgent"})])
    ticket: Story = [("06-12T15:30", "ticket", {"priority": "urgent", "status": "new", "assignee_id": "crm/User/nia"})]
    tell(book, book.client("assigned", owner_id="crm/User/ann"), ticket)
    tell(book, book.client("london", owner_id="crm/User/ann"), [("06-12T15:30", "email", IN | {"subject": "urgent"})])
    book.save()
    desk = Desk(book.store, publisher_of(sla, SlaSettings()))
    desk.evaluate()
    due = {
        name: desk.value(f"crm/Account/{name}", "sla.next_due")
        for name in ("new york", "by manager", "assigned", "london")
    }
    evening, monday = "2026-06-12T17:30:00Z", "2026-06-15T09:30:00Z"
    assert due == {"new york": evening, "by manager": evening, "assigned": evening, "london": monday}
