"""Messages leave by mail, SMS and chat, and of each the end is told as far as it can be known."""

from __future__ import annotations

from itertools import product

import pytest
from pydantic import ValidationError

from connectors.messages import sms
from connectors.messages.sandbox import NUMBER
from connectors.messages.settings import MessagesSettings
from connectors.messages.sms import reference
from connectors.sandbox.faults import Fault
from core.connector import WriteRow
from core.errors import AuthError, RetryLater, UnknownOutcome
from tests.connectors.messages.conftest import KEY, NOON, Post


def test_a_mail_arrives_as_it_was_written(post: Post) -> None:
    outcome = post.send("mail", subject="Größe & Co", text="Zeile eins\n.\nZeile drei")
    assert (outcome.state, outcome.external_id) == ("applied", f"<{KEY}@firm.example>")
    [mail] = post.mail.mails
    assert mail["To"] == "ann@client.example"
    assert mail["From"] == "Hartwell & Co <inlay@firm.example>"
    assert (mail["Subject"], mail["Reply-To"]) == ("Größe & Co", "office@firm.example")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime == NOON
    assert mail.get_content().splitlines() == ["Zeile eins", ".", "Zeile drei"]


@pytest.mark.parametrize(
    ("command", "answer", "state"),
    [
        ("RCPT", "550 no such user", "rejected"),
        ("RCPT", "452 mailbox full", "retry"),
        ("MAIL", "451 busy", "retry"),
        ("DATA", "554 no thanks", "rejected"),
        ("END", "554 this is spam", "rejected"),
        ("END", "451 try again", "retry"),
    ],
)
def test_a_refusal_of_the_mail_server_is_told_as_it_is_meant(post: Post, command: str, answer: str, state: str) -> None:
    post.mail.answers[command] = answer
    outcome = post.send("mail")
    assert (outcome.state, outcome.code, outcome.message) == (state, answer[:3], answer[4:])


@pytest.mark.parametrize("command", ["EHLO", "MAIL", "RCPT"])
def test_a_server_that_hangs_up_before_the_mail_surely_did_not_take_it(post: Post, command: str) -> None:
    post.mail.answers[command] = ""
    if command == "EHLO":
        post.mail.answers["HELO"] = ""
    with pytest.raises(RetryLater) as caught:
        post.send("mail")
    assert not isinstance(caught.value, UnknownOutcome)
    assert post.mail.mails == []


def test_a_server_that_hangs_up_after_the_mail_leaves_its_end_unknown(post: Post) -> None:
    post.mail.answers["END"] = ""
    outcome = post.send("mail")
    assert outcome.state == "unknown"
    assert len(post.mail.mails) == 1
    assert post.connector.find_by_key("mail", "key", [KEY]) == {}


def test_a_line_break_in_a_header_is_refused_and_nothing_leaves(post: Post) -> None:
    breaks = ("\r\n", "\n", "\r", "\u2028", "\x85")
    for stream, name, line_break in product(("mail", "sms", "chat"), ("subject", "to"), breaks):
        outcome = post.send(stream, **{name: f"a@b.example{line_break}Bcc: all@evil.example"})
        assert (outcome.state, outcome.code) == ("rejected", "HEADER"), (stream, name, line_break)
    assert (post.mail.commands, post.chat.told, post.twilio.messages) == ([], [], [])


def test_a_text_goes_out_with_its_reference_and_its_status_can_be_asked(post: Post) -> None:
    outcome = post.send("sms")
    [sent] = post.twilio.messages
    assert (outcome.state, outcome.external_id) == ("applied", sent["sid"])
    assert (sent["to"], sent["from"]) == ("+447700900123", NUMBER)
    assert sent["body"] == f"Renewal\nDue in 30 days.\n{reference(KEY)}"
    assert post.connector.fetch("sms", [sent["sid"], "SM0"], [])[0]["status"] == "queued"
    post.twilio.edit({"sid": sent["sid"], "status": "delivered"})
    [[shown]] = [page.records for page in post.connector.read("sms", [], None)]
    assert shown["status"] == "delivered"


