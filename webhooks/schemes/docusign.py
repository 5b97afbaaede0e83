"""DocuSign Connect: ``X-DocuSign-Signature-1`` … ``-100``, one base64 HMAC-SHA256 of the body per key that is active.

The format has to be JSON, event by event ("SIM") or aggregate; no time is signed, so that repeats are known by name.
"""

from __future__ import annotations

from core.store.touches import Touch
from webhooks.reading import (
    Json,
    base64_text,
    digest_of,
    id_or_none,
    name_of,
    object_at,
    read_object,
    short_text,
    text_at,
)
from webhooks.request import Answer, Claim, Received, Refusal, Scheme, SignedRequest, Vendor

HEADER = "x-docusign-signature-"
MOST_KEYS = 100
PASSING = ("retryCount",)
GONE = frozenset({"envelope-deleted", "envelope-discard"})


def claim(request: SignedRequest) -> Claim:
    """All signatures that are there; any of them may be that of a key we know."""
    numbered = (request.headers.get(f"{HEADER}{number}") for number in range(1, MOST_KEYS + 1))
    signatures = tuple(signature for signature in numbered if signature)
    if not signatures:
        raise Refusal(f"the header {HEADER}1 is missing")
    return Claim(request.body, signatures)


def events(request: SignedRequest) -> list[Received]:
    """One event about one envelope."""
    found = read_object(request.body)
    received = _single(found, request.body) if "event" in found else _aggregate(found, request.body)
    return [received]


def _single(found: Json, body: bytes) -> Received:
    told, data = text_at(found, "event"), object_at(found, "data")
    envelope = id_or_none(data, "envelopeId")
    when = short_text(found.get("generatedDateTime") or "unknown", "generatedDateTime")
    name = name_of(told, envelope, id_or_none(data, "recipientId"), when, id_or_none(found, "configurationId"))
    touches = (Touch("envelopes", envelope, "deleted" if told in GONE else None),) if envelope else ()
    return Received(name, told, body, touches, id_or_none(data, "accountId"), digest_of(found, PASSING))


def _aggregate(found: Json, body: bytes) -> Received:
    """The older model: the envelope itself, as it was when the message was made."""
    envelope, status = text_at(found, "envelopeId"), text_at(found, "status")
    when = short_text(found.get("statusChangedDateTime") or "unknown", "statusChangedDateTime")
    name = name_of(status, envelope, when)
    return Received(name, f"envelope-{status}", body, (Touch("envelopes", envelope),), digest=digest_of(found, PASSING))


DOCUSIGN = Vendor((Scheme(claim, base64_text),), events, Answer(200))
