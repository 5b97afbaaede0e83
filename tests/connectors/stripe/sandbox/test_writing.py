from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
import stripe

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.demo import AS_OF
from connectors.sandbox.firm import Firm
from connectors.sandbox.server import RunningSandbox, serve
from connectors.stripe.sandbox import READING_TOKEN, TOKEN, sandbox
from tests.connectors.stripe.conftest import Raw, client_of

NOW = int(AS_OF.timestamp())


def newest_event(client: stripe.StripeClient) -> stripe.Event:
    return client.v1.events.list({"limit": 1}).data[0]


def first_customer(client: stripe.StripeClient) -> stripe.Customer:
    return client.v1.customers.list({"limit": 1}).data[0]


def metadata_of(client: stripe.StripeClient, customer_id: str) -> dict[str, Any]:
    kept = client.v1.customers.retrieve(customer_id).metadata
    return kept.to_dict() if kept is not None else {}


# Customers


def test_created_customers_can_be_read_back(client: stripe.StripeClient) -> None:
    made = client.v1.customers.create(
        {
            "name": "Otter & Oak Ltd",
            "email": "accounts@otteroak.example",
            "metadata": {"vat_number": "GB001234567", "tier": "gold"},
            "address": {"line1": "1 Dock Terrace", "city": "London", "country": "GB"},
        }
    )
    found = client.v1.customers.retrieve(made.id)
    assert (found.name, found.email, found.created) == ("Otter & Oak Ltd", "accounts@otteroak.example", NOW + 1)
    assert metadata_of(client, made.id) == {"vat_number": "GB001234567", "tier": "gold"}
    assert found.address is not None
    assert (found.address.line1, found.address.postal_code) == ("1 Dock Terrace", None)
    assert newest_event(client).type == "customer.created"


def test_update_changes_only_what_is_given(client: stripe.StripeClient) -> None:
    before = first_customer(client)
    after = client.v1.customers.update(before.id, {"description": "Pays by standing order"})
    assert after.to_dict() == {**before.to_dict(), "description": "Pays by standing order"}


def test_metadata_is_merged_key_by_key(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"metadata": {"a": "1", "b": "2", "c": "3"}})
    client.v1.customers.update(customer.id, {"metadata": {"a": "9", "b": "", "d": "4"}})
    assert metadata_of(client, customer.id) == {"a": "9", "c": "3", "d": "4"}
    client.v1.customers.update(customer.id, {"metadata": ""})
    assert metadata_of(client, customer.id) == {}


def test_an_empty_text_clears_a_field(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"name": "Short Lived", "phone": "+44 20 7946 0999"})
    cleared = client.v1.customers.update(customer.id, {"phone": "", "name": ""})
    assert (cleared.phone, cleared.name) == (None, None)


def test_an_update_tells_what_was_before(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"name": "Old Name", "description": "same"})
    client.v1.customers.update(customer.id, {"name": "New Name", "description": "same"})
    event = newest_event(client)
    assert event.type == "customer.updated"
    assert event.data.object["name"] == "New Name"
    assert event.data.previous_attributes is not None
    assert event.data.previous_attributes.to_dict() == {"name": "Old Name"}
    assert event.request is not None
    assert event.request.idempotency_key


def test_an_update_without_change_tells_nothing(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"name": "Same"})
    before = newest_event(client).id
    client.v1.customers.update(customer.id, {"name": "Same"})
    assert newest_event(client).id == before


def test_event_snapshots_do_not_follow_later_changes(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"name": "First", "metadata": {"a": "1"}})
    event_id = newest_event(client).id
    client.v1.customers.update(customer.id, {"name": "Second", "metadata": {"a": "2"}})
    snapshot = client.v1.events.retrieve(event_id).data.object
    assert (snapshot["name"], snapshot["metadata"]["a"]) == ("First", "1")


