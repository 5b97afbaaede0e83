"""Does this request come from whom it says? One table of schemes, one constant-time comparison, one answer: yes or no.

Whatever a sender does, the answer is an answer: nothing in a request can make these functions raise.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from webhooks.request import Claim, Refusal, Scheme, SignedRequest
from webhooks.schemes.hubspot import HUBSPOT, HUBSPOT_OLD
from webhooks.schemes.standard import STANDARD
from webhooks.schemes.stripe import STRIPE

WINDOW_SECONDS = 300
MOST_SIGNATURES = 20

# Name in the configuration -> schemes, of which one has to say yes.
SCHEMES: Mapping[str, tuple[Scheme, ...]] = MappingProxyType(
    {
        "hubspot": (HUBSPOT,),
        "hubspot-legacy": (HUBSPOT, HUBSPOT_OLD),
        "stripe": (STRIPE,),
        "standard": (STANDARD,),
    }
)


def verify(name: str, secrets: Sequence[str], request: SignedRequest, now: float) -> bool:
    """Whether one of the secrets signed this request less than five minutes before or after ``now`` (Unix seconds)."""
    return genuine_scheme(name, secrets, request, now) is not None


def genuine_scheme(name: str, secrets: Sequence[str], request: SignedRequest, now: float) -> Scheme | None:
    """The scheme of this name that vouches for the request; None when none does."""
    return next((scheme for scheme in SCHEMES[name] if _is_genuine(scheme, secrets, request, now)), None)


def _is_genuine(scheme: Scheme, secrets: Sequence[str], request: SignedRequest, now: float) -> bool:
    try:
        claim = scheme.claim(request)
    except (Refusal, UnicodeError):  # a header may hold what no encoding can write
        return False
    if claim.signed_at is not None and abs(now - claim.signed_at) > WINDOW_SECONDS:
        return False
    return _is_signed(scheme, secrets, claim)


def _is_signed(scheme: Scheme, secrets: Sequence[str], claim: Claim) -> bool:
    """Compare all signatures with all keys, without stopping at the first that fits."""
    right = False
    for secret in secrets:
        expected = scheme.encode(scheme.digest(scheme.key(secret), claim.content)).encode()
        for signature in claim.signatures[:MOST_SIGNATURES]:
            right |= hmac.compare_digest(expected, signature.encode("utf-8", "replace"))
    return right
