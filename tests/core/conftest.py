"""Stores for the tests of core: a fresh SQLite file, and one PostgreSQL database that is emptied for each test."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.clock import FixedClock
from core.store import Store
from core.store.tables import metadata
from tests.servers import Postgres

START = datetime(2026, 6, 30, 9, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands on 30 June 2026, nine o'clock."""
    return FixedClock(START)


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """A migrated SQLite store of its own."""
    with Store.open(f"sqlite:///{tmp_path / 'inlay.db'}") as store:
        store.migrate()
        yield store


@pytest.fixture(scope="package")
def shared_postgres_store(postgres: Postgres) -> Iterator[Store]:
    """A migrated PostgreSQL store; creating a database for every test would take most of their time."""
    with postgres.fresh_database() as url, Store.open(url) as store:
        store.migrate()
        yield store


@pytest.fixture
def postgres_store(shared_postgres_store: Store) -> Store:
    """The PostgreSQL store, empty."""
    with shared_postgres_store.begin() as conn:
        conn.exec_driver_sql(f"TRUNCATE {', '.join(metadata.tables)}")
    return shared_postgres_store


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest) -> Store:
    """Every store Inlay runs on, one after the other, empty."""
    found: Store = request.getfixturevalue(f"{request.param}_store")
    return found
