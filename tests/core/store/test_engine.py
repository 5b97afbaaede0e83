"""Opening a store, and what its transactions promise."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from core.errors import ConfigError
from core.store import Store
from core.store.bulk import upsert_rows
from core.store.tables import run


def add(store: Store, run_id: str) -> None:
    with store.begin() as conn:
        conn.execute(run.insert().values(id=run_id, kind="sync", state="done", started_at="2026", facts="{}"))


def ids(store: Store) -> list[str]:
    with store.read() as conn:
        return sorted(conn.execute(run.select()).scalars())


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("mysql://host/db", "no store of kind"),
        ("no url at all", "cannot be read"),
        ("sqlite://", "in memory"),
        ("sqlite:////no/such/folder/inlay.db", "cannot be opened"),
        ("postgresql://nobody@127.0.0.1:1/none", "no PostgreSQL answers"),
    ],
)
def test_unusable_url_is_one_clear_line(url: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told) as caught:
        Store.open(url)
    assert caught.value.remedy
    assert caught.value.where == "store"


def test_password_is_not_in_the_message() -> None:
    with pytest.raises(ConfigError) as caught:
        Store.open("postgresql://nobody:secret@127.0.0.1:1/none")
    assert "secret" not in str(caught.value)


def test_url_of_the_postgres_kind_is_understood(postgres_url: str) -> None:
    plain = postgres_url.replace("postgresql+psycopg://", "postgres://")
    with Store.open(plain) as store:
        assert store.dialect == "postgresql"


def test_sqlite_writes_ahead_and_syncs_as_told(tmp_path: Path) -> None:
    for synchronous, level in (("NORMAL", 1), ("FULL", 2)):
        with (
            Store.open(f"sqlite:///{tmp_path / synchronous}.db", synchronous=synchronous) as store,  # type: ignore[arg-type]  # both are of the kind
            store.begin() as conn,
        ):
            assert conn.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
            assert conn.exec_driver_sql("PRAGMA synchronous").scalar() == level


def test_what_fails_leaves_nothing(store: Store) -> None:
    def fail() -> None:
        columns = ("id", "kind", "state", "started_at", "facts")
        with store.begin() as conn:
            upsert_rows(conn, run, columns, [("a", "sync", "done", "2026", "{}")])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert ids(store) == []


def test_reading_sees_one_moment(store: Store) -> None:
    add(store, "one")
    with store.read() as conn:
        assert len(conn.execute(run.select()).all()) == 1
        add(store, "two")
        assert len(conn.execute(run.select()).all()) == 1
    assert ids(store) == ["one", "two"]


def test_second_writer_waits_instead_of_failing(store: Store) -> None:
    entered, proceed = threading.Event(), threading.Event()

    def slow() -> None:
        with store.begin() as conn:
            conn.execute(run.insert().values(id="slow", kind="sync", state="done", started_at="2026", facts="{}"))
            entered.set()
            proceed.wait(10)

    first = threading.Thread(target=slow)
    second = threading.Thread(target=lambda: add(store, "fast"))
    first.start()
    assert entered.wait(10)
    second.start()
    proceed.set()
    first.join(10)
    second.join(10)
    assert ids(store) == ["fast", "slow"]
