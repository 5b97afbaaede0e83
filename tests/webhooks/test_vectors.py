"""Signatures that vendors and specifications print, reproduced to the letter; each with the page it stands on."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.webhooks.senders import TABLE
from webhooks.request import SignedRequest
from webhooks.verify import is_genuine

HUBSPOT_SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
HUBSPOT_URI = "https://www.example.com/webhook_uri"
HUBSPOT_EVENT = (
    b'[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,'
    b'"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW",'
    b'"appId":54321}]'
)
HUBSPOT_FIELD = b"{'example_field':'example_value'}"
CLIENT_TESTS = "HubSpot/hubspot-api-python, tests/spec/utils/test_signature.py"


@dataclass(frozen=True)
class Vector:
    """A printed signature, and what it signs; ``at`` is the time of signing in Unix seconds."""

    page: str
    scheme: str
    secret: str
    headers: dict[str, str]
    body: bytes
    at: float = 0.0
    method: str = "POST"
    url: str = HUBSPOT_URI

    def __str__(self) -> str:
        return f"{self.scheme}, {self.page}"


VECTORS = [
    Vector(
        "developers.hubspot.com/docs/faq/v1-request-validation",
        "hubspot-legacy",
        HUBSPOT_SECRET,
        {
            "x-hubspot-signature": "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de",
            "x-hubspot-signature-version": "v1",
        },
        HUBSPOT_EVENT,
    ),
    Vector(
        "developers.hubspot.com/docs/faq/v2-request-validation",
        "hubspot-legacy",
        HUBSPOT_SECRET,
        {
            "x-hubspot-signature": "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e",
            "x-hubspot-signature-version": "v2",
        },
        b"",
        method="GET",
    ),
    Vector(
        CLIENT_TESTS,
        "hubspot-legacy",
        HUBSPOT_SECRET,
        {
            "x-hubspot-signature": "69fc6631a867edd4f9e9e627fc5c1148e3fbdd8b21837b6d2b8901c1fa57f750",
            "x-hubspot-signature-version": "v1",
        },
        HUBSPOT_FIELD,
    ),
    Vector(
        CLIENT_TESTS,
        "hubspot-legacy",
        HUBSPOT_SECRET,
        {
            "x-hubspot-signature": "4fe4e3a7d3cf09db53be39d0a58130e2aaba074ec123a9e355b876a689a1c383",
            "x-hubspot-signature-version": "v2",
        },
        HUBSPOT_FIELD,
    ),
    Vector(
        CLIENT_TESTS,
        "hubspot",
        HUBSPOT_SECRET,
        {
            "x-hubspot-signature-v3": "HPW73RUtKmcYoEDADG0s6MmGFWUzWJKAW07r8RDgcQw=",
            "x-hubspot-request-timestamp": "15000000",
        },
        HUBSPOT_FIELD,
        at=15_000,
    ),
    Vector(
        "standard-webhooks/standard-webhooks, libraries (tests of the signing function)",
        "standard",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        {
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        },
        b'{"test": 2432232314}',
        at=1_614_265_330,
    ),
    Vector(
        "docs.svix.com, verifying webhooks manually",
        "standard",
        "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        {
            "webhook-id": "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
            "webhook-timestamp": "1649367553",
            "webhook-signature": "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
        },
        b'{"email":"test@example.com","username":"test_user"}',
        at=1_649_367_553,
    ),
    Vector(
        "Intuit's sample receiver in Java (SampleApp-Webhooks-java, SecurityServiceTest)",
        "quickbooks",
        "12345",
        {"intuit-signature": "gfTuE5fLxnstOq8ln4LNWZfn24cg8FVB6PBv455lfzg="},
        b"abcd",
    ),
    Vector(
        "developer.zendesk.com/documentation/webhooks/verifying: its fixed test secret; value by a third party",
        "zendesk",
        "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==",
        {
            "x-zendesk-webhook-signature": "S/RDdU2ERmj7LHDDoWJ2onPYH+t7/f2+LTM4dL7UiLM=",
            "x-zendesk-webhook-signature-timestamp": "2021-03-25T05:09:27Z",
        },
        b'{"event":"ticket.updated","id":123}',
        at=1_616_648_967,
    ),
]


def says_yes(vector: Vector, body: bytes, at: float) -> bool:
    request = SignedRequest(vector.method, vector.url, vector.headers, body, None, at)
    return is_genuine(TABLE[vector.scheme], [vector.secret], request)


@pytest.mark.parametrize("vector", VECTORS, ids=str)
def test_a_printed_signature_passes_over_just_what_it_signs(vector: Vector) -> None:
    assert says_yes(vector, vector.body, vector.at)
    assert not says_yes(vector, vector.body + b" ", vector.at)


@pytest.mark.parametrize("vector", [one for one in VECTORS if one.at], ids=str)
def test_a_printed_signature_is_too_old_by_now(vector: Vector) -> None:
    assert not says_yes(vector, vector.body, vector.at + 301)
    assert not says_yes(vector, vector.body, vector.at - 301)


def test_zendesks_first_order_of_body_and_time_is_not_taken_any_more() -> None:
    """The pages of the beta (event-connectors/webhooks/verifying) signed body and time the other way round."""
    outdated = Vector(
        "developer.zendesk.com/documentation/event-connectors/webhooks/verifying",
        "zendesk",
        "HRkRd4BeOAoUkfZr-mhauJT64rvBASlJRoIyPsd3zeA=",
        {
            "x-zendesk-webhook-signature": "tRDSF7URY8BLCDlaBcQ7FHu051Zk+aAB0NKMP53teMw=",
            "x-zendesk-webhook-signature-timestamp": "2021-07-25T10:00:00Z",
        },
        b'{"say": "hello"}',
        at=1_627_207_200,
    )
    assert not says_yes(outdated, outdated.body, outdated.at)


def by_private_key(private: Ed25519PrivateKey, body: bytes, at: int, message: str = "msg_1") -> SignedRequest:
    """As the specification of Standard Webhooks says: ``v1a``, ed25519 over the same three parts."""
    signature = base64.b64encode(private.sign(f"{message}.{at}.".encode() + body)).decode()
    headers = {"webhook-id": message, "webhook-timestamp": str(at), "webhook-signature": f"v1,AAAA v1a,{signature}"}
    return SignedRequest("POST", HUBSPOT_URI, headers, body, None, at)


def public_half(private: Ed25519PrivateKey) -> str:
    raw = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return "whpk_" + base64.b64encode(raw).decode()


def test_signatures_of_key_pairs_are_checked_with_the_public_half() -> None:
    private, other = Ed25519PrivateKey.from_private_bytes(bytes(32)), Ed25519PrivateKey.from_private_bytes(b"1" * 32)
    request = by_private_key(private, b'{"type": "a"}', 1000)
    standard = TABLE["standard"]
    assert is_genuine(standard, [public_half(private)], request)
    assert is_genuine(standard, [public_half(other), public_half(private)], request)
    assert not is_genuine(standard, [public_half(other)], request)
    assert not is_genuine(standard, ["whsec_" + base64.b64encode(bytes(32)).decode()], request)


@pytest.mark.parametrize("odd", ["v1a,", "v1a,AAAA", "v1a,!!!", "v1a," + "A" * 86 + "==", "v1,", "v1a"])
def test_odd_signatures_of_key_pairs_are_refused_not_raised(odd: str) -> None:
    private = Ed25519PrivateKey.from_private_bytes(bytes(32))
    request = by_private_key(private, b"{}", 1000)
    headers = {**request.headers, "webhook-signature": odd}
    strange = SignedRequest("POST", HUBSPOT_URI, headers, b"{}", None, 1000)
    assert not is_genuine(TABLE["standard"], [public_half(private), "whpk_" + "/" * 42 + "8="], strange)