def test_deleted_customers_leave_a_stub(client: stripe.StripeClient) -> None:
    customer = next(c for c in client.v1.customers.list().data if client.v1.subscriptions.list({"customer": c.id}).data)
    client.v1.customers.delete(customer.id)
    stub = client.v1.customers.retrieve(customer.id)
    assert stub.to_dict() == {"id": customer.id, "object": "customer", "deleted": True}
    assert customer.id not in [c.id for c in client.v1.customers.list({"limit": 100}).data]
    assert client.v1.subscriptions.list({"customer": customer.id}).data == []
    types = [event.type for event in client.v1.events.list({"limit": 2}).data]
    assert types == ["customer.deleted", "customer.subscription.deleted"]
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.customers.update(customer.id, {"name": "Back"})
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ("colour=red", "parameter_unknown", "colour"),
        ("email=nobody", "email_invalid", "email"),
        ("name=" + "x" * 257, "parameter_invalid_string_max_length", "name"),
        ("phone=" + "1" * 21, "parameter_invalid_string_max_length", "phone"),
        ("balance=much", "parameter_invalid_integer", "balance"),
        ("tax_exempt=maybe", None, "tax_exempt"),
        ("metadata[" + "k" * 41 + "]=v", None, "metadata"),
        ("metadata[k]=" + "v" * 501, None, "metadata[k]"),
        ("metadata=text", None, "metadata"),
        ("&".join(f"metadata[k{n}]=v" for n in range(51)), None, "metadata"),
        ("address[planet]=Mars", "parameter_unknown", "planet"),
        ("name[first]=Ann", None, "name"),
        ("name=A&name[first]=Ann", None, "name"),
        ("[name]=A", None, "[name]"),
    ],
)
def test_refused_customers(raw: Raw, body: str, code: str | None, param: str) -> None:
    before = raw.get("/v1/customers").json()
    reply = raw.post("/v1/customers", body)
    error = reply.json()["error"]
    assert (reply.status_code, error["type"], error.get("code")) == (400, "invalid_request_error", code)
    assert error["param"] == param
    assert raw.get("/v1/customers").json() == before


def test_metadata_at_its_limits_is_taken(raw: Raw) -> None:
    body = "&".join(f"metadata[{f'k{n}'.ljust(40, 'x')}]={'v' * 500}" for n in range(50))
    assert len(raw.post("/v1/customers", body).json()["metadata"]) == 50


def test_fifty_keys_count_after_the_merge(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"metadata": {f"k{n}": "v" for n in range(50)}})
    with pytest.raises(stripe.InvalidRequestError, match="at most 50 keys"):
        client.v1.customers.update(customer.id, {"metadata": {"one_more": "v"}})
    client.v1.customers.update(customer.id, {"metadata": {"k0": "", "one_more": "v"}})


# Idempotency


def test_the_same_key_creates_once(raw: Raw) -> None:
    first = raw.post("/v1/customers", {"name": "Once"}, key="k-1")
    second = raw.post("/v1/customers", {"name": "Once"}, key="k-1")
    assert first.json() == second.json()
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert [c["name"] for c in raw.get("/v1/customers").json()["data"]].count("Once") == 1


@pytest.mark.parametrize(
    ("path", "body"), [("/v1/customers", {"name": "Twice"}), ("/v1/customers/cus_other", {"name": "Once"})]
)
def test_a_key_with_other_parameters_is_refused(raw: Raw, path: str, body: dict[str, str]) -> None:
    raw.post("/v1/customers", {"name": "Once"}, key="k-1")
    reply = raw.post(path, body, key="k-1")
    assert (reply.status_code, reply.json()["error"]["type"]) == (400, "idempotency_error")


def test_a_refused_request_may_be_mended_under_its_key(raw: Raw) -> None:
    assert raw.post("/v1/customers", {"email": "nobody"}, key="k-1").status_code == 400
    assert raw.post("/v1/customers", {"email": "ann@otteroak.example"}, key="k-1").status_code == 200


def test_a_refusal_after_the_work_began_is_repeated(raw: Raw) -> None:
    paid = raw.get("/v1/invoices", status="paid", limit="1").json()["data"][0]["id"]
    first = raw.post(f"/v1/invoices/{paid}/pay", key="k-1")
    second = raw.post(f"/v1/invoices/{paid}/pay", key="k-1")
    assert first.status_code == second.status_code == 400
    assert second.headers["Idempotent-Replayed"] == "true"


def test_keys_are_forgotten_after_a_day(raw: Raw) -> None:
    first = raw.post("/v1/customers", {"name": "Once"}, key="k-1").json()["id"]
    raw.control("clock", {"advance_seconds": 86_400})
    assert raw.post("/v1/customers", {"name": "Once"}, key="k-1").json()["id"] != first


def test_too_long_keys_are_refused(raw: Raw) -> None:
    assert raw.post("/v1/customers", {"name": "A"}, key="k" * 255).status_code == 200
    assert raw.post("/v1/customers", {"name": "A"}, key="k" * 256).json()["error"]["type"] == "idempotency_error"


