"""Requests as the vendors make them, signed by the vendors' own libraries or straight from their documentation."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import orjson
import stripe
from standardwebhooks import Webhook

from webhooks.request import SignedRequest

NOW = datetime(2026, 6, 30, 9, 0, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
ADDRESS = "https://inlay.hartwell.example/webhooks/crm"
WHSEC = "whsec_" + base64.b64encode(bytes(range(32))).decode()
SECRETS: Mapping[str, str] = {
    "stripe": "whsec_plain_text_of_stripe",
    "standard": WHSEC,
    "hubspot": "client-secret-of-the-app",
    "hubspot-legacy": "client-secret-of-the-app",
}
OTHER_SECRETS: Mapping[str, str] = {
    **dict.fromkeys(SECRETS, "another-secret"),
    "standard": "whsec_" + base64.b64encode(bytes(range(1, 33))).decode(),
}

STRIPE_EVENT = orjson.dumps(
    {"id": "evt_1", "object": "event", "type": "invoice.paid", "data": {"object": {"id": "in_1"}}}
)
STANDARD_EVENT = orjson.dumps({"type": "contract.signed", "timestamp": "2026-06-30T09:00:00Z", "data": {"id": "c1"}})
CHANGE = {
    "eventId": 100, "subscriptionId": 12, "portalId": 62515, "appId": 5, "occurredAt": 1782810000000,
    "subscriptionType": "company.propertyChange", "attemptNumber": 0, "objectId": 10002, "changeSource": "CRM",
    "propertyName": "name", "propertyValue": "Alfa Joinery Ltd",
}  # fmt: skip
DELETION = {**CHANGE, "eventId": 101, "subscriptionType": "company.deletion", "objectId": 10003}
HUBSPOT_EVENTS = orjson.dumps([CHANGE, DELETION])

Sender = Callable[..., SignedRequest]


def by_stripe(
    body: bytes = STRIPE_EVENT, *, secrets: Sequence[str] = (SECRETS["stripe"],), at: int = SECONDS
) -> SignedRequest:
    """Signed by Stripe's library; one ``v1`` per secret."""
    parts = [_stripe_signature(body, secret, at) for secret in secrets]
    return SignedRequest("POST", ADDRESS, {"stripe-signature": f"t={at}," + ",".join(parts)}, body)


def _stripe_signature(body: bytes, secret: str, at: int) -> str:
    header: str = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, timestamp=at)
    return header.partition(",")[2]


def by_standard(
    body: bytes = STANDARD_EVENT, *, secrets: Sequence[str] = (WHSEC,), at: int = SECONDS, message: str = "msg_1"
) -> SignedRequest:
    """Signed by the public Standard Webhooks library."""
    instant = datetime.fromtimestamp(at, UTC)
    signatures = " ".join(Webhook(secret).sign(message, instant, body.decode()) for secret in secrets)
    headers = {"webhook-id": message, "webhook-timestamp": str(at), "webhook-signature": signatures}
    return SignedRequest("POST", ADDRESS, headers, body)


def by_hubspot(
    body: bytes = HUBSPOT_EVENTS,
    *,
    secrets: Sequence[str] = (SECRETS["hubspot"],),
    at: int = SECONDS,
    url: str = ADDRESS,
    signed_url: str | None = None,
) -> SignedRequest:
    """Version 3 as documented, with the version 1 signature that CRM events carry beside it."""
    time = str(at * 1000)
    content = b"POST" + (signed_url or url).encode() + body + time.encode()
    digest = hmac.new(secrets[0].encode(), content, hashlib.sha256).digest()
    headers = {
        "x-hubspot-signature-v3": base64.b64encode(digest).decode(),
        "x-hubspot-request-timestamp": time,
        "x-hubspot-signature": hashlib.sha256(secrets[0].encode() + body).hexdigest(),
        "x-hubspot-signature-version": "v1",
    }
    return SignedRequest("POST", url, headers, body)


def by_old_hubspot(version: str, body: bytes = HUBSPOT_EVENTS) -> SignedRequest:
    """Version 1 or 2 alone, as workflows send them."""
    head = f"POST{ADDRESS}".encode() if version == "v2" else b""
    signature = hashlib.sha256(SECRETS["hubspot"].encode() + head + body).hexdigest()
    headers = {"x-hubspot-signature": signature, "x-hubspot-signature-version": version}
    return SignedRequest("POST", ADDRESS, headers, body)


SENDERS: Mapping[str, Sender] = {
    "stripe": by_stripe,
    "standard": by_standard,
    "hubspot": by_hubspot,
    "hubspot-legacy": by_hubspot,
}
