"""Standard Webhooks: ``webhook-signature: v1,<base64> …`` over ``<id>.<seconds>.<body>``, secret ``whsec_<base64>``.

Signatures ``v1a`` are made with a private key (ed25519); the secret to be configured is then the public key,
``whpk_<base64>``. The public library raises other errors than its own on a token without a comma, and knows no
``v1a``, which is why this one is ours.
"""

from __future__ import annotations

from collections.abc import Callable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from core.errors import ConfigError
from core.outbound.standard import ID, SIGNATURE, TIMESTAMP, decoded, encode, secret_key, signed_content
from webhooks.reading import digest_of, read_object, text_at, whole_number
from webhooks.request import Claim, Received, Refusal, Scheme, SignedRequest, Vendor

PUBLIC_PREFIX = "whpk_"
PUBLIC_KEY = 32
LONGEST_ID = 255


def claim_of(version: str) -> Callable[[SignedRequest], Claim]:
    """A reader of the three headers; signatures of other versions are passed over."""

    def claim(request: SignedRequest) -> Claim:
        """Read the headers."""
        message, at = request.header(ID), request.header(TIMESTAMP)
        if "." in message or not 0 < len(message) <= LONGEST_ID or not message.isprintable():
            raise Refusal("the message's id is empty, too long or has a dot")
        tokens = [token.partition(",") for token in request.header(SIGNATURE).split(" ")]
        signatures = tuple(value for told, _, value in tokens if told == version)
        return Claim(signed_content(message, at, request.body), signatures, whole_number(at))

    return claim


def is_public(secret: str) -> bool:
    """Whether a secret is the public key of a pair."""
    return secret.startswith(PUBLIC_PREFIX)


def public_key(secret: str) -> bytes:
    """The key of a ``whpk_`` secret; raises ``ConfigError`` when it is none."""
    key = decoded(secret.removeprefix(PUBLIC_PREFIX))
    if len(key) != PUBLIC_KEY:
        remedy = "copy the whole public key as the sender shows it: whpk_ and base64"
        raise ConfigError("not a Standard Webhooks public key", where="webhook.secrets", remedy=remedy)
    return key


def is_signed_by(key: bytes, content: bytes, signature: str) -> bool:
    """Whether the private half of ``key`` signed the content."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(decoded(signature), content)
    except (InvalidSignature, ValueError):  # ValueError: these 32 bytes are no point of the curve
        return False
    return True


def events(request: SignedRequest) -> list[Received]:
    """One event; the message's id stays the same over retries."""
    found = read_object(request.body)
    return [Received(request.header(ID), text_at(found, "type"), request.body, digest=digest_of(found))]


STANDARD = Vendor(
    (
        Scheme(claim_of("v1"), encode, key=secret_key, takes=lambda secret: not is_public(secret)),
        Scheme(claim_of("v1a"), encode, key=public_key, check=is_signed_by, takes=is_public),
    ),
    events,
)