def test_the_library_retries_a_lost_answer_without_doubling(running: RunningSandbox) -> None:
    retrying = stripe.StripeClient(TOKEN, base_addresses={"api": running.base_url}, max_network_retries=2)
    Raw(running.base_url).control("faults", [{"do": "apply_then_cut", "method": "POST", "path": "^/v1/customers$"}])
    made = retrying.v1.customers.create({"name": "Survivor"})
    named = [c.id for c in retrying.v1.customers.list({"limit": 100}).data if c.name == "Survivor"]
    assert named == [made.id]


# Keys and limits


@pytest.mark.parametrize(
    ("token", "status", "words"),
    [("", 401, "did not provide"), ("sk_test_wrong_key_1234", 401, "Invalid API Key provided: sk_test****1234")],
)
def test_wrong_keys(running: RunningSandbox, token: str, status: int, words: str) -> None:
    reply = requests.get(
        f"{running.base_url}/v1/customers", headers={"Authorization": f"Bearer {token}"} if token else {}, timeout=20
    )
    assert reply.status_code == status
    assert words in reply.json()["error"]["message"]


def test_a_reading_key_may_only_read(running: RunningSandbox) -> None:
    client = stripe.StripeClient(READING_TOKEN, base_addresses={"api": running.base_url})
    customer = first_customer(client)
    with pytest.raises(stripe.PermissionError):
        client.v1.customers.update(customer.id, {"name": "Mine"})


def test_the_rate_limit(running: RunningSandbox, raw: Raw) -> None:
    raw.control("options", {"requests_per_second": 5})
    statuses = [raw.get("/v1/account").status_code for _ in range(8)]
    assert statuses[:5] == [200] * 5
    assert 429 in statuses[5:]
    with pytest.raises(stripe.RateLimitError):
        list(client_of(running).v1.customers.list({"limit": 1}).auto_paging_iter())
    raw.control("options", {"requests_per_second": None})
    assert [raw.get("/v1/account").status_code for _ in range(20)] == [200] * 20


def test_unknown_options_are_refused(raw: Raw) -> None:
    assert "requests_per_second" in raw.control("options", {"speed": 3}).json()["error"]


def test_every_answer_has_a_request_id(raw: Raw) -> None:
    ids = [raw.get(path).headers["Request-Id"] for path in ("/v1/account", "/v1/nothing", "/v1/customers/x")]
    assert len(set(ids)) == 3
    assert all(object_id.startswith("req_") for object_id in ids)


# Invoices


def open_invoice(client: stripe.StripeClient) -> stripe.Invoice:
    return client.v1.invoices.list({"status": "open", "limit": 1}).data[0]


def test_paying_an_invoice(client: stripe.StripeClient) -> None:
    owed = open_invoice(client)
    paid = client.v1.invoices.pay(owed.id)
    assert (paid.status, paid.amount_paid, paid.amount_remaining) == ("paid", owed.total, 0)
    assert paid.status_transitions.paid_at == NOW + 1
    payment = client.v1.invoice_payments.list({"invoice": owed.id}).data[0]
    assert (payment.status, payment.amount_paid, payment.status_transitions.paid_at) == ("paid", owed.total, NOW + 1)
    intent = client.v1.payment_intents.retrieve(str(payment.payment.payment_intent), {"expand": ["latest_charge"]})
    assert intent.status == "succeeded"
    assert isinstance(intent.latest_charge, stripe.Charge)
    assert intent.latest_charge.amount == owed.total
    types = {event.type for event in client.v1.events.list({"created": {"gte": NOW + 1}}).data}
    assert types == {
        "charge.succeeded",
        "invoice.paid",
        "invoice.payment_succeeded",
        "invoice_payment.paid",
        "payment_intent.succeeded",
    }


def test_paid_out_of_band_leaves_no_charge(client: stripe.StripeClient) -> None:
    owed = open_invoice(client)
    charges = len(client.v1.charges.list({"limit": 100}).data)
    paid = client.v1.invoices.pay(owed.id, {"paid_out_of_band": True})
    assert (paid.status, paid.amount_paid, paid.amount_paid_off_stripe) == ("paid", 0, owed.total)
    assert len(client.v1.charges.list({"limit": 100}).data) == charges


def test_giving_up_and_being_paid_after_all(client: stripe.StripeClient) -> None:
    owed = open_invoice(client)
    assert client.v1.invoices.mark_uncollectible(owed.id).status == "uncollectible"
    assert client.v1.invoices.pay(owed.id).status == "paid"


