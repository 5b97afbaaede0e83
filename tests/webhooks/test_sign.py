"""What we send is verified by the public library, and by ourselves."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta, timezone

import orjson
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from core.errors import ConfigError
from webhooks.request import SignedRequest
from webhooks.schemes.standard import secret_key
from webhooks.sign import event_body, new_secret, sign
from webhooks.verify import verify

BODY = event_body(
    "client.health_changed", datetime(2026, 6, 30, 9, tzinfo=UTC), {"client": "crm/Account/1", "score": 41}
)


def now() -> datetime:
    """The public library compares with the machine's own clock."""
    return datetime.now(UTC)


@pytest.mark.parametrize("body", [BODY, b"{}", '{"name":"Müller & Søn"}'.encode()])
def test_public_library_verifies_what_we_sign(body: bytes) -> None:
    secret = new_secret()
    assert Webhook(secret).verify(body, sign([secret], "msg_1", now(), body)) == orjson.loads(body)


def test_instants_of_other_zones_are_signed_right() -> None:
    secret = new_secret()
    in_rome = now().astimezone(timezone(timedelta(hours=2)))
    assert Webhook(secret).verify(BODY, sign([secret], "msg_1", in_rome, BODY))


def test_while_a_secret_is_rotated_either_receiver_verifies() -> None:
    old, new = new_secret(), new_secret()
    headers = sign([new, old], "msg_1", now(), BODY)
    assert Webhook(old).verify(BODY, headers)
    assert Webhook(new).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(BODY, headers)


def test_our_own_receiver_verifies_it() -> None:
    secret, at = new_secret(), now()
    request = SignedRequest("POST", "https://elsewhere.example/", sign([secret], "msg_1", at, BODY), BODY)
    assert verify("standard", [secret], request, at.timestamp())
    assert not verify("standard", [new_secret()], request, at.timestamp())


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
        "type": "client.health_changed",
        "timestamp": "2026-06-30T09:00:00Z",
        "data": {"client": "crm/Account/1", "score": 41},
    }
