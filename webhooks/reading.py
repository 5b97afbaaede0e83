"""Reading the JSON of an event without trusting it: whatever is odd about it is a refusal."""

from __future__ import annotations

import base64
import re
from array import array
from collections.abc import Collection, Mapping
from datetime import datetime
from hashlib import blake2b
from itertools import accumulate
from json import JSONDecoder
from typing import Any

import orjson

from webhooks.request import Refusal

DEEPEST = 64
LONGEST_TEXT = 255
DIGEST_BYTES = 16
# A string without end takes all that follows: looking for a later beginning would take time by the square.
STRINGS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")  # of an array of signed bytes: one down, one up
NO_STEPS = bytes(set(range(256)) - set(b"[{]}"))
BETWEEN = re.compile(r"[\s,\[]*")
Json = dict[str, Any]


def read_object(body: bytes) -> Json:
    """A body that has to be one JSON object."""
    found = read_json(body)
    if not isinstance(found, dict):
        raise Refusal("the body is not a JSON object")
    return found


def read_objects(body: bytes) -> list[tuple[Json, bytes]]:
    """A body that has to be a JSON array of objects; each with its bytes as they came."""
    found = read_json(body)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Refusal("the body is not a JSON array of objects")
    return list(zip(found, _slices(body.decode(), len(found)), strict=True))


def read_json(body: bytes) -> Any:
    """A body that has to be JSON, nested no deeper than ``DEEPEST``; that is looked at before it is parsed."""
    if body.count(b"[") + body.count(b"{") > DEEPEST and _depth(body) > DEEPEST:
        raise Refusal("the body is nested too deeply")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Refusal("the body is not JSON") from None


def _depth(body: bytes) -> int:
    steps = array("b", STRINGS.sub(b"", body).translate(STEPS, NO_STEPS))
    return max(accumulate(steps), default=0)


def part_of(body: bytes, event: Any, events: int) -> bytes:
    """What is kept of a delivery that nests its events: all of it where there is but one, else that one's own part."""
    return body if events == 1 else orjson.dumps(event)


def _slices(text: str, count: int) -> list[bytes]:
    """The text of each object of an array, which is known to be one of so many."""
    decoder, place, found = JSONDecoder(parse_int=str, parse_float=str), 0, []  # Python refuses numbers of 4,300 digits
    for _ in range(count):
        start = _after(text, place)
        _, place = decoder.raw_decode(text, start)
        found.append(text[start:place].encode())
    return found


def _after(text: str, place: int) -> int:
    between = BETWEEN.match(text, place)
    return between.end() if between else place


def text_at(found: Mapping[str, Any], name: str) -> str:
    """A field that has to be a short text without control characters."""
    return short_text(found.get(name), name)


def short_text(value: Any, name: str) -> str:
    """A value that has to be a short text without control characters."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_TEXT or not value.isprintable():
        raise Refusal(f"the body has no usable `{name}`")
    return value


def id_at(found: Mapping[str, Any], name: str) -> str:
    """A field that has to be an id: a short text, or a whole number as many vendors write them."""
    value = found.get(name)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else short_text(value, name)


def id_or_none(found: Mapping[str, Any], name: str) -> str | None:
    """The same for an id that may be missing or null; an empty text counts as missing."""
    return None if found.get(name) in (None, "") else id_at(found, name)


def object_at(found: Mapping[str, Any], name: str) -> Json:
    """A field that has to be an object; a missing or null one is empty."""
    value = found.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refusal(f"`{name}` is no object")
    return value


def objects_at(found: Mapping[str, Any], name: str) -> list[Json]:
    """A field that has to be an array of objects; a missing or null one is empty."""
    value = found.get(name) or []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise Refusal(f"`{name}` is no array of objects")
    return value


def whole_number(text: str) -> int:
    """A number of up to 15 plain digits: Python would also take signs, blanks, underscores and other scripts."""
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise Refusal("the time of signing is no plain number")
    return int(text)


def instant(text: str) -> float:
    """An RFC 3339 instant with its zone, as Unix seconds."""
    try:
        found = datetime.fromisoformat(text) if text.isascii() else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise Refusal("the time of signing is no instant")
    return found.timestamp()


def base64_text(digest: bytes) -> str:
    """A digest as most headers write it."""
    return base64.b64encode(digest).decode()


def digest_of(found: Any, passing: Collection[str] = ()) -> bytes:
    """What an event says, without the fields that differ from one attempt to the next."""
    said = {name: value for name, value in found.items() if name not in passing} if passing else found
    return blake2b(orjson.dumps(said, option=orjson.OPT_SORT_KEYS), digest_size=DIGEST_BYTES).digest()


def name_of(*parts: Any) -> str:
    """A name for an event that has none: the same parts, the same name."""
    return blake2b(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS), digest_size=DIGEST_BYTES).hexdigest()