@pytest.mark.parametrize(
    ("values", "code"),
    [({"to": "12"}, "21211"), ({"to": "+447700900999"}, "21610"), ({"text": "x" * 1600}, "TOO_LONG")],
)
def test_twilio_refuses_for_good_with_its_own_code(post: Post, values: dict[str, str], code: str) -> None:
    post.twilio.stopped.add("+447700900999")
    outcome = post.send("sms", **values)
    assert (outcome.state, outcome.code) == ("rejected", code)
    assert post.twilio.messages == []


@pytest.mark.parametrize(
    "fault", [Fault("apply_then_cut", method="POST"), Fault("status", status=503, method="POST", body="{}")]
)
def test_a_lost_answer_of_twilio_is_found_again_or_is_not_there(post: Post, fault: Fault) -> None:
    post.twilio.faults.add(fault)
    with pytest.raises(UnknownOutcome):
        post.send("sms")
    found = post.connector.find_by_key("sms", "key", [KEY, KEY[:-1] + "x"])
    assert list(found.values()) == [one["sid"] for one in post.twilio.messages]
    assert set(found) <= {KEY}
    assert len(found) == (1 if fault.do == "apply_then_cut" else 0)


def test_a_message_is_found_behind_the_first_page_and_not_by_its_likeness(post: Post) -> None:
    keys = [f"inlay-{number:040x}" for number in range(1, 8)]
    for key in keys:
        post.send("sms", key=key)
    for message in post.twilio.messages:
        message["body"] = message["body"].replace(reference(keys[6]), f"{reference(keys[6])}0")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sms, "PAGE_SIZE", 2)
        found = post.connector.find_by_key("sms", "key", keys)
    assert found == {key: message["sid"] for key, message in zip(keys[:6], post.twilio.messages, strict=False)}


def test_a_wrong_token_has_to_be_corrected_by_a_person(post: Post) -> None:
    post.twilio.faults.add(Fault("status", status=401, method="POST", body='{"code": 20003}'))
    with pytest.raises(AuthError, match="refuses our token"):
        post.send("sms")


def test_a_chat_is_told_through_apprise(post: Post) -> None:
    outcome = post.send("chat")
    assert (outcome.state, outcome.external_id) == ("applied", KEY)
    [told] = post.chat.told
    assert (told["title"], told["message"]) == ("Renewal", "Due in 30 days.")


def test_a_chat_that_does_not_say_yes_leaves_the_end_unknown(post: Post) -> None:
    post.chat.status = 500
    assert post.send("chat").state == "unknown"
    assert post.send("chat", to="nobody").code == "CHAT"
    assert len(post.chat.told) == 1


def test_what_was_sent_is_not_taken_back(post: Post) -> None:
    [outcome] = post.connector.write("sms", "delete", [WriteRow({}, external_id="SM1")])
    assert (outcome.state, outcome.message) == ("rejected", "a message that was sent cannot be taken back")


def test_the_doctor_hears_of_texts_that_did_not_arrive(post: Post) -> None:
    assert post.connector.check() == []
    sid = post.send("sms").external_id
    post.twilio.edit({"sid": sid, "status": "undelivered", "error_code": 30005})
    [finding] = post.connector.check()
    assert (finding.code, finding.message, finding.where) == (
        "sms_undelivered", "not delivered, code 30005", f"messages/sms/{sid}",
    )  # fmt: skip
    assert "+44" not in finding.message


def test_the_doctor_hears_of_a_mail_server_that_is_away(post: Post) -> None:
    post.mail.answers["EHLO"] = post.mail.answers["HELO"] = ""
    [finding] = post.connector.check()
    assert (finding.code, finding.severity) == ("mail", "error")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "no way out"),
        ({"chats": {"x": "nonsense"}}, "none that apprise knows"),
        ({"mail": {"host": "h", "sender": "nobody"}}, "no mail address"),
        ({"mail": {"host": "h", "sender": "a@b.example\nBcc: c@d.example"}}, "no mail address"),
        ({"sms": {"account": "AC1", "token": "t", "sender": NUMBER}}, "pattern"),
    ],
)
def test_settings_that_cannot_work_are_refused_in_a_line(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        MessagesSettings.model_validate(settings)
