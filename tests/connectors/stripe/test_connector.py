from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import stripe
from pydantic import ValidationError

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.demo import AS_OF, empty_firm
from connectors.sandbox.faults import Fault
from connectors.sandbox.firm import Firm
from connectors.sandbox.server import RunningSandbox, serve
from connectors.stripe import register_connectors
from connectors.stripe.connector import StripeConnector
from connectors.stripe.sandbox import READING_TOKEN, TOKEN, sandbox
from connectors.stripe.sandbox.money import minor_units
from connectors.stripe.settings import StripeSettings
from connectors.stripe.streams import SOURCES
from core.http import HttpLimits, Transport
from core.sdk import AuthError, ConnectorContext, Cursor, FixedClock, Page, RetryLater, WriteRow
from core.yamlfile import read_yaml
from tests.connectors.stripe.conftest import Raw, client_of, part_of

STREAMS = ("customers", "subscriptions", "invoices", "payments", "credit_notes")
FULL_PAYMENT = ("payment.payment_intent.customer", "payment.payment_intent.latest_charge.amount_refunded")
DAY = 86_400


def connect(base_url: str, token: str = TOKEN, *, total: float = 20.0) -> StripeConnector:
    transport = Transport(clock=FixedClock(AS_OF), limits=HttpLimits(total=total, first_wait=0.01))
    settings = StripeSettings.model_validate({"key": token, "base_url": base_url})
    return StripeConnector(settings, ConnectorContext("billing", FixedClock(AS_OF), transport))


@pytest.fixture
def connector(running: RunningSandbox) -> StripeConnector:
    return connect(running.base_url)


def records_of(pages: Iterable[Page]) -> list[Any]:
    return [record for page in pages for record in page.records]


def synced(connector: StripeConnector, stream: str, fields: tuple[str, ...] = ()) -> Cursor:
    """Read a stream whole and hand back its cursor."""
    cursor = list(connector.read(stream, fields, None))[-1].cursor
    assert cursor is not None
    return cursor


def changed(connector: StripeConnector, stream: str, since: Cursor, fields: tuple[str, ...] = ()) -> list[Any]:
    return records_of(connector.read(stream, fields, since))


# What it is


def test_the_hook_names_the_connector() -> None:
    assert register_connectors() == [StripeConnector]


def test_streams_agree_with_manifest_and_readme(connector: StripeConnector) -> None:
    home = Path(__import__("connectors.stripe").stripe.__file__).parent
    manifest = read_yaml(home / "manifest.yaml").data
    assert tuple(connector.streams()) == STREAMS == tuple(manifest["reads"])
    assert manifest["batch"] == connector.batch_size("customers", "update") == 1
    readme = (home / "README.md").read_text()
    assert all(f"| `{source.stream}` | `/v1/{source.path}" in readme for source in SOURCES.values())
    assert manifest["api"] in readme


def test_no_stream_listens_to_more_than_the_vendor_takes() -> None:
    assert all(0 < len(source.all_events) <= 20 for source in SOURCES.values())


@pytest.mark.parametrize("options", [{}, {"key": "sk", "colour": "red"}, {"key": None}])
def test_wrong_settings_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        StripeSettings.model_validate(options)


def test_the_key_is_never_shown() -> None:
    assert TOKEN not in repr(StripeSettings.model_validate({"key": TOKEN}))


# First read


@pytest.mark.parametrize("stream", STREAMS)
def test_a_first_read_shows_everything(whole: RunningSandbox, firm: Firm, stream: str) -> None:
    expected = {
        "customers": sum("stripe" in party.homes for party in firm.parties),
        "subscriptions": len(firm.fees),
        "invoices": len(firm.bills),
        "payments": sum(bill.status == "paid" for bill in firm.bills),
        "credit_notes": 0,
    }
    records = records_of(connect(whole.base_url).read(stream, FULL_PAYMENT, None))
    assert len({record["id"] for record in records}) == len(records) == expected[stream]


