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
from core.store.tables import IS_NEW, finding, golden_record, inbox, operation, outbox, parked_record, run

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


def _seconds(instant: str) -> float:
    """An instant of the store as Unix seconds."""
    return datetime.fromisoformat(instant).timestamp()
