"""HubSpot: version 3 signs method, address, body and time; versions 1 and 2 have no time and no keyed hash.

Every CRM event carries a version 3 signature, so ``HUBSPOT`` takes nothing less: a request stripped of it would else
pass with its version 1 signature for ever. ``HUBSPOT_LEGACY`` is for workflows and apps that send only the old ones.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from types import MappingProxyType

from core.connector import GoneReason
from core.store.touches import Touch
from webhooks.reading import (
    Json,
    base64_text,
    digest_of,
    id_or_none,
    name_of,
    read_json,
    read_objects,
    text_at,
    whole_number,
)
from webhooks.request import Claim, Received, Refusal, Scheme, SignedRequest, Vendor

NEW, TIMESTAMP = "x-hubspot-signature-v3", "x-hubspot-request-timestamp"
OLD, VERSION = "x-hubspot-signature", "x-hubspot-signature-version"
# HubSpot signs the address with exactly these escapes undone.
UNDONE = {f"{ord(sign):02X}": sign for sign in ":/?@!$'()*,;"}
ESCAPE = re.compile("%(" + "|".join(UNDONE) + ")", re.IGNORECASE)
# eventId is not unique, and attemptNumber differs between repeats: these name one event.
IDENTITY = (
    "portalId", "appId", "subscriptionId", "subscriptionType", "eventType", "objectTypeId", "objectId", "occurredAt",
    "propertyName", "propertyValue", "fromObjectId", "toObjectId", "associationType", "associationRemoved",
    "primaryObjectId", "mergedObjectIds", "newObjectId",
)  # fmt: skip
PASSING = ("eventId", "attemptNumber")
STREAMS: Mapping[str, str] = MappingProxyType(
    {
        "company": "companies", "contact": "contacts", "deal": "deals", "ticket": "tickets", "product": "products",
        "line_item": "line_items",
    }
)  # fmt: skip
TYPE_IDS: Mapping[str, str] = MappingProxyType(
    {
        "0-1": "contacts", "0-2": "companies", "0-3": "deals", "0-5": "tickets", "0-7": "products", "0-8": "line_items",
        "0-14": "quotes", "0-18": "communications", "0-19": "feedback_submissions", "0-27": "tasks", "0-46": "notes",
        "0-47": "meetings", "0-48": "calls", "0-49": "emails", "0-53": "invoices", "0-69": "subscriptions",
        "0-123": "orders", "0-136": "leads", "0-162": "services",
    }
)  # fmt: skip
GONE: Mapping[str, GoneReason] = MappingProxyType({"deletion": "archived", "privacyDeletion": "deleted"})
OWN_TYPE = re.compile(r"2-\d{1,20}")


def claim(request: SignedRequest) -> Claim:
    """Read a version 3 signature; its time is in milliseconds."""
    at = request.header(TIMESTAMP)
    address = ESCAPE.sub(lambda match: UNDONE[match[1].upper()], request.url)
    content = request.method.encode() + address.encode() + request.body + at.encode()
    return Claim(content, (request.header(NEW),), whole_number(at) / 1000)


def old_claim(request: SignedRequest) -> Claim:
    """Read a version 1 or 2 signature, of a request that shows no trace of version 3."""
    if NEW in request.headers or TIMESTAMP in request.headers:
        raise Refusal("a request with parts of a version 3 signature has to have all of it")
    signature = request.header(OLD)
    version = request.headers.get(VERSION, "v1")
    if version == "v1":
        return Claim(request.body, (signature,), None)
    if version == "v2":
        return Claim(request.method.encode() + request.url.encode() + request.body, (signature,), None)
    raise Refusal("no such version of HubSpot's signature")


def old_digest(key: bytes, content: bytes) -> bytes:
    """Versions 1 and 2 hash the secret before the content; no keyed hash."""
    return hashlib.sha256(key + content).digest()


def encode(digest: bytes) -> str:
    """Version 3 is written in base64."""
    return base64_text(digest)


def events(request: SignedRequest) -> list[Received]:
    """The events of a batch, each once and named by its content; or the one record that a workflow sends."""
    enrolled = read_json(request.body)
    if isinstance(enrolled, dict) and enrolled:
        return [Received(name_of(enrolled, request.at), "workflow", request.body, digest=digest_of(enrolled))]
    found = [_event(event, body) for event, body in read_objects(request.body)]
    return list({event.id: event for event in found}.values())


def _event(event: Json, body: bytes) -> Received:
    told = text_at(event, "subscriptionType" if "subscriptionType" in event else "eventType")
    if not isinstance(event.get("occurredAt"), int):
        raise Refusal("an event does not say when it happened")
    name = name_of({part: event[part] for part in IDENTITY if part in event})
    return Received(name, told, body, _touches(event, told), id_or_none(event, "portalId"), digest_of(event, PASSING))


def _touches(event: Json, told: str) -> tuple[Touch, ...]:
    """The records of an event; conversations and whatever is new are about none."""
    kind, _, happened = told.rpartition(".")
    stream = STREAMS.get(kind) or _stream_of_type(event.get("objectTypeId"))
    if stream is None:
        return ()
    readers = {"merge": _merged, "associationChange": _associated}
    return readers.get(happened, _changed)(event, stream, happened)


def _stream_of_type(type_id: object) -> str | None:
    if not isinstance(type_id, str):
        return None
    return TYPE_IDS.get(type_id) or (type_id if OWN_TYPE.fullmatch(type_id) else None)


def _changed(event: Json, stream: str, happened: str) -> tuple[Touch, ...]:
    record = id_or_none(event, "objectId")
    return (Touch(stream, record, GONE.get(happened)),) if record else ()


def _merged(event: Json, stream: str, _happened: str) -> tuple[Touch, ...]:
    """A merge may keep the winner's id or make a new record of both."""
    winner = id_or_none(event, "newObjectId") or id_or_none(event, "primaryObjectId") or id_or_none(event, "objectId")
    losers = event.get("mergedObjectIds")
    named = [str(one) for one in losers if isinstance(one, int | str)] if isinstance(losers, list) else []
    if winner is None:
        return (Touch(stream, ""),)
    first = id_or_none(event, "primaryObjectId")
    gone = dict.fromkeys([*named, *([first] if first else [])])
    return (Touch(stream, winner), *(Touch(stream, loser, "merged", winner) for loser in gone if loser != winner))


def _associated(event: Json, stream: str, _happened: str) -> tuple[Touch, ...]:
    """Both ends, and the stream of such pairs, which can only be read as a whole."""
    kinds = [STREAMS.get(part.lower()) for part in str(event.get("associationType", "")).split("_TO_")]
    here, there = id_or_none(event, "fromObjectId"), id_or_none(event, "toObjectId")
    if len(kinds) != 2 or None in kinds or here is None or there is None:
        return (Touch(stream, ""),)
    source, target = map(str, kinds)
    pairs = (Touch(f"{source}_to_{target}", ""), Touch(f"{target}_to_{source}", ""))
    return (Touch(source, here), Touch(target, there), *pairs)


NEWEST = Scheme(claim, encode)
BEFORE = Scheme(old_claim, digest=old_digest)
HUBSPOT = Vendor((NEWEST,), events)
HUBSPOT_LEGACY = Vendor((NEWEST, BEFORE), events)
