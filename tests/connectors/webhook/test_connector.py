"""What leaves for an automation, and what its answers mean: over real HTTP, checked by the public library."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.webhook.connector import AT_ONCE, WebhookConnector
from connectors.webhook.settings import WebhookSettings
from core.clock import FixedClock, SystemClock
from core.connector import ConnectorContext, Link, WriteRow
from core.errors import AuthError, ConfigError
from core.http import Transport
from core.outbound.signing import new_key_pair, new_secret
from core.pulse import heard_by
from tests.webhooks.outgoing.receiver import SECRET, Receiver, receiving

STREAM = "companies.csv"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


def connector(url: str, **more: Any) -> WebhookConnector:
    settings = WebhookSettings.model_validate({"url": url, "secrets": [SECRET], "private": True, **more})
    clock = FixedClock(SystemClock().now().replace(microsecond=0))  # the public library looks at the machine's clock
    return WebhookConnector(settings, ConnectorContext("automation", clock, Transport(clock=clock)))


def row(number: int = 1, value: Any = 70, *operations: str) -> WriteRow:
    return WriteRow({"Score": value}, f"R{number}", operations=operations or (f"op-{number}",))


def test_each_row_is_a_signed_request_that_says_what_is_to_be_done(receiver: Receiver) -> None:
    rows = [row(1, None), WriteRow({"Näme": "Müller & Søn"}, "R2", operations=("a", "b"))]
    outcomes = connector(receiver.url).write(STREAM, "update", rows)
    assert [(one.state, one.external_id, one.created) for one in outcomes] == [
        ("applied", "R1", False), ("applied", "R2", False)
    ]  # fmt: skip
    assert all(got.is_genuine for got in receiver.got)
    assert [got.said["type"] for got in receiver.got] == ["record.update"] * 2
    assert receiver.got[0].said["data"] == {"stream": STREAM, "record": "R1", "values": {"Score": None}}
    assert receiver.got[1].said["data"]["values"] == {"Näme": "Müller & Søn"}


def test_a_new_record_brings_its_key_and_whom_it_belongs_to(receiver: Receiver) -> None:
    receiver.default = (200, {}, b'{"id": 17, "created": true}')
    task = WriteRow({"Subject": "Call"}, key=("Inlay Key", "inlay-1"), links=[Link(STREAM, "R1")], operations=("o",))
    [outcome] = connector(receiver.url).write("tasks", "upsert", [task])
    assert (outcome.state, outcome.external_id, outcome.created) == ("applied", "17", True)
    said = receiver.got[0].said
    assert said["type"] == "record.create"
    assert said["data"]["key"] == {"field": "Inlay Key", "value": "inlay-1"}
    assert said["data"]["links"] == [{"stream": STREAM, "record": "R1"}]


@pytest.mark.parametrize(
    ("answer", "name", "created"),
    [
        (b"", "inlay-1", True), (b"Accepted", "inlay-1", True), (b"[1]", "inlay-1", True),
        (b'{"id": ', "inlay-1", True), (b'{"id": null}', "inlay-1", True),
        (b'{"id": true}', "inlay-1", True), (b'{"id": "x", "created": false}', "x", False),
    ],
)  # fmt: skip
def test_an_automation_need_not_tell_anything_of_what_it_made(
    receiver: Receiver, answer: bytes, name: str, created: bool
) -> None:
    receiver.default = (202, {}, answer)
    [outcome] = connector(receiver.url).write("tasks", "upsert", [WriteRow({}, key=("k", "inlay-1"))])
    assert (outcome.state, outcome.external_id, outcome.created) == ("applied", name, created)


def test_a_repetition_has_the_same_id_and_another_operation_on_the_same_field_has_not(receiver: Receiver) -> None:
    here = connector(receiver.url)
    here.write(STREAM, "update", [row(1, 70, "first")])
    here.write(STREAM, "update", [row(1, 70, "first")])
    here.write(STREAM, "update", [row(1, 70, "later, back to the same value")])
    here.write(STREAM, "update", [WriteRow({"Score": 70}, "R1")])  # of no ledger: named by what it says
    here.write(STREAM, "update", [WriteRow({"Score": 71}, "R1")])
    ids = [got.id for got in receiver.got]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 4
    assert all("." not in one for one in ids)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (200, "applied"), (201, "applied"), (204, "applied"), (301, "rejected"), (307, "rejected"), (400, "rejected"),
        (405, "rejected"), (408, "retry"), (409, "rejected"), (410, "retry"), (413, "rejected"), (422, "rejected"),
        (425, "retry"), (429, "retry"), (500, "unknown"), (502, "unknown"), (503, "retry"), (504, "unknown"),
    ],
)  # fmt: skip
def test_every_answer_has_its_meaning(receiver: Receiver, status: int, state: str) -> None:
    receiver.default = (status, {"location": "http://127.0.0.1:1/"}, b"")
    [outcome] = connector(receiver.url).write(STREAM, "update", [row()])
    assert outcome.state == state
    assert len(receiver.got) == 1
    assert (outcome.message != "") == (state != "applied")


def test_a_refusal_tells_the_automations_own_words_cut_short(receiver: Receiver) -> None:
    receiver.default = (422, {}, b"no such\n field " + b"x" * 999)
    [outcome] = connector(receiver.url).write(STREAM, "update", [row()])
    assert (outcome.state, outcome.code) == ("rejected", "422")
    assert outcome.message.startswith("no such field xxx")
    assert len(outcome.message) == 200


@pytest.mark.parametrize(("told", "seconds"), [("120", 120), ("", None), ("soon", None), ("-5", None), ("9" * 9, None)])
def test_retry_after_is_kept(receiver: Receiver, told: str, seconds: int | None) -> None:
    receiver.default = (429, {"retry-after": told}, b"")
    here = connector(receiver.url)
    [outcome] = here.write(STREAM, "update", [row()])
    assert outcome.retry_at == (None if seconds is None else here.context.clock.now() + timedelta(seconds=seconds))


def test_retry_after_may_be_a_date(receiver: Receiver) -> None:
    receiver.default = (503, {"retry-after": "Sun, 29 Nov 2026 08:49:37 GMT"}, b"")
    [outcome] = connector(receiver.url).write(STREAM, "update", [row()])
    assert outcome.retry_at == datetime(2026, 11, 29, 8, 49, 37, tzinfo=UTC)


def test_after_one_that_must_wait_nothing_more_is_sent(receiver: Receiver) -> None:
    receiver.script.extend([(200, {}, b""), (429, {}, b"")])
    outcomes = connector(receiver.url).write(STREAM, "update", [row(number) for number in range(5)])
    assert [one.state for one in outcomes] == ["applied"] + ["retry"] * 4
    assert len(receiver.got) == 2


def test_an_answer_that_never_comes_leaves_one_in_doubt_and_the_rest_unsent(receiver: Receiver) -> None:
    receiver.slow = 1.3
    outcomes = connector(receiver.url, seconds=1).write(STREAM, "update", [row(1), row(2)])
    assert [one.state for one in outcomes] == ["unknown", "retry"]
    assert len(receiver.got) == 1


@pytest.mark.parametrize(("status", "error"), [(401, AuthError), (403, AuthError), (404, ConfigError)])
def test_what_concerns_all_rows_is_the_connections_trouble(
    receiver: Receiver, status: int, error: type[Exception]
) -> None:
    receiver.default = (status, {}, b"")
    with pytest.raises(error):
        connector(receiver.url).write(STREAM, "update", [row(1), row(2)])
    assert len(receiver.got) == 1
    receiver.script.append((200, {}, b""))  # what has passed before must not be forgotten
    outcomes = connector(receiver.url).write(STREAM, "update", [row(1), row(2)])
    assert [one.state for one in outcomes] == ["applied", "retry"]


def test_nobody_there_is_no_doubt() -> None:
    [outcome] = connector("http://127.0.0.1:1025/hook").write(STREAM, "update", [row()])
    assert (outcome.state, outcome.code) == ("retry", "UNREACHABLE")


def test_its_own_network_is_closed_to_it_unless_an_admin_says_so() -> None:
    with pytest.raises(ValidationError, match="not on the internet"):
        connector("https://10.0.0.7/hook", private=False)
    settings = WebhookSettings.model_validate({"url": "https://localhost/hook", "secrets": [SECRET]})
    clock = FixedClock(SystemClock().now())
    here = WebhookConnector(settings, ConnectorContext("automation", clock, Transport(clock=clock)))
    [outcome] = here.write(STREAM, "update", [row()])
    assert outcome.state == "retry"
    assert "not on the internet" in outcome.message
    assert [finding.code for finding in here.check()] == ["unreachable"]


def test_check_says_whether_somebody_listens_and_sends_nothing(receiver: Receiver) -> None:
    assert connector(receiver.url).check() == []
    assert receiver.got == []
    [finding] = connector("http://127.0.0.1:1025/hook").check()
    assert "nobody listens" in finding.message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"secrets": ["short"]}, "secret"), ({"secrets": []}, "at least 1"), ({"url": "ftp://x/y"}, "web server"),
        ({"url": "http://hooks.example.com/"}, "plain HTTP"), ({"secret": "x"}, "Extra inputs"),
    ],
)  # fmt: skip
def test_wrong_settings_are_told_before_anything_is_sent(change: dict[str, Any], words: str) -> None:
    right = {"url": "https://hooks.example.com/1", "secrets": [new_secret(), new_key_pair()[0]]}
    assert not WebhookSettings.model_validate(right).private
    with pytest.raises(ValidationError, match=words):
        WebhookSettings.model_validate(right | change)


def test_a_lease_hears_of_every_row(receiver: Receiver) -> None:
    heard: list[int] = []
    here = connector(receiver.url)
    rows = [row(number) for number in range(here.batch_size(STREAM, "update"))]
    with heard_by(lambda: heard.append(len(receiver.got))):
        here.write(STREAM, "update", rows)
    assert heard == list(range(AT_ONCE))
    assert here.calls_for(STREAM, "update", 7) == 7


def test_it_shows_nothing(receiver: Receiver) -> None:
    here = connector(receiver.url)
    assert here.streams() == {}
    with pytest.raises(ConfigError):
        list(here.read(STREAM, [], None))
