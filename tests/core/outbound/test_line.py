"""One attempt over a real socket: where it may connect, how long it may take, and what is kept of the answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from core.outbound.guard import Target, read_target
from core.outbound.line import MOST_OF_REPLY, Line
from tests.webhooks.outgoing.receiver import Receiver, receiving

HEADERS = {"webhook-id": "evt_1", "content-type": "application/json"}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


def line_to(receiver: Receiver) -> Line:
    return Line(read_target(receiver.url, may_be_private=True))


def test_the_body_arrives_as_it_was_signed(receiver: Receiver) -> None:
    reply = line_to(receiver).post(HEADERS, b'{"a": 1}')
    assert reply.is_success
    assert reply.text == "thanks"
    assert receiver.got[0].body == b'{"a": 1}'
    assert receiver.got[0].path == "/hook"


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_2xx_is_success(receiver: Receiver, status: int) -> None:
    receiver.default = (status, {}, b"")
    assert line_to(receiver).post(HEADERS, b"{}").is_success


@pytest.mark.parametrize("status", [300, 301, 302, 307, 308, 400, 401, 404, 410, 429, 500, 503])
def test_nothing_else_is(receiver: Receiver, status: int) -> None:
    receiver.default = (status, {"location": receiver.url, "retry-after": "7"}, b"no")
    reply = line_to(receiver).post(HEADERS, b"{}")
    assert not reply.is_success
    assert (reply.status, reply.retry_after) == (status, "7")


def test_a_redirect_is_never_followed(receiver: Receiver) -> None:
    receiver.default = (307, {"location": receiver.url + "/elsewhere"}, b"")
    line_to(receiver).post(HEADERS, b"{}")
    assert [one.path for one in receiver.got] == ["/hook"]


def test_of_a_long_reply_only_the_beginning_is_read(receiver: Receiver) -> None:
    receiver.default = (500, {}, b"x" * 3_000_000)
    line = line_to(receiver)
    assert len(line.post(HEADERS, b"{}").text) == MOST_OF_REPLY
    receiver.default = (200, {}, b"again")
    assert line.post(HEADERS, b"{}").text == "again"


def test_a_connection_is_used_again(receiver: Receiver) -> None:
    looked_up: list[str] = []

    def look_up(host: str, _port: int) -> list[str]:
        looked_up.append(host)
        return ["127.0.0.1"]

    line = Line(read_target(receiver.url, may_be_private=True), look_up)
    assert all(line.post(HEADERS, b"{}").is_success for _ in range(5))
    assert len(looked_up) == 1


def named(receiver: Receiver, *, private: bool = False) -> Target:
    port = read_target(receiver.url, may_be_private=True).port
    return Target("http", "hooks.example", port, "/hook", private)


@pytest.mark.parametrize("answer", [["127.0.0.1"], ["::1"], ["8.8.8.8", "127.0.0.1"], ["127.0.0.1", "8.8.8.8"], ["x"]])
def test_a_name_that_leads_inside_is_refused_before_anything_is_sent(receiver: Receiver, answer: list[str]) -> None:
    reply = Line(named(receiver), lambda _host, _port: answer).post(HEADERS, b"{}")
    assert reply.trouble.startswith("refused")
    assert receiver.got == []


def test_a_name_that_turns_inside_after_it_was_checked_is_refused(receiver: Receiver) -> None:
    """DNS rebinding: each new connection asks anew, and judges the answer it connects with."""
    answers = iter([["8.8.8.8"], ["127.0.0.1"]])
    target = named(receiver)
    assert next(answers) == ["8.8.8.8"]  # what a check at the time of saving would have seen
    reply = Line(target, lambda _host, _port: next(answers)).post(HEADERS, b"{}")
    assert reply.trouble.startswith("refused")
    assert receiver.got == []


def test_a_machine_of_the_firm_is_reached_where_the_admin_says_so(receiver: Receiver) -> None:
    assert Line(named(receiver, private=True), lambda _host, _port: ["127.0.0.1"]).post(HEADERS, b"{}").is_success
    assert receiver.got[0].headers["host"].startswith("hooks.example")


def test_the_second_address_serves_where_the_first_does_not_answer(receiver: Receiver) -> None:
    line = Line(named(receiver, private=True), lambda _host, _port: ["127.9.9.9", "127.0.0.1"])
    assert line.post(HEADERS, b"{}").is_success


def test_an_unknown_name_is_told() -> None:
    reply = Line(Target("http", "nowhere.invalid", 8080, "/", may_be_private=True)).post(HEADERS, b"{}")
    assert reply.status == 0
    assert reply.trouble


@contextmanager
def odd_server(answer: bytes, *, drip: float = 0.0) -> Iterator[str]:
    """Says something that is no proper answer; with ``drip`` a byte at a time."""
    listening = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve() -> None:
        opened, _ = listening.accept()
        with opened:
            opened.recv(65536)
            for at in range(len(answer)) if drip else ():
                if ended.wait(drip):
                    return
                opened.sendall(answer[at : at + 1])
            if not drip:
                opened.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    finally:
        ended.set()
        listening.close()
        thread.join(2)


@pytest.mark.parametrize(
    "answer", [b"", b"\x00\x01\x02", b"HTTP/1.1 banana\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nshort"]
)
def test_an_answer_that_is_none_is_no_success(answer: bytes) -> None:
    with odd_server(answer) as url:
        reply = Line(read_target(url, may_be_private=True)).post(HEADERS, b"{}")
    assert not reply.is_success
    assert reply.trouble


def test_a_receiver_that_trickles_is_left_after_the_deadline() -> None:
    with odd_server(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nfine, fine", drip=0.05) as url:
        reply = Line(read_target(url, may_be_private=True)).post(HEADERS, b"{}", seconds=0.3)
    assert reply.trouble == "took too long"
    assert reply.seconds < 1.5
