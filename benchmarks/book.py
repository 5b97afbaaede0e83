"""A book of clients with five facts each, as sync would leave it, and the plugins that score it.

The facts are those of one project per client: hours agreed and taken, and three dates. One in ten is missing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice

import numpy as np
import orjson

from core.sdk import Column, Context, Projects, Signal, Values, signal
from core.signals import Publisher
from core.store import Store
from plugins import health
from plugins.health.profile import Factor, Group, Profile
from plugins.health.settings import HealthSettings

LINE = ((0.0, 0.0), (50.0, 70.0), (100.0, 100.0))
FIELDS = ("hours_budget", "hours_actual", "start_date", "target_end_date", "end_date")
STORED = ("health.profile", "health.score", "health.coverage", "health.band")
DAY_ONE = date(2026, 1, 1)
BATCH = 20_000
MISSING = 0.5  # of the clients lack one of the five: one fact in ten
GOLDEN = (
    "INSERT OR REPLACE INTO golden_record (record_type, id, client_ref, data, provenance, changed_at)"
    " VALUES (?, ?, ?, ?, '{}', ?)"
)
Row = tuple[str, str, str | None, str, str]


def facts() -> list[Signal]:
    """The five facts as signals; steps on the way, so none is stored."""
    return [_hours("hours_budget"), _hours("hours_actual"), *(_days(name) for name in FIELDS[2:])]


def publishers() -> list[Publisher]:
    """The facts, and of health what scores them."""
    factors = [Factor(signal=f"bench.{name}", points=LINE, weight=20) for name in FIELDS]
    named = dict(zip(FIELDS, factors, strict=True))
    groups = {
        "hours": Group(weight=40, factors={name: named[name] for name in FIELDS[:2]}),
        "dates": Group(weight=60, factors={name: named[name] for name in FIELDS[2:]}),
    }
    settings = HealthSettings(profiles=(Profile(name="bench", groups=groups),), caps=())
    scorer = [one for one in health.register_signals(settings) if one.name in STORED or "factor" in one.name]
    return [Publisher("bench", settings, facts()), Publisher("health", settings, scorer)]


def make_book(store: Store, clients: int, changed_at: str) -> None:
    """Write the clients and their facts."""
    with store.begin() as conn:
        rows = _rows(range(clients), 1, changed_at, with_clients=True)
        _insert(conn.connection.driver_connection, rows)


def change_facts(store: Store, clients: range, seed: int, changed_at: str) -> None:
    """Other facts for these clients."""
    with store.begin() as conn:
        _insert(conn.connection.driver_connection, _rows(clients, seed, changed_at, with_clients=False))


def _insert(database: sqlite3.Connection | None, rows: Iterator[Row]) -> None:
    if database is None:
        raise TypeError("the book is written into SQLite")
    while batch := list(islice(rows, BATCH)):
        database.executemany(GOLDEN, batch)


def _rows(clients: range, seed: int, changed_at: str, *, with_clients: bool) -> Iterator[Row]:
    dice = np.random.default_rng(seed)
    for number in clients:
        client = f"crm/Account/{number:07d}"
        if with_clients:
            data = {"name": f"Client {number}", "status": "active", "client_type": "company"}
            yield "client", client, None, orjson.dumps(data).decode(), changed_at
        values = dice.integers(0, 101, 5).tolist()
        told = {name: _said(name, value) for name, value in zip(FIELDS, values, strict=True)}
        if dice.random() < MISSING:
            told.pop(FIELDS[int(dice.integers(0, 5))])
        yield (
            "project",
            f"crm/Project/{number:07d}",
            client,
            orjson.dumps(told | {"client_id": client}).decode(),
            changed_at,
        )


def _said(name: str, value: int) -> float | str:
    return value if name.startswith("hours") else str(DAY_ONE + timedelta(days=value))


def _hours(name: str) -> Signal:
    @signal(f"bench.{name}", unit="hours", keep="nothing")
    def _fact(projects: Projects) -> Column:
        """Hours of the client's project."""
        return Column(projects.by_client.mean(getattr(projects, name)), "as the project says")

    return _fact


def _days(name: str) -> Signal:
    @signal(f"bench.{name}", unit="days", keep="nothing")
    def _fact(projects: Projects, context: Context) -> Column:
        """Days of the client's project."""
        del context
        days: Values = (getattr(projects, name) - np.datetime64(DAY_ONE)).astype("f8")
        known = np.where(np.isnat(getattr(projects, name)), np.nan, days)
        return Column(projects.by_client.mean(known), "as the project says")

    return _fact
