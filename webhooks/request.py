"""What a vendor's row of the table sees of a request, what the request claims, and what an event of it says."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from core.store.touches import Touch


class Refusal(Exception):
    """A request that does not prove where it comes from, or is no event."""


@dataclass(frozen=True)
class SignedRequest:
    """A request as it was received: the names of ``headers`` in small letters, ``body`` untouched.

    ``url`` is the whole address the sender was given; behind a proxy it is not the one we see. ``query`` is what this
    request itself asked with. ``account`` is whose events are awaited, as the admin wrote it; ``at`` is the instant of
    receipt (Unix seconds).
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    account: str | None = None
    at: float = 0.0
    query: str = ""

    def header(self, name: str) -> str:
        """One header; raises ``Refusal`` where it is missing."""
        try:
            return self.headers[name]
        except KeyError:
            raise Refusal(f"the header {name} is missing") from None


@dataclass(frozen=True)
class Claim:
    """What a request says of itself: the signed content, its signatures, and when it was signed (Unix seconds).

    ``signed_at`` is None for vendors that sign no time: theirs can be repeated, and are known by their events' ids.
    """

    content: bytes
    signatures: tuple[str, ...]
    signed_at: float | None = None


@dataclass(frozen=True)
class Received:
    """One verified event: ``id`` and ``digest`` are the same when the sender repeats it.

    ``touches`` are the records it is about; none for what concerns no record, None where the event does not tell.
    ``account`` is the vendor's name for whose event it is, where it says so.
    """

    id: str
    type: str
    body: bytes
    touches: tuple[Touch, ...] | None = None
    account: str | None = None
    digest: bytes = b""


@dataclass(frozen=True)
class Answer:
    """What a vendor wants to hear once its events are on disk, and ``refusal`` when a signature does not fit."""

    status: int = 202
    body: str = ""
    media_type: str = "text/plain"
    refusal: str = "the signature does not fit"


def hmac_sha256(key: bytes, content: bytes) -> bytes:
    """The keyed hash that nearly every vendor uses."""
    return hmac.digest(key, content, hashlib.sha256)


def text_key(secret: str) -> bytes:
    """A secret whose characters are the key."""
    return secret.encode()


def any_secret(_secret: str) -> bool:
    """Whether a scheme can use a secret: most have but one kind of them."""
    return True


@dataclass(frozen=True)
class Scheme:
    """How a request proves where it comes from: each part is a small pure function that may raise ``Refusal``.

    ``claim`` reads the request, ``digest`` signs content with a key, ``encode`` writes the digest as the header does.
    ``check`` says whether a signature fits in schemes whose signatures cannot be made anew. ``takes`` tells its secrets
    from those of another scheme of the same vendor.
    """

    claim: Callable[[SignedRequest], Claim]
    encode: Callable[[bytes], str] = bytes.hex
    digest: Callable[[bytes, bytes], bytes] = field(default=hmac_sha256)
    key: Callable[[str], bytes] = field(default=text_key)
    check: Callable[[bytes, bytes, str], bool] | None = None
    takes: Callable[[str], bool] = field(default=any_secret)


@dataclass(frozen=True)
class Vendor:
    """One row of the table: one of ``schemes`` has to say yes, ``events`` reads what was signed.

    ``is_from_account`` where the account is part of the proof: asked of a request whose secret is right. ``takes_head``
    where the vendor first asks by HEAD whether somebody is there.
    """

    schemes: Sequence[Scheme]
    events: Callable[[SignedRequest], list[Received]]
    answer: Answer = field(default_factory=Answer)
    is_from_account: Callable[[SignedRequest], bool] | None = None
    takes_head: bool = False

    @property
    def needs_account(self) -> bool:
        """Whether the admin has to say whose events are awaited."""
        return self.is_from_account is not None
