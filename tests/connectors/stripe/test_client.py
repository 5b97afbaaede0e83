"""How trouble with the vendor becomes one of Inlay's errors."""

from __future__ import annotations

import pytest
import stripe

from connectors.sandbox.demo import AS_OF
from connectors.sandbox.faults import Fault
from connectors.sandbox.server import RunningSandbox
from connectors.stripe.client import StripeApi, translated
from connectors.stripe.sandbox import TOKEN
from connectors.stripe.settings import StripeSettings
from connectors.stripe.write import as_text
from core.http import HttpLimits, Transport
from core.sdk import AuthError, FixedClock, InlayError, LocalBudgets, RejectedError, RetryLater


@pytest.fixture
def transport() -> Transport:
    return Transport(clock=FixedClock(AS_OF), limits=HttpLimits(total=10, first_wait=0.01, attempts=2))


@pytest.fixture
def api(running: RunningSandbox, transport: Transport) -> StripeApi:
    settings = StripeSettings.model_validate({"key": TOKEN, "base_url": running.base_url})
    return StripeApi(settings, transport, LocalBudgets(transport.clock))


def answered(running: RunningSandbox, status: int, body: str, times: int | None = None) -> None:
    running.app.faults.add(Fault("status", status=status, body=body, times=times))


def test_a_page_tells_the_vendors_time(api: StripeApi) -> None:
    page = api.page("customers", {})
    assert (len(page.records), page.has_more, page.told_at) == (5, False, AS_OF)


def test_pages_are_as_large_as_the_vendor_allows(api: StripeApi, running: RunningSandbox) -> None:
    api.page("customers", {})
    api.page("customers", {"limit": 1})
    assert [entry.query for entry in running.app.log.entries()] == ["limit=100", "limit=1"]


def test_lists_of_values_are_sent_with_brackets(api: StripeApi, running: RunningSandbox) -> None:
    api.page("events", {"types": ["invoice.paid", "customer.created"], "created": {"gte": 5}})
    query = running.app.log.entries()[-1].query
    assert "types[0]=invoice.paid" in query
    assert "types[1]=customer.created" in query
    assert "created[gte]=5" in query


def test_what_is_missing_is_none(api: StripeApi) -> None:
    assert api.get("customers", "cus_none", {}) is None


def test_the_library_sends_its_version_and_an_idempotency_key(api: StripeApi, running: RunningSandbox) -> None:
    customer = api.page("customers", {"limit": 1}).records[0]["id"]
    api.update_metadata(customer, {"a": "1"})
    event = api.page("events", {"limit": 1}).records[0]
    assert event["request"]["idempotency_key"]
    assert running.app.log.entries()[1].method == "POST"


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (
            401,
            '{"error": {"message": "Invalid API Key", "type": "invalid_request_error"}}',
            AuthError,
            "accept the key",
        ),
        (403, '{"error": {"message": "no", "type": "invalid_request_error"}}', AuthError, "may not do this"),
        (400, '{"error": {"message": "Wrong limit", "type": "invalid_request_error"}}', RejectedError, "Wrong limit"),
        (404, '{"error": {"message": "No such list", "type": "invalid_request_error"}}', RejectedError, "No such list"),
        (402, '{"error": {"message": "Declined", "type": "card_error"}}', RetryLater, "CardError"),
        (429, '{"error": {"message": "Slow down", "code": "rate_limit"}}', RetryLater, "429"),
        (500, '{"error": {"message": "Oops", "type": "api_error"}}', RetryLater, "500"),
        (503, "<html>", RetryLater, "503"),
    ],
)
def test_refusals(
    api: StripeApi, running: RunningSandbox, status: int, body: str, kind: type[InlayError], words: str
) -> None:
    answered(running, status, body)
    with pytest.raises(kind, match=words) as caught:
        api.page("customers", {})
    assert TOKEN not in str(caught.value)
    assert caught.value.where


def test_a_refusal_carries_facts(api: StripeApi) -> None:
    with pytest.raises(RejectedError) as caught:
        api.page("customers", {"starting_after": "cus_none"})
    assert dict(caught.value.facts) == {"code": "resource_missing", "status": 400, "param": "starting_after"}


@pytest.mark.parametrize("body", ["[]", '"text"', "5", "null"])
def test_an_answer_of_another_shape_is_tried_later(api: StripeApi, running: RunningSandbox, body: str) -> None:
    answered(running, 200, body)
    with pytest.raises((RetryLater, RejectedError)):
        api.page("customers", {})


def test_an_answer_without_a_list_is_no_empty_page(api: StripeApi, running: RunningSandbox) -> None:
    answered(running, 200, '{"object": "list"}')
    with pytest.raises(RetryLater):
        api.page("customers", {})


def test_an_empty_list_is_an_empty_page(api: StripeApi, running: RunningSandbox) -> None:
    answered(running, 200, '{"object": "list", "data": [], "has_more": false}', times=1)
    page = api.page("customers", {})
    assert (page.records, page.has_more, page.told_at) == ([], False, None)


def test_no_more_calls_a_second_than_an_endpoint_takes(
    api: StripeApi, running: RunningSandbox, transport: Transport
) -> None:
    for _ in range(60):
        api.page("customers", {"limit": 1})
    assert len(running.app.log.entries()) == 60
    assert 2.0 <= transport.clock.monotonic() < 2.5


def test_a_wait_that_is_told_to_one_holds_all_workers_back(running: RunningSandbox, transport: Transport) -> None:
    settings = StripeSettings.model_validate({"key": TOKEN, "base_url": running.base_url})
    budgets = LocalBudgets(transport.clock)
    first, second = (StripeApi(settings, transport, budgets) for _ in range(2))
    running.app.faults.add(Fault("status", status=429, headers={"Retry-After": "3600"}))
    for one in (first, second, first):
        with pytest.raises(RetryLater):
            one.page("customers", {})
    assert len(running.app.log.entries()) == 1


def test_the_library_does_not_retry_by_itself(api: StripeApi, running: RunningSandbox, transport: Transport) -> None:
    answered(running, 503, '{"error": {"message": "busy"}}')
    with pytest.raises(RetryLater):
        api.page("customers", {})
    assert len(running.app.log.entries()) == transport._discipline.limits.attempts == 2


def test_what_the_transport_says_is_not_wrapped(transport: Transport) -> None:
    settings = StripeSettings.model_validate({"key": TOKEN, "base_url": "http://127.0.0.1:9"})
    with pytest.raises(RetryLater, match="no connection") as caught:
        StripeApi(settings, transport, LocalBudgets(transport.clock)).page("customers", {})
    assert caught.value.retry_at is not None


def test_a_foreign_connection_error_is_tried_later() -> None:
    error: type[Exception] = stripe.APIConnectionError
    with pytest.raises(RetryLater, match="cannot be reached"), translated("customers"):
        raise error("no route")


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), ("", ""), ("x", "x"), (82, "82"), (82.5, "82.5"), (True, "true"), (False, "false"), (0, "0")],
)
def test_values_become_texts(value: object, text: str) -> None:
    assert as_text(value) == text
