from __future__ import annotations

import pytest

from connectors.sandbox.answers import json_response
from connectors.stripe.sandbox.problems import StripeProblemError
from connectors.stripe.sandbox.replay import KEPT_SECONDS, Replays

ASKED = ("/v1/customers", b"name=Ann")


@pytest.fixture
def replays() -> Replays:
    filled = Replays()
    filled.keep("k", ASKED, json_response({"id": "cus_1"}, 200), now=1000)
    return filled


def test_an_unknown_key_recalls_nothing(replays: Replays) -> None:
    assert replays.recall("other", ASKED, 1000) is None


@pytest.mark.parametrize("later", [0, 1, KEPT_SECONDS - 1])
def test_a_known_key_recalls_the_very_answer(replays: Replays, later: int) -> None:
    reply = replays.recall("k", ASKED, 1000 + later)
    assert reply is not None
    assert (reply.status_code, reply.get_json(), reply.headers["Idempotent-Replayed"]) == (200, {"id": "cus_1"}, "true")


@pytest.mark.parametrize("later", [KEPT_SECONDS, KEPT_SECONDS * 9])
def test_keys_expire(replays: Replays, later: int) -> None:
    assert replays.recall("k", ASKED, 1000 + later) is None


@pytest.mark.parametrize("asked", [("/v1/customers", b"name=Bob"), ("/v1/customers/cus_1", b"name=Ann")])
def test_other_parameters_are_refused(replays: Replays, asked: tuple[str, bytes]) -> None:
    with pytest.raises(StripeProblemError, match="first used with other parameters"):
        replays.recall("k", asked, 1000)


def test_failures_are_recalled_too() -> None:
    replays = Replays()
    replays.keep("k", ASKED, json_response({"error": {}}, 500), now=0)
    reply = replays.recall("k", ASKED, 1)
    assert reply is not None
    assert reply.status_code == 500
