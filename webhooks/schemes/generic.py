"""Any other system that signs JSON: the admin writes which header, how it is encoded, and where in the body things are.

Systems that cannot sign (many automation tools) show the secret itself in a header: ``encoding: plain``.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from core.config import SignedJson
from core.store.touches import Touch
from webhooks.reading import base64_text, digest_of, instant, name_of, part_of, read_json, short_text, whole_number
from webhooks.request import Answer, Claim, Received, Refusal, Scheme, SignedRequest, Vendor, hmac_sha256
from webhooks.schemes.body import shown

MILLISECONDS = 100_000_000_000  # Unix seconds reach this in the year 5138
MOST_EVENTS = 1000
Digest = Callable[[bytes, bytes], bytes]


def hmac_sha1(key: bytes, content: bytes) -> bytes:
    """For systems that know nothing newer."""
    return hmac.digest(key, content, hashlib.sha1)


def hmac_sha512(key: bytes, content: bytes) -> bytes:
    """The long keyed hash."""
    return hmac.digest(key, content, hashlib.sha512)


DIGESTS: Mapping[str, Digest] = MappingProxyType({"sha1": hmac_sha1, "sha256": hmac_sha256, "sha512": hmac_sha512})
ENCODINGS: Mapping[str, Callable[[bytes], str]] = MappingProxyType(
    {"hex": bytes.hex, "base64": base64_text, "plain": bytes.decode}
)


def generic_vendor(told: SignedJson) -> Vendor:
    """The row of the table for what the admin wrote."""
    digest = shown if told.encoding == "plain" else DIGESTS[told.algorithm]
    scheme = Scheme(_claim_of(told), ENCODINGS[told.encoding], digest)
    return Vendor((scheme,), _events_of(told), Answer(200))


def _claim_of(told: SignedJson) -> Callable[[SignedRequest], Claim]:
    header, timestamp = told.header.lower(), (told.timestamp_header or "").lower()

    def claim(request: SignedRequest) -> Claim:
        """Read signature and time."""
        signature = request.header(header)
        if not signature.startswith(told.prefix):
            raise Refusal(f"the header {header} does not begin with {told.prefix}")
        at = request.header(timestamp) if timestamp else ""
        before, _, after = told.signed.partition("{body}")
        content = before.replace("{timestamp}", at).encode() + request.body + after.replace("{timestamp}", at).encode()
        signatures = (signature.removeprefix(told.prefix),)
        return Claim(content, signatures, _seconds(at) if timestamp else None)

    return claim


def _seconds(text: str) -> float:
    """A time as Unix seconds, milliseconds or an instant."""
    if not text.isdigit():
        return instant(text)
    number = whole_number(text)
    return number / 1000 if number > MILLISECONDS else number


def _events_of(told: SignedJson) -> Callable[[SignedRequest], list[Received]]:
    def events(request: SignedRequest) -> list[Received]:
        """The events of a body: all of it, or each entry of the list that the admin named."""
        found = read_json(request.body)
        entries = [found] if told.events is None else at_path(found, told.events)
        if not isinstance(entries, list) or len(entries) > MOST_EVENTS:
            raise Refusal(f"`{told.events}` is no list of events, or too long")
        return [_event(told, entry, part_of(request.body, entry, len(entries))) for entry in entries]

    return events


def _event(told: SignedJson, entry: Any, body: bytes) -> Received:
    name = _text(at_path(entry, told.id), told.id) if told.id else name_of(entry)
    kind = _text(at_path(entry, told.type), told.type) if told.type else "event"
    return Received(name, kind, body, _touches(told, entry), digest=digest_of(entry))


def _touches(told: SignedJson, entry: Any) -> tuple[Touch, ...] | None:
    """The record, where the admin said which stream it is of and where its id stands."""
    if told.stream is None or told.record_id is None:
        return None
    record_id = at_path(entry, told.record_id)
    if record_id is None:
        return ()
    record = at_path(entry, told.record) if told.record is not None else None
    if record is not None and not isinstance(record, dict):
        raise Refusal(f"`{told.record}` is no record")
    return (Touch(told.stream, _text(record_id, told.record_id), record=record),)


def at_path(found: Any, path: str) -> Any:
    """What stands at ``a.b.0.c``; None where there is nothing. An empty path is all of it."""
    for step in path.split(".") if path else ():
        if isinstance(found, dict):
            found = found.get(step)
        elif isinstance(found, list) and step.isascii() and step.isdigit() and int(step) < len(found):
            found = found[int(step)]
        else:
            return None
    return found


def _text(value: Any, path: str) -> str:
    return str(value) if type(value) is int else short_text(value, path)
