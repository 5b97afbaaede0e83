"""Reading JSON and SOAP that may be anything: quickly, and never deeper or longer than allowed."""

from __future__ import annotations

import time
from contextlib import suppress

import orjson
import pytest

from core.clock import FixedClock
from tests.webhooks.senders import OUTBOUND_MESSAGE
from webhooks.pace import BURST_SECONDS, Pace
from webhooks.reading import DEEPEST, instant, read_json, read_object, read_objects, short_text, whole_number
from webhooks.request import Refusal
from webhooks.soap import read_message

MEGABYTE = 1_000_000
HOSTILE = {
    "brackets": b"[" * MEGABYTE,
    "pairs": b"[]" * (MEGABYTE // 2),
    "escaped quotes": b'"' + b'\\"' * (MEGABYTE // 2),
    "quotes": b'"' * MEGABYTE,
    "backslashes": b'"' + b"\\" * MEGABYTE,
    "braces in a string": b'"' + b"{" * MEGABYTE + b'"',
    "deep and wide": (b'{"a":[' * 40 + b"1," * 1000) * 20,
    "numbers": b"[" + b"9" * MEGABYTE + b"]",
    "zeros": b"\x00" * MEGABYTE,
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_megabyte_is_refused_or_read_at_once(body: bytes) -> None:
    begun = time.process_time()
    with suppress(Refusal):
        read_json(body)
    assert time.process_time() - begun < 1.0


@pytest.mark.parametrize(("open_", "close"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_depth_is_counted_before_anything_is_parsed(open_: bytes, close: bytes) -> None:
    allowed = open_ * DEEPEST + b"1" + close * DEEPEST
    assert read_json(allowed) == orjson.loads(allowed)
    with pytest.raises(Refusal, match="deeply"):
        read_json(open_ + allowed + close)
    with pytest.raises(Refusal, match="deeply"):
        read_json(open_ * 70 + b"no JSON at all")


def test_brackets_in_texts_are_not_depth() -> None:
    text = "[{" * 200 + '\\"[' + "\u2028"
    assert read_object(orjson.dumps({"a": text})) == {"a": text}


@pytest.mark.parametrize(
    "body", [b"", b" ", b"nul", b"{", b'{"a": NaN}', b"\xff", b"\xef\xbb\xbf{}", b"{}{}", b"{'a': 1}"]
)
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(Refusal):
        read_json(body)


@pytest.mark.parametrize("body", [b"[]", b"1", b'"a"', b"null", b"true"])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(Refusal):
        read_object(body)


@pytest.mark.parametrize("body", [b"{}", b"[1]", b"[{}, null]", b'[[{"a": 1}]]'])
def test_what_is_no_array_of_objects_is_refused(body: bytes) -> None:
    with pytest.raises(Refusal):
        read_objects(body)


def test_each_object_of_an_array_comes_with_its_own_bytes() -> None:
    body = ' [ {"a": 1.50} ,\n\t{"b": "},{ \\" é"},{"c": [{}]}]\n'.encode()
    assert [part for _, part in read_objects(body)] == [
        b'{"a": 1.50}',
        '{"b": "},{ \\" é"}'.encode(),
        b'{"c": [{}]}',
    ]
    assert [found for found, _ in read_objects(body)] == orjson.loads(body)
    assert read_objects(b"[]") == []


@pytest.mark.parametrize("number", [b"9" * 5000, b"-" + b"9" * 5000, b"1." + b"9" * 5000, b"1e" + b"9" * 300])
def test_numbers_of_any_length_are_read_or_refused(number: bytes) -> None:
    body = b'[{"a": ' + number + b"}]"
    with suppress(Refusal):
        assert [part for _, part in read_objects(body)] == [body[1:-1]]


@pytest.mark.parametrize("text", ["", "a\n", "a\x00", "\u202e", "x" * 256])
def test_odd_texts_are_refused(text: str) -> None:
    with pytest.raises(Refusal):
        short_text(text, "id")


@pytest.mark.parametrize("text", ["", " 1", "+1", "-1", "1_0", "1e9", "1.0", "٣", "9" * 16])
def test_odd_numbers_are_refused(text: str) -> None:
    with pytest.raises(Refusal):
        whole_number(text)


def test_instants_need_a_zone() -> None:
    assert instant("2026-06-30T09:00:00Z") == instant("2026-06-30T11:00:00+02:00") == 1_782_810_000
    with pytest.raises(Refusal):
        instant("2026-06-30T09:00:00")


# --- SOAP -------------------------------------------------------------------------------------------------------------


def test_what_is_wanted_of_a_message_is_found() -> None:
    message = read_message(OUTBOUND_MESSAGE)
    assert message.organization == "00D5g000004ABCDEA2"
    assert [(one.id, one.type, one.record) for one in message.notifications] == [
        ("04l5g00003abcdEAAQ", "Account", "0015g00000AbCdEAAV"),
        ("04l5g00003abcdFAAQ", "Opportunity", "0065g00000AbCdEAAV"),
    ]


def test_ids_are_taken_only_from_where_they_belong() -> None:
    """A field of a record may hold elements that look like those of the message."""
    inner = (
        b"<sf:Owner><sf:Id>0055g</sf:Id><Notification xmlns='http://soap.sforce.com/2005/09/outbound'><Id>x</Id>"
        b"</Notification></sf:Owner>"
    )
    message = read_message(OUTBOUND_MESSAGE.replace(b"<sf:Name>", inner + b"<sf:Name>", 1))
    assert [one.id for one in message.notifications] == ["04l5g00003abcdEAAQ", "04l5g00003abcdFAAQ"]
    assert message.notifications[0].record == "0015g00000AbCdEAAV"


@pytest.mark.parametrize(
    "body",
    [b"<a>" * 100_000, b"<a>" + b"<b/>" * 200_000 + b"</a>", b"<a " + b"b='c' " * 50_000 + b"/>", b"<!--" * 100_000],
    ids=["deep", "wide", "attributes", "comments"],
)
def test_hostile_xml_is_refused_at_once(body: bytes) -> None:
    begun = time.process_time()
    with pytest.raises(Refusal):
        read_message(body)
    assert time.process_time() - begun < 2.0


# --- pace -------------------------------------------------------------------------------------------------------------


def test_pace_lets_a_burst_in_and_then_so_many_a_second(clock: FixedClock) -> None:
    pace = Pace(clock, 10)
    assert sum(pace.admits() for _ in range(100)) == 10 * BURST_SECONDS
    clock.sleep(0.35)
    assert sum(pace.admits() for _ in range(100)) == 3
    clock.sleep(3600)
    assert sum(pace.admits() for _ in range(100)) == 10 * BURST_SECONDS
