"""What Prometheus scrapes: how far behind everything is, what is left of quotas, what became of what."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from core.clock import FixedClock, iso
from core.console.metrics import metrics_blueprint
from core.store import Store, jobs
from core.store.budgets import StoreBudgets
from core.store.events import Attempt, Event, claim, enter, settle
from core.store.inbox import Arrival, receive, settle_events

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
AT = NOON.timestamp()


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with Store.open(store_url) as store:
        store.migrate()
        yield store


def scraped(store: Store) -> dict[tuple[str, ...], float]:
    """Every figure by its name and labels, as Prometheus' own parser reads them."""
    app = Flask("metrics")
    app.register_blueprint(metrics_blueprint(store))
    text = app.test_client().get("/metrics").text
    families = text_string_to_metric_families(text)
    return {
        (one.name, *(one.labels[name] for name in sorted(one.labels))): one.value
        for family in families
        for one in family.samples
    }


def test_an_empty_store_is_scraped_all_the_same(store: Store) -> None:
    found = scraped(store)
    assert found[("inlay_outbox_length",)] == 0
    assert not any(key[0].startswith(("inlay_connection", "inlay_quota", "inlay_job")) for key in found)


def test_how_far_behind_a_connection_is(store: Store) -> None:
    with store.begin() as conn:
        jobs.want(conn, ["sync:crm", "sync:billing", "think"], NOON)
        jobs.end(conn, jobs.begin(conn, "sync:crm", NOON), NOON + timedelta(seconds=9))
        jobs.begin(conn, "sync:billing", NOON)
        jobs.begin(conn, "sync:billing", NOON)
    found = scraped(store)
    assert found["inlay_connection_read_timestamp_seconds", "crm"] == AT + 9
    assert ("inlay_connection_read_timestamp_seconds", "billing") not in found
    assert found["inlay_job_attempts", "sync:billing"] == 2
    assert found["inlay_job_attempts", "sync:crm"] == 0
    assert found["inlay_oldest_timestamp_seconds", "jobs"] == AT


def test_since_when_the_oldest_event_of_each_connection_waits(store: Store) -> None:
    def arrival(name: str, seconds: int) -> Arrival:
        return Arrival(name, f"{name}{seconds}", "x", b"{}", iso(NOON + timedelta(seconds=seconds)), b"", "")

    with store.begin() as conn:
        receive(conn, [arrival("crm", 5), arrival("crm", 3), arrival("billing", 4), arrival("crm", 1)])
        settle_events(conn, [4], "done")
    found = scraped(store)
    assert found["inlay_connection_oldest_event_timestamp_seconds", "crm"] == AT + 3
    assert found["inlay_connection_oldest_event_timestamp_seconds", "billing"] == AT + 4
    assert found["inlay_oldest_timestamp_seconds", "inbox"] == AT + 3


def test_what_is_left_of_a_vendors_quota(store: Store) -> None:
    clock = FixedClock(NOON)
    StoreBudgets(store, clock, "crm").learn("day", 700, 1000)
    found = scraped(store)
    assert found["inlay_quota_allowed", "crm", "day"] == 1000
    assert found["inlay_quota_left", "crm", "day"] == 300


def test_deliveries_and_their_attempts_by_the_class_of_the_answer(store: Store) -> None:
    with store.begin() as conn:
        events = [Event(f"evt_{number}", "x", iso(NOON), b"{}") for number in range(4)]
        enter(conn, events, lambda _: ["warehouse"], iso(NOON))
        claimed = claim(conn, "warehouse", NOON, NOON + timedelta(minutes=1), 3)
        for status, one in zip((200, 503, 0), claimed, strict=True):
            attempt = Attempt("warehouse", one.seq, 1, iso(NOON), status, 5, "", "")
            settle(conn, one, attempt, None if status == 200 else NOON + timedelta(seconds=5))
    found = scraped(store)
    assert [found["inlay_delivery_attempts", one, "warehouse"] for one in ("2xx", "5xx", "none")] == [1, 1, 1]
    assert found["inlay_deliveries", "delivered", "warehouse"] == 1
    assert found["inlay_deliveries", "waiting", "warehouse"] == 3
    assert found["inlay_oldest_timestamp_seconds", "deliveries"] == AT
