"""What a scheme sees of a request, what a request claims, and how an event of it is named."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


class Refusal(Exception):
    """A request that does not prove where it comes from, or is no event."""


@dataclass(frozen=True)
class SignedRequest:
    """A request as it was received: the names of ``headers`` in small letters, ``body`` untouched.

    ``url`` is the whole address the sender was given; behind a proxy it is not the one we see.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str:
        """One header; raises ``Refusal`` where it is missing."""
        try:
            return self.headers[name]
        except KeyError:
            raise Refusal(f"the header {name} is missing") from None


@dataclass(frozen=True)
class Claim:
    """What a request says of itself: the signed content, its signatures, and when it was signed (Unix seconds)."""

    content: bytes
    signatures: tuple[str, ...]
    signed_at: float | None


@dataclass(frozen=True)
class Received:
    """One verified event: ``id`` is the same when the sender repeats it."""

    id: str
    type: str
    body: bytes


def hmac_sha256(key: bytes, content: bytes) -> bytes:
    """The keyed hash that nearly every vendor uses."""
    return hmac.digest(key, content, hashlib.sha256)


def text_key(secret: str) -> bytes:
    """A secret whose characters are the key."""
    return secret.encode()


@dataclass(frozen=True)
class Scheme:
    """How one kind of system signs: each part is a small pure function that may raise ``Refusal``.

    ``claim`` reads the request, ``digest`` signs content with a key, ``encode`` writes the digest as the header does.
    """

    claim: Callable[[SignedRequest], Claim]
    encode: Callable[[bytes], str]
    events: Callable[[SignedRequest], list[Received]]
    digest: Callable[[bytes, bytes], bytes] = field(default=hmac_sha256)
    key: Callable[[str], bytes] = field(default=text_key)
