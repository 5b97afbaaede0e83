"""The disk: a store in memory that is copied from one migrated template, dies at commits, and can be full."""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import StaticPool

from core.store import Store
from tests.simulation.fate import Fate
from tests.simulation.lean import STATEMENTS, LeanConnection

WAL_MARKS = slice(18, 20)  # of SQLite's header; a database in memory cannot keep a write-ahead log
HOUSE = ("core", "webhooks", "tests.simulation")
NO_LIMIT = 1 << 30
LATEST = 6  # commits that a power cut may take along
IN_MEMORY = URL.create("sqlite")


class Dialect(SQLiteDialect_pysqlite):
    """SQLite in this process: one connection, which begins without the events that the product's engine needs."""

    supports_statement_cache = True

    def do_begin(self, dbapi_connection: DBAPIConnection) -> None:
        """Begin as writers do; nobody else is there to be kept waiting."""
        cast("sqlite3.Connection", dbapi_connection).execute("BEGIN IMMEDIATE")


@cache
def dialect() -> Dialect:
    """What SQLAlchemy knows of SQLite, which it finds out by asking a database: once per process, not once per run."""
    made = Dialect(dbapi=sqlite3)
    with closing(sqlite3.connect(":memory:")) as database, _engine(lambda: database, made).connect() as connection:
        made.initialize(connection)
    return made


def _database(image: bytes) -> sqlite3.Connection:
    """A database in memory with these pages."""
    made = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    made.deserialize(image)
    return made


def _engine(database: Callable[[], Any], spoken: Dialect) -> Engine:
    """SQLAlchemy over one database; statements that an earlier run has compiled are not compiled again."""
    pool = StaticPool(database, dialect=spoken)
    return Engine(pool, spoken, IN_MEMORY, execution_options={"compiled_cache": STATEMENTS})


@cache
def template() -> bytes:
    """An empty migrated database, made once per process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        store = Store.open(f"sqlite:///{path}")
        store.migrate()
        store.close()
        with sqlite3.connect(path) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            image = bytearray(database.serialize())
        database.close()
    image[WAL_MARKS] = b"\x01\x01"
    return bytes(image)


class SimStore(Store):
    """A store whose process may die right before and right after each commit.

    ``thick``: it speaks to its database as the product does, through all of SQLAlchemy.
    """

    def __init__(self, fate: Fate, image: bytes | None = None, *, thick: bool = False) -> None:
        self.database = _database(image or template())
        super().__init__(_engine(lambda: self.database, dialect()))
        self.fate = fate
        self.unsynced: list[bytes] | None = None
        self._begin = super().begin if thick else self._lean
        self._read = super().read if thick else self._look

    @contextmanager
    def _lean(self) -> Iterator[Connection]:
        """A transaction over the database itself."""
        self.database.execute("BEGIN IMMEDIATE")
        try:
            yield cast("Connection", LeanConnection(self.database, dialect(), self.engine))
            self.database.execute("COMMIT")
        finally:
            if self.database.in_transaction:
                self.database.execute("ROLLBACK")

    @contextmanager
    def _look(self) -> Iterator[Connection]:
        """A view of the database; nobody else writes meanwhile, so that it needs no transaction to stay the same."""
        yield cast("Connection", LeanConnection(self.database, dialect(), self.engine))

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._read() as conn:
            yield conn

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        site = _caller()
        self.fate.counts_commit()
        with self._begin() as conn:
            yield conn
            self.fate.passes(f"before {site}")
        if self.unsynced is not None:
            self.unsynced = [*self.unsynced[-LATEST:], self.image()]
        self.fate.passes(f"after {site}")

    def fill_up(self, spare_pages: int) -> None:
        """From now on the disk has room for a few pages only."""
        [[pages]] = self.database.execute("PRAGMA page_count").fetchall()
        self.database.execute(f"PRAGMA max_page_count = {pages + spare_pages}")

    def make_room(self) -> None:
        """Somebody has cleared the disk."""
        self.database.execute(f"PRAGMA max_page_count = {NO_LIMIT}")

    def sync(self) -> None:
        """Everything so far survives a power cut, as after a commit with ``synchronous=FULL``."""
        if self.unsynced is not None:
            self.unsynced = [self.image()]

    def lose_power(self) -> None:
        """The last commits are gone, as many as fate will: with ``synchronous=NORMAL`` nobody waited for the disk."""
        if self.unsynced:
            left = self.fate.pick(self.unsynced)
            self.engine.dispose()
            self.database = _database(left)

    def image(self) -> bytes:
        """All of it, to copy from."""
        return self.database.serialize()

    def is_sound(self) -> bool:
        """SQLite's own word on its pages and indexes."""
        return self.database.execute("PRAGMA quick_check").fetchall() == [("ok",)]

    def close(self) -> None:
        super().close()
        self.database.close()


def _caller() -> str:
    """The function that opened the transaction, as module:function."""
    frame = sys._getframe(2)
    while frame.f_back is not None and not frame.f_globals["__name__"].startswith(HOUSE):
        frame = frame.f_back
    return f"{frame.f_globals['__name__']}:{frame.f_code.co_name}"
