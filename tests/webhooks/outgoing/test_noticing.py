"""What has happened becomes an event once, with what a reader needs to act on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

from core.clock import FixedClock, iso
from core.connector import Finding
from core.outbound.guard import read_target
from core.store import Store, findings, runs
from core.store.events import claim, log
from core.store.golden import save_golden
from core.store.tables import operation, signal_history, signal_value
from webhooks.outgoing.catalogue import CATALOGUE, openapi, schema_of
from webhooks.outgoing.noticing import notice
from webhooks.outgoing.subscribers import Subscriber

START = datetime(2026, 6, 30, 9, tzinfo=UTC)
CLIENT, CONTRACT = "crm/Account/1", "crm/Contract/1"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    with Store.open(sqlite_url) as opened:
        opened.migrate()
        yield opened


def subscriber(*events: str, signals: tuple[str, ...] = ("*",), name: str = "till") -> Subscriber:
    return Subscriber(name, read_target("https://hooks.example/"), ("whsec_",), events or ("*",), signals)


def evaluate(store: Store, clock: FixedClock, values: dict[tuple[str, str], Any]) -> None:
    """One evaluation that changed these signals, as ``core.signals`` leaves it."""
    clock.sleep(60)
    at = iso(clock.now())
    with store.begin() as conn:
        run_id = runs.start_run(conn, "signals", clock)
        for (name, subject), value in values.items():
            one = (signal_value.c.name == name) & (signal_value.c.subject_id == subject)
            before = conn.execute(signal_value.select().where(one)).first()
            if before:
                kept = ("name", "subject_id", "as_of", "value", "reason", "version", "config_hash")
                conn.execute(signal_history.insert().values({key: getattr(before, key) for key in kept}))
                conn.execute(signal_value.delete().where(one))
            row = {"name": name, "subject_id": subject, "subject_type": subject.split("/")[1].lower(), "as_of": at}
            said = {"value": orjson.dumps(value).decode(), "reason": f"because of {value}", "version": "1"}
            conn.execute(signal_value.insert().values(**row, **said, config_hash="c"))
        runs.end_run(conn, run_id, clock, facts={"as_of": at})


def keep(store: Store, record_type: str, key: str, data: dict[str, Any]) -> None:
    with store.begin() as conn:
        text = orjson.dumps(data).decode()
        save_golden(conn, [(record_type, key, data.get("client_id"), text, "{}", iso(START), None)])


def operate(store: Store, key: str, state: str, at: str | None, **more: Any) -> None:
    row = {
        "id": key, "plan_id": "p", "position": 0, "kind": "set_field", "connection": "crm", "stream": "Account",
        "external_id": "1", "field": "Health__c", "client_id": CLIENT, "before": "40", "after": "35",
        "reason": "overdue", "plugin": "health", "inputs": "[]", "policy": "owned", "verdict": "apply",
        "state": state, "applied_at": at,
    }  # fmt: skip
    with store.begin() as conn:
        conn.execute(operation.delete().where(operation.c.id == key))
        conn.execute(operation.insert().values(**{**row, **more}))


def told(store: Store, clock: FixedClock, name: str = "till") -> list[dict[str, Any]]:
    """All events that wait for a subscriber, each valid by its own schema."""
    with store.begin() as conn:
        bodies = [orjson.loads(one.event.body) for one in claim(conn, name, clock.now(), clock.now(), 99)]
    for body in bodies:
        Draft202012Validator(schema_of(body["type"])).validate(body)
    return bodies


def test_the_past_is_not_told(store: Store, clock: FixedClock) -> None:
    evaluate(store, clock, {("health.band", CLIENT): "High risk"})
    operate(store, "op", "applied", iso(START))
    assert notice(store, clock, [subscriber()]) == 0


def test_a_health_band_that_changed_is_told_with_score_name_and_reason(store: Store, clock: FixedClock) -> None:
    keep(store, "client", CLIENT, {"name": "Alfa Joinery Ltd"})
    evaluate(store, clock, {("health.band", CLIENT): "Healthy", ("health.score", CLIENT): 71})
    notice(store, clock, [subscriber()])
    evaluate(store, clock, {("health.band", CLIENT): "High risk", ("health.score", CLIENT): 34})
    notice(store, clock, [subscriber("client.*")])
    [event] = told(store, clock)
    assert event["type"] == "client.health_changed"
    assert event["timestamp"] == iso(clock.now())
    data = event["data"]
    assert (data["client"], data["name"], data["band"], data["previous"]) == (
        CLIENT, "Alfa Joinery Ltd", "High risk", "Healthy",
    )  # fmt: skip
    assert (data["score"], data["reason"]) == (34, "because of High risk")


def test_looking_twice_tells_once(store: Store, clock: FixedClock) -> None:
    notice(store, clock, [subscriber()])
    evaluate(store, clock, {("health.band", CLIENT): "Healthy"})
    assert notice(store, clock, [subscriber()]) == 2  # the band, and the signal itself
    assert notice(store, clock, [subscriber()]) == 0


def test_two_evaluations_in_one_second_are_both_told(store: Store, clock: FixedClock) -> None:
    notice(store, clock, [subscriber("signal.changed")])
    evaluate(store, clock, {("revenue.overdue", CLIENT): 10})
    notice(store, clock, [subscriber("signal.changed")])
    clock = FixedClock(START)
    evaluate(store, clock, {("revenue.overdue", "crm/Account/2"): 20})
    assert notice(store, clock, [subscriber("signal.changed")]) == 1


def test_signals_are_told_to_who_names_them(store: Store, clock: FixedClock) -> None:
    both = [subscriber(signals=("revenue.*",)), subscriber(signals=(), name="other")]
    notice(store, clock, both)
    evaluate(store, clock, {("revenue.overdue", CLIENT): 12.5, ("contact.days_since", CLIENT): 3})
    notice(store, clock, both)
    assert [event["data"]["signal"] for event in told(store, clock)] == ["revenue.overdue"]
    assert told(store, clock, "other") == []


def test_a_stage_that_a_contract_reached_is_told_and_one_it_left_is_not(store: Store, clock: FixedClock) -> None:
    keep(store, "contract", CONTRACT, {"client_id": CLIENT, "number": "C-100"})
    notice(store, clock, [subscriber("contract.*")])
    terms = {"term.stage": "90", "term.notice_deadline": "2026-09-25", "term.end": "2026-12-31"}
    evaluate(store, clock, {(name, CONTRACT): value for name, value in terms.items()})
    notice(store, clock, [subscriber("contract.*")])
    [event] = told(store, clock)
    assert event["data"]["stage"] == "90"
    assert event["data"]["notice_deadline"] == "2026-09-25"
    assert (event["data"]["client"], event["data"]["name"]) == (CLIENT, "C-100")
    evaluate(store, clock, {("term.stage", CONTRACT): None})
    assert notice(store, clock, [subscriber("contract.*")]) == 0


def test_operations_are_told_when_applied_and_when_undone(store: Store, clock: FixedClock) -> None:
    notice(store, clock, [subscriber()])
    operate(store, "op", "applied", "2026-06-30T09:05:00Z")
    notice(store, clock, [subscriber()])
    operate(store, "op", "undone", "2026-06-30T09:05:00Z")
    operate(store, "back", "applied", "2026-07-02T10:00:00Z", undo_of="op", before="35", after="40")
    notice(store, clock, [subscriber()])
    applied, undone = told(store, clock)
    assert (applied["type"], applied["data"]["after"]) == ("operation.applied", 35)
    assert (undone["type"], undone["data"]["operation"], undone["data"]["after"]) == ("operation.undone", "op", 40)


def test_an_operation_that_was_committed_late_is_told_still(store: Store, clock: FixedClock) -> None:
    operate(store, "old", "applied", "2026-06-30T09:00:00Z")
    notice(store, clock, [subscriber()])
    operate(store, "new", "applied", "2026-06-30T09:30:00Z")
    notice(store, clock, [subscriber()])
    operate(store, "late", "applied", "2026-06-30T09:29:59Z")
    notice(store, clock, [subscriber()])
    assert [event["data"]["operation"] for event in told(store, clock)] == ["new", "late"]


def test_what_was_applied_shortly_before_the_first_look_is_never_told(store: Store, clock: FixedClock) -> None:
    operate(store, "old", "applied", "2026-06-30T08:59:00Z")
    assert [notice(store, clock, [subscriber()]) for _ in range(3)] == [0, 0, 0]


def test_a_dead_letter_is_told_with_the_words_of_the_crm(store: Store, clock: FixedClock) -> None:
    notice(store, clock, [subscriber()])
    with store.begin() as conn:
        run_id = runs.start_run(conn, "apply", clock)
    operate(store, "op", "rejected", None, error="FIELD_CUSTOM_VALIDATION_EXCEPTION: no", run_id=run_id)
    notice(store, clock, [subscriber()])
    assert notice(store, clock, [subscriber()]) == 0
    [event] = told(store, clock)
    assert (event["type"], event["timestamp"]) == ("operation.rejected", iso(START))
    assert event["data"]["error"].startswith("FIELD_CUSTOM")


def test_a_connection_that_fails_and_recovers_is_told_twice(store: Store, clock: FixedClock) -> None:
    notice(store, clock, [subscriber()])
    with store.begin() as conn:
        stands = Finding("stream_failed", "error", "credentials refused", "crm/Account", "reconnect")
        findings.report(conn, [stands, Finding("stale", "error", "x", "crm/Account", "y")], iso(START))
    notice(store, clock, [subscriber()])
    with store.begin() as conn:
        findings.report(conn, [stands], iso(clock.now()))
    notice(store, clock, [subscriber()])
    with store.begin() as conn:
        findings.settle(conn, "stream_failed", "crm/Account")
    notice(store, clock, [subscriber()])
    assert [event["type"] for event in told(store, clock)] == ["connection.failing", "connection.recovered"]


def test_a_look_that_finds_nothing_new_writes_nothing(store: Store, clock: FixedClock) -> None:
    evaluate(store, clock, {("health.band", CLIENT): "Healthy"})
    operate(store, "op", "applied", iso(START))
    notice(store, clock, [subscriber()])
    with store.begin():  # while another process writes, nobody else can
        assert notice(store, clock, [subscriber()]) == 0


def test_without_subscribers_nothing_is_noticed_nor_kept(store: Store, clock: FixedClock) -> None:
    operate(store, "op", "applied", iso(START))
    assert notice(store, clock, []) == 0
    with store.read() as conn:
        assert list(log(conn)) == []


@pytest.mark.parametrize("name", list(CATALOGUE))
def test_every_event_has_a_valid_schema_and_a_place_in_the_openapi_document(name: str) -> None:
    Draft202012Validator.check_schema(schema_of(name))
    operation_of = openapi()["webhooks"][name]["post"]
    content = operation_of["requestBody"]["content"]["application/json"]["schema"]
    assert content["properties"]["type"] == {"const": name}
    assert {one["name"] for one in operation_of["parameters"]} == {
        "webhook-id", "webhook-timestamp", "webhook-signature",
    }  # fmt: skip