@pytest.mark.parametrize("stream", STREAMS)
def test_a_first_read_takes_the_fewest_calls(whole: RunningSandbox, stream: str) -> None:
    connector = connect(whole.base_url)
    records = records_of(connector.read(stream, (), None))
    assert len(connector.context.transport.calls) == max(1, -(-len(records) // 100))


def test_payments_come_with_client_and_charge(whole: RunningSandbox, firm: Firm) -> None:
    payments = records_of(connect(whole.base_url).read("payments", FULL_PAYMENT, None))
    intents = [payment["payment"]["payment_intent"] for payment in payments]
    assert all(intent["customer"].startswith("cus_") for intent in intents)
    assert {intent["latest_charge"]["payment_method_details"]["type"] for intent in intents} == {"bacs_debit"}
    received = sum(minor_units(bill.amount, bill.currency) for bill in firm.bills if bill.status == "paid")
    assert sum(payment["amount_paid"] for payment in payments) == received


def test_only_wanted_parts_are_asked_for(whole: RunningSandbox) -> None:
    connector = connect(whole.base_url)
    bare = records_of(connector.read("customers", ("name", "email"), None))
    full = records_of(connector.read("customers", ("name", "tax_ids.data.0.value"), None))
    assert all("tax_ids" not in record for record in bare)
    assert sum(bool(record["tax_ids"]["data"]) for record in full) > 40
    payment = records_of(connector.read("payments", ("amount_paid",), None))[0]
    assert isinstance(payment["payment"]["payment_intent"], str)


def test_ended_subscriptions_are_read_too(whole: RunningSandbox) -> None:
    records = records_of(connect(whole.base_url).read("subscriptions", (), None))
    assert {record["status"] for record in records} == {"active", "canceled", "past_due", "trialing"}


def test_an_empty_account(firm: Firm) -> None:
    assert firm.bills
    with serve(sandbox(empty_firm(), SandboxClock(AS_OF))) as empty:
        connector = connect(empty.base_url)
        for stream in STREAMS:
            pages = list(connector.read(stream, (), None))
            assert [len(page.records) for page in pages] == [0]
            assert pages[-1].cursor == Cursor("2026-06-30T09:00:00Z")


@pytest.mark.parametrize(("stream", "stop_after", "calls"), [("customers", 1, 1), ("payments", 18, 1)])
def test_a_first_read_goes_on_where_it_was_stopped(
    whole: RunningSandbox, stream: str, stop_after: int, calls: int
) -> None:
    reading = connect(whole.base_url).read(stream, (), None)
    pages = [next(reading) for _ in range(stop_after)]
    again = connect(whole.base_url)
    rest = records_of(again.read(stream, (), pages[-1].cursor))
    everything = [record["id"] for record in records_of(connect(whole.base_url).read(stream, (), None))]
    assert [record["id"] for record in records_of(pages) + rest] == everything
    assert len(again.context.transport.calls) == calls


def test_what_changes_while_a_list_is_read_is_not_lost(firm: Firm) -> None:
    clients = ("Marlow", "Castlereach", "Harbor", "Oakhurst", "Wexcombe", "Ashdown", "Brindle", "Calder", "Tamsin")
    with serve(sandbox(part_of(firm, clients), SandboxClock(AS_OF))) as running:
        connector, client = connect(running.base_url), client_of(running)
        reading = connector.read("invoices", (), None)
        first = next(reading)
        assert first.cursor is not None
        assert first.cursor.id == first.records[-1]["id"]
        passed_by = next(record["id"] for record in first.records if record["status"] == "open")
        client.v1.credit_notes.create({"invoice": passed_by, "amount": 100})
        cursor = list(reading)[-1].cursor
        assert cursor == Cursor("2026-06-30T09:00:00Z")
        found = changed(connector, "invoices", cursor)
        assert [(record["id"], record["pre_payment_credit_notes_amount"]) for record in found] == [(passed_by, 100)]


def test_a_list_whose_place_has_vanished_begins_anew(running: RunningSandbox) -> None:
    connector = connect(running.base_url)
    records = records_of(connector.read("customers", (), Cursor("2026-06-30T09:00:00Z", "cus_vanished")))
    assert len(records) == 5


# Later reads


@pytest.mark.parametrize("stream", STREAMS)
def test_nothing_new_costs_one_call(connector: StripeConnector, stream: str) -> None:
    cursor = synced(connector, stream)
    before = len(connector.context.transport.calls)
    pages = list(connector.read(stream, (), cursor))
    assert records_of(pages) == []
    assert pages[-1].cursor == cursor
    assert len(connector.context.transport.calls) == before + 1


def test_a_changed_customer_is_read(connector: StripeConnector, client: stripe.StripeClient) -> None:
    cursor = synced(connector, "customers")
    customer = client.v1.customers.list({"limit": 1}).data[0]
    client.v1.customers.update(customer.id, {"name": "First Name"})
    client.v1.customers.update(customer.id, {"name": "Second Name"})
    assert [record["name"] for record in changed(connector, "customers", cursor)] == ["Second Name"]


def test_a_changed_customer_is_read_with_all_wanted_parts(running: RunningSandbox, client: stripe.StripeClient) -> None:
    connector = connect(running.base_url)
    fields = ("name", "tax_ids.data.0.value")
    cursor = synced(connector, "customers", fields)
    client.v1.customers.update(client.v1.customers.list({"limit": 1}).data[0].id, {"name": "New Name"})
    found = changed(connector, "customers", cursor, fields)
    assert [(record["name"], record["tax_ids"]["object"]) for record in found] == [("New Name", "list")]


def test_events_and_a_read_show_the_same_record(connector: StripeConnector, client: stripe.StripeClient) -> None:
    cursor = synced(connector, "invoices")
    owed = client.v1.invoices.list({"status": "open", "limit": 1}).data[0]
    client.v1.invoices.pay(owed.id)
    assert changed(connector, "invoices", cursor) == connector.fetch("invoices", [owed.id], ())


def test_a_payment_that_came_in_is_read(connector: StripeConnector, client: stripe.StripeClient) -> None:
    cursor = synced(connector, "payments")
    owed = client.v1.invoices.list({"status": "open", "limit": 1}).data[0]
    client.v1.invoices.pay(owed.id)
    found = changed(connector, "payments", cursor, FULL_PAYMENT)
    assert [(record["invoice"], record["amount_paid"]) for record in found] == [(owed.id, owed.total)]
    assert found[0]["payment"]["payment_intent"]["customer"] == owed.customer


def test_a_refund_is_seen_on_the_payment(connector: StripeConnector, client: stripe.StripeClient) -> None:
    cursor = synced(connector, "payments")
    charge = client.v1.charges.list({"limit": 1}).data[0]
    client.v1.refunds.create({"charge": charge.id, "amount": 250})
    found = changed(connector, "payments", cursor, FULL_PAYMENT)
    assert [record["payment"]["payment_intent"]["latest_charge"]["amount_refunded"] for record in found] == [250]
    assert [record["payment"]["payment_intent"]["id"] for record in found] == [charge.payment_intent]


def test_ended_subscriptions_stay_records(connector: StripeConnector, client: stripe.StripeClient) -> None:
    cursor = synced(connector, "subscriptions")
    subscription = client.v1.subscriptions.list({"limit": 1}).data[0]
    client.v1.subscriptions.cancel(subscription.id)
    pages = list(connector.read("subscriptions", (), cursor))
    assert [(record["id"], record["status"]) for record in records_of(pages)] == [(subscription.id, "canceled")]
    assert [tombstone for page in pages for tombstone in page.tombstones] == []


def test_credit_notes_are_read(connector: StripeConnector, client: stripe.StripeClient) -> None:
    cursor = synced(connector, "credit_notes")
    owed = client.v1.invoices.list({"status": "open", "limit": 1}).data[0]
    note = client.v1.credit_notes.create({"invoice": owed.id, "amount": 100})
    assert [record["id"] for record in changed(connector, "credit_notes", cursor)] == [note.id]


@pytest.mark.parametrize("fields", [(), ("tax_ids.data.0.value",)])
def test_deleted_customers_become_tombstones(
    connector: StripeConnector, client: stripe.StripeClient, fields: tuple[str, ...]
) -> None:
    cursor = synced(connector, "customers", fields)
    customer = client.v1.customers.list({"limit": 1}).data[0]
    client.v1.customers.update(customer.id, {"name": "Soon Gone"})
    client.v1.customers.delete(customer.id)
    pages = list(connector.read("customers", fields, cursor))
    stones = [(stone.external_id, stone.reason, stone.at) for page in pages for stone in page.tombstones]
    assert stones == [(customer.id, "deleted", "2026-06-30T09:00:02Z")]
    assert records_of(pages) == []


def test_more_events_than_one_page(connector: StripeConnector, running: RunningSandbox) -> None:
    cursor = synced(connector, "customers")
    raw = Raw(running.base_url)
    for number in range(130):
        raw.post("/v1/customers", {"name": f"Client {number}"})
    before = len(connector.context.transport.calls)
    names = [record["name"] for record in changed(connector, "customers", cursor)]
    assert names == [f"Client {number}" for number in range(130)]
    assert len(connector.context.transport.calls) == before + 2


def test_events_that_disagree_in_one_second_are_settled_by_a_read(
    connector: StripeConnector, client: stripe.StripeClient, running: RunningSandbox
) -> None:
    cursor = synced(connector, "customers")
    customer = client.v1.customers.list({"limit": 1}).data[0].to_dict()
    books = running.app.books  # type: ignore[attr-defined]
    now = books.tick()
    for name in ("True Name", "Stale Name"):
        books.tell("customer.updated", {**customer, "name": name}, {"name": "Old"}, at=now)
    client.v1.customers.update(str(customer["id"]), {"description": "same second, other words"})
    books.get("customer", customer["id"])["name"] = "True Name"
    event = books.newest_first("event")[0]
    event["created"] = now
    assert [record["name"] for record in changed(connector, "customers", cursor)] == ["True Name"]


def test_events_of_another_version_are_not_believed(
    connector: StripeConnector, client: stripe.StripeClient, running: RunningSandbox
) -> None:
    cursor = synced(connector, "customers")
    customer = client.v1.customers.list({"limit": 1}).data[0]
    client.v1.customers.update(customer.id, {"name": "New Name"})
    event = running.app.books.newest_first("event")[0]  # type: ignore[attr-defined]
    event["api_version"] = "2024-06-20"
    event["data"]["object"] = {"id": customer.id, "object": "customer", "name": "Old Shape"}
    found = changed(connector, "customers", cursor)
    assert [record["name"] for record in found] == ["New Name"]
    assert "tax_exempt" in found[0]


def test_after_a_pause_longer_than_events_are_kept_all_is_read_again(
    connector: StripeConnector, running: RunningSandbox
) -> None:
    cursor = synced(connector, "customers")
    running.app.clock.advance(timedelta(days=31))
    pages = list(connector.read("customers", (), cursor))
    assert len(records_of(pages)) == 5
    assert pages[-1].cursor == Cursor("2026-07-31T09:00:00Z")


def test_the_cursor_follows_the_vendors_clock(connector: StripeConnector, running: RunningSandbox) -> None:
    cursor = synced(connector, "customers")
    running.app.clock.advance(timedelta(days=20))
    later = list(connector.read("customers", (), cursor))[-1].cursor
    assert later == Cursor("2026-07-20T09:00:00Z")
    running.app.clock.advance(timedelta(days=20))
    before = len(connector.context.transport.calls)
    assert changed(connector, "customers", Cursor("2026-07-20T09:00:00Z")) == []
    assert len(connector.context.transport.calls) == before + 1


def test_a_change_just_before_the_cursor_is_read_again(
    connector: StripeConnector, client: stripe.StripeClient, running: RunningSandbox
) -> None:
    customer = client.v1.customers.list({"limit": 1}).data[0]
    client.v1.customers.update(customer.id, {"name": "Late Word"})
    running.app.clock.advance(timedelta(minutes=5))
    cursor = synced(connector, "customers")
    assert [record["name"] for record in changed(connector, "customers", cursor)] == ["Late Word"]


# Single records


def test_fetch_leaves_out_what_is_missing_or_deleted(connector: StripeConnector, client: stripe.StripeClient) -> None:
    ids = [customer.id for customer in client.v1.customers.list().data]
    client.v1.customers.delete(ids[1])
    found = connector.fetch("customers", [ids[0], ids[1], "cus_none"], ())
    assert [record["id"] for record in found] == [ids[0]]


def test_fetch_shows_wanted_parts(connector: StripeConnector) -> None:
    payment = records_of(connector.read("payments", (), None))[0]["id"]
    found = connector.fetch("payments", [payment], FULL_PAYMENT)[0]
    assert found["payment"]["payment_intent"]["latest_charge"]["object"] == "charge"


@pytest.mark.parametrize(
    ("token", "stream", "url"),
    [
        ("sk_test_x", "customers", "https://dashboard.stripe.com/test/customers/id_1"),
        ("rk_live_x", "invoices", "https://dashboard.stripe.com/invoices/id_1"),
        ("sk_live_x", "payments", None),
    ],
)
def test_record_urls(token: str, stream: str, url: str | None) -> None:
    assert connect("http://127.0.0.1:9", token).record_url(stream, "id_1") == url


# Checks and trouble


def test_a_good_connection_has_no_findings(connector: StripeConnector) -> None:
    assert connector.check() == []


def test_a_wrong_key_is_one_finding_per_stream(running: RunningSandbox) -> None:
    findings = connect(running.base_url, "sk_test_wrong").check()
    assert {finding.code for finding in findings} == {"stripe_refused"}
    assert "key" in findings[0].remedy
    assert not any("sk_test_wrong" in str(finding) for finding in findings)


def test_a_stream_that_the_key_may_not_read_is_named(running: RunningSandbox) -> None:
    body = '{"error": {"type": "invalid_request_error", "message": "no permission"}}'
    running.app.faults.add(Fault("status", path="credit_notes", status=403, body=body))
    findings = connect(running.base_url).check()
    assert [(finding.where, finding.severity) for finding in findings] == [("billing/credit_notes", "error")]
    assert "access to credit notes" in findings[0].remedy


def test_an_unreachable_host_is_one_finding() -> None:
    findings = connect("http://127.0.0.1:9", total=2.0).check()
    assert [(finding.code, finding.severity) for finding in findings] == [("stripe_unreachable", "error")]


def test_reading_with_a_wrong_key(running: RunningSandbox) -> None:
    with pytest.raises(AuthError, match="does not accept the key"):
        list(connect(running.base_url, "sk_test_wrong").read("customers", (), None))


@pytest.mark.parametrize("do", ["cut", "truncate", "html", "apply_then_cut"])
def test_a_broken_answer_is_asked_for_again(running: RunningSandbox, connector: StripeConnector, do: Any) -> None:
    running.app.faults.add(Fault(do, path="^/v1/customers"))
    assert len(records_of(connector.read("customers", (), None))) == 5


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_vendor_is_waited_for(running: RunningSandbox, connector: StripeConnector, status: int) -> None:
    running.app.faults.add(Fault("status", status=status, times=2, body='{"error": {"message": "busy"}}'))
    assert len(records_of(connector.read("customers", (), None))) == 5


def test_a_vendor_that_stays_broken_is_tried_later(running: RunningSandbox, connector: StripeConnector) -> None:
    running.app.faults.add(Fault("status", status=503, times=None, body='{"error": {"message": "busy"}}'))
    with pytest.raises(RetryLater):
        list(connector.read("customers", (), None))
    assert len(running.app.log.entries()) == 4


def test_a_hanging_vendor_is_given_up_at_the_deadline(running: RunningSandbox) -> None:
    running.app.faults.add(Fault("hang", seconds=3, times=None))
    with pytest.raises(RetryLater):
        list(connect(running.base_url, total=0.3).read("customers", (), None))


# Writes


def first_id(connector: StripeConnector) -> str:
    return str(records_of(connector.read("customers", (), None))[0]["id"])


def test_metadata_is_written_and_cleared(connector: StripeConnector, client: stripe.StripeClient) -> None:
    customer = first_id(connector)
    values = {"metadata.inlay_score": 82, "metadata.inlay_band": "good", "metadata.inlay_active": True}
    [outcome] = connector.write("customers", "update", [WriteRow(values, customer)])
    assert (outcome.state, outcome.external_id, outcome.created) == ("applied", customer, False)
    kept = connector.fetch("customers", [customer], ())[0]["metadata"]
    assert kept.items() >= {"inlay_score": "82", "inlay_band": "good", "inlay_active": "true"}.items()
    connector.write(
        "customers", "update", [WriteRow({"metadata.inlay_score": None, "metadata.inlay_band": ""}, customer)]
    )
    assert "inlay_score" not in connector.fetch("customers", [customer], ())[0]["metadata"]
    assert client.v1.customers.retrieve(customer).name


def test_each_row_has_its_own_outcome(connector: StripeConnector) -> None:
    customer = first_id(connector)
    rows = [
        WriteRow({"metadata.a": "1"}, customer),
        WriteRow({"metadata.a": "1"}, "cus_none"),
        WriteRow({"metadata.a": "v" * 501}, customer),
        WriteRow({"name": "Mine"}, customer),
        WriteRow({"metadata.a": "1"}),
    ]
    outcomes = connector.write("customers", "update", rows)
    assert [(outcome.state, outcome.code) for outcome in outcomes] == [
        ("applied", ""),
        ("rejected", "resource_missing"),
        ("rejected", "invalid_request"),
        ("rejected", "not_writable"),
        ("rejected", "not_writable"),
    ]
    assert "name" in outcomes[3].message


@pytest.mark.parametrize(("stream", "verb"), [("invoices", "update"), ("customers", "upsert"), ("customers", "delete")])
def test_nothing_else_is_written(connector: StripeConnector, running: RunningSandbox, stream: str, verb: Any) -> None:
    [outcome] = connector.write(stream, verb, [WriteRow({"metadata.a": "1"}, "in_1")])
    assert (outcome.state, outcome.code) == ("rejected", "not_writable")
    assert running.app.log.entries() == ()


def test_a_reading_key_cannot_write(running: RunningSandbox) -> None:
    connector = connect(running.base_url, READING_TOKEN)
    customer = first_id(connector)
    with pytest.raises(AuthError, match="may not"):
        connector.write("customers", "update", [WriteRow({"metadata.a": "1"}, customer)])


def test_a_lost_answer_is_asked_for_again_and_the_write_happens_once(
    running: RunningSandbox, connector: StripeConnector
) -> None:
    customer = first_id(connector)
    running.app.faults.add(Fault("apply_then_cut", method="POST"))
    [outcome] = connector.write("customers", "update", [WriteRow({"metadata.a": "1"}, customer)])
    assert outcome.state == "applied"
    events = client_of(running).v1.events.list({"type": "customer.updated"}).data
    assert len(events) == 1


@pytest.mark.parametrize("do", ["apply_then_cut", "html"])
def test_a_write_that_never_gets_an_answer_may_be_retried(
    running: RunningSandbox, connector: StripeConnector, do: Any
) -> None:
    customer = first_id(connector)
    running.app.faults.add(Fault(do, method="POST", times=None))
    [outcome] = connector.write("customers", "update", [WriteRow({"metadata.a": "1"}, customer)])
    assert (outcome.state, outcome.external_id) == ("retry", customer)
    assert outcome.retry_at is not None
