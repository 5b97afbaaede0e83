"""Xero: ``x-xero-signature``, a base64 HMAC-SHA256 of the body with the webhook key.

Before it sends anything Xero checks the "intent to receive": right signatures want 200, wrong ones 401, both with an
empty body, and within five seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from core.connector import GoneReason
from core.store.touches import Touch
from webhooks.reading import Json, digest_of, id_or_none, name_of, objects_at, part_of, read_object, text_at
from webhooks.request import Answer, Received, SignedRequest, Vendor
from webhooks.schemes.body import signed_body

STREAMS: Mapping[str, str] = MappingProxyType(
    {"CONTACT": "Contacts", "INVOICE": "Invoices", "CREDITNOTE": "CreditNotes", "PAYMENT": "Payments"}
)


def events(request: SignedRequest) -> list[Received]:
    """The events of a delivery; none in a check of the intent to receive."""
    found = objects_at(read_object(request.body), "events")
    return [_event(event, part_of(request.body, event, len(found))) for event in found]


def _event(event: Json, body: bytes) -> Received:
    category, happened = text_at(event, "eventCategory"), text_at(event, "eventType")
    record, tenant = id_or_none(event, "resourceId"), id_or_none(event, "tenantId")
    name = name_of(tenant, category, happened, record, id_or_none(event, "eventDateUtc"))
    gone: GoneReason | None = "deleted" if happened == "DELETE" else None
    touches = (Touch(STREAMS[category], record, gone),) if category in STREAMS and record else ()
    return Received(name, f"{category}.{happened}", body, touches, tenant, digest_of(event))


XERO = Vendor((signed_body("x-xero-signature"),), events, Answer(200, refusal=""))
