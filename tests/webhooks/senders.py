"""Requests as the vendors make them, signed by the vendors' own libraries or straight from their documentation."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
import stripe
from standardwebhooks import Webhook

from core.config import SignedJson
from webhooks.endpoints import Endpoint
from webhooks.request import SignedRequest, Vendor
from webhooks.schemes.generic import generic_vendor
from webhooks.verify import VENDORS, is_genuine

NOW = datetime(2026, 6, 30, 9, 0, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
ADDRESS = "https://inlay.hartwell.example/webhooks/crm"
WHSEC = "whsec_" + base64.b64encode(bytes(range(32))).decode()
ORGANIZATION = "00D5g000004ABCDEA2"
SECRETS: Mapping[str, str] = {
    "docusign": "k3yOfConnect/rJ1Zx0A2bB4cC6dD8eE0fF2gG4hH6iI=",
    "generic": "secret of the intake form",
    "hubspot": "client-secret-of-the-app",
    "hubspot-legacy": "client-secret-of-the-app",
    "pipedrive": "inlay:a password of pipedrive",
    "quickbooks": "3c1f4a52-7b0e-4d7a-9d55-verifier",
    "salesforce": "kZ8qVt3mWx7rNd2pLs5hYc9f",
    "standard": WHSEC,
    "stripe": "whsec_plain_text_of_stripe",
    "surveymonkey": "client-id&client-secret",
    "typeform": "secret of the form",
    "xero": "OSd0eLlVIY9ZhViEqlDUh4-webhook-key==",
    "zendesk": "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==",
    "zoho": "TOKEN_FOR_VERIFICATION_OF_CRM",
}
OTHER_SECRETS: Mapping[str, str] = {
    **dict.fromkeys(SECRETS, "another-secret"),
    "pipedrive": "inlay:another password",
    "salesforce": "another-key-of-the-address",
    "standard": "whsec_" + base64.b64encode(bytes(range(1, 33))).decode(),
    "surveymonkey": "client-id&another-secret",
    "zoho": "another-token-of-zoho",
}
SIGNED_JSON = SignedJson(
    header="X-Form-Signature", prefix="sha256=", timestamp_header="X-Form-Time", signed="{timestamp}.{body}",
    id="event.id", type="event.type", stream="forms", record_id="data.id",
)  # fmt: skip
TABLE: Mapping[str, Vendor] = {**VENDORS, "generic": generic_vendor(SIGNED_JSON)}
TIMED = ("generic", "hubspot", "hubspot-legacy", "standard", "stripe", "zendesk")  # these vendors sign a time

STRIPE_EVENT = orjson.dumps(
    {"id": "evt_1", "object": "event", "type": "invoice.paid", "data": {"object": {"id": "in_1", "object": "invoice"}}}
)
STANDARD_EVENT = orjson.dumps({"type": "contract.signed", "timestamp": "2026-06-30T09:00:00Z", "data": {"id": "c1"}})
CHANGE = {
    "eventId": 100, "subscriptionId": 12, "portalId": 62515, "appId": 5, "occurredAt": 1782810000000,
    "subscriptionType": "company.propertyChange", "attemptNumber": 0, "objectId": 10002, "changeSource": "CRM",
    "propertyName": "name", "propertyValue": "Alfa Joinery Ltd",
}  # fmt: skip
DELETION = {**CHANGE, "eventId": 101, "subscriptionType": "company.deletion", "objectId": 10003}
HUBSPOT_EVENTS = orjson.dumps([CHANGE, DELETION])
ENVELOPE_EVENT = orjson.dumps(
    {
        "event": "envelope-completed", "apiVersion": "v2.1", "uri": "/restapi/v2.1/accounts/a/envelopes/e",
        "retryCount": 0,
        "configurationId": 10177460, "generatedDateTime": "2026-06-30T09:00:00.1234567Z",
        "data": {"accountId": "acc-1", "userId": "user-1", "envelopeId": "env-1"},
    }
)  # fmt: skip
FORM_EVENT = orjson.dumps(
    {
        "event_id": "LtWXD3crgy",
        "event_type": "form_response",
        "form_response": {"form_id": "lT4Z3j", "token": "a3a12ec6"},
    }
)
SURVEY_EVENT = orjson.dumps(
    {
        "name": "My Webhook", "filter_type": "survey", "filter_id": "123456789", "event_type": "response_completed",
        "event_id": "123456789", "object_type": "response", "object_id": "123456",
        "event_datetime": "2016-01-01T21:56:31.182613+00:00", "resources": {"survey_id": "123456789", "user_id": "77"},
    }
)  # fmt: skip
CLOUD_EVENT = {
    "specversion": "1.0", "id": "0a1b-Invoice-145", "source": "intuit.dsnBgbseACLLRZNxo2dfc4evmEJdxde58xeeYcZliOU=",
    "type": "qbo.invoice.updated.v1", "datacontenttype": "application/json", "time": "2026-06-30T09:00:00Z",
    "intuitentityid": "145", "intuitaccountid": "310687",
}  # fmt: skip
BOOKS_EVENTS = orjson.dumps([CLOUD_EVENT])
LEDGER_EVENTS = orjson.dumps(
    {
        "events": [
            {
                "resourceUrl": "https://api.xero.com/api.xro/2.0/Invoices/44aa0707-f718-4f1c-8d53-f2da9ca59533",
                "resourceId": "44aa0707-f718-4f1c-8d53-f2da9ca59533",
                "tenantId": "e629a03c-7ec2-4913-ab94-b2fff0a3e57e",
                "tenantType": "ORGANISATION", "eventCategory": "INVOICE", "eventType": "UPDATE",
                "eventDateUtc": "2026-06-30T08:59:58.123",
            }
        ],
        "firstEventSequence": 1, "lastEventSequence": 1, "entropy": "S0m3r4Nd0mt3xt",
    }
)  # fmt: skip
DESK_EVENT = orjson.dumps(
    {
        "type": "zen:event-type:ticket.created", "account_id": 88888888, "id": "01HNXXXX-CTEXAMPLE",
        "time": "2026-06-30T09:00:00Z", "zendesk_event_version": "2022-11-06", "subject": "zen:ticket:35436",
        "detail": {"id": "35436", "status": "OPEN"}, "event": {},
    }
)  # fmt: skip
PIPE_EVENT = orjson.dumps(
    {
        "meta": {
            "action": "change", "entity": "deal", "version": "2.0", "company_id": 12882925, "user_id": 18487521,
            "id": "f4a1", "entity_id": "1", "webhook_id": "99", "correlation_id": "c0",
            "permitted_user_ids": ["18487521"],
            "attempt": 1, "host": "company.pipedrive.com", "timestamp": "2026-06-30T09:00:00.123Z",
            "change_source": "app",
        },
        "data": {"id": 1, "title": "test deal"}, "previous": {"title": "deal"},
    }
)  # fmt: skip
ZOHO_EVENT = orjson.dumps(
    {
        "server_time": 1782810000000, "query_params": {}, "module": "Contacts",
        "resource_uri": "https://www.zohoapis.com/crm/v8/Contacts", "ids": ["5221590000000951001"],
        "affected_fields": [], "operation": "insert", "channel_id": "5221590000000358640", "token": SECRETS["zoho"],
    }
)  # fmt: skip
FORM_JSON = orjson.dumps({"event": {"id": "f-1", "type": "form.sent"}, "data": {"id": "77", "name": "Ada"}})
OUTBOUND_MESSAGE = f"""<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <soapenv:Body>
  <notifications xmlns="http://soap.sforce.com/2005/09/outbound">
   <OrganizationId>{ORGANIZATION}</OrganizationId>
   <ActionId>04k5g000000GmaaAAC</ActionId>
   <SessionId>00D!session-that-opens-doors</SessionId>
   <EnterpriseUrl>https://hartwell.my.salesforce.com/services/Soap/c/59.0/00D</EnterpriseUrl>
   <PartnerUrl>https://hartwell.my.salesforce.com/services/Soap/u/59.0/00D</PartnerUrl>
   <Notification>
    <Id>04l5g00003abcdEAAQ</Id>
    <sObject xsi:type="sf:Account" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">
     <sf:Id>0015g00000AbCdEAAV</sf:Id>
     <sf:Name>Alfa &amp; Söhne</sf:Name>
    </sObject>
   </Notification>
   <Notification>
    <Id>04l5g00003abcdFAAQ</Id>
    <sObject xsi:type="sf:Opportunity" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">
     <sf:Id>0065g00000AbCdEAAV</sf:Id>
    </sObject>
   </Notification>
  </notifications>
 </soapenv:Body>
