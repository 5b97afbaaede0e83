"""A message that did not arrive takes the next way; nobody is written to where it bounced, or who answered STOP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from connectors.messages.connector import MessagesConnector
from connectors.messages.sandbox import ACCOUNT, NUMBER, TOKEN, TwilioSandbox
from connectors.messages.settings import MessagesSettings
from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.server import serve
from core.clock import Clock
from core.connector import ConnectorContext, Outcome
from core.http import Transport
from core.ledger import Plan
from core.ledger.arrivals import look_for_arrivals
from core.ledger.letters import dead_letters, dismiss, replay
from core.ledger.ways import BOUNCED, STOPPED
from core.mapping import Mapping as FieldMapping
from core.messages.acknowledge import acknowledge
from core.proposals import SendMessage
from core.store.audit import read_audit
from core.sync import ConnectionSetup
from tests.connectors.messages.servers import MailServer, mail_server
from tests.core.ledger.post import LINKS, PostOffice, letter, settle_in
from tests.core.ledger.world import World
from tests.doubles.crm import MemoryCrm

MAIL, PHONE = "ann@one.example", "+447700900011"
NO_SUCH_USER = Outcome("rejected", code="550", message="5.1.1 no such user")
GREYLISTED_FOR_GOOD = Outcome("rejected", code="554", message="transaction failed")
LOST = Outcome("unknown", message="the answer was lost")


@pytest.fixture
def people(world: World) -> MemoryCrm:
    return settle_in(world)[0]


@pytest.fixture
def office(world: World, people: MemoryCrm) -> PostOffice:
    del people
    found = world.setups[1].connector
    assert isinstance(found, PostOffice)
    return found


def plan(world: World, *messages: SendMessage) -> Plan:
    world.proposals = {"renewals": list(messages)}
    return world.plan()


def send(world: World, *messages: SendMessage) -> None:
    """What `inlay run` does every few minutes."""
    plan(world, *messages)
    world.apply()


def left_by(office: PostOffice) -> list[tuple[str, str]]:
    return [(one["stream"], one["to"]) for one in office.left]


def test_what_one_channel_refuses_goes_by_the_next_and_only_once(world: World, office: PostOffice) -> None:
    office.answers = [GREYLISTED_FOR_GOOD]
    send(world, letter())
    assert left_by(office) == []
    for _ in range(3):
        send(world, letter())
    assert left_by(office) == [("sms", PHONE)]
    assert office.left[0]["text"] == "Text of k"
    assert plan(world, letter()).operations == ()


def test_when_every_way_has_failed_a_person_decides(world: World, office: PostOffice) -> None:
    office.answers = [GREYLISTED_FOR_GOOD, GREYLISTED_FOR_GOOD]
    send(world, letter())
    send(world, letter())
    [stuck] = plan(world, letter()).operations
    assert (stuck.stream, stuck.verdict.startswith("blocked: rejected in apply-")) == ("sms", True)
    assert left_by(office) == []


def test_what_may_have_been_read_is_not_sent_another_way(world: World, office: PostOffice) -> None:
    office.answers = [LOST]
    office.can_be_asked = False
    send(world, letter())
    for _ in range(3):
        world.resume()
        send(world, letter())
    assert left_by(office) == [("mail", MAIL)]


def test_what_a_person_gave_up_goes_no_other_way(world: World, office: PostOffice) -> None:
    office.answers = [GREYLISTED_FOR_GOOD]
    send(world, letter())
    [parked] = dead_letters(world.store)
    dismiss(world.store, world.clock, [parked.operation.id], actor="tom")
    send(world, letter())
    assert left_by(office) == []


def test_only_the_channels_that_a_message_wishes_for_are_taken(world: World, office: PostOffice) -> None:
    office.answers = [GREYLISTED_FOR_GOOD]
    wish = letter(channels=("mail",))
    send(world, wish)
    [stuck] = plan(world, wish).operations
    assert (stuck.stream, stuck.verdict[:8]) == ("mail", "blocked:")


def test_acknowledging_the_second_way_acknowledges_the_message(world: World, office: PostOffice) -> None:
    office.answers = [GREYLISTED_FOR_GOOD]
    first = letter(template="renewal", text="", subject="", values={"days": "30"})
    send(world, first)
    send(world, first)
    [left] = office.left
    token = left["text"].rpartition("/")[2]
    key = LINKS.key_of(token, world.clock.now())
    assert key is not None
    with world.store.begin() as conn:
        acknowledge(conn, key, world.clock.now())
    assert plan(world, letter("later", unless_acknowledged="k")).operations == ()


@pytest.mark.parametrize(
    ("refusal", "why"),
    [
        (NO_SUCH_USER, f"mail: {BOUNCED}"),
        (Outcome("rejected", code="551", message="user not local"), f"mail: {BOUNCED}"),
        (Outcome("rejected", code="550", message="5.7.1 we take you for a spammer"), None),
        (GREYLISTED_FOR_GOOD, None),
    ],
)
def test_an_address_that_bounced_is_not_written_to_again(
    world: World, office: PostOffice, refusal: Outcome, why: str | None
) -> None:
    office.answers = [refusal]
    send(world, letter("first", channels=("mail",)))
    send(world, letter("second", channels=("mail",)))
    assert len(office.left) == (0 if why else 1)
    if why:
        assert why in [one.why for one in plan(world, letter("second", channels=("mail",))).refused]
    send(world, letter("third"))
    assert left_by(office)[-1] == (("sms", PHONE) if why else ("mail", MAIL))


def test_a_new_address_opens_the_way_again(world: World, office: PostOffice, people: MemoryCrm) -> None:
    office.answers = [NO_SUCH_USER]
    send(world, letter("first", channels=("mail",)))
    people.edit("Contact", "C1", Email="ann@new.example")
    world.sync()
    send(world, letter("second", channels=("mail",)))
    assert left_by(office) == [("mail", "ann@new.example")]


def test_a_refusal_that_was_replayed_with_success_opens_the_way_again(world: World, office: PostOffice) -> None:
    office.answers = [NO_SUCH_USER]
    send(world, letter("first", channels=("mail",)))
    [parked] = dead_letters(world.store)
    replay(world.store, world.setups, world.clock, [parked.operation.id], actor="tom")
    send(world, letter("second", channels=("mail",)))
    assert [one["text"] for one in office.left] == ["Text of first", "Text of second"]


def test_a_dismissed_bounce_keeps_the_way_shut(world: World, office: PostOffice) -> None:
    office.answers = [NO_SUCH_USER]
    send(world, letter("first", channels=("mail",)))
    [parked] = dead_letters(world.store)
    dismiss(world.store, world.clock, [parked.operation.id], actor="tom")
    send(world, letter("second", channels=("mail",)))
    assert left_by(office) == []


@pytest.fixture
def twilio(world: World, people: MemoryCrm) -> Iterator[tuple[TwilioSandbox, MailServer]]:
    """The same firm, with the real connector for messages between it and a mail server and Twilio's simulator."""
    del people
    sandbox = TwilioSandbox(SandboxClock(world.clock.now()))
    with mail_server() as mail, serve(sandbox) as running:
        settings = MessagesSettings.model_validate(
            {
                "mail": {"host": "127.0.0.1", "port": mail.port, "security": "none", "sender": "inlay@firm.example"},
                "sms": {"account": ACCOUNT, "token": TOKEN, "sender": NUMBER},
                "base_url": running.base_url,
            }
        )
        connector = connected(settings, world.clock, running.base_url)
        world.setups[1] = ConnectionSetup("post", connector, FieldMapping.load("messages", "post"))
        yield sandbox, mail