def test_void_ends_an_invoice(client: stripe.StripeClient) -> None:
    owed = open_invoice(client)
    void = client.v1.invoices.void_invoice(owed.id)
    assert (void.status, void.status_transitions.voided_at) == ("void", NOW + 1)
    assert client.v1.invoice_payments.list({"invoice": owed.id}).data[0].status == "canceled"


Act = Callable[[stripe.StripeClient, str], Any]


@pytest.mark.parametrize(
    ("status", "act"),
    [
        ("paid", lambda client, object_id: client.v1.invoices.pay(object_id)),
        ("paid", lambda client, object_id: client.v1.invoices.void_invoice(object_id)),
        ("paid", lambda client, object_id: client.v1.invoices.mark_uncollectible(object_id)),
        ("uncollectible", lambda client, object_id: client.v1.invoices.mark_uncollectible(object_id)),
        ("open", lambda client, object_id: client.v1.invoices.finalize_invoice(object_id)),
    ],
)
def test_steps_that_the_status_forbids(client: stripe.StripeClient, status: str, act: Act) -> None:
    invoice = client.v1.invoices.list({"status": status, "limit": 1}).data[0]
    with pytest.raises(stripe.InvalidRequestError, match=f"This invoice is {status}"):
        act(client, invoice.id)
    assert client.v1.invoices.retrieve(invoice.id).to_dict() == invoice.to_dict()


# Credit notes and refunds


def test_a_credit_note_lowers_an_open_invoice(client: stripe.StripeClient) -> None:
    owed = open_invoice(client)
    note = client.v1.credit_notes.create({"invoice": owed.id, "amount": 500, "reason": "order_change"})
    after = client.v1.invoices.retrieve(owed.id)
    assert (note.type, note.pre_payment_amount, note.reason) == ("pre_payment", 500, "order_change")
    assert (after.amount_remaining, after.pre_payment_credit_notes_amount) == (owed.total - 500, 500)
    assert after.status == "open"
    assert client.v1.credit_notes.list({"invoice": owed.id}).data[0].id == note.id


def test_a_lowered_invoice_is_charged_the_rest(client: stripe.StripeClient) -> None:
    owed = open_invoice(client)
    client.v1.credit_notes.create({"invoice": owed.id, "amount": 500})
    assert client.v1.invoices.pay(owed.id).amount_paid == owed.total - 500
    assert client.v1.charges.list({"limit": 1}).data[0].amount == owed.total - 500


def test_a_whole_credit_settles_the_invoice(client: stripe.StripeClient) -> None:
    owed = open_invoice(client)
    client.v1.credit_notes.create({"invoice": owed.id, "amount": owed.total})
    after = client.v1.invoices.retrieve(owed.id)
    assert (after.status, after.amount_paid, after.amount_remaining) == ("paid", 0, 0)


def test_a_credit_on_a_paid_invoice_must_be_given_somewhere(client: stripe.StripeClient) -> None:
    paid = client.v1.invoices.list({"status": "paid", "limit": 1}).data[0]
    with pytest.raises(stripe.InvalidRequestError, match="must equal"):
        client.v1.credit_notes.create({"invoice": paid.id, "amount": 500})
    note = client.v1.credit_notes.create({"invoice": paid.id, "amount": 500, "out_of_band_amount": 500})
    assert (note.type, note.post_payment_amount) == ("post_payment", 500)
    assert client.v1.invoices.retrieve(paid.id).post_payment_credit_notes_amount == 500


@pytest.mark.parametrize("amount", [0, 10**9])
def test_credits_beyond_the_invoice_are_refused(client: stripe.StripeClient, amount: int) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="credit note amount"):
        client.v1.credit_notes.create({"invoice": open_invoice(client).id, "amount": amount})


@pytest.mark.parametrize(
    ("body", "code"), [("amount=5", "parameter_missing"), ("invoice=in_none&amount=5", "resource_missing")]
)
def test_credits_need_an_invoice(raw: Raw, body: str, code: str) -> None:
    reply = raw.post("/v1/credit_notes", body)
    assert (reply.status_code, reply.json()["error"]["code"], reply.json()["error"]["param"]) == (400, code, "invoice")


