from __future__ import annotations

import pytest
import requests
import stripe

from connectors.sandbox.demo import AS_OF
from connectors.sandbox.firm import Firm
from connectors.sandbox.server import RunningSandbox
from connectors.stripe.sandbox import TOKEN
from tests.connectors.stripe.conftest import Raw

NOW = int(AS_OF.timestamp())
DAY = 86_400


@pytest.fixture
def raw_whole(whole: RunningSandbox) -> Raw:
    return Raw(whole.base_url)


def test_all_customers_are_paged_newest_first(reader: stripe.StripeClient, firm: Firm) -> None:
    found = list(reader.v1.customers.list({"limit": 10}).auto_paging_iter())
    assert len({customer.id for customer in found}) == sum("stripe" in party.homes for party in firm.parties)
    assert [c.created for c in found] == sorted((c.created for c in found), reverse=True)


def test_backwards_paging_meets_the_same_records(reader: stripe.StripeClient) -> None:
    forward = [customer.id for customer in reader.v1.customers.list({"limit": 100}).data]
    page = reader.v1.customers.list({"limit": 7, "ending_before": forward[50]})
    assert [customer.id for customer in page.data] == forward[43:50]
    assert page.has_more
    assert not reader.v1.customers.list({"limit": 50, "ending_before": forward[50]}).has_more


@pytest.mark.parametrize(("limit", "more"), [(1, True), (99, True), (100, True)])
def test_has_more(raw_whole: Raw, limit: int, more: bool) -> None:
    page = raw_whole.get("/v1/customers", limit=str(limit)).json()
    assert (len(page["data"]), page["has_more"], page["object"], page["url"]) == (limit, more, "list", "/v1/customers")


def test_ten_are_listed_by_default(raw_whole: Raw) -> None:
    assert len(raw_whole.get("/v1/invoices").json()["data"]) == 10


def test_the_last_page_says_so(raw_whole: Raw) -> None:
    first = raw_whole.get("/v1/customers", limit="100").json()["data"]
    last = raw_whole.get("/v1/customers", limit="100", starting_after=first[-1]["id"]).json()
    assert last["has_more"] is False
    assert 0 < len(last["data"]) < 100


@pytest.mark.parametrize(
    ("path", "params", "code", "param"),
    [
        ("/v1/customers", {"limit": "0"}, "parameter_invalid_integer", "limit"),
        ("/v1/customers", {"limit": "101"}, "parameter_invalid_integer", "limit"),
        ("/v1/customers", {"limit": "ten"}, "parameter_invalid_integer", "limit"),
        ("/v1/customers", {"colour": "red"}, "parameter_unknown", "colour"),
        ("/v1/customers", {"starting_after": "cus_none"}, "resource_missing", "starting_after"),
        ("/v1/customers", {"ending_before": "cus_none"}, "resource_missing", "ending_before"),
        ("/v1/invoices", {"created[since]": "5"}, "parameter_unknown", "created[since]"),
        ("/v1/invoices", {"created[gte]": "soon"}, "parameter_invalid_integer", "created[gte]"),
        ("/v1/customers", {"expand[]": "data.colour"}, None, "expand"),
        ("/v1/customers", {"expand[]": "data.name"}, None, "expand"),
        ("/v1/invoices", {"expand[]": "data.a.b.c.d"}, None, "expand"),
        ("/v1/invoices", {"expand": "data.customer"}, None, "expand"),
    ],
)
def test_refused_list_parameters(
    raw_whole: Raw, path: str, params: dict[str, str], code: str | None, param: str
) -> None:
    reply = raw_whole.get(path, **params)
    error = reply.json()["error"]
    assert (reply.status_code, error["type"]) == (400, "invalid_request_error")
    assert (error.get("code"), error["param"]) == (code, param)


def test_both_cursors_at_once_are_refused(raw_whole: Raw) -> None:
    ids = [record["id"] for record in raw_whole.get("/v1/customers").json()["data"]]
    reply = raw_whole.get("/v1/customers", starting_after=ids[0], ending_before=ids[5])
    assert reply.status_code == 400


@pytest.mark.parametrize(
    ("path", "noun"),
    [
        ("/v1/customers/cus_none", "customer"),
        ("/v1/invoices/in_none", "invoice"),
        ("/v1/credit_notes/cn_none", "credit note"),
    ],
)
def test_missing_objects(raw_whole: Raw, path: str, noun: str) -> None:
    reply = raw_whole.get(path)
    error = reply.json()["error"]
    assert (reply.status_code, error["code"], error["param"]) == (404, "resource_missing", "id")
    assert error["message"] == f"No such {noun}: '{path.rsplit('/', 1)[1]}'"


