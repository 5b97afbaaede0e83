"""``/metrics``: what the store holds and what waits, counted anew for each scrape."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy import Column, Connection, Table, func, select, true

from core.store import Store
from core.store.budgets import read_meters
from core.store.jobs import read_jobs
from core.store.tables import (
    IS_NEW,
    IS_WAITING,
    delivery,
    delivery_attempt,
    finding,
    golden_record,
    inbox,
    job,
    operation,
    outbox,
    parked_record,
    run,
    vendor_budget,
)

READING = "sync:"  # how the jobs that read a connection are called
# Name, what it tells, the table counted and the column that is its label.
COUNTS: tuple[tuple[str, str, Table, str], ...] = (
    ("inlay_records", "Live records by type.", golden_record, "record_type"),
    ("inlay_inbox_events", "Events of vendors by state.", inbox, "state"),
    ("inlay_operations", "Operations of the ledger by state.", operation, "state"),
    ("inlay_parked_records", "Records set aside by state.", parked_record, "state"),
    ("inlay_findings", "What an admin should know, by severity.", finding, "severity"),
    ("inlay_runs", "Runs by state.", run, "state"),
)


def metrics_blueprint(store: Store) -> Blueprint:
    """``/metrics`` in the text format of Prometheus."""
    blueprint = Blueprint("metrics", __name__)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(StoreFigures(store))

    @blueprint.get("/metrics")
    def metrics() -> Response:
        """Answer Prometheus with the figures of this moment."""
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    return blueprint


class StoreFigures(Collector):
    """Reads all figures in one view of the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def describe(self) -> list[Metric]:
        """Nothing in advance: the figures are asked for when they are wanted."""
        return []

    def collect(self) -> Iterator[Metric]:
        """All figures as they are now."""
        with self._store.read() as conn:
            for name, told, table, label in COUNTS:
                yield _count(conn, name, told, table, label)
            yield from _waiting(conn)
            yield _last_runs(conn)
            yield from _jobs(conn)
            yield _oldest_events(conn)
            yield from _quotas(conn)
            yield from _by_two(conn)
            yield _attempts(conn)


def _count(conn: Connection, name: str, told: str, table: Table, label: str) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, told, labels=[label])
    query = select(table.c[label], func.count()).group_by(table.c[label])
    if table is golden_record:
        query = query.where(golden_record.c.gone.is_(None))
    for value, count in conn.execute(query.order_by(table.c[label])):
        family.add_metric([value], count)
    return family


def _waiting(conn: Connection) -> Iterator[Metric]:
    """How long the queues are, and since when their oldest entry waits."""
    length = conn.execute(select(func.count()).select_from(outbox)).scalar_one()
    yield GaugeMetricFamily("inlay_outbox_length", "Operations on their way to a vendor.", value=length)
    oldest = GaugeMetricFamily(
        "inlay_oldest_timestamp_seconds", "Since when the oldest entry of a queue waits.", labels=["queue"]
    )
    for queue, column, condition in (
        ("inbox", inbox.c.received_at, IS_NEW),
        ("outbox", outbox.c.due_at, true()),
        ("deliveries", delivery.c.due_at, IS_WAITING),
        ("jobs", job.c.wanted_at, job.c.wanted_at.isnot(None)),
    ):
        since: str | None = conn.execute(select(func.min(column)).where(condition)).scalar()
        if since is not None:
            oldest.add_metric([queue], _seconds(since))
    yield oldest


def _last_runs(conn: Connection) -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        "inlay_last_run_timestamp_seconds", "When the last run of a kind ended so.", labels=["kind", "state"]
    )
    ended: Column[str] = run.c.ended_at
    query = select(run.c.kind, run.c.state, func.max(ended)).where(ended.isnot(None)).group_by(run.c.kind, run.c.state)
    for kind, state, at in conn.execute(query.order_by(run.c.kind, run.c.state)):
        family.add_metric([kind, state], _seconds(at))
    return family


def _jobs(conn: Connection) -> Iterator[Metric]:
    """When each connection was last read to its end, and how often each job was begun since its last good end."""
    read = GaugeMetricFamily(
        "inlay_connection_read_timestamp_seconds", "When a connection was last read to its end.", labels=["connection"]
    )
    tries = GaugeMetricFamily("inlay_job_attempts", "How often a job was begun since it ended well.", labels=["job"])
    for one in read_jobs(conn).values():
        tries.add_metric([one.name], one.attempts)
        if one.name.startswith(READING) and one.ended_at is not None:
            read.add_metric([one.name.removeprefix(READING)], _seconds(one.ended_at))
    yield read
    yield tries


def _oldest_events(conn: Connection) -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        "inlay_connection_oldest_event_timestamp_seconds",
        "Since when the oldest event of a connection waits to be taken in.",
        labels=["connection"],
    )
    query = select(inbox.c.connection, func.min(inbox.c.received_at)).where(IS_NEW).group_by(inbox.c.connection)
    for name, since in conn.execute(query):
        family.add_metric([name], _seconds(since))
    return family


def _quotas(conn: Connection) -> Iterator[Metric]:
    """What each vendor allows and what is left of it, as it told last."""
    labels = ["connection", "quota"]
    allowed = GaugeMetricFamily("inlay_quota_allowed", "Calls that a vendor allows.", labels=labels)
    left = GaugeMetricFamily("inlay_quota_left", "Calls that are left, whoever made the others.", labels=labels)
    for name in conn.execute(select(vendor_budget.c.connection).distinct().order_by(vendor_budget.c.connection)):
        for meter in read_meters(conn, name[0]):
            allowed.add_metric([name[0], meter.name], meter.allowed)
            left.add_metric([name[0], meter.name], max(meter.allowed - meter.used, 0))
    yield allowed
    yield left


def _by_two(conn: Connection) -> Iterator[Metric]:
    """What is counted by two labels: outcomes of writes, and what became of webhooks sent."""
    for name, told, first, second, labels in (
        ("inlay_outcomes", "Operations by connection and state.", operation.c.connection, operation.c.state,
         ("connection", "state")),
        ("inlay_deliveries", "Webhooks to subscribers by state.", delivery.c.subscriber, delivery.c.state,
         ("subscriber", "state")),
    ):  # fmt: skip
        family = GaugeMetricFamily(name, told, labels=labels)
        for one, other, count in conn.execute(select(first, second, func.count()).group_by(first, second)):
            family.add_metric([one, other], count)
        yield family


def _attempts(conn: Connection) -> GaugeMetricFamily:
    """Attempts to deliver a webhook by the class of the answer, ``none`` where no answer came."""
    family = GaugeMetricFamily(
        "inlay_delivery_attempts", "Attempts to send a webhook.", labels=["subscriber", "answer"]
    )
    row, hundreds = delivery_attempt.c, delivery_attempt.c.status - delivery_attempt.c.status % 100
    for name, answer, count in conn.execute(
        select(row.subscriber, hundreds, func.count()).group_by(row.subscriber, hundreds)
    ):
        family.add_metric([name, f"{answer // 100}xx" if answer else "none"], count)
    return family


def _seconds(instant: str) -> float:
    """An instant of the store as Unix seconds."""
    return datetime.fromisoformat(instant).timestamp()