def test_refunds_add_up(client: stripe.StripeClient) -> None:
    charge = client.v1.charges.list({"limit": 1}).data[0]
    part = client.v1.refunds.create({"charge": charge.id, "amount": 300, "reason": "duplicate"})
    assert (part.amount, part.status, part.reason) == (300, "succeeded", "duplicate")
    assert client.v1.charges.retrieve(charge.id).refunded is False
    rest = client.v1.refunds.create({"payment_intent": str(charge.payment_intent)})
    assert rest.amount == charge.amount - 300
    whole = client.v1.charges.retrieve(charge.id, {"expand": ["refunds"]})
    assert (whole.refunded, whole.amount_refunded) == (True, charge.amount)
    assert whole.refunds is not None
    assert [refund.id for refund in whole.refunds.data] == [rest.id, part.id]
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create({"charge": charge.id, "amount": 1})
    assert caught.value.code == "charge_already_refunded"


def test_a_refund_needs_a_charge(raw: Raw) -> None:
    assert raw.post("/v1/refunds", "amount=5").status_code == 400
    unpaid = raw.get("/v1/invoice_payments", status="open", limit="1").json()["data"][0]["payment"]["payment_intent"]
    assert raw.post("/v1/refunds", {"payment_intent": unpaid}).status_code == 400


# Subscriptions


def test_canceling_at_the_period_end_and_changing_ones_mind(client: stripe.StripeClient) -> None:
    subscription = client.v1.subscriptions.list({"limit": 1}).data[0]
    leaving = client.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    period_end = subscription["items"].data[0].current_period_end
    assert (leaving.cancel_at_period_end, leaving.cancel_at, leaving.canceled_at) == (True, period_end, NOW + 1)
    assert leaving.status == subscription.status
    staying = client.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": False})
    assert (staying.cancel_at_period_end, staying.cancel_at, staying.canceled_at) == (False, None, None)


def test_canceling_at_once(client: stripe.StripeClient) -> None:
    subscription = client.v1.subscriptions.list({"limit": 1}).data[0]
    ended = client.v1.subscriptions.cancel(subscription.id)
    assert (ended.status, ended.ended_at) == ("canceled", NOW + 1)
    assert newest_event(client).type == "customer.subscription.deleted"
    with pytest.raises(stripe.InvalidRequestError, match="canceled subscription"):
        client.v1.subscriptions.cancel(subscription.id)


def test_subscription_metadata(client: stripe.StripeClient) -> None:
    subscription = client.v1.subscriptions.list({"limit": 1}).data[0]
    changed = client.v1.subscriptions.update(subscription.id, {"metadata": {"engagement": "ENG-1"}})
    assert changed.metadata.to_dict() == {"engagement": "ENG-1"}
    assert newest_event(client).type == "customer.subscription.updated"


# Whole account


def test_a_persons_edit_has_no_request(client: stripe.StripeClient, raw: Raw, running: RunningSandbox) -> None:
    customer = first_customer(client)
    running.app.log.clear()
    reply = raw.control("edit", {"path": f"customers/{customer.id}", "values": {"name": "By Hand"}})
    assert reply.json()["name"] == "By Hand"
    assert running.app.log.entries() == ()
    event = newest_event(client)
    assert event.type == "customer.updated"
    assert event.request is not None
    assert (event.request.id, event.request.idempotency_key) == (None, None)


def test_a_person_can_mark_an_invoice_as_paid(client: stripe.StripeClient, raw: Raw) -> None:
    owed = open_invoice(client)
    raw.control("edit", {"path": f"invoices/{owed.id}/pay"})
    assert client.v1.invoices.retrieve(owed.id).status == "paid"


def test_a_person_can_delete_a_customer(client: stripe.StripeClient, raw: Raw) -> None:
    customer = first_customer(client)
    assert raw.control("edit", {"path": f"customers/{customer.id}", "method": "DELETE"}).json()["deleted"] is True


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"path": "charges/ch_1"}, "no such action"),
        ({"path": "customers/cus_none", "values": {}}, "No such customer"),
        ({"values": {}}, "path"),
    ],
)
def test_edits_that_make_no_sense(raw: Raw, change: dict[str, Any], words: str) -> None:
    reply = raw.control("edit", change)
    assert reply.status_code == 400
    assert words in reply.json()["error"]


def test_two_accounts_with_the_same_history_are_equal(running: RunningSandbox, small_firm: Firm) -> None:
    def live(served: RunningSandbox) -> dict[str, object]:
        client = client_of(served)
        made = client.v1.customers.create({"name": "Otter"})
        client.v1.customers.update(made.id, {"metadata": {"a": "1"}})
        client.v1.invoices.pay(open_invoice(client).id)
        return served.app.state()

    with serve(sandbox(small_firm, SandboxClock(AS_OF))) as other:
        assert live(running) == live(other)