def test_unknown_addresses(raw_whole: Raw) -> None:
    reply = raw_whole.get("/v1/customer")
    assert reply.status_code == 404
    assert "GET: /v1/customer" in reply.json()["error"]["message"]


@pytest.mark.parametrize(
    ("bound", "fits"),
    [
        ("gt", lambda at, pivot: at > pivot),
        ("gte", lambda at, pivot: at >= pivot),
        ("lt", lambda at, pivot: at < pivot),
        ("lte", lambda at, pivot: at <= pivot),
    ],
)
def test_created_bounds(raw_whole: Raw, bound: str, fits: object) -> None:
    everything = raw_whole.get("/v1/customers", limit="100").json()["data"]
    pivot = everything[40]["created"]
    found = raw_whole.get("/v1/customers", limit="100", **{f"created[{bound}]": str(pivot)}).json()["data"]
    assert callable(fits)
    assert found
    assert all(fits(record["created"], pivot) for record in found)


def test_created_exactly(raw_whole: Raw) -> None:
    one = raw_whole.get("/v1/customers").json()["data"][3]
    found = raw_whole.get("/v1/customers", created=str(one["created"])).json()["data"]
    assert one["id"] in [record["id"] for record in found]


def test_canceled_subscriptions_show_only_when_asked_for(reader: stripe.StripeClient, firm: Firm) -> None:
    canceled = sum(fee.status == "canceled" for fee in firm.fees)
    assert canceled > 3
    usual = list(reader.v1.subscriptions.list({"limit": 100}).auto_paging_iter())
    everything = list(reader.v1.subscriptions.list({"limit": 100, "status": "all"}).auto_paging_iter())
    ended = list(reader.v1.subscriptions.list({"limit": 100, "status": "ended"}).auto_paging_iter())
    assert len(everything) == len(firm.fees) == len(usual) + canceled
    assert {subscription.status for subscription in ended} == {"canceled"}


@pytest.mark.parametrize("status", ["open", "paid", "uncollectible", "void"])
def test_invoices_by_status(raw_whole: Raw, firm: Firm, status: str) -> None:
    found = raw_whole.get("/v1/invoices", limit="100", status=status).json()
    assert {record["status"] for record in found["data"]} == {status}
    expected = sum(bill.status == status for bill in firm.bills)
    assert len(found["data"]) == min(100, expected)


@pytest.mark.parametrize(
    ("path", "field"),
    [("invoices", "customer"), ("charges", "customer"), ("payment_intents", "customer"), ("subscriptions", "customer")],
)
def test_lists_of_one_customer(raw_whole: Raw, path: str, field: str) -> None:
    owner = raw_whole.get(f"/v1/{path}").json()["data"][0][field]
    found = raw_whole.get(f"/v1/{path}", limit="100", customer=owner).json()["data"]
    assert found
    assert {record[field] for record in found} == {owner}


def test_invoices_of_one_subscription(raw_whole: Raw) -> None:
    subscription = raw_whole.get("/v1/subscriptions").json()["data"][-1]
    found = raw_whole.get("/v1/invoices", limit="100", subscription=subscription["id"]).json()["data"]
    billed = {record["parent"]["subscription_details"]["subscription"] for record in found}
    assert billed == {subscription["id"]}
    assert subscription["latest_invoice"] in [record["id"] for record in found]


def test_payments_by_intent(raw_whole: Raw) -> None:
    payment = raw_whole.get("/v1/invoice_payments", status="paid").json()["data"][0]
    intent = payment["payment"]["payment_intent"]
    found = raw_whole.get(
        "/v1/invoice_payments", **{"payment[type]": "payment_intent", "payment[payment_intent]": intent}
    )
    assert [record["id"] for record in found.json()["data"]] == [payment["id"]]


def test_customers_by_email(raw_whole: Raw) -> None:
    email = next(c["email"] for c in raw_whole.get("/v1/customers", limit="50").json()["data"] if c["email"])
    assert [c["email"] for c in raw_whole.get("/v1/customers", email=email).json()["data"]] == [email]


def test_prices_of_a_product(raw_whole: Raw) -> None:
    product = raw_whole.get("/v1/products", active="true").json()["data"][0]
    prices = raw_whole.get("/v1/prices", product=product["id"], active="true").json()["data"]
    assert {price["product"] for price in prices} == {product["id"]}
    assert raw_whole.get("/v1/prices", active="false").json()["data"] == []