def connected(settings: MessagesSettings, clock: Clock, url: str) -> MessagesConnector:
    return MessagesConnector(settings, ConnectorContext("post", clock, Transport(clock=clock, redirect=url)))


def text(key: str = "k", **changes: Any) -> SendMessage:
    return letter(key, channels=("sms", "mail"), **changes)


Twilio = tuple[TwilioSandbox, MailServer]


def test_who_answered_stop_gets_no_text_any_more_but_mail(world: World, twilio: Twilio) -> None:
    sandbox, mail = twilio
    sandbox.stopped.add(PHONE)
    for key in ("first", "second"):
        send(world, text(key))
        send(world, text(key))
    assert sandbox.messages == []
    assert [one["Subject"] for one in mail.mails] == ["About first", "About second"]
    [refused] = plan(world, letter("third", channels=("sms",))).refused
    assert refused.why == f"sms: {STOPPED}"
    sandbox.stopped.clear()  # the person answered START: whoever knows replays what was refused
    replay(world.store, world.setups, world.clock, None, actor="tom")
    world.clock.sleep(timedelta(weeks=6).total_seconds())
    send(world, letter("third", channels=("sms",)))
    assert [one["body"].splitlines()[0] for one in sandbox.messages] == ["About first", "About third"]


def test_a_text_that_was_taken_and_not_delivered_goes_by_mail(world: World, twilio: Twilio) -> None:
    sandbox, mail = twilio
    send(world, text())
    assert look_for_arrivals(world.store, world.setups, world.clock) == 0
    sandbox.messages[0].update(status="undelivered", error_code=30003)
    assert look_for_arrivals(world.store, world.setups, world.clock) == 1
    assert look_for_arrivals(world.store, world.setups, world.clock) == 0
    send(world, text())
    [arrived] = mail.mails
    assert arrived["Subject"] == "About k"
    assert plan(world, text()).operations == ()
    send(world, text("next"))
    assert len(sandbox.messages) == 2  # the phone was only switched off
    with world.store.read() as conn:
        assert [entry.action for entry in read_audit(conn)].count("undelivered") == 1


def test_a_number_that_is_a_landline_gets_no_second_text(world: World, twilio: Twilio) -> None:
    sandbox, mail = twilio
    send(world, text())
    sandbox.messages[0].update(status="undelivered", error_code=30006)
    look_for_arrivals(world.store, world.setups, world.clock)
    send(world, text("next"))
    assert len(sandbox.messages) == 1
    assert [one["Subject"] for one in mail.mails] == ["About next"]


def test_nobody_is_asked_what_became_of_nothing(world: World, twilio: Twilio) -> None:
    sandbox, _ = twilio
    asked = len(sandbox.log.entries())
    assert look_for_arrivals(world.store, world.setups, world.clock) == 0
    assert len(sandbox.log.entries()) == asked
    send(world, text())
    sandbox.messages[0].update(status="undelivered", error_code=30003)
    world.clock.sleep(timedelta(days=3).total_seconds())
    assert look_for_arrivals(world.store, world.setups, world.clock) == 0
