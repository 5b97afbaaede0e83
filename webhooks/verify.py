"""Does this request come from whom it says? One table of vendors, one constant-time comparison, one answer: yes or no.

Whatever a sender does, the answer is an answer: nothing in a request can make these functions raise.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from webhooks.request import Claim, Refusal, Scheme, SignedRequest, Vendor
from webhooks.schemes.docusign import DOCUSIGN
from webhooks.schemes.hubspot import HUBSPOT, HUBSPOT_LEGACY
from webhooks.schemes.pipedrive import PIPEDRIVE
from webhooks.schemes.quickbooks import QUICKBOOKS
from webhooks.schemes.salesforce import SALESFORCE
from webhooks.schemes.standard import STANDARD
from webhooks.schemes.stripe import STRIPE
from webhooks.schemes.surveymonkey import SURVEYMONKEY
from webhooks.schemes.typeform import TYPEFORM
from webhooks.schemes.xero import XERO
from webhooks.schemes.zendesk import ZENDESK
from webhooks.schemes.zoho import ZOHO

WINDOW_SECONDS = 300
MOST_SIGNATURES = 100  # DocuSign signs with up to a hundred keys

# The schemes of the configuration; ``generic`` is made from what the admin writes (webhooks.schemes.generic).
VENDORS: Mapping[str, Vendor] = MappingProxyType(
    {
        "docusign": DOCUSIGN,
        "hubspot": HUBSPOT,
        "hubspot-legacy": HUBSPOT_LEGACY,
        "pipedrive": PIPEDRIVE,
        "quickbooks": QUICKBOOKS,
        "salesforce": SALESFORCE,
        "standard": STANDARD,
        "stripe": STRIPE,
        "surveymonkey": SURVEYMONKEY,
        "typeform": TYPEFORM,
        "xero": XERO,
        "zendesk": ZENDESK,
        "zoho": ZOHO,
    }
)


def is_genuine(vendor: Vendor, secrets: Sequence[str], request: SignedRequest) -> bool:
    """Whether one of the secrets signed this request, less than five minutes before or after it was received."""
    if not any(_vouches(scheme, secrets, request) for scheme in vendor.schemes):
        return False
    try:
        return vendor.is_from_account is None or vendor.is_from_account(request)
    except Refusal:
        return False


def _vouches(scheme: Scheme, secrets: Sequence[str], request: SignedRequest) -> bool:
    try:
        claim = scheme.claim(request)
    except (Refusal, UnicodeError):  # a header may hold what no encoding can write
        return False
    if claim.signed_at is not None and abs(request.at - claim.signed_at) > WINDOW_SECONDS:
        return False
    keys = [scheme.key(secret) for secret in secrets if scheme.takes(secret)]
    return _is_checked(scheme, keys, claim) if scheme.check else _is_signed(scheme, keys, claim)


def _is_signed(scheme: Scheme, keys: Sequence[bytes], claim: Claim) -> bool:
    """Compare all signatures with all keys, without stopping at the first that fits."""
    right = False
    for key in keys:
        expected = scheme.encode(scheme.digest(key, claim.content)).encode()
        for signature in claim.signatures[:MOST_SIGNATURES]:
            right |= hmac.compare_digest(expected, signature.encode("utf-8", "replace"))
    return right


def _is_checked(scheme: Scheme, keys: Sequence[bytes], claim: Claim) -> bool:
    """The same with public keys, which hold no secret that time could tell."""
    check = scheme.check
    return check is not None and any(check(key, claim.content, one) for key in keys for one in claim.signatures[:10])
