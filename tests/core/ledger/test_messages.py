"""Messages: to the right person, by the right way, at the right hour, not too often, and never twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.connector import Outcome
from core.ledger import Approval, Plan, PluginRules
from core.ledger.letters import dead_letters, dismiss, replay
from core.messages.acknowledge import acknowledge
from core.proposals import SendMessage
from tests.core.ledger.post import LINKS, PostOffice, letter, settle_in, to_owner
from tests.core.ledger.world import World
from tests.doubles.crm import MemoryCrm

MONDAY = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
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


def plan(world: World, *messages: SendMessage, plugin: str = "renewals") -> Plan:
    world.proposals = {plugin: list(messages)}
    return world.plan()


def send(world: World, *messages: SendMessage) -> None:
    """What `inlay run` does every few minutes."""
    plan(world, *messages)
    world.apply()


def texts(office: PostOffice) -> list[str]:
    return [one["text"] for one in office.left]


def verdict(made: Plan) -> str:
    [one] = made.operations
    return one.verdict


def refusal(made: Plan) -> str:
    assert made.operations == ()
    [one] = made.refused
    return one.why


def at(world: World, moment: datetime) -> None:
    """Let time pass until a moment."""
    world.clock.sleep((moment - world.clock.now()).total_seconds())


def test_a_message_is_planned_sent_and_written_down_once(world: World, office: PostOffice) -> None:
    [planned] = plan(world, letter(inputs=("renewal.date",))).operations
    assert (planned.kind, planned.connection, planned.stream) == ("create_record", "post", "mail")
    assert (planned.client_id, planned.reason, planned.verdict) == ("crm/Account/A1", "because", "apply")
    assert planned.after["values"]["to"] == "ann@one.example"
    assert world.apply().applied == 1
    assert texts(office) == ["Text of k"]
    assert plan(world, letter()).operations == ()
    assert world.apply().applied == 0
    assert texts(office) == ["Text of k"]


def test_two_plans_of_one_state_are_the_same(world: World, office: PostOffice) -> None:
    del office
    wishes = [letter("a", template="renewal", text="", subject="", values={"days": "30"}), to_owner("b"), letter("c")]
    first = plan(world, *wishes)
    world.clock.sleep(3600)
    assert plan(world, *reversed(wishes)).operations == first.operations


def test_a_plugin_that_only_proposes_waits_for_a_person(world: World, office: PostOffice) -> None:
    world.rules = replace(world.rules, default=PluginRules("propose"))
    assert verdict(plan(world, letter())) == "needs approval"
    world.apply(Approval("tom"))
    assert texts(office) == []
    world.apply(Approval("tom", plugins=frozenset({"renewals"})))
    assert texts(office) == ["Text of k"]


def test_a_template_is_filled_in_for_its_recipient(world: World, office: PostOffice) -> None:
    send(world, letter(template="renewal", text="", subject="", values={"days": "30"}))
    [left] = office.left
    assert left["subject"] == "Client 1 ends in 30 days"
    link = left["text"].removeprefix("Dear Ann, https://inlay.firm.example/acknowledge/")
    assert LINKS.key_of(link, world.clock.now() + timedelta(days=7)) == left["key"]
    assert LINKS.key_of(link, world.clock.now() + timedelta(days=8)) is None


REFUSED: tuple[tuple[Any, str], ...] = (
    (letter(recipient_id="crm/Contact/C9"), "there is no contact crm/Contact/C9"),
    (letter(recipient_id=None), "a message to the contact names its recipient_id"),
    (to_owner(client="crm/Account/A3"), "crm/Account/A3 has no known owner"),
    (letter(to="user", recipient_id="crm/User/U7"), "there is no user crm/User/U7"),
    (letter(client_id="crm/Account/A2"), "the contact is another client's"),
    (letter(client_id="crm/Account/A1", inputs=("crm/Contact/C2",)), "it rests on crm/Contact/C2"),
    (letter(template="renewals", text=""), "renewals: inlay.yaml has no such template"),
    (letter(template="renewal", text=""), "renewal: the message brings no days"),
    (letter(text=" "), "a message has either a template or a text"),
    (letter(template="renewal"), "a message has either a template or a text"),
    (letter(subject="Hi\r\nBcc: all@evil.example"), "the subject holds a line break"),
    (letter(template="renewal", text="", values={"days": "3\nBcc: x"}), "the subject holds a line break"),
    (letter(channels=("chat",)), "no address for chat is known"),
    (letter(channels=("pigeon",)), "channels must be a tuple of mail, sms, chat"),
    (letter(to="everybody"), "to 'everybody' is none of"),
    (letter(values={"days": 3}), "values must be texts"),
    (letter(key=""), "key is empty"),
    (letter(text=7), "text must be a text"),
    (letter(purpose="marketing"), "the contact has not agreed to marketing"),
)


@pytest.mark.usefixtures("office")
def test_what_cannot_be_sent_is_refused_in_one_line(world: World) -> None:
    told = [refusal(plan(world, message)) for message, _ in REFUSED]
    assert [(why, said) for (_, why), said in zip(REFUSED, told, strict=True) if why not in said] == []
    assert [said for said in told if len(said.splitlines()) != 1] == []


@pytest.mark.usefixtures("office")
def test_the_same_key_for_two_texts_is_a_plugins_mistake(world: World) -> None:
    made = plan(world, letter(), letter(text="other"))
    assert [one.after["values"]["text"] for one in made.operations] == ["Text of k"]
    assert [one.why for one in made.refused] == ["another message of this plugin has the same key"]


def test_a_contact_who_opted_out_is_left_alone(world: World, people: MemoryCrm, office: PostOffice) -> None:
    people.edit("Contact", "C1", OptedOut=True)
    world.sync()
    assert refusal(plan(world, letter())) == "the contact does not want to be written to"
    world.apply()
    assert office.left == []


def test_preference_of_the_contact_then_wish_of_the_message(
    world: World, people: MemoryCrm, office: PostOffice
) -> None:
    send(world, letter("a", channels=("sms",)))
    people.edit("Contact", "C1", Channel="Text")
    world.sync()
    send(world, letter("b", channels=("mail",)), to_owner("c", channels=("chat",)))
    assert [(one["stream"], one["to"]) for one in office.left] == [
        ("sms", "+447700900011"), ("chat", "partners"), ("sms", "+447700900011"),
    ]  # fmt: skip


@pytest.mark.usefixtures("people")
def test_a_channel_that_no_connection_carries_falls_back(world: World) -> None:
    only_mail = PostOffice("post", world.clock, ("mail",))
    world.setups[1] = replace(world.setups[1], connector=only_mail)
    send(world, letter(channels=("sms", "mail")))
    assert [one["stream"] for one in only_mail.left] == ["mail"]
    only_mail._channels = ()
    assert refusal(plan(world, letter("b"))) == "no connection can send mail or sms"


def test_nobody_is_written_to_at_night(world: World, office: PostOffice) -> None:
    send(world, letter("a", recipient_id="crm/Contact/C2"))  # nine in London is four or five in New York
    assert (texts(office), verdict(world.plan())) == (
        [],
        "blocked: quiet hours of the recipient until 2026-06-01T12:00:00Z",
    )
    at(world, MONDAY + timedelta(hours=3))
    send(world, letter("a", recipient_id="crm/Contact/C2"))
    assert texts(office) == ["Text of a"]


def test_urgent_messages_wake_people_of_the_firm_and_no_contact(world: World, office: PostOffice) -> None:
    at(world, datetime(2026, 6, 6, 22, 0, tzinfo=UTC))
    send(world, letter("a", urgent=True), to_owner("b", urgent=True), to_owner("c"))
    assert texts(office) == ["Text of b"]


def test_what_was_approved_too_late_waits_for_the_morning(world: World, office: PostOffice) -> None:
    at(world, datetime(2026, 6, 1, 19, 59, tzinfo=UTC))
    plan(world, letter(), to_owner("u", urgent=True))
    world.clock.sleep(3600)
    report = world.apply()
    assert (report.applied, report.skipped, texts(office)) == (1, 1, ["Text of u"])
    at(world, datetime(2026, 6, 2, 8, 0, tzinfo=UTC))
    send(world, letter(), to_owner("u", urgent=True))
    assert texts(office) == ["Text of u", "Text of k"]


def test_no_contact_hears_from_the_firm_more_often_than_agreed(world: World, office: PostOffice) -> None:
    send(world, *(letter(f"m{number}") for number in range(5)))
    assert len(office.left) == 3
    blocked = {one.verdict for one in world.plan().operations}
    assert blocked == {"blocked: written to 3 times within 30 days already"}
    at(world, MONDAY + timedelta(days=29))
    send(world, letter("later"))
    assert len(office.left) == 3
    at(world, MONDAY + timedelta(days=31))
    send(world, letter("later"))
    assert len(office.left) == 4


def test_what_people_wrote_by_other_tools_counts_too(world: World, people: MemoryCrm, office: PostOffice) -> None:
    day = "2026-05-20T10:00:00Z"
    mail = {"AccountId": "A1", "WhoId": "C1", "Direction": "Out", "At": day}
    people.add("Mail", "1", **mail)
    people.add("Mail", "2", **mail)
    people.add("Mail", "3", **{**mail, "Direction": "In"})
    people.add("Mail", "4", **{**mail, "At": "2026-04-20T10:00:00Z"})
    people.add("Mail", "5", **{**mail, "WhoId": "C2"})
    world.sync()
    send(world, letter("a"), letter("b"))
    assert texts(office) == ["Text of a"]


def test_nobody_at_the_firm_gets_more_than_the_days_budget_and_the_rest_in_a_digest(
    world: World, office: PostOffice
) -> None:
    wishes = [to_owner(f"m{number}") for number in range(9)]
    send(world, *wishes)
    assert len(office.left) == 4
    digest = next(one for one in office.left if one["holds"])
    assert digest["subject"] == "6 more messages from Inlay"
    assert len(digest["text"].splitlines()) == 6
    told = {one["subject"] for one in office.left if not one["holds"]}
    assert told | {line.removeprefix("- ") for line in digest["text"].splitlines()} == {f"About m{n}" for n in range(9)}
    send(world, *wishes, to_owner("one more"))
    assert len(office.left) == 4
    at(world, MONDAY + timedelta(days=1))
    send(world, *wishes, to_owner("one more"))
    assert [one["subject"] for one in office.left[4:]] == ["About one more"]


def test_over_many_days_no_budget_is_ever_broken_and_nothing_is_told_twice(world: World, office: PostOffice) -> None:
    wishes: list[SendMessage] = []
    for day in range(14):
        wishes += [to_owner(f"{day}-{number}", urgent=number == 0) for number in range((day * 5) % 8)]
        at(world, MONDAY + timedelta(days=day, hours=1))
        before = len(office.left)
        for _ in range(3):
            send(world, *wishes)
            world.clock.sleep(600)
        assert len(office.left) - before <= 4
    named = [one["subject"] for one in office.left if not one["holds"]]
    named += [line.removeprefix("- ") for one in office.left if one["holds"] for line in one["text"].splitlines()]
    assert len(named) == len(set(named))
    assert {f"About {one.key}" for one in wishes if one.urgent} <= set(named)


def test_urgent_messages_go_before_the_digest(world: World, office: PostOffice) -> None:
    send(world, *(to_owner(f"m{number}") for number in range(6)), to_owner("fire", urgent=True))
    assert "Text of fire" in texts(office)


def test_a_lost_answer_is_settled_where_the_provider_can_be_asked(world: World, office: PostOffice) -> None:
    office.answers = [LOST]
    send(world, letter())
    assert len(office.left) == 1
    assert dead_letters(world.store) == []
    send(world, letter())
    assert len(office.left) == 1


def test_a_lost_answer_that_nobody_can_settle_is_for_a_person(world: World, office: PostOffice) -> None:
    office.can_be_asked, office.answers = False, [LOST]
    send(world, letter())
    for _ in range(3):
        send(world, letter())
        world.resume()
        world.clock.sleep(86_400)
    assert len(office.left) == 1
    [parked] = dead_letters(world.store)
    assert "nobody knows whether it was sent" in (parked.operation.error or "")
    assert verdict(world.plan()).startswith("blocked: rejected in apply-")
    dismiss(world.store, world.clock, [parked.operation.id], actor="tom")
    send(world, letter())
    assert len(office.left) == 1


def test_a_person_may_send_it_again(world: World, office: PostOffice) -> None:
    office.answers = [Outcome("rejected", code="550", message="no such user")]
    send(world, letter())
    [parked] = dead_letters(world.store)
    replay(world.store, world.setups, world.clock, [parked.operation.id], actor="tom")
    assert texts(office) == ["Text of k"]


def test_undo_leaves_what_was_sent_and_says_why(world: World, office: PostOffice) -> None:
    plan(world, letter())
    report = world.undo(world.apply().run_id)
    assert (report.undone, [one.why for one in report.left_alone]) == (
        0,
        ["a message that was sent cannot be taken back"],
    )
    assert len(office.left) == 1


def test_an_acknowledgement_stops_the_escalation(world: World, office: PostOffice) -> None:
    first = to_owner("first", template="renewal", text="", subject="", values={"days": "30"})
    second = to_owner("second", unless_acknowledged="first")
    send(world, first)
    assert [one.key for one in plan(world, first, second).operations] != []
    key = LINKS.key_of(office.left[0]["text"].rpartition("/")[2], world.clock.now())
    assert key is not None
    with world.store.begin() as conn:
        acknowledge(conn, key, world.clock.now())
    send(world, first, second)
    assert len(office.left) == 1


def test_without_acknowledgement_the_escalation_goes(world: World, office: PostOffice) -> None:
    send(world, to_owner("first"))
    send(world, to_owner("second", unless_acknowledged="first"))
    assert texts(office) == ["Text of first", "Text of second"]


def test_a_crash_between_sending_and_writing_down_sends_nothing_twice(world: World, office: PostOffice) -> None:
    class Died(BaseException):
        pass

    def die(step: str) -> None:
        if step == "sent":
            raise Died

    for asked in (True, False):
        office.can_be_asked = asked
        world.delivery = replace(world.delivery, reached=die)
        plan(world, letter(f"crash {asked}"))
        with pytest.raises(Died):
            world.apply()
        world.delivery = replace(world.delivery, reached=lambda _: None)
        world.clock.sleep(61)
        world.resume()
        send(world, letter(f"crash {asked}"))
    assert texts(office) == ["Text of crash True", "Text of crash False"]
    assert len(dead_letters(world.store)) == 1
