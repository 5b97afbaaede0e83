from __future__ import annotations

import gzip
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import requests

from core.clock import FixedClock
from core.errors import RetryLater, UnknownOutcome
from core.http import HttpLimits, Transport
from tests.core.http.faulty import OK, answer, cut, drip, faulty, hang

NOW = datetime(2026, 6, 30, 9, tzinfo=UTC)
QUICK = HttpLimits(total=0.5, connect=0.5, attempts=3, first_wait=0.5, longest_wait=20)
HTML = answer("200 OK", b"<html>down for maintenance</html>", kind="text/html")
JSON_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"


def transport(clock: FixedClock | None = None, redirect: str | None = None) -> Transport:
    return Transport(clock=clock or FixedClock(NOW), limits=QUICK, redirect=redirect)


def test_a_good_answer_arrives_unchanged_through_both_libraries() -> None:
    with faulty(OK) as server:
        way = transport()
        assert way.session().get(server.url + "/a").json() == {"ok": True}
        assert way.pool.request("GET", server.url + "/b").json() == {"ok": True}
        assert [(call.method, call.path, call.status) for call in way.calls] == [("GET", "/a", 200), ("GET", "/b", 200)]


def test_an_error_the_vendor_explains_is_handed_to_the_client_library() -> None:
    body = b'[{"errorCode":"UNABLE_TO_LOCK_ROW","message":"locked"}]'
    with faulty(answer("500 Server Error", body)) as server:
        response = transport().session().post(server.url, json={})
        assert response.status_code == 500
        assert response.json()[0]["errorCode"] == "UNABLE_TO_LOCK_ROW"


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden", "404 Not Found", "400 Bad Request"])
def test_refusals_are_answers_and_are_not_repeated(status: str) -> None:
    with faulty(answer(status, b'{"message":"no"}')) as server:
        assert transport().session().get(server.url).status_code == int(status[:3])
        assert len(server.requests) == 1


BAD_ANSWERS = {
    "html page with status 200": HTML,
    "empty body with status 200": answer("200 OK"),
    "json cut within": answer("200 OK", b'{"records": [{"Id": "1"'),
    "body shorter than promised": answer("200 OK", b'{"a":1}', length=500),
    "server failure without words": answer("502 Bad Gateway", b"", kind="text/plain"),
    "connection closed without a byte": cut,
    "nothing for ever": hang(3),
    "one byte at a time": drip(JSON_HEAD, 0.1, 30),
    "headers one byte at a time": drip(b"HTTP/1.1 200 OK\r\nX-Slow: ", 0.1, 30),
}


@pytest.mark.parametrize("script", BAD_ANSWERS.values(), ids=BAD_ANSWERS.keys())
def test_a_read_that_fails_is_repeated_and_then_given_up(script: bytes) -> None:
    with faulty(script) as server:
        begun = time.monotonic()
        with pytest.raises(RetryLater) as caught:
            transport().session().get(server.url + "/x?token=secret")
        assert not isinstance(caught.value, UnknownOutcome)
        assert time.monotonic() - begun < QUICK.total * 1.2 + 0.3
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize("script", BAD_ANSWERS.values(), ids=BAD_ANSWERS.keys())
def test_a_write_whose_answer_is_no_answer_is_unknown_and_sent_once(script: bytes) -> None:
    with faulty(script) as server:
        with pytest.raises(UnknownOutcome):
            transport().session().post(server.url, json={"a": 1})
        assert len(server.requests) == 1


@pytest.mark.parametrize("script", BAD_ANSWERS.values(), ids=BAD_ANSWERS.keys())
def test_the_urllib3_pool_keeps_the_same_rules(script: bytes) -> None:
    with faulty(script) as server:
        with pytest.raises(UnknownOutcome):
            transport().pool.request("PATCH", server.url, json={"a": 1})
        assert len(server.requests) == 1


def test_a_read_recovers_after_one_failure_and_waits_by_the_clock() -> None:
    clock = FixedClock(NOW)
    with faulty(cut, OK) as server:
        assert transport(clock).session().get(server.url).json() == {"ok": True}
    assert clock.now() == NOW + timedelta(seconds=0.5)


