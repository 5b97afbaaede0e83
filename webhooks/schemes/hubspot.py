"""HubSpot: version 3 signs method, address, body and time; versions 1 and 2 have no time and no keyed hash.

Every CRM event carries a version 3 signature, so ``HUBSPOT`` takes nothing less: a request stripped of it would else
pass with its version 1 signature for ever. ``HUBSPOT_LEGACY`` is for workflows and apps that send only the old ones.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import orjson

from webhooks.reading import read_objects, text_at, whole_number
from webhooks.request import Claim, Received, Refusal, Scheme, SignedRequest

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
    return base64.b64encode(digest).decode()


def events(request: SignedRequest) -> list[Received]:
    """The events of a batch, each once and named by its content."""
    named = {_identity(event): event for event in read_objects(request.body)}
    return [Received(name, _type(event), orjson.dumps(event)) for name, event in named.items()]


def _type(event: dict[str, Any]) -> str:
    return text_at(event, "subscriptionType" if "subscriptionType" in event else "eventType")


def _identity(event: dict[str, Any]) -> str:
    if not isinstance(event.get("occurredAt"), int):
        raise Refusal("an event does not say when it happened")
    parts = {name: event[name] for name in IDENTITY if name in event}
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()


HUBSPOT = Scheme(claim, encode, events)
HUBSPOT_OLD = Scheme(old_claim, bytes.hex, events, digest=old_digest)
