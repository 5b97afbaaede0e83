"""Contact: what counts, how long ago it was, how often, and how fast the client answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.sdk import Signal
from plugins.health.settings import HealthSettings
from plugins.health.signals import health_signals
from tests.core.signals.book import AS_OF, Book, Desk, days
from tests.plugins.clinic import clinic, health_publisher

Talk = tuple[str, str, dict[str, Any]]  # when, kind, what else is known
IN, OUT = {"direction": "inbound"}, {"direction": "outbound"}

# case: (interactions, last contact, days since, contacts in 90 days)
CONTACTS: dict[str, tuple[list[Talk], str | None, float | None, float | None]] = {
    "nothing": ([], None, None, None),
    "a call": ([("2026-06-05", "call", {})], "2026-06-05", 10, 1),
    "today": ([("2026-06-15T06:00:00Z", "call", {})], "2026-06-15", 0, 1),
    "a meeting ahead": ([("2026-06-20", "meeting", {}), ("2026-06-01", "meeting", {})], "2026-06-01", 14, 1),
    "only a meeting ahead": ([("2026-06-20", "meeting", {})], None, None, None),
    "late in the evening": ([("2026-06-13T23:30:00Z", "call", {})], "2026-06-14", 1, 1),  # 00:30 in London
    "a mail from the client": ([("2026-06-05", "email", IN)], "2026-06-05", 10, 1),
    "a mail to the client": ([("2026-06-05", "email", OUT)], None, None, None),
    "a mail of unknown direction": ([("2026-06-05", "email", {})], "2026-06-05", 10, 1),
    "a text to the client": ([("2026-06-05", "sms", OUT)], None, None, None),
    "an outbound call": ([("2026-06-05", "call", OUT)], "2026-06-05", 10, 1),
    "a note": ([("2026-06-05", "note", {})], None, None, None),
    "a canceled meeting": ([("2026-06-05", "meeting", {"outcome": "Canceled"})], None, None, None),
    "no answer": ([("2026-06-05", "call", {"outcome": "No answer"})], None, None, None),
    "a call that connected": ([("2026-06-05", "call", {"outcome": "Connected"})], "2026-06-05", 10, 1),
    "inlay's own": ([("2026-06-05", "call", {"external_key": "renewal:c:30"})], None, None, None),
    "inlay's own without key": ([("2026-06-05", "call", {"subject": "[Inlay] Call acme: why"})], None, None, None),
    "long ago": ([("2026-01-15", "visit", {})], "2026-01-15", 151, 0),
    "often": ([(f"2026-05-{day:02d}", "call", {}) for day in range(1, 8)], "2026-05-07", 39, 7),
    "90 days ago": ([("2026-03-17T07:30:00Z", "call", {})], "2026-03-17", 90, 0),
    "a second less": ([("2026-03-17T07:30:01Z", "call", {})], "2026-03-17", 90, 1),
}

# case: (mails, > from us and < from the client; days to reply)
REPLIES: dict[str, tuple[str, float | None]] = {
    "too few": (">06-01 <06-02 >06-03 <06-04", None),
    "one day each": (">06-01 <06-02 >06-03 <06-04 >06-05 <06-06", 1),
    "one, two and six": (">05-01 <05-02 >05-10 <05-12 >05-20 <05-26", 2),
    "the last of ours counts": (">05-01 >05-03 <05-04 <05-05 >05-10 <05-11 >05-20 <05-21", 1),
    "what comes a month later is no reply": (">04-01 <05-03 >05-04 <05-05 >05-10 <05-11", None),
    "old ones": (">01-01 <01-02 >01-03 <01-04 >01-05 <01-06 >01-07 <01-08", None),
    "only ours": (">06-01 >06-02 >06-03 >06-04", None),
    "only theirs": ("<06-01 <06-02 <06-03 <06-04", None),
}


def fill(book: Book) -> None:
    for case, (talks, *_) in CONTACTS.items():
        client = book.client(case, created_at="2020-01-01T00:00:00Z")
        for at, kind, data in talks:
            book.talk(client, at, kind, **data)
    for case, (mails, _) in REPLIES.items():
        client = book.client(f"reply {case}", created_at="2026-06-01T00:00:00Z")
        for mail in mails.split():
            book.talk(client, f"2026-{mail[1:]}", "email", **(OUT if mail[0] == ">" else IN))


@pytest.fixture(scope="module")
def desk(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with clinic(migrated_file, tmp_path_factory.mktemp("contact"), fill) as made:
        yield made


def known(desk: Desk, case: str, signal: str) -> Any:
    """The value, or None where it is unknown."""
    try:
        return desk.value(f"crm/Account/{case}", signal)
    except KeyError:
        return None


@pytest.mark.parametrize("case", CONTACTS)
def test_last_contact(desk: Desk, case: str) -> None:
    _, last, since, count = CONTACTS[case]
    assert known(desk, case, "contact.last_date") == last
    assert known(desk, case, "contact.days_since") == since
    assert known(desk, case, "contact.count_90d") == count


@pytest.mark.parametrize("case", REPLIES)
def test_days_to_reply(desk: Desk, case: str) -> None:
    assert known(desk, f"reply {case}", "contact.reply_days") == REPLIES[case][1]


@pytest.mark.parametrize(
    ("case", "silent"),
    [("nothing", True), ("inlay's own", True), ("a call", False), ("long ago", False), ("reply only ours", False)],
)
def test_an_old_client_without_any_contact_is_silent(desk: Desk, case: str, silent: bool) -> None:
    assert known(desk, case, "contact.is_silent") is silent


@pytest.mark.parametrize(
    ("case", "signal", "reason"),
    [
        ("a call", "contact.last_date", "call on 5 June 2026"),
        ("a call", "contact.days_since", "last contact 10 days ago (call on 5 June 2026)"),
        ("late in the evening", "contact.days_since", "last contact 1 day ago (call on 14 June 2026)"),
        ("today", "contact.days_since", "last contact today (call on 15 June 2026)"),
        ("often", "contact.count_90d", "7 contacts in 90 days"),
        ("long ago", "contact.count_90d", "0 contacts in 90 days"),
        ("nothing", "contact.is_silent", "no contact is on record in over 90 days"),
        ("reply one day each", "contact.reply_days", "answers within 1 day"),
    ],
)
def test_reasons_are_what_people_would_say(desk: Desk, case: str, signal: str, reason: str) -> None:
    assert desk.reason(f"crm/Account/{case}", signal) == reason


def test_settings_decide_what_counts(book: Book) -> None:
    client = book.client("acme")
    book.talk(client, "2026-06-05", "email", **OUT)
    book.talk(client, "2026-06-10", "call")
    book.save()
    settings = HealthSettings(outbound_messages_count=True, contact_kinds=("email",), contact_window_days=5)
    desk = Desk(book.store, health_publisher(settings))
    desk.evaluate()
    assert desk.value(client, "contact.last_date") == "2026-06-05"
    assert desk.value(client, "contact.count_90d") == 0
    assert desk.reason(client, "contact.count_90d") == "0 contacts in 5 days"


def test_days_go_by_without_any_event(book: Book) -> None:
    client = book.client("acme")
    book.talk(client, "2026-06-05")
    book.save()
    desk = Desk(book.store, health_publisher())
    for later in (0, 1, 30):
        desk.evaluate(AS_OF + days(later))
        assert desk.value(client, "contact.days_since") == 10 + later


def test_every_signal_of_health_has_a_sentence_and_a_version() -> None:
    signals: list[Signal] = health_signals(HealthSettings())
    assert all(signal.doc.endswith(".") and signal.version for signal in signals)
    assert len({signal.name for signal in signals}) == len(signals)
