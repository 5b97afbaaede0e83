"""Zendesk: ``X-Zendesk-Webhook-Signature``, a base64 HMAC-SHA256 of time and body; the time is an RFC 3339 instant.

Subscribed events have a shape of Zendesk's; what triggers and automations send is whatever an admin wrote there.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from core.connector import GoneReason
from core.store.touches import Touch
from webhooks.reading import (
    Json,
    base64_text,
    digest_of,
    id_or_none,
    instant,
    name_of,
    object_at,
    read_object,
    short_text,
    text_at,
)
from webhooks.request import Answer, Claim, Received, Scheme, SignedRequest, Vendor

SIGNATURE, TIMESTAMP = "x-zendesk-webhook-signature", "x-zendesk-webhook-signature-timestamp"
INVOCATION = "x-zendesk-webhook-invocation-id"  # the same for all attempts at one delivery
OWN = "zen:event-type:"
STREAMS: Mapping[str, str] = MappingProxyType(
    {"ticket": "tickets", "user": "users", "organization": "organizations", "article": "articles"}
)
GONE = frozenset({"deleted", "soft_deleted", "permanently_deleted", "ticket_deleted", "ticket_permanently_deleted"})


def claim(request: SignedRequest) -> Claim:
    """Read signature and time."""
    at = request.header(TIMESTAMP)
    return Claim(at.encode() + request.body, (request.header(SIGNATURE),), instant(at))


def events(request: SignedRequest) -> list[Received]:
    """One event."""
    found = read_object(request.body)
    told = found.get("type")
    if isinstance(told, str) and told.startswith(OWN):
        return [_subscribed(found, text_at(found, "type"), request.body)]
    return [_custom(found, request)]


def _subscribed(found: Json, told: str, body: bytes) -> Received:
    kind, _, happened = told.removeprefix(OWN).partition(".")
    record = id_or_none(object_at(found, "detail"), "id") or _of_subject(found)
    gone: GoneReason | None = "deleted" if happened in GONE else None
    touches = (Touch(STREAMS[kind], record, gone),) if kind in STREAMS and record else ()
    return Received(text_at(found, "id"), told, body, touches, id_or_none(found, "account_id"), digest_of(found))


def _of_subject(found: Json) -> str | None:
    """The id at the end of ``zen:ticket:35436``."""
    subject = found.get("subject")
    return (subject.rpartition(":")[2] or None) if isinstance(subject, str) and len(subject) < 100 else None


def _custom(found: Json, request: SignedRequest) -> Received:
    """A body of the admin's own: ``ticket_id`` in it tells which ticket it is about."""
    invocation = request.headers.get(INVOCATION) or request.header(TIMESTAMP)
    ticket = id_or_none(found, "ticket_id")
    touches = (Touch("tickets", ticket),) if ticket else None
    name = name_of(short_text(invocation, INVOCATION), found)
    return Received(name, "trigger", request.body, touches, digest=digest_of(found))


ZENDESK = Vendor((Scheme(claim, base64_text),), events, Answer(200))
