from __future__ import annotations

import http.client
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from connectors.sandbox.answers import MAINTENANCE_PAGE
from connectors.sandbox.server import RunningSandbox, serve
from tests.connectors.sandbox.toy import Line, Shelf


def test_a_connection_is_kept(line: Line) -> None:
    line.ask("GET", "/words")
    first = line.connection.sock
    line.ask("POST", "/words", "ash")
    line.ask("GET", "/nowhere")
    assert line.connection.sock is first


def test_requests_pools_connections(running: RunningSandbox) -> None:
    with requests.Session() as session:
        for word in ("ash", "elm"):
            assert session.post(f"{running.base_url}/words", data=word, timeout=5).json() == {"added": word}
        assert session.get(f"{running.base_url}/words", timeout=5).json() == {"words": ["ash", "elm"]}


def test_head_has_no_body(line: Line) -> None:
    assert line.ask("HEAD", "/words") == (200, b"")
    assert line.ask("GET", "/words")[0] == 200


def test_a_body_in_chunks_is_read_whole_and_the_connection_goes_on(running: RunningSandbox) -> None:
    with requests.Session() as session:
        for pieces in ([b"a", b"sh" * 5000], [b"elm"]):
            reply = session.post(f"{running.base_url}/words", data=iter(pieces), timeout=5)
            assert reply.json() == {"added": b"".join(pieces).decode()}


