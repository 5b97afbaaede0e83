"""The org's day of API calls: learnt from every answer, shared by all workers, and never drawn on too early."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from connectors.salesforce.quota import APP, DAY
from connectors.salesforce.refusals import OutOfQuota
from connectors.sandbox.server import RunningSandbox
from core.sdk import Cursor, FixedClock, Page, RetryLater, WriteRow
from core.store import Store
from core.store.budgets import StoreBudgets
from tests.connectors.salesforce.links import Link
from tests.connectors.salesforce.orgs import AS_OF, Api
from tests.connectors.salesforce.test_read import fill


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    with Store.open(sqlite_url) as opened:
        opened.migrate()
        yield opened


@pytest.fixture
def worker(store: Store, served: RunningSandbox) -> Callable[[str], Link]:
    """Makes connectors that share nothing but the store, each allowed a share of the day."""
    clock = FixedClock(AS_OF)

    def start(share: str) -> Link:
        link = Link(served.base_url, quota_share=share, budgets=StoreBudgets(store, clock, "crm"), clock=clock)
        link.connector.describe("Account")
        clock.sleep(10)  # what was put aside before the org had told its number is given back with the next call
        link.connector.find_by_key("Account", "Name", ["x"])
        return link

    return start


@contextmanager
def suppress_one(stops: list[OutOfQuota]) -> Iterator[None]:
    """Note that the day is used up instead of failing."""
    try:
        yield
    except OutOfQuota as stop:
        stops.append(stop)


def stopped(link: Link) -> OutOfQuota | None:
    """Make one call, and say why not if it was not made."""
    stops: list[OutOfQuota] = []
    with suppress_one(stops):
        link.connector.fetch("Account", ["0015g0000000001AAA"], ["Name"])
    return stops[0] if stops else None


def calls_answered(api: Api) -> int:
    return api.app.site.quota.used


def test_every_answer_tells_where_the_day_stands(api: Api, link: Link) -> None:
    api.options(daily_limit=5000)
    assert link.connector.quota() == []
    link.records("Account", "Name")
    (meter,) = link.connector.quota()
    assert (meter.name, meter.used, meter.allowed) == (DAY, calls_answered(api), 5000)


def test_a_refusal_tells_it_too(api: Api, link: Link) -> None:
    api.options(daily_limit=1)
    with pytest.raises(OutOfQuota):
        link.records("Account", "Name")
    assert [(meter.used, meter.allowed) for meter in link.connector.quota()] == [(1, 1)]


def test_an_apps_own_allowance_is_a_meter_of_its_own(api: Api, link: Link) -> None:
    header = {"Sforce-Limit-Info": "api-usage=18/5000; per-app-api-usage=17/250(appName=inlay)"}
    body = '{"DailyApiRequests": {"Max": 5000, "Remaining": 4982}}'
    headers = {**header, "Content-Type": "application/json"}
    api.control("POST", "faults", [{"do": "status", "status": 200, "path": "limits", "body": body, "headers": headers}])
    assert link.connector.check() == []
    assert {meter.name: (meter.used, meter.allowed) for meter in link.connector.quota()} == {
        DAY: (18, 5000),
        APP: (17, 250),
    }


@pytest.mark.parametrize(("share", "most"), [("10%", 10), ("40%", 40)])
def test_inlay_takes_no_more_of_the_day_than_its_share(
    api: Api, worker: Callable[[str], Link], share: str, most: int
) -> None:
    api.options(daily_limit=100)
    links = [worker(share), worker(share)]
    stops = [stop for _ in range(most) for link in links if (stop := stopped(link)) is not None]
    assert len(stops) > most / 2
    assert all(stop.retry_at and stop.retry_at > links[0].clock.now() for stop in stops)
    assert most * 0.9 <= calls_answered(api) <= most


def test_others_who_use_the_day_up_stop_inlay_before_it_is_refused(api: Api, worker: Callable[[str], Link]) -> None:
    fill(api, 40)
    api.options(page_size=10, daily_limit=100)
    link = worker("50%")
    reader = link.connector.read("Account", ["Name"], None)
    next(reader)
    for _ in range(100 - calls_answered(api) - 1):  # somebody else works through the night
        api.get("limits")
    next(reader)
    made = len(link.transport.calls)
    with pytest.raises(OutOfQuota):
        next(reader)
    assert len(link.transport.calls) == made


def test_a_stopped_reading_goes_on_from_its_cursor_when_the_day_allows_it(
    api: Api, worker: Callable[[str], Link]
) -> None:
    ids = []
    for _ in range(12):
        ids += fill(api, 5)
        api.wait(600)
    api.options(page_size=5, daily_limit=100)
    link = worker("8%")
    seen: set[str] = set()
    cursor: Cursor | None = None
    stops: list[OutOfQuota] = []
    while len(seen) < len(ids):
        pages: list[Page] = []
        with suppress_one(stops):
            pages.extend(iter(link.connector.read("Account", ["Name"], cursor)))
        seen |= {str(record["Id"]) for page in pages for record in page.records}
        cursor = pages[-1].cursor if pages else cursor
        wait = (stops[-1].retry_at - link.clock.now()).total_seconds() if stops and stops[-1].retry_at else 0.0
        link.clock.sleep(wait)
        api.wait(wait + 1)
    assert seen == set(ids)
    assert 1 <= len(stops) <= 6


def test_a_used_up_day_holds_every_call_back_for_an_hour(api: Api, worker: Callable[[str], Link]) -> None:
    api.options(daily_limit=100)
    link = worker("50%")
    link.records("Account", "Name")
    for _ in range(100 - calls_answered(api)):
        api.get("limits")
    with pytest.raises(OutOfQuota):
        link.records("Account", "Name")
    api.options(daily_limit=1000)
    made = len(link.transport.calls)
    for _ in range(3):
        with pytest.raises(OutOfQuota) as caught:
            link.records("Account", "Name")
        assert caught.value.retry_at == link.clock.now() + timedelta(hours=1)
    assert len(link.transport.calls) == made
    link.clock.sleep(3600)
    assert link.records("Account", "Name") == []


@pytest.mark.parametrize("told", ["90", "Tue, 30 Jun 2026 09:01:30 GMT"])
def test_no_call_is_made_before_the_time_told(api: Api, link: Link, told: str) -> None:
    link.connector.describe("Account")
    api.control(
        "POST",
        "faults",
        [{"do": "status", "status": 503, "body": "down", "headers": {"Retry-After": told}, "times": 1}],
    )
    begun = link.clock.now()
    with pytest.raises(RetryLater) as caught:
        link.records("Account", "Name")
    assert caught.value.retry_at == begun + timedelta(seconds=90)
    made = len(link.transport.calls)
    with pytest.raises(RetryLater):
        link.connector.fetch("Account", ["0015g0000000001AAA"], ["Name"])
    assert len(link.transport.calls) == made
    link.clock.sleep(50)
    assert link.records("Account", "Name") == []
    assert link.clock.now() >= begun + timedelta(seconds=90)


def test_too_many_long_calls_at_once_are_no_used_up_day(api: Api, link: Link) -> None:
    link.connector.describe("Account")
    body = (
        '[{"errorCode": "REQUEST_LIMIT_EXCEEDED", '
        '"message": "ConcurrentRequests (Concurrent API Requests) Limit exceeded."}]'
    )
    api.control("POST", "faults", [{"do": "status", "status": 403, "body": body}])
    with pytest.raises(RetryLater) as caught:
        link.records("Account", "Name")
    assert not isinstance(caught.value, OutOfQuota)
    assert caught.value.retry_at == link.clock.now() + timedelta(seconds=30)
    assert link.records("Account", "Name") == []


def test_an_answer_that_asks_for_patience_gets_it_whatever_its_status(api: Api, link: Link) -> None:
    link.connector.describe("Account")
    body = '[{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "ConcurrentRequests Limit exceeded."}]'
    headers = {"Retry-After": "120", "Content-Type": "application/json"}
    api.control("POST", "faults", [{"do": "status", "status": 403, "body": body, "headers": headers}])
    with pytest.raises(RetryLater):
        link.records("Account", "Name")
    made = len(link.transport.calls)
    with pytest.raises(OutOfQuota) as caught:
        link.records("Account", "Name")
    assert len(link.transport.calls) == made
    assert caught.value.retry_at == link.clock.now() + timedelta(seconds=120)


def test_what_was_written_before_the_day_ended_is_not_forgotten(api: Api, served: RunningSandbox) -> None:
    ids = fill(api, 500)
    link = Link(served.base_url, write_batch=500)
    link.connector.describe("Account")
    api.options(daily_limit=calls_answered(api) + 2)
    rows = [WriteRow({"Site": "S"}, one) for one in ids]
    outcomes = link.connector.write("Account", "update", rows)
    assert [outcome.state for outcome in outcomes] == ["applied"] * 400 + ["retry"] * 100
    assert outcomes[-1].retry_at == link.clock.now() + timedelta(hours=1)
    api.options(daily_limit=1000)
    assert len(api.rows("SELECT Id FROM Account WHERE Site = 'S'")) == 400
