from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from werkzeug.test import create_environ, run_wsgi_app

from connectors.sandbox.answers import (
    MAINTENANCE_PAGE,
    ConnectionCutError,
    empty_response,
    json_response,
    prevented,
    spoiled,
)
from connectors.sandbox.faults import Fault

WORDS = {"words": ["ash", "elm", "Zoë"]}


def sent(reply: Any) -> tuple[bytes, str, dict[str, str]]:
    chunks, status, headers = run_wsgi_app(reply, create_environ())
    return b"".join(chunks), status, dict(headers)


def begin(_status: str, _headers: list[tuple[str, str]], _exc_info: Any = None) -> Any:
    return None


def played_out(fault: Fault) -> Iterable[bytes]:
    return spoiled(fault, json_response(WORDS), create_environ(), begin)


def test_json_is_compact_and_keeps_letters() -> None:
    body, status, headers = sent(json_response(WORDS))
    assert body == '{"words":["ash","elm","Zoë"]}'.encode()
    assert status == "200 OK"
    assert headers["Content-Type"] == "application/json;charset=utf-8"
    assert headers["Content-Length"] == str(len(body))


@pytest.mark.parametrize("status", [200, 201, 207, 400, 404, 429, 503])
def test_json_with_any_status(status: int) -> None:
    assert json_response({}, status).status_code == status


def test_rows_and_headers_travel_with_the_reply() -> None:
    reply = json_response([], rows=7, headers={"X-Left": "3"})
    assert reply.rows == 7
    assert sent(reply)[2]["X-Left"] == "3"
    assert json_response([]).rows == 0


def test_an_empty_reply_has_neither_body_nor_type() -> None:
    body, status, headers = sent(empty_response(rows=2))
    assert (body, status) == (b"", "204 NO CONTENT")
    assert "Content-Length" not in headers
    assert empty_response(rows=2).rows == 2


def test_empty_reply_with_another_status_and_headers() -> None:
    _, status, headers = sent(empty_response(304, headers={"ETag": "x"}))
    assert status.startswith("304")
    assert headers["ETag"] == "x"


@pytest.mark.parametrize("fault", [None, Fault("cut"), Fault("hang"), Fault("drip"), Fault("truncate")])
def test_most_faults_prevent_nothing(fault: Fault | None) -> None:
    assert prevented(fault) is None


def test_a_status_fault_is_json_unless_told_otherwise() -> None:
    reply = prevented(Fault("status", status=429, body='{"a":1}', headers={"Retry-After": "2"}))
    assert reply is not None
    body, status, headers = sent(reply)
    assert (json.loads(body), status) == ({"a": 1}, "429 TOO MANY REQUESTS")
    assert (headers["Content-Type"], headers["Retry-After"]) == ("application/json", "2")


def test_a_status_fault_may_have_another_type() -> None:
    reply = prevented(Fault("status", status=502, body="<p>", headers={"Content-Type": "text/html"}))
    assert reply is not None
    assert sent(reply)[2]["Content-Type"] == "text/html"


def test_the_maintenance_page_pretends_to_be_fine() -> None:
    reply = prevented(Fault("html"))
    assert reply is not None
    body, status, headers = sent(reply)
    assert (body.decode(), status) == (MAINTENANCE_PAGE, "200 OK")
    assert headers["Content-Type"].startswith("text/html")


def test_cut_gives_half_and_then_breaks() -> None:
    whole = json_response(WORDS).get_data()
    chunks = iter(played_out(Fault("cut")))
    assert next(chunks) == whole[: len(whole) // 2]
    with pytest.raises(ConnectionCutError):
        next(chunks)


def test_apply_then_cut_breaks_at_once() -> None:
    with pytest.raises(ConnectionCutError):
        played_out(Fault("apply_then_cut"))


def test_truncate_gives_half_and_calls_it_whole() -> None:
    whole = json_response(WORDS).get_data()
    assert b"".join(played_out(Fault("truncate"))) == whole[: len(whole) // 2]


def test_drip_gives_all_byte_by_byte() -> None:
    chunks = list(played_out(Fault("drip", seconds=0.0)))
    assert {len(chunk) for chunk in chunks} == {1}
    assert b"".join(chunks) == json_response(WORDS).get_data()


def test_hang_gives_all_in_the_end() -> None:
    assert b"".join(played_out(Fault("hang", seconds=0.0))) == json_response(WORDS).get_data()
