"""The door over HTTP: what is kept, what is answered, and that nothing gets in or lost in between."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.clock import FixedClock
from core.store import Store
from core.store.inbox import Event, read_events
from tests.webhooks.senders import (
    ADDRESS,
    CHANGE,
    DELETION,
    HUBSPOT_EVENTS,
    NOW,
    SECRETS,
    STANDARD_EVENT,
    STRIPE_EVENT,
    WHSEC,
    by_hubspot,
    by_standard,
    by_stripe,
)
from webhooks.endpoints import Endpoint
from webhooks.receive import LARGEST_BODY, receiver
from webhooks.request import SignedRequest

ENDPOINTS = {
    "crm": Endpoint("crm", "hubspot", (SECRETS["hubspot"],), ADDRESS),
    "billing": Endpoint("billing", "stripe", (SECRETS["stripe"],)),
    "sign": Endpoint("sign", "standard", (WHSEC,)),
}
Post = Callable[[str, SignedRequest], TestResponse]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def store(store_url: str) -> Any:
    with Store.open(store_url) as opened:
        opened.migrate()
        yield opened


@pytest.fixture
def client(store: Store, clock: FixedClock) -> FlaskClient:
    app = Flask("inlay")
    app.register_blueprint(receiver(store, clock, ENDPOINTS))
    return app.test_client()


@pytest.fixture
def post(client: FlaskClient) -> Post:
    def send(connection: str, request: SignedRequest) -> TestResponse:
        return client.post(f"/webhooks/{connection}", data=request.body, headers=dict(request.headers))

    return send


def kept(store: Store) -> list[Event]:
    with store.read() as conn:
        return list(read_events(conn))


def test_stripe_event_is_kept_as_it_came(post: Post, store: Store) -> None:
    assert post("billing", by_stripe()).status_code == 202
    (event,) = kept(store)
    assert (event.connection, event.event_id, event.event_type, event.state) == (
        "billing",
        "evt_1",
        "invoice.paid",
        "new",
    )
    assert event.body == STRIPE_EVENT
    assert event.received_at == "2026-06-30T09:00:00Z"


def test_standard_event_is_named_by_its_message(post: Post, store: Store) -> None:
    assert post("sign", by_standard(message="msg_7")).status_code == 202
    (event,) = kept(store)
    assert (event.event_id, event.event_type, event.body) == ("msg_7", "contract.signed", STANDARD_EVENT)


def test_hubspot_batch_becomes_one_row_per_event(post: Post, store: Store) -> None:
    assert post("crm", by_hubspot()).status_code == 202
    assert [event.event_type for event in kept(store)] == ["company.propertyChange", "company.deletion"]
    assert [orjson.loads(event.body) for event in kept(store)] == orjson.loads(HUBSPOT_EVENTS)


def test_repeats_are_answered_alike_and_kept_once(post: Post, store: Store) -> None:
    assert [post("billing", by_stripe()).status_code for _ in range(50)] == [202] * 50
    assert len(kept(store)) == 1


def test_hubspot_repeat_in_another_batch_and_attempt_is_the_same_event(post: Post, store: Store) -> None:
    post("crm", by_hubspot(orjson.dumps([CHANGE])))
    repeated = [{**DELETION, "attemptNumber": 3}, {**CHANGE, "attemptNumber": 1, "eventId": 999}]
    assert post("crm", by_hubspot(orjson.dumps(repeated))).status_code == 202
    assert [event.event_type for event in kept(store)] == ["company.propertyChange", "company.deletion"]


@pytest.mark.parametrize(
    "other",
    [
        {"objectId": 1},
        {"propertyValue": "B"},
        {"propertyName": "domain"},
        {"occurredAt": 1782810000001},
        {"portalId": 1},
    ],
)
def test_different_hubspot_events_with_one_event_id_are_both_kept(
    post: Post, store: Store, other: dict[str, Any]
) -> None:
    assert post("crm", by_hubspot(orjson.dumps([CHANGE, {**CHANGE, **other}]))).status_code == 202
    assert len(kept(store)) == 2


def test_the_same_id_from_two_connections_is_two_events(store: Store, clock: FixedClock) -> None:
    both = {name: Endpoint(name, "stripe", (SECRETS["stripe"],)) for name in ("uk", "ie")}
    app = Flask("inlay")
    app.register_blueprint(receiver(store, clock, both))
    for name in both:
        signed = by_stripe()
        app.test_client().post(f"/webhooks/{name}", data=signed.body, headers=dict(signed.headers))
    assert [event.connection for event in kept(store)] == ["uk", "ie"]


def test_unsigned_and_wrongly_signed_get_401_and_leave_nothing(post: Post, store: Store) -> None:
    unsigned = SignedRequest("POST", "", {}, STRIPE_EVENT)
    assert post("billing", unsigned).status_code == 401
    assert post("billing", by_stripe(secrets=["wrong"])).status_code == 401
    assert post("billing", by_standard()).status_code == 401
    assert kept(store) == []


def test_one_connections_signature_opens_no_other_door(store: Store, clock: FixedClock) -> None:
    two = {name: Endpoint(name, "stripe", (f"secret of {name}",)) for name in ("uk", "ie")}
    app = Flask("inlay")
    app.register_blueprint(receiver(store, clock, two))
    signed = by_stripe(secrets=["secret of uk"])
    answer = app.test_client().post("/webhooks/ie", data=signed.body, headers=dict(signed.headers))
    assert answer.status_code == 401
    assert kept(store) == []


def test_late_requests_are_refused_by_the_clock(post: Post, clock: FixedClock, store: Store) -> None:
    clock.sleep(301)
    assert post("billing", by_stripe()).status_code == 401
    assert kept(store) == []


@pytest.mark.parametrize(
    ("connection", "request_"),
    [
        ("billing", by_stripe(b"not json")),
        ("billing", by_stripe(b"[]")),
        ("billing", by_stripe(b'{"type": "a"}')),
        ("billing", by_stripe(b'{"id": 5, "type": "a"}')),
        ("billing", by_stripe(b'{"id": "", "type": "a"}')),
        ("billing", by_stripe(orjson.dumps({"id": "x" * 256, "type": "a"}))),
        ("billing", by_stripe(b'{"id": "a", "type": "b", "deep": ' + b"[" * 70 + b"]" * 70 + b"}")),
        ("billing", by_stripe(b"[" * 50_000)),
        ("crm", by_hubspot(b"{}")),
        ("crm", by_hubspot(b"[1]")),
        ("crm", by_hubspot(b"[{}]")),
        ("crm", by_hubspot(orjson.dumps([CHANGE, {"subscriptionType": "x"}]))),
        ("sign", by_standard(b'{"data": {}}')),
        ("sign", by_standard(b"5")),
    ],
)
def test_signed_nonsense_gets_400_and_leaves_nothing(
    post: Post, store: Store, connection: str, request_: SignedRequest
) -> None:
    assert post(connection, request_).status_code == 400
    assert kept(store) == []


def test_empty_batch_is_fine(post: Post, store: Store) -> None:
    assert post("crm", by_hubspot(b"[]")).status_code == 202
    assert kept(store) == []


@pytest.mark.parametrize("path", ["/webhooks/nobody", "/webhooks/", "/webhooks/crm/more", "/webhooks/..%2fcrm"])
def test_there_is_no_door_without_a_connection(client: FlaskClient, path: str) -> None:
    assert client.post(path, data=b"{}").status_code == 404


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_only_post_is_taken(client: FlaskClient, method: str) -> None:
    assert getattr(client, method)("/webhooks/billing").status_code == 405


def test_largest_body_passes_and_a_larger_one_does_not(post: Post, store: Store) -> None:
    frame = len(STRIPE_EVENT) + len(b', "pad": ""')
    fits = STRIPE_EVENT[:-1] + b', "pad": "' + b"x" * (LARGEST_BODY - frame) + b'"}'
    assert len(fits) == LARGEST_BODY
    assert post("billing", by_stripe(fits)).status_code == 202
    assert post("billing", by_stripe(fits[:-2] + b'x"}')).status_code == 413
    assert len(kept(store)) == 1


def test_address_behind_a_proxy_is_the_configured_one_with_the_query_as_it_came(
    client: FlaskClient, store: Store
) -> None:
    signed = by_hubspot(url=ADDRESS + "?a=%20b", signed_url=ADDRESS + "?a=%20b")
    answer = client.post("/webhooks/crm?a=%20b", data=signed.body, headers=dict(signed.headers))
    assert answer.status_code == 202
    assert len(kept(store)) == 2


def test_without_a_configured_address_the_one_asked_for_counts(store: Store, clock: FixedClock) -> None:
    app = Flask("inlay")
    app.register_blueprint(receiver(store, clock, {"crm": Endpoint("crm", "hubspot", (SECRETS["hubspot"],))}))
    signed = by_hubspot(url="http://localhost/webhooks/crm?x=1")
    answer = app.test_client().post("/webhooks/crm?x=1", data=signed.body, headers=dict(signed.headers))
    assert answer.status_code == 202


def test_store_that_is_gone_is_told_so_that_the_sender_comes_again(tmp_path: Path, clock: FixedClock) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'unmigrated.db'}") as empty:
        app = Flask("inlay")
        app.register_blueprint(receiver(empty, clock, ENDPOINTS))
        signed = by_stripe()
        answer = app.test_client().post("/webhooks/billing", data=signed.body, headers=dict(signed.headers))
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0


def test_a_batch_is_kept_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch, post: Post, store: Store) -> None:
    begin = store.begin

    @contextmanager
    def dying_before_the_commit() -> Any:
        with begin() as conn:
            yield conn
            conn.exec_driver_sql("SELECT nothing FROM nowhere")

    monkeypatch.setattr(store, "begin", dying_before_the_commit)
    assert post("crm", by_hubspot()).status_code == 503
    monkeypatch.undo()
    assert kept(store) == []
    assert post("crm", by_hubspot()).status_code == 202
    assert len(kept(store)) == 2


def test_answers_tell_nothing_about_secrets_or_senders(post: Post) -> None:
    for answer in (post("billing", by_stripe(secrets=["wrong"])), post("billing", by_stripe())):
        assert SECRETS["stripe"] not in answer.text
        assert len(answer.data) < 100


def test_a_thousand_damaged_requests_are_answered_and_none_is_kept(client: FlaskClient, store: Store) -> None:
    dice = random.Random(11)
    genuine = by_stripe()
    statuses = set()
    for _ in range(1_000):
        body = bytearray(genuine.body)
        body[dice.randrange(len(body))] ^= 1 << dice.randrange(8)
        headers = {name: _damaged(dice, value) for name, value in genuine.headers.items()}
        statuses.add(client.post("/webhooks/billing", data=bytes(body), headers=headers).status_code)
    assert statuses == {401}
    assert kept(store) == []


def _damaged(dice: random.Random, value: str) -> str:
    signs = list(value)
    for _ in range(dice.randint(0, 4)):
        signs[dice.randrange(len(signs))] = chr(dice.randint(32, 255))
    return "".join(signs).strip()
