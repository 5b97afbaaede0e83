"""Real stores for the tests of signals and of the plugins that publish them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.store import Store
from tests.core.signals.book import Book


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite store with its schema, migrated once and copied for each test."""
    path = tmp_path_factory.mktemp("template") / "empty.db"
    store = Store.open(f"sqlite:///{path}")
    store.migrate()
    with store.begin() as conn:
        conn.exec_driver_sql("SELECT 1")
    store.close()
    return path


@pytest.fixture
def store(migrated_file: Path, tmp_path: Path) -> Iterator[Store]:
    """A fresh store on SQLite."""
    shutil.copy(migrated_file, tmp_path / "inlay.db")
    opened = Store.open(f"sqlite:///{tmp_path / 'inlay.db'}")
    yield opened
    opened.close()


@pytest.fixture
def twin(migrated_file: Path, tmp_path: Path) -> Iterator[Store]:
    """A second fresh store beside the first."""
    shutil.copy(migrated_file, tmp_path / "twin.db")
    opened = Store.open(f"sqlite:///{tmp_path / 'twin.db'}")
    yield opened
    opened.close()


@pytest.fixture
def each_store(store_url: str) -> Iterator[Store]:
    """A fresh store on every database Inlay runs on."""
    opened = Store.open(store_url)
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def book(store: Store) -> Book:
    """An empty book of clients."""
    return Book(store)
