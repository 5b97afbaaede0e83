"""Signing what Inlay sends, the Standard Webhooks way: HMAC-SHA256 with a shared secret, or ed25519 with a key pair."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core.errors import ConfigError
from core.outbound.standard import ID, PREFIX, SIGNATURE, TIMESTAMP, encode, secret_key, signed_content

KEY_BYTES = 32
PRIVATE, PUBLIC = "whsk_", "whpk_"


def new_secret() -> str:
    """A fresh secret that sender and receiver share, as the receiver is shown it once."""
    return PREFIX + encode(secrets.token_bytes(KEY_BYTES))


def new_key_pair() -> tuple[str, str]:
    """A fresh private key for the sender and the public key its receiver checks with."""
    private = PRIVATE + encode(secrets.token_bytes(KEY_BYTES))
    return private, public_key(private)


def public_key(private: str) -> str:
    """The public key of a private one."""
    return PUBLIC + encode(_private_key(private).public_key().public_bytes_raw())


def check_secret(secret: str) -> None:
    """Raise ``ConfigError`` for what is neither a shared secret nor a private key."""
    try:
        _signature(secret, b"")
    except ConfigError as mistake:
        raise ConfigError(mistake.what, where="secrets", remedy=mistake.remedy) from mistake


def sign(endpoint_secrets: Sequence[str], message: str, at: datetime, body: bytes) -> Mapping[str, str]:
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
    signatures = " ".join(_signature(secret, content) for secret in endpoint_secrets)
    return MappingProxyType(
        {ID: message, TIMESTAMP: seconds, SIGNATURE: signatures, "content-type": "application/json"}
    )


def _signature(secret: str, content: bytes) -> str:
    if secret.startswith(PRIVATE):
        return f"v1a,{encode(_private_key(secret).sign(content))}"
    return f"v1,{encode(hmac.digest(secret_key(secret), content, hashlib.sha256))}"


def _private_key(secret: str) -> Ed25519PrivateKey:
    """The key of a ``whsk_`` secret: 32 bytes of seed in base64."""
    try:
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(secret.removeprefix(PRIVATE), validate=True))
    except (binascii.Error, ValueError) as error:
        remedy = "make one with `inlay webhooks secret --key-pair`"
        raise ConfigError("not a private key for webhooks", where="secrets", remedy=remedy) from error