def test_a_declared_search_is_repeated_like_a_read() -> None:
    with faulty(cut, OK) as server:
        way = transport()
        way.mark_safe("POST", r"/search$")
        assert way.session().post(server.url + "/crm/v3/objects/companies/search", json={}).status_code == 200
        assert len(server.requests) == 2


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_retry_after_in_seconds_is_obeyed_for_reads_and_writes(method: str) -> None:
    clock = FixedClock(NOW)
    busy = answer("429 Too Many Requests", b"{}", extra="Retry-After: 7\r\n")
    with faulty(busy, OK) as server:
        assert transport(clock).session().request(method, server.url, json={}).status_code == 200
    assert clock.now() == NOW + timedelta(seconds=7)


def test_retry_after_as_a_date_is_obeyed() -> None:
    clock = FixedClock(NOW)
    at = format_datetime(NOW + timedelta(seconds=11), usegmt=True)
    with faulty(answer("429 Too Many Requests", b"{}", extra=f"Retry-After: {at}\r\n"), OK) as server:
        transport(clock).session().get(server.url)
    assert clock.now() == NOW + timedelta(seconds=11)


def test_a_wait_longer_than_allowed_ends_the_call_and_tells_when_to_come_back() -> None:
    clock = FixedClock(NOW)
    with faulty(answer("429 Too Many Requests", b"{}", extra="Retry-After: 3600\r\n")) as server:
        with pytest.raises(RetryLater) as caught:
            transport(clock).session().get(server.url)
        assert caught.value.retry_at == NOW + timedelta(hours=1)
        assert len(server.requests) == 1
    assert clock.now() == NOW


def test_nonsense_in_retry_after_is_no_crash() -> None:
    with faulty(answer("429 Too Many Requests", b"{}", extra="Retry-After: soon\r\n"), OK) as server:
        assert transport().session().get(server.url).status_code == 200


def test_an_unreachable_host_says_so_for_a_write_too() -> None:
    with faulty(OK) as server:
        gone = server.url
    with pytest.raises(RetryLater) as caught:
        transport().session().post(gone, json={})
    assert not isinstance(caught.value, UnknownOutcome)
    assert "no connection" in str(caught.value)


def test_redirect_sends_https_calls_to_the_sandbox_and_keeps_the_host() -> None:
    with faulty(OK) as server:
        way = transport(redirect=server.url)
        assert way.session().get("https://acme.my.salesforce.com/services/data/?q=1").json() == {"ok": True}
        head = server.requests[0].decode()
    assert head.startswith("GET /services/data/?q=1 HTTP/1.1")
    assert "Host: acme.my.salesforce.com" in head
    assert [call.host for call in way.calls] == ["acme.my.salesforce.com"]


def test_the_call_log_holds_no_query() -> None:
    with faulty(OK) as server:
        way = transport()
        way.session().get(server.url + "/query?q=SELECT+Email+FROM+Contact")
    assert [call.path for call in way.calls] == ["/query"]
    assert way.calls.by_status() == {200: 1}


def test_lost_exchanges_are_counted_with_status_zero() -> None:
    with faulty(cut) as server:
        way = transport()
        with pytest.raises(RetryLater):
            way.session().get(server.url)
    assert way.calls.by_status() == {0: 3}


def test_compressed_answers_are_decoded_by_the_client() -> None:
    packed = gzip.compress(b'{"ok":true}')
    with faulty(answer("200 OK", packed, extra="Content-Encoding: gzip\r\n")) as server:
        assert transport().session().get(server.url).json() == {"ok": True}
        assert transport().pool.request("GET", server.url).json() == {"ok": True}


def test_http_redirects_reach_the_session_as_answers() -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
    with faulty(moved, OK) as server:
        response = transport().session().get(server.url, allow_redirects=False)
        assert response.status_code == 302


def test_many_calls_share_one_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with faulty(OK) as server:
        session = transport().session()
        assert [session.get(server.url).status_code for _ in range(3)] == [200, 200, 200]
    assert isinstance(session, requests.Session)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_status_left_to_the_caller_is_handed_over_at_once(method: str) -> None:
    clock = FixedClock(NOW)
    busy = answer("429 Too Many Requests", b'{"policyName":"DAILY"}', extra="Retry-After: 7\r\n")
    way = transport(clock)
    way.leave_to_caller(429)
    with faulty(busy, OK) as server:
        refused = way.session().request(method, server.url, json={})
        assert (refused.status_code, refused.json()) == (429, {"policyName": "DAILY"})
        assert len(server.requests) == 1
    assert clock.now() == NOW, "only the caller knows how long to wait"
