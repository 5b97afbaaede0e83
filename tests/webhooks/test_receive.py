"""The door over HTTP: what is kept, what is answered, and that nothing gets in or lost in between."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.clock import FixedClock
from core.store import Store
from core.store.arrivals import CONTRADICTION
from core.store.findings import read_findings
from core.store.inbox import Event, read_events
from tests.webhooks.senders import (
    ADDRESS,
    CHANGE,
    CLOUD_EVENT,
    DELETION,
    HUBSPOT_EVENTS,
    OTHER_SECRETS,
    OUTBOUND_MESSAGE,
    SECRETS,
    SENDERS,
    STANDARD_EVENT,
    STRIPE_EVENT,
    TABLE,
    by_hubspot,
    by_quickbooks,
    by_salesforce,
    by_standard,
    by_stripe,
    by_surveymonkey,
    by_xero,
    by_zoho,
    endpoint,
)
from webhooks.receive import LARGEST_BODY, receiver
from webhooks.request import SignedRequest

ENDPOINTS = {
    "crm": endpoint("crm", "hubspot", url=ADDRESS),
    "billing": endpoint("billing", "stripe", per_second=1000),
    "sign": endpoint("sign", "standard"),
    **{scheme: endpoint(scheme, scheme, url=ADDRESS, per_second=1000) for scheme in TABLE},
}
Post = Callable[[str, SignedRequest], TestResponse]


@pytest.fixture
def client(store: Store, clock: FixedClock) -> FlaskClient:
    return client_of(store, clock)


def client_of(store: Store, clock: FixedClock) -> FlaskClient:
    app = Flask("inlay")
    app.register_blueprint(receiver(store, clock, ENDPOINTS))
    return app.test_client()


@pytest.fixture
def post(client: FlaskClient) -> Post:
    def send(connection: str, request: SignedRequest) -> TestResponse:
        query = request.url.partition("?")[2]
        return client.post(
            f"/webhooks/{connection}", data=request.body, headers=dict(request.headers), query_string=query
        )

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
    both = {name: endpoint(name, "stripe") for name in ("uk", "ie")}
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
    two = {name: endpoint(name, "stripe", f"secret of {name}") for name in ("uk", "ie")}
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
    app.register_blueprint(receiver(store, clock, {"crm": endpoint("crm", "hubspot")}))
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


def test_hundreds_of_damaged_requests_are_answered_and_none_is_kept(client: FlaskClient, store: Store) -> None:
    dice = random.Random(11)
    genuine = by_stripe()
    statuses = set()
    for _ in range(300):
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


# --- every vendor's own way -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", sorted(SENDERS))
def test_each_vendor_is_told_yes_and_no_in_its_own_way(post: Post, store: Store, scheme: str) -> None:
    yes, no = post(scheme, SENDERS[scheme]()), post(scheme, SENDERS[scheme](secrets=[OTHER_SECRETS[scheme]]))
    assert yes.status_code == TABLE[scheme].answer.status
    assert 200 <= yes.status_code < 300
    assert no.status_code == 401
    assert {event.connection for event in kept(store)} == {scheme}


@pytest.mark.parametrize("scheme", sorted(SENDERS))
def test_whatever_is_repeated_inside_the_window_is_kept_once(post: Post, store: Store, scheme: str) -> None:
    request = SENDERS[scheme]()
    post(scheme, request)
    before = kept(store)
    assert {post(scheme, request).status_code for _ in range(5)} == {TABLE[scheme].answer.status}
    assert kept(store) == before
    assert conflicts(store) == []


@pytest.mark.parametrize("scheme", sorted(SENDERS))
def test_nobodys_secret_is_kept(post: Post, store: Store, scheme: str) -> None:
    post(scheme, SENDERS[scheme]())
    held = repr(kept(store))
    assert SECRETS[scheme] not in held
    assert "session-that-opens-doors" not in held


@pytest.mark.parametrize("scheme", sorted(SENDERS))
def test_damaged_requests_are_answered_over_http_too(client: FlaskClient, scheme: str) -> None:
    """A sample of what the mutation tests do by the thousand, through the whole door."""
    dice = random.Random(scheme)
    genuine = SENDERS[scheme]()
    statuses = set()
    for _ in range(20):
        body = bytearray(genuine.body)
        body[dice.randrange(len(body))] ^= 1 << dice.randrange(8)
        headers = {name: _damaged(dice, value) for name, value in genuine.headers.items()}
        answer = client.post(f"/webhooks/{scheme}", data=bytes(body), headers=headers, query_string="key=wrong")
        statuses.add(answer.status_code)
    assert statuses <= {*range(400, 500), TABLE[scheme].answer.status}


def test_salesforce_hears_that_it_may_forget_the_message(post: Post, store: Store) -> None:
    answer = post("salesforce", by_salesforce())
    assert answer.mimetype == "text/xml"
    body = ElementTree.fromstring(answer.data)
    told = body.find(".//{http://soap.sforce.com/2005/09/outbound}notificationsResponse")
    assert told is not None
    assert [(part.tag.rpartition("}")[2], part.text) for part in told] == [("Ack", "true")]
    assert [event.event_id for event in kept(store)] == ["04l5g00003abcdEAAQ", "04l5g00003abcdFAAQ"]


def test_each_notification_is_kept_as_it_stood_in_the_message(post: Post, store: Store) -> None:
    post("salesforce", by_salesforce())
    first, second = kept(store)
    assert first.body in OUTBOUND_MESSAGE
    assert first.body.startswith(b"<Notification>")
    assert first.body.endswith(b"</Notification>")
    assert "Alfa &amp; Söhne" in first.body.decode()
    assert b"Alfa" not in second.body


def test_a_message_of_another_organization_is_nobody(post: Post, store: Store) -> None:
    strange = OUTBOUND_MESSAGE.replace(b"00D5g000004ABCDEA2", b"00D5g000004XXXXXXX")
    assert post("salesforce", by_salesforce(strange)).status_code == 401
    assert kept(store) == []


def test_xeros_intent_to_receive_is_answered_with_empty_bodies(post: Post, store: Store) -> None:
    asked = b'{"events": [], "firstEventSequence": 0, "lastEventSequence": 0, "entropy": "FMLHZNKCVKTDPQLNCYRC"}'
    right, wrong = post("xero", by_xero(asked)), post("xero", by_xero(asked, secrets=["wrong"]))
    assert (right.status_code, right.data) == (200, b"")
    assert (wrong.status_code, wrong.data) == (401, b"")
    assert kept(store) == []


def test_surveymonkey_may_ask_whether_somebody_is_there(client: FlaskClient, post: Post) -> None:
    assert client.head("/webhooks/surveymonkey").status_code == 200
    assert client.head("/webhooks/stripe").status_code == 405
    assert client.head("/webhooks/nobody").status_code == 404
    assert post("surveymonkey", by_surveymonkey()).status_code == 200


def test_batches_are_kept_event_by_event_byte_for_byte(post: Post, store: Store) -> None:
    batch = orjson.dumps([CLOUD_EVENT, {**CLOUD_EVENT, "id": "other", "data": {"ü": [1.50, "é"]}}])
    spaced = batch.replace(b"},{", b"} ,\n {").replace(b"1.5", b"1.50")
    assert post("quickbooks", by_quickbooks(spaced)).status_code == 200
    assert [event.body in spaced for event in kept(store)] == [True, True]
    assert b"1.50" in kept(store)[1].body


# --- whose events, how many, and what does not fit --------------------------------------------------------------------


def test_events_of_other_accounts_are_answered_and_not_kept(store: Store, clock: FixedClock) -> None:
    app = Flask("inlay")
    app.register_blueprint(receiver(store, clock, {"books": endpoint("books", "quickbooks", account="310687")}))
    batch = orjson.dumps([CLOUD_EVENT, {**CLOUD_EVENT, "id": "2", "intuitaccountid": "999"}])
    signed = by_quickbooks(batch)
    answer = app.test_client().post("/webhooks/books", data=batch, headers=dict(signed.headers))
    assert answer.status_code == 200
    assert len(kept(store)) == 1


def test_an_event_that_contradicts_an_earlier_one_is_set_aside_and_told(post: Post, store: Store) -> None:
    assert post("billing", by_stripe()).status_code == 202
    other = STRIPE_EVENT.replace(b"in_1", b"in_2")
    assert [post("billing", by_stripe(other)).status_code for _ in range(3)] == [202] * 3
    assert [event.body for event in kept(store)] == [STRIPE_EVENT]
    assert [event.body for event in conflicts(store)] == [other]
    with store.read() as conn:
        [found] = read_findings(conn)
    assert (found.code, found.place, found.count) == (CONTRADICTION, "billing/events", 1)


def test_what_changes_from_attempt_to_attempt_is_no_contradiction(post: Post, store: Store) -> None:
    for waiting in (3, 2, 1):
        body = STRIPE_EVENT[:-1] + f', "pending_webhooks": {waiting}}}'.encode()
        assert post("billing", by_stripe(body)).status_code == 202
    post("salesforce", by_salesforce())
    post("salesforce", by_salesforce(OUTBOUND_MESSAGE.replace(b"Alfa", b"Alfa, renamed since")))
    assert len(kept(store)) == 3
    assert conflicts(store) == []


def test_zoho_changes_of_the_same_record_without_a_time_are_not_taken_for_repeats(
    post: Post, store: Store, clock: FixedClock
) -> None:
    timeless = by_zoho(by_zoho().body.replace(b'"server_time":1782810000000,', b""))
    post("zoho", timeless)
    clock.sleep(2)
    post("zoho", timeless)
    assert len(kept(store)) == 2


def test_more_than_a_few_seconds_worth_of_requests_have_to_come_again(store: Store, clock: FixedClock) -> None:
    app = Flask("inlay")
    app.register_blueprint(receiver(store, clock, {"billing": endpoint("billing", "stripe", per_second=2)}))
    signed = by_stripe()

    def send() -> TestResponse:
        return app.test_client().post("/webhooks/billing", data=signed.body, headers=dict(signed.headers))

    assert [send().status_code for _ in range(12)] == [202] * 10 + [429] * 2
    assert send().headers["Retry-After"] == "1"
    clock.sleep(1)
    assert [send().status_code for _ in range(3)] == [202, 202, 429]


def test_both_secrets_open_the_door_while_one_is_changed(store: Store, clock: FixedClock) -> None:
    app = Flask("inlay")
    doors = {scheme: endpoint(scheme, scheme, OTHER_SECRETS[scheme], SECRETS[scheme], url=ADDRESS) for scheme in TABLE}
    app.register_blueprint(receiver(store, clock, doors))
    for scheme, sender in SENDERS.items():
        for secret in (SECRETS[scheme], OTHER_SECRETS[scheme]):
            signed = sender(secrets=[secret])
            answer = app.test_client().post(
                f"/webhooks/{scheme}", data=signed.body, headers=dict(signed.headers),
                query_string=signed.url.partition("?")[2],
            )  # fmt: skip
            assert answer.status_code == TABLE[scheme].answer.status, scheme


def conflicts(store: Store) -> list[Event]:
    with store.read() as conn:
        return list(read_events(conn, "conflict"))
