"""Signing what Inlay sends, the Standard Webhooks way."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from core.clock import iso
from webhooks.request import hmac_sha256
from webhooks.schemes.standard import ID, PREFIX, SIGNATURE, TIMESTAMP, encode, secret_key, signed_content

KEY_BYTES = 32


def new_secret() -> str:
    """A fresh secret for one endpoint, as its owner is shown it once."""
    return PREFIX + encode(secrets.token_bytes(KEY_BYTES))


def event_body(event_type: str, at: datetime, data: dict[str, Any]) -> bytes:
    """The JSON body of an event; ``at`` is when it happened, not when it is sent."""
    return orjson.dumps({"type": event_type, "timestamp": iso(at), "data": data}, option=orjson.OPT_SORT_KEYS)


def sign(endpoint_secrets: Sequence[str], message: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers of one attempt: ``message`` stays the same over retries, ``at`` is this attempt's instant.

    While a secret is rotated both are given, and the receiver may know either. Raises ``ValueError`` for an id with a
    dot or an instant without zone, ``ConfigError`` for a secret that is none.
    """
    if not message or "." in message:
        raise ValueError("the id of a message must not be empty or have a dot in it")
    if at.tzinfo is None:
        raise ValueError("the instant of sending needs a time zone")
    seconds = str(int(at.astimezone(UTC).timestamp()))
    content = signed_content(message, seconds, body)
    signatures = [f"v1,{encode(hmac_sha256(secret_key(secret), content))}" for secret in endpoint_secrets]
    return {ID: message, TIMESTAMP: seconds, SIGNATURE: " ".join(signatures), "content-type": "application/json"}
