"""Stores for the tests of webhooks: a copy of one migrated SQLite file each, and one PostgreSQL emptied in between."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.clock import FixedClock
from core.store import Store
from core.store.tables import metadata
from tests.servers import Postgres
from tests.webhooks.senders import NOW


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands on 30 June 2026, nine o'clock."""
    return FixedClock(NOW)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty migrated store, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "inlay.db"
    with Store.open(f"sqlite:///{path}") as store:
        store.migrate()
    return path


@pytest.fixture
def store(migrated: Path, tmp_path: Path) -> Iterator[Store]:
    """A SQLite store of its own."""
    path = shutil.copy(migrated, tmp_path / "inlay.db")
    with Store.open(f"sqlite:///{path}") as store:
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
def each_store(request: pytest.FixtureRequest) -> Store:
    """Every store Inlay runs on, for what the databases decide."""
    found: Store = request.getfixturevalue("store" if request.param == "sqlite" else "postgres_store")
    return found