</soapenv:Envelope>
""".encode()

Sender = Callable[..., SignedRequest]


def hashed(secret: str, content: bytes, algorithm: str = "sha256") -> bytes:
    return hmac.new(secret.encode(), content, algorithm).digest()


def base64ed(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def sent(body: bytes, headers: dict[str, str], at: float = SECONDS, url: str = ADDRESS) -> SignedRequest:
    return SignedRequest("POST", url, headers, body, ORGANIZATION, at, url.partition("?")[2])


def by_stripe(
    body: bytes = STRIPE_EVENT, *, secrets: Sequence[str] = (SECRETS["stripe"],), at: int = SECONDS
) -> SignedRequest:
    """Signed by Stripe's library; one ``v1`` per secret."""
    parts = [_stripe_signature(body, secret, at) for secret in secrets]
    return sent(body, {"stripe-signature": f"t={at}," + ",".join(parts)})


def _stripe_signature(body: bytes, secret: str, at: int) -> str:
    header: str = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, timestamp=at)
    return header.partition(",")[2]


def by_standard(
    body: bytes = STANDARD_EVENT, *, secrets: Sequence[str] = (WHSEC,), at: int = SECONDS, message: str = "msg_1"
) -> SignedRequest:
    """Signed by the public Standard Webhooks library."""
    instant = datetime.fromtimestamp(at, UTC)
    signatures = " ".join(Webhook(secret).sign(message, instant, body.decode()) for secret in secrets)
    return sent(body, {"webhook-id": message, "webhook-timestamp": str(at), "webhook-signature": signatures})


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
    digest = hashed(secrets[0], b"POST" + (signed_url or url).encode() + body + time.encode())
    headers = {
        "x-hubspot-signature-v3": base64ed(digest),
        "x-hubspot-request-timestamp": time,
        "x-hubspot-signature": hashlib.sha256(secrets[0].encode() + body).hexdigest(),
        "x-hubspot-signature-version": "v1",
    }
    return sent(body, headers, url=url)


