"""Standard Webhooks: ``webhook-signature: v1,<base64> …`` over ``<id>.<seconds>.<body>``, secret ``whsec_<base64>``.

The public library raises other errors than its own on a token without a comma, which is why this one is ours.
"""

from __future__ import annotations

import base64
import binascii

from core.errors import ConfigError
from webhooks.reading import read_object, text_at, whole_number
from webhooks.request import Claim, Received, Refusal, Scheme, SignedRequest

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
PREFIX = "whsec_"
SHORTEST_KEY = 16
LONGEST_ID = 255


def claim(request: SignedRequest) -> Claim:
    """Read the three headers; signatures of other versions than ``v1`` are passed over."""
    message, at = request.header(ID), request.header(TIMESTAMP)
    if "." in message or not 0 < len(message) <= LONGEST_ID:
        raise Refusal("the message's id is empty, too long or has a dot")
    tokens = [token.partition(",") for token in request.header(SIGNATURE).split(" ")]
    signatures = tuple(value for version, _, value in tokens if version == "v1")
    return Claim(signed_content(message, at, request.body), signatures, whole_number(at))


def signed_content(message: str, at: str, body: bytes) -> bytes:
    """What is signed: the id and time cannot hold a dot, so the three parts cannot be shifted."""
    return f"{message}.{at}.".encode() + body


def secret_key(secret: str) -> bytes:
    """The key of a ``whsec_`` secret; raises ``ConfigError`` when it is none."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < SHORTEST_KEY:
        remedy = "copy the whole secret as the sender shows it: whsec_ and base64"
        raise ConfigError("not a Standard Webhooks secret", where="webhook.secrets", remedy=remedy)
    return key


def encode(digest: bytes) -> str:
    """A digest as the header writes it, without its version."""
    return base64.b64encode(digest).decode()


def events(request: SignedRequest) -> list[Received]:
    """One event; the message's id stays the same over retries."""
    return [Received(request.header(ID), text_at(read_object(request.body), "type"), request.body)]


STANDARD = Scheme(claim, encode, events, key=secret_key)
