"""Standard Webhooks 1.0.0, as far as both sides of it need it: names of headers, what is signed, what a secret is."""

from __future__ import annotations

import base64
import binascii

from core.errors import ConfigError

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
PREFIX = "whsec_"
SHORTEST_KEY = 16


def signed_content(message: str, at: str, body: bytes) -> bytes:
    """What is signed: the id and time cannot hold a dot, so the three parts cannot be shifted."""
    return f"{message}.{at}.".encode() + body


def secret_key(secret: str) -> bytes:
    """The key of a ``whsec_`` secret; raises ``ConfigError`` when it is none."""
    key = decoded(secret.removeprefix(PREFIX))
    if len(key) < SHORTEST_KEY:
        remedy = "copy the whole secret as the sender shows it: whsec_ and base64"
        raise ConfigError("not a Standard Webhooks secret", where="webhook.secrets", remedy=remedy)
    return key


def encode(digest: bytes) -> str:
    """A digest as the header writes it, without its version."""
    return base64.b64encode(digest).decode()


def decoded(text: str) -> bytes:
    """What base64 text stands for; nothing where it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