def by_old_hubspot(version: str, body: bytes = HUBSPOT_EVENTS) -> SignedRequest:
    """Version 1 or 2 alone, as workflows send them."""
    head = f"POST{ADDRESS}".encode() if version == "v2" else b""
    signature = hashlib.sha256(SECRETS["hubspot"].encode() + head + body).hexdigest()
    return sent(body, {"x-hubspot-signature": signature, "x-hubspot-signature-version": version})


def by_docusign(body: bytes = ENVELOPE_EVENT, *, secrets: Sequence[str] = (SECRETS["docusign"],)) -> SignedRequest:
    """One numbered header per active key."""
    signatures = {f"x-docusign-signature-{n}": base64ed(hashed(one, body)) for n, one in enumerate(secrets, 1)}
    return sent(body, {"x-authorization-digest": "HMACSHA256", **signatures})


def by_typeform(body: bytes = FORM_EVENT, *, secrets: Sequence[str] = (SECRETS["typeform"],)) -> SignedRequest:
    return sent(body, {"typeform-signature": f"sha256={base64ed(hashed(secrets[0], body))}"})


def by_surveymonkey(
    body: bytes = SURVEY_EVENT, *, secrets: Sequence[str] = (SECRETS["surveymonkey"],)
) -> SignedRequest:
    client = secrets[0].partition("&")[0]
    return sent(body, {"sm-apikey": client, "sm-signature": base64ed(hashed(secrets[0], body, "sha1"))})


