"""Every way in which an exchange can go wrong, at every place of a read: the records must be the same afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import stripe

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.demo import AS_OF
from connectors.sandbox.faults import Deed, Fault
from connectors.sandbox.firm import Firm
from connectors.sandbox.server import RunningSandbox, serve
from connectors.stripe.sandbox import sandbox
from core.sdk import AuthError, Cursor, RetryLater, WriteRow
from tests.connectors.stripe.conftest import Raw, client_of, part_of
from tests.connectors.stripe.test_connector import FULL_PAYMENT, connect, records_of

BREAKS: tuple[Deed, ...] = ("cut", "truncate", "html", "apply_then_cut", "status")
STREAMS = ("customers", "subscriptions", "invoices", "payments")


@pytest.fixture(scope="module")
def paged(firm: Firm) -> Iterator[RunningSandbox]:
    """An account with three pages of invoices."""
    clients = ("Marlow", "Castlereach", "Harbor", "Oakhurst", "Wexcombe", "Ashdown", "Brindle", "Calder", "Pemberton")
    with serve(sandbox(part_of(firm, clients), SandboxClock(AS_OF))) as running:
        yield running


@pytest.fixture(scope="module")
def undisturbed(paged: RunningSandbox) -> dict[str, list[Any]]:
    return {stream: records_of(connect(paged.base_url).read(stream, FULL_PAYMENT, None)) for stream in STREAMS}


@pytest.fixture
def faults(paged: RunningSandbox) -> Iterator[RunningSandbox]:
    """The account, with all faults gone after the test."""
    yield paged
    paged.app.faults.clear()


def test_there_are_several_pages(undisturbed: dict[str, list[Any]]) -> None:
    assert 200 < len(undisturbed["invoices"]) < 300


@pytest.mark.parametrize("do", BREAKS)
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_one_broken_answer_changes_nothing(
    faults: RunningSandbox, undisturbed: dict[str, list[Any]], do: Deed, nth: int
) -> None:
    faults.app.faults.add(Fault(do, path="^/v1/invoices", nth=nth))
    assert records_of(connect(faults.base_url).read("invoices", (), None)) == undisturbed["invoices"]


@pytest.mark.parametrize("stream", STREAMS)
def test_a_broken_answer_in_any_stream_changes_nothing(
    faults: RunningSandbox, undisturbed: dict[str, list[Any]], stream: str
) -> None:
    faults.app.faults.add(Fault("truncate", times=2))
    assert records_of(connect(faults.base_url).read(stream, FULL_PAYMENT, None)) == undisturbed[stream]


@pytest.mark.parametrize("do", BREAKS)
def test_a_read_that_breaks_off_goes_on_later(
    faults: RunningSandbox, undisturbed: dict[str, list[Any]], do: Deed
) -> None:
    faults.app.faults.add(Fault(do, path="^/v1/invoices", nth=2, times=None))
    reading = connect(faults.base_url).read("invoices", (), None)
    first = next(reading)
    with pytest.raises(RetryLater):
        next(reading)
    faults.app.faults.clear()
    rest = records_of(connect(faults.base_url).read("invoices", (), first.cursor))
    assert [*first.records, *rest] == undisturbed["invoices"]


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("nth", [1, 2])
def test_a_key_withdrawn_during_a_read_is_an_auth_error(faults: RunningSandbox, status: int, nth: int) -> None:
    body = '{"error": {"type": "invalid_request_error", "message": "no"}}'
    faults.app.faults.add(Fault("status", path="^/v1/invoices", status=status, nth=nth, body=body))
    with pytest.raises(AuthError):
        records_of(connect(faults.base_url).read("invoices", (), None))


@pytest.mark.parametrize("wait", ["1", "2"])
def test_the_vendor_is_given_the_time_it_asks_for(faults: RunningSandbox, wait: str) -> None:
    faults.app.faults.add(Fault("status", status=429, headers={"Retry-After": wait}))
    connector = connect(faults.base_url)
    assert records_of(connector.read("customers", (), None))
    assert connector.context.transport.clock.monotonic() >= float(wait)


def test_a_vendor_that_wants_a_long_pause_is_left_alone(faults: RunningSandbox) -> None:
    faults.app.faults.add(Fault("status", status=429, headers={"Retry-After": "3600"}, times=None))
    before = len(faults.app.log.entries())
    with pytest.raises(RetryLater) as caught:
        records_of(connect(faults.base_url).read("customers", (), None))
    assert caught.value.retry_at is not None
    assert caught.value.retry_at >= AS_OF + timedelta(hours=1)
    assert len(faults.app.log.entries()) == before + 1


# Answers of 200 that are none of Stripe's

OTHERWISE = (
    '{"ok": true}',
    "[]",
    "null",
    '"fine"',
    '{"object": "list", "has_more": false}',
    '{"object": "list", "data": null, "has_more": false}',
    '{"object": "list", "data": {"id": "cus_1"}, "has_more": false}',
    '{"object": "list", "data": [null], "has_more": false}',
    '{"object": "list", "data": [{"name": "no id"}], "has_more": false}',
    '{"object": "list", "data": [{"id": 7}], "has_more": false}',
    '{"object": "list", "data": []}',
    '{"object": "list", "data": [], "has_more": true}',
)


def answer(running: RunningSandbox, path: str, body: str, **more: Any) -> None:
    headers = {"Content-Type": "application/json"}
    running.app.faults.add(Fault("status", path=path, status=200, body=body, headers=headers, times=None, **more))


@pytest.mark.parametrize("body", OTHERWISE)
def test_a_list_of_another_shape_is_trouble_and_no_empty_list(faults: RunningSandbox, body: str) -> None:
    answer(faults, "^/v1/customers$", body)
    reading = connect(faults.base_url).read("customers", (), None)
    with pytest.raises(RetryLater) as caught:
        next(reading)
    assert "customers" in str(caught.value)


@pytest.mark.parametrize("body", OTHERWISE)
def test_events_of_another_shape_are_trouble_and_lose_nothing(running: RunningSandbox, body: str) -> None:
    connector = connect(running.base_url)
    cursor = list(connector.read("customers", (), None))[-1].cursor
    Raw(running.base_url).post("/v1/customers", {"name": "New"})
    answer(running, "^/v1/events", body)
    with pytest.raises(RetryLater):
        list(connector.read("customers", (), cursor))
    running.app.faults.clear()
    assert [record["name"] for record in records_of(connector.read("customers", (), cursor))] == ["New"]


@pytest.mark.parametrize("lost", ["data", "type", "created", "api_version"])
def test_an_event_that_lacks_something_is_trouble_too(running: RunningSandbox, lost: str) -> None:
    connector = connect(running.base_url)
    cursor = list(connector.read("customers", (), None))[-1].cursor
    event = {"id": "evt_1", "type": "customer.updated", "created": 1, "api_version": "x"}
    whole = {**event, "data": {"object": {"id": "cus_1", "object": "customer"}}}
    del whole[lost]
    answer(running, "^/v1/events", json.dumps({"object": "list", "data": [whole], "has_more": False}))
    with pytest.raises(RetryLater):
        list(connector.read("customers", (), cursor))


@pytest.mark.parametrize("body", ['{"ok": true}', "[]", "null", '{"id": null}'])
def test_an_object_of_another_shape_is_not_taken_for_absence(running: RunningSandbox, body: str) -> None:
    connector = connect(running.base_url)
    customer = str(records_of(connector.read("customers", (), None))[0]["id"])
    answer(running, "^/v1/customers/", body)
    with pytest.raises(RetryLater):
        connector.fetch("customers", [customer], ())


@pytest.mark.parametrize("body", ['{"ok": true}', '{"id": "cus_another", "object": "customer"}'])
def test_a_write_answered_with_something_else_is_to_be_sent_again(running: RunningSandbox, body: str) -> None:
    connector = connect(running.base_url)
    customer = str(records_of(connector.read("customers", (), None))[0]["id"])
    answer(running, "^/v1/customers/", body, method="POST")
    [outcome] = connector.write("customers", "update", [WriteRow({"metadata.a": "1"}, customer)])
    assert outcome.state == "retry"


def test_the_doctor_says_that_something_else_answers(faults: RunningSandbox) -> None:
    answer(faults, "^/v1/", '{"ok": true}')
    assert [(one.code, one.severity) for one in connect(faults.base_url).check()] == [("stripe_unreachable", "error")]


# Reading changes


@pytest.mark.parametrize("do", BREAKS)
@pytest.mark.parametrize("path", ["^/v1/events", "^/v1/customers/"])
def test_broken_answers_while_changes_are_read(running: RunningSandbox, do: Deed, path: str) -> None:
    connector, client = connect(running.base_url), client_of(running)
    fields = ("tax_ids.data",)
    cursor = list(connector.read("customers", fields, None))[-1].cursor
    customer = client.v1.customers.list({"limit": 1}).data[0]
    client.v1.customers.update(customer.id, {"name": "New Name"})
    running.app.faults.add(Fault(do, method="GET", path=path, times=2))
    assert [record["name"] for record in records_of(connector.read("customers", fields, cursor))] == ["New Name"]


def test_a_read_of_changes_that_breaks_off_is_repeated_whole(running: RunningSandbox) -> None:
    connector, raw = connect(running.base_url), Raw(running.base_url)
    fields = ("tax_ids.data",)
    cursor = list(connector.read("customers", fields, None))[-1].cursor
    for number in range(4):
        raw.post("/v1/customers", {"name": f"Client {number}"})
    running.app.faults.add(Fault("status", path="^/v1/customers/", nth=3, times=None))
    reading = connector.read("customers", fields, cursor)
    assert [next(reading).cursor for _ in range(2)] == [None, None]
    with pytest.raises(RetryLater):
        next(reading)
    running.app.faults.clear()
    names = [record["name"] for record in records_of(connector.read("customers", fields, cursor))]
    assert names == [f"Client {number}" for number in range(4)]


def test_a_customer_deleted_between_event_and_read(running: RunningSandbox, client: stripe.StripeClient) -> None:
    connector = connect(running.base_url)
    fields = ("tax_ids.data",)
    cursor = list(connector.read("customers", fields, None))[-1].cursor
    customer = client.v1.customers.list({"limit": 1}).data[0]
    client.v1.customers.update(customer.id, {"name": "New Name"})
    books = running.app.books  # type: ignore[attr-defined]
    books.get("customer", customer.id)["deleted"] = True
    pages = list(connector.read("customers", fields, cursor))
    assert records_of(pages) == []
    assert [stone.external_id for page in pages for stone in page.tombstones] == [customer.id]


def test_a_refund_without_a_payment_intent_is_of_no_concern(running: RunningSandbox) -> None:
    connector = connect(running.base_url)
    books = running.app.books  # type: ignore[attr-defined]
    books.tick()
    books.tell("charge.refunded", {"id": "ch_old", "object": "charge", "payment_intent": None})
    assert records_of(connector.read("payments", (), Cursor("2026-06-30T09:00:00Z"))) == []


def test_a_refund_of_a_payment_without_invoice_is_of_no_concern(running: RunningSandbox) -> None:
    connector = connect(running.base_url)
    books = running.app.books  # type: ignore[attr-defined]
    books.tick()
    books.tell("charge.refunded", {"id": "ch_shop", "object": "charge", "payment_intent": "pi_shop"})
    assert records_of(connector.read("payments", (), Cursor("2026-06-30T09:00:00Z"))) == []


# Writing


@pytest.mark.parametrize("do", BREAKS)
@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_write_survives_broken_answers(running: RunningSandbox, do: Deed, times: int) -> None:
    connector = connect(running.base_url)
    customer = str(records_of(connector.read("customers", (), None))[0]["id"])
    running.app.faults.add(Fault(do, method="POST", times=times))
    [outcome] = connector.write("customers", "update", [WriteRow({"metadata.a": "1"}, customer)])
    assert outcome.state == "applied"
    assert connector.fetch("customers", [customer], ())[0]["metadata"]["a"] == "1"
    events = client_of(running).v1.events.list({"type": "customer.updated"}).data
    assert len(events) == 1


def test_a_write_then_undo_then_write_again_is_not_taken_for_a_repetition(running: RunningSandbox) -> None:
    connector = connect(running.base_url)
    customer = str(records_of(connector.read("customers", (), None))[0]["id"])
    for value in ("1", None, "1"):
        [outcome] = connector.write("customers", "update", [WriteRow({"metadata.a": value}, customer)])
        assert outcome.state == "applied"
    assert connector.fetch("customers", [customer], ())[0]["metadata"]["a"] == "1"


def test_a_write_to_a_deleted_customer_is_rejected(running: RunningSandbox, client: stripe.StripeClient) -> None:
    customer = client.v1.customers.list({"limit": 1}).data[0].id
    client.v1.customers.delete(customer)
    [outcome] = connect(running.base_url).write("customers", "update", [WriteRow({"metadata.a": "1"}, customer)])
    assert (outcome.state, outcome.code) == ("rejected", "resource_missing")
