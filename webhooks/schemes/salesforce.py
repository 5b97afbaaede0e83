"""Salesforce outbound messages: SOAP in, SOAP ``Ack`` out, and no signature at all.

So the address itself carries the secret (``…/webhooks/crm?key=<secret>``), and the message has to name the
organization that the admin wrote as ``account``. Salesforce repeats a message for a day until it reads the ``Ack``.
"""

from __future__ import annotations

from urllib.parse import parse_qs

from core.errors import ConfigError
from core.store.touches import Touch
from webhooks.reading import digest_of
from webhooks.request import Answer, Claim, Received, Refusal, Scheme, SignedRequest, Vendor
from webhooks.schemes.body import shown
from webhooks.soap import Notification, read_message

SHORTEST_KEY = 20
CASELESS = 15  # the first 15 characters of an id name it; three more only check their case
ACK = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>'
    "</soapenv:Body></soapenv:Envelope>"
)


def claim(request: SignedRequest) -> Claim:
    """The key in the address that this request asked for."""
    return Claim(b"", (_key_in(request.query),))


def is_from_account(request: SignedRequest) -> bool:
    """Whether the message names the organization that the admin wrote; looked at once the key has proved right."""
    told, account = read_message(request.body).organization, request.account or ""
    return len(told) >= CASELESS and told[:CASELESS] == account[:CASELESS]


def _key_in(query: str) -> str:
    try:
        keys = parse_qs(query, max_num_fields=20).get("key", [])
    except ValueError:
        keys = []
    if len(keys) != 1:
        raise Refusal("the address has no key, or several")
    return keys[0]


def secret_key(secret: str) -> bytes:
    """The key of the address; raises ``ConfigError`` where it is easily guessed."""
    if len(secret) < SHORTEST_KEY or not secret.isascii() or not secret.isprintable():
        remedy = f"choose a random one of {SHORTEST_KEY} letters and digits or more"
        raise ConfigError("not a key for the address of outbound messages", where="webhook.secrets", remedy=remedy)
    return secret.encode()


def events(request: SignedRequest) -> list[Received]:
    """One event per notification, kept as it stands in the message, without the session id, which opens doors."""
    message = read_message(request.body)
    return [_event(one, request.body, message.organization) for one in message.notifications]


def _event(told: Notification, body: bytes, organization: str) -> Received:
    """The fields that came along are those of the moment of sending, so that a repeat may have others."""
    if not told.id:
        raise Refusal("a notification has no id")
    touches = (Touch(told.type, told.record),) if told.type and told.record else ()
    part = body[told.start : body.index(b">", told.end) + 1]
    name = f"{told.type or 'sObject'}.changed"
    return Received(told.id, name, part, touches, organization, digest_of([told.type, told.record]))


SALESFORCE = Vendor(
    (Scheme(claim, bytes.decode, shown, secret_key),),
    events,
    Answer(200, ACK, "text/xml"),
    is_from_account=is_from_account,
)
