"""What we send is verified by the public library, and by ourselves."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta, timezone

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook, WebhookVerificationError

from core.errors import ConfigError
from core.outbound.signing import check_secret, new_key_pair, new_secret, public_key, sign
from core.outbound.standard import secret_key
from webhooks.outgoing.catalogue import Ping
from webhooks.outgoing.wording import event_of
from webhooks.request import SignedRequest
from webhooks.verify import VENDORS, is_genuine

BODY = event_of("endpoint.test", "1", "2026-06-30T09:00:00Z", Ping(subscriber="till")).body


def now() -> datetime:
    """The public library compares with the machine's own clock."""
    return datetime.now(UTC)


@pytest.mark.parametrize("body", [BODY, b"{}", '{"name":"Müller & Søn"}'.encode()])
def test_public_library_verifies_what_we_sign(body: bytes) -> None:
    secret = new_secret()
    assert Webhook(secret).verify(body, dict(sign([secret], "msg_1", now(), body))) == orjson.loads(body)


def test_instants_of_other_zones_are_signed_right() -> None:
    secret = new_secret()
    in_rome = now().astimezone(timezone(timedelta(hours=2)))
    assert Webhook(secret).verify(BODY, dict(sign([secret], "msg_1", in_rome, BODY)))


def test_while_a_secret_is_rotated_either_receiver_verifies() -> None:
    old, new = new_secret(), new_secret()
    headers = sign([new, old], "msg_1", now(), BODY)
    assert Webhook(old).verify(BODY, dict(headers))
    assert Webhook(new).verify(BODY, dict(headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(BODY, dict(headers))


def test_our_own_receiver_verifies_it() -> None:
    secret, at = new_secret(), now()
    headers = sign([secret], "msg_1", at, BODY)
    request = SignedRequest("POST", "https://elsewhere.example/", headers, BODY, at=at.timestamp())
    assert is_genuine(VENDORS["standard"], [secret], request)
    assert not is_genuine(VENDORS["standard"], [new_secret()], request)


def test_each_attempt_has_its_own_time_and_the_same_id() -> None:
    secret, first = new_secret(), now()
    one, two = (sign([secret], "msg_1", first + timedelta(seconds=wait), BODY) for wait in (0, 5))
    assert one["webhook-id"] == two["webhook-id"] == "msg_1"
    assert int(two["webhook-timestamp"]) - int(one["webhook-timestamp"]) == 5
    assert one["webhook-signature"] != two["webhook-signature"]


@pytest.mark.parametrize("message", ["", "msg.1", "."])
def test_ids_that_would_blur_what_is_signed_are_refused(message: str) -> None:
    with pytest.raises(ValueError, match="dot"):
        sign([new_secret()], message, now(), BODY)


def test_instants_without_zone_are_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        sign([new_secret()], "msg_1", datetime(2026, 6, 30), BODY)  # noqa: DTZ001  the mistake under test


def test_secrets_are_long_and_never_the_same() -> None:
    made = {new_secret() for _ in range(50)}
    assert len(made) == 50
    assert all(len(secret_key(secret)) == 32 for secret in made)


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_!!", "plain text", "whsec_" + base64.b64encode(b"short").decode()]
)
def test_what_is_no_secret_is_told_to_the_admin_without_being_shown(secret: str) -> None:
    with pytest.raises(ConfigError, match="whsec_") as told:
        sign([secret], "msg_1", now(), BODY)
    assert "plain text" not in str(told.value)


def test_body_tells_type_time_and_data() -> None:
    assert orjson.loads(BODY) == {
        "type": "endpoint.test",
        "timestamp": "2026-06-30T09:00:00Z",
        "data": {"subscriber": "till", "note": "sent by hand to test this endpoint"},
    }


def test_public_vectors_of_the_shared_secret_scheme_are_met() -> None:
    """The vector that all libraries of the standard share (libraries/*/webhook tests, version 1.0.0)."""
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = sign(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}'
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_public_vectors_of_the_key_pair_scheme_are_met() -> None:
    """From the standard's Go library, webhook_asymmetric_test.go."""
    at = datetime.fromtimestamp(1614265330, UTC)
    key = "whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk="
    headers = sign([key], "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == (
        "v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag=="
    )


def test_a_receiver_checks_with_the_public_key_alone() -> None:
    private, public = new_key_pair()
    headers = sign([private], "msg_1", now(), BODY)
    content = f"msg_1.{headers['webhook-timestamp']}.".encode() + BODY
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public.removeprefix("whpk_")))
    key.verify(base64.b64decode(headers["webhook-signature"].removeprefix("v1a,")), content)
    assert public_key(private) == public


def test_both_schemes_may_sign_one_attempt() -> None:
    shared, (private, _) = new_secret(), new_key_pair()
    headers = sign([shared, private], "msg_1", now(), BODY)
    assert [one.partition(",")[0] for one in headers["webhook-signature"].split(" ")] == ["v1", "v1a"]
    assert Webhook(shared).verify(BODY, dict(headers))


@pytest.mark.parametrize("secret", ["", "whsk_", "whsk_c2hvcnQ=", "whsk_ not base64", "whsec_c2hvcnQ=", "hello"])
def test_what_is_no_secret_is_told_before_anything_is_sent(secret: str) -> None:
    with pytest.raises(ConfigError) as mistake:
        check_secret(secret)
    assert mistake.value.where == "secrets"
    assert mistake.value.remedy