def by_quickbooks(body: bytes = BOOKS_EVENTS, *, secrets: Sequence[str] = (SECRETS["quickbooks"],)) -> SignedRequest:
    return sent(body, {"intuit-signature": base64ed(hashed(secrets[0], body))})


def by_xero(body: bytes = LEDGER_EVENTS, *, secrets: Sequence[str] = (SECRETS["xero"],)) -> SignedRequest:
    return sent(body, {"x-xero-signature": base64ed(hashed(secrets[0], body))})


def by_zendesk(
    body: bytes = DESK_EVENT, *, secrets: Sequence[str] = (SECRETS["zendesk"],), at: int = SECONDS
) -> SignedRequest:
    time = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    signature = base64ed(hashed(secrets[0], time.encode() + body))
    headers = {"x-zendesk-webhook-signature": signature, "x-zendesk-webhook-signature-timestamp": time}
    return sent(body, headers)


def by_pipedrive(body: bytes = PIPE_EVENT, *, secrets: Sequence[str] = (SECRETS["pipedrive"],)) -> SignedRequest:
    return sent(body, {"authorization": f"Basic {base64ed(secrets[0].encode())}"})


def by_zoho(body: bytes = ZOHO_EVENT, *, secrets: Sequence[str] = (SECRETS["zoho"],)) -> SignedRequest:
    """The token stands in the body."""
    if secrets[0] != SECRETS["zoho"]:
        body = body.replace(SECRETS["zoho"].encode(), secrets[0].encode())
    return sent(body, {})


def by_salesforce(
    body: bytes = OUTBOUND_MESSAGE, *, secrets: Sequence[str] = (SECRETS["salesforce"],)
) -> SignedRequest:
    """The key stands in the address."""
    return sent(body, {}, url=f"{ADDRESS}?key={secrets[0]}")


def by_generic(
    body: bytes = FORM_JSON, *, secrets: Sequence[str] = (SECRETS["generic"],), at: int = SECONDS
) -> SignedRequest:
    signature = hashed(secrets[0], f"{at}.".encode() + body).hex()
    return sent(body, {"x-form-signature": f"sha256={signature}", "x-form-time": str(at)})


SENDERS: Mapping[str, Sender] = {
    "docusign": by_docusign,
    "generic": by_generic,
    "hubspot": by_hubspot,
    "hubspot-legacy": by_hubspot,
    "pipedrive": by_pipedrive,
    "quickbooks": by_quickbooks,
    "salesforce": by_salesforce,
    "standard": by_standard,
    "stripe": by_stripe,
    "surveymonkey": by_surveymonkey,
    "typeform": by_typeform,
    "xero": by_xero,
    "zendesk": by_zendesk,
    "zoho": by_zoho,
}


def says_yes(scheme: str, request: SignedRequest, *secrets: str, now: float | None = None) -> bool:
    """What the verifier says of a request that came in at ``now``, or when it says."""
    came = request if now is None else SignedRequest(**{**vars(request), "at": now})
    return is_genuine(TABLE[scheme], secrets or (SECRETS[scheme],), came)


def endpoint(connection: str, scheme: str, *secrets: str, **more: Any) -> Endpoint:
    """An address for a vendor's events."""
    account = {"account": ORGANIZATION} if scheme == "salesforce" else {}
    return Endpoint(connection, TABLE[scheme], secrets or (SECRETS[scheme],), **{**account, **more})
