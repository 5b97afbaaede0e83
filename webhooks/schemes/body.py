"""What several vendors do: a keyed hash of the body as it is, or no signature but a secret that has to be shown."""

from __future__ import annotations

from collections.abc import Callable

from webhooks.reading import base64_text
from webhooks.request import Claim, Refusal, Scheme, SignedRequest


def claim_of(header: str, prefix: str = "") -> Callable[[SignedRequest], Claim]:
    """A reader of one header, whose signature stands behind ``prefix``; no time is signed."""

    def claim(request: SignedRequest) -> Claim:
        """Read the header."""
        told = request.header(header)
        if not told.startswith(prefix):
            raise Refusal(f"the header {header} does not begin with {prefix}")
        return Claim(request.body, (told.removeprefix(prefix),))

    return claim


def shown(key: bytes, _content: bytes) -> bytes:
    """Nothing is signed: the secret itself is what has to be shown."""
    return key


def signed_body(header: str, prefix: str = "") -> Scheme:
    """HMAC-SHA256 of the raw body in base64, keyed by the secret's own characters."""
    return Scheme(claim_of(header, prefix), base64_text)