@pytest.mark.parametrize("sent", [b"-5\r\n", b"many\r\n", b"3\r\nasher\r\n"])
def test_a_nonsensical_chunk_is_refused(running: RunningSandbox, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", int(running.base_url.rsplit(":", 1)[1])), timeout=5) as raw:
        raw.sendall(b"POST /words HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + sent)
        assert raw.recv(100).startswith(b"HTTP/1.1 400")


def test_a_transfer_encoding_that_is_not_known_is_refused(running: RunningSandbox) -> None:
    with socket.create_connection(("127.0.0.1", int(running.base_url.rsplit(":", 1)[1])), timeout=5) as raw:
        raw.sendall(b"POST /words HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("length", ["-5", "many", "0x10"])
def test_a_nonsensical_length_is_refused(running: RunningSandbox, length: str) -> None:
    with socket.create_connection(("127.0.0.1", int(running.base_url.rsplit(":", 1)[1])), timeout=5) as raw:
        raw.sendall(f"POST /words HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode())
        assert raw.recv(100).startswith(b"HTTP/1.1 400")


def test_an_endless_request_line_is_refused(running: RunningSandbox) -> None:
    with socket.create_connection(("127.0.0.1", int(running.base_url.rsplit(":", 1)[1])), timeout=5) as raw:
        raw.sendall(b"GET /" + b"x" * 65_532)
        assert raw.recv(100).startswith(b"HTTP/1.1 414")


def said(running: RunningSandbox, *pieces: bytes) -> bytes:
    """What the server answers to these bytes until it closes the connection, or says nothing more."""
    with socket.create_connection(("127.0.0.1", int(running.base_url.rsplit(":", 1)[1])), timeout=5) as raw:
        heard = b""
        for piece in pieces:
            raw.sendall(piece)
            heard += raw.recv(65_536)
        return heard


@pytest.mark.parametrize(
    "head",
    [
        b"GET /words\r\n\r\n",
        b"GET /words HTTP/2.0\r\n\r\n",
        b"GET  /words HTTP/1.1\r\n\r\n",
        b"GET /words HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET /words HTTP/1.1\r\nName : blank before the colon\r\n\r\n",
        b"GET /words HTTP/1.1\r\n folded: line\r\n\r\n",
        b"GET /words HTTP/1.1\r\n" + b"".join(b"X-%d: 1\r\n" % number for number in range(101)) + b"\r\n",
    ],
)
def test_what_is_no_head_of_a_request_is_refused(running: RunningSandbox, head: bytes) -> None:
    assert said(running, head).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    ("head", "stays"),
    [
        (b"GET /words HTTP/1.1\r\nHost: x\r\n\r\n", True),
        (b"GET /words HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", False),
        (b"GET /words HTTP/1.0\r\n\r\n", False),
        (b"GET /words HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", True),
    ],
)
def test_the_head_says_whether_the_connection_is_kept(running: RunningSandbox, head: bytes, stays: bool) -> None:
    with socket.create_connection(("127.0.0.1", int(running.base_url.rsplit(":", 1)[1])), timeout=5) as raw:
        raw.sendall(head)
        assert b" 200 " in raw.recv(65_536)
        if stays:
            raw.sendall(head)
        assert bool(raw.recv(65_536)) is stays


def test_whoever_asks_before_sending_a_body_is_told_to_go_on(running: RunningSandbox) -> None:
    head = b"POST /words HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\ncontent-LENGTH: 3\r\n\r\n"
    heard = said(running, head, b"ash")
    assert heard.startswith(b"HTTP/1.1 100")
    assert b'{"added":"ash"}' in heard


def test_each_request_is_atomic_under_many_threads(running: RunningSandbox, shelf: Shelf) -> None:
    def add(number: int) -> int:
        return requests.post(f"{running.base_url}/words", data=str(number), timeout=20).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(add, range(60))) == {201}
    assert sorted(map(int, shelf.words)) == list(range(60))
    assert [entry.number for entry in shelf.log.entries()] == list(range(1, 61))


def test_nothing_is_printed(running: RunningSandbox, capfd: pytest.CaptureFixture[str]) -> None:
    requests.get(f"{running.base_url}/words", timeout=5)
    with socket.create_connection(("127.0.0.1", int(running.base_url.rsplit(":", 1)[1]))) as raw:
        raw.sendall(b"GET /words HT")
    requests.get(f"{running.base_url}/words", timeout=5)
    assert capfd.readouterr() == ("", "")


def test_stop_frees_the_port_and_ends_open_connections() -> None:
    running = serve(Shelf())
    line = Line(running.base_url)
    line.ask("GET", "/words")
    running.stop()
    running.stop()
    with pytest.raises((OSError, http.client.HTTPException)):
        line.ask("GET", "/words")
    port = int(running.base_url.rsplit(":", 1)[1])
    with serve(Shelf(), port=port) as again:
        assert again.base_url == running.base_url
        assert requests.get(f"{again.base_url}/words", timeout=5).status_code == 200


def test_a_taken_port_is_an_error(running: RunningSandbox) -> None:
    with pytest.raises(OSError, match="in use"):
        serve(Shelf(), port=int(running.base_url.rsplit(":", 1)[1]))


def test_status_fault_prevents_the_request(line: Line, shelf: Shelf) -> None:
    line.control(
        "POST", "faults", [{"do": "status", "status": 503, "headers": {"Retry-After": "7"}, "body": '{"a":1}'}]
    )
    line.connection.request("POST", "/words", "ash")
    reply = line.connection.getresponse()
    assert (reply.status, reply.getheader("Retry-After"), json.loads(reply.read())) == (503, "7", {"a": 1})
    assert shelf.words == []
    assert [(entry.status, entry.fault) for entry in shelf.log.entries()] == [(503, "status")]


def test_html_fault_looks_like_success(line: Line, shelf: Shelf) -> None:
    line.control("POST", "faults", [{"do": "html"}])
    assert line.ask("POST", "/words", "ash") == (200, MAINTENANCE_PAGE.encode())
    assert shelf.words == []


def test_cut_closes_in_the_middle_of_the_body(line: Line, shelf: Shelf) -> None:
    line.control("POST", "faults", [{"do": "cut"}])
    with pytest.raises(http.client.IncompleteRead) as caught:
        line.ask("POST", "/words", "ash")
    assert caught.value.partial == b'{"added'
    assert shelf.words == ["ash"]


def test_apply_then_cut_answers_nothing_but_has_done_it(line: Line, shelf: Shelf) -> None:
    line.control("POST", "faults", [{"do": "apply_then_cut", "method": "POST"}])
    with pytest.raises(http.client.RemoteDisconnected):
        line.ask("POST", "/words", "ash")
    assert shelf.words == ["ash"]
    entry = shelf.log.entries()[0]
    assert (entry.status, entry.rows, entry.fault) == (0, 1, "apply_then_cut")


def test_truncate_is_whole_http_but_broken_json(line: Line) -> None:
    line.control("POST", "faults", [{"do": "truncate"}])
    status, text = line.ask("GET", "/words")
    assert (status, text) == (200, b'{"word')
    assert line.json("GET", "/words") == {"words": []}


def test_hang_keeps_the_client_waiting_after_the_deed(line: Line, shelf: Shelf) -> None:
    line.control("POST", "faults", [{"do": "hang", "seconds": 0.2}])
    began = time.monotonic()
    assert line.ask("POST", "/words", "ash")[0] == 201
    assert time.monotonic() - began >= 0.2
    assert shelf.words == ["ash"]


def test_hang_does_not_stop_other_clients(running: RunningSandbox, line: Line) -> None:
    line.control("POST", "faults", [{"do": "hang", "seconds": 30, "path": "^/words/slow"}])
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{running.base_url}/words/slow", timeout=0.1)
    assert requests.get(f"{running.base_url}/words", timeout=5).status_code == 200


def test_drip_defeats_a_timeout_between_bytes(line: Line) -> None:
    line.control("POST", "faults", [{"do": "drip", "seconds": 0.02}])
    began = time.monotonic()
    assert line.ask("GET", "/words") == (200, b'{"words":[]}')
    assert time.monotonic() - began >= 0.2