def test_expanding_through_four_levels(raw_whole: Raw) -> None:
    paths = "data.payment.payment_intent.latest_charge"
    payment = raw_whole.get("/v1/invoice_payments", status="paid", **{"expand[]": paths}).json()["data"][0]
    charge = payment["payment"]["payment_intent"]["latest_charge"]
    assert (charge["object"], charge["amount"], charge["paid"]) == ("charge", payment["amount_paid"], True)


def test_expanding_shows_lists_that_are_hidden_otherwise(reader: stripe.StripeClient) -> None:
    plain = reader.v1.invoices.list({"status": "paid", "limit": 1}).data[0]
    full = reader.v1.invoices.retrieve(plain.id, {"expand": ["payments", "customer", "customer.tax_ids"]})
    assert "payments" not in plain
    assert full.payments is not None
    assert [payment.invoice for payment in full.payments.data] == [plain.id]
    assert isinstance(full.customer, stripe.Customer)
    assert full.customer.tax_ids is not None


def test_expanding_nothing_stays_nothing(raw_whole: Raw) -> None:
    intents = raw_whole.get("/v1/payment_intents", limit="100", **{"expand[]": "data.latest_charge"}).json()["data"]
    kinds = {intent["latest_charge"] and intent["latest_charge"]["object"] for intent in intents}
    assert kinds == {None, "charge"}


def test_events_cover_thirty_days_only(reader: stripe.StripeClient) -> None:
    events = list(reader.v1.events.list({"limit": 100}).auto_paging_iter())
    assert len(events) > 100
    assert min(event.created for event in events) >= NOW - 30 * DAY
    assert [event.created for event in events] == sorted((event.created for event in events), reverse=True)
    assert {event.api_version for event in events} == {"2026-10-28.endive"}


def test_events_by_type(raw_whole: Raw) -> None:
    paid = raw_whole.get("/v1/events", limit="100", type="invoice.paid").json()["data"]
    assert {event["type"] for event in paid} == {"invoice.paid"}
    assert all(event["data"]["object"]["status"] == "paid" for event in paid)
    some = raw_whole.get("/v1/events", limit="100", type="invoice.*").json()["data"]
    assert {event["type"] for event in some} >= {"invoice.paid", "invoice.payment_succeeded"}
    assert all(event["type"].startswith("invoice.") for event in some)
    both = raw_whole.session.get(
        f"{raw_whole.base_url}/v1/events",
        params=[("types[]", "charge.succeeded"), ("types[]", "customer.created"), ("limit", "100")],
        timeout=20,
    ).json()["data"]
    assert {event["type"] for event in both} == {"charge.succeeded", "customer.created"}


def test_records_made_while_paging_do_not_repeat_or_hide_others(client: stripe.StripeClient) -> None:
    first = client.v1.customers.list({"limit": 2})
    client.v1.customers.create({"name": "Came Between"})
    rest = client.v1.customers.list({"limit": 100, "starting_after": first.data[-1].id})
    seen = [customer.name for customer in (*first.data, *rest.data)]
    assert len(seen) == len(set(seen)) == 5
    assert client.v1.customers.list({"limit": 1}).data[0].name == "Came Between"


def test_paging_after_a_customer_deleted_meanwhile(client: stripe.StripeClient) -> None:
    ids = [customer.id for customer in client.v1.customers.list().data]
    client.v1.customers.delete(ids[1])
    assert [c.id for c in client.v1.customers.list({"starting_after": ids[1]}).data] == ids[2:]


def test_rows_are_logged(raw: Raw, running: RunningSandbox) -> None:
    raw.get("/v1/customers", limit="3")
    entry = running.app.log.entries()[-1]
    assert (entry.path, entry.query, entry.status, entry.rows) == ("/v1/customers", "limit=3", 200, 3)


@pytest.mark.parametrize("credentials", [("Basic", True), ("Bearer", True), ("bearer", True), ("Digest", False)])
def test_ways_to_send_the_key(running: RunningSandbox, credentials: tuple[str, bool]) -> None:
    scheme, passes = credentials
    session = requests.Session()
    if scheme == "Basic":
        session.auth = (TOKEN, "")
    else:
        session.headers["Authorization"] = f"{scheme} {TOKEN}"
    assert session.get(f"{running.base_url}/v1/account", timeout=20).status_code == (200 if passes else 401)
