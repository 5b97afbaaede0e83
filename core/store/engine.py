"""Opening the store: one engine for SQLite or PostgreSQL, write transactions and read snapshots."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError

from core.errors import ConfigError
from core.store.migrate import migrate_to_head

Dialect = Literal["sqlite", "postgresql"]
Synchronous = Literal["NORMAL", "FULL"]

PAGE_BYTES = (
    8192  # a source record with its golden one is about 1 KB: larger pages than SQLite's 4 KB save a fifth of the load
)
BUSY_SECONDS = 30.0
READ_ONLY = "inlay_read"
DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}


class Store:
    """The firm's database; ``open`` it once per process and share it between threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def open(cls, url: str, *, synchronous: Synchronous = "NORMAL") -> Store:
        """Connect to ``sqlite:///file`` or ``postgresql://…``; raises ``ConfigError`` when it cannot be reached.

        ``synchronous`` is SQLite's: NORMAL survives a kill of the process, FULL also a power cut right after a commit.
        """
        target = _parse(url)
        engine = _sqlite_engine(target, synchronous) if target.get_backend_name() == "sqlite" else create_engine(target)
        _try_to_connect(engine)
        return cls(engine)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    @property
    def dialect(self) -> Dialect:
        """Which of the two databases this is."""
        return "sqlite" if self.engine.dialect.name == "sqlite" else "postgresql"

    def migrate(self) -> None:
        """Bring the schema to the newest revision; does nothing when it is there."""
        migrate_to_head(self.engine)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A write transaction: committed at the end of the block, rolled back when it raises."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One unmoving view of the data, for reading only; it never waits for a writer."""
        options: dict[str, Any] = {READ_ONLY: True}
        if self.dialect == "postgresql":
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self.engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def settle(connection: Connection) -> None:
    """Wait until all that was committed so far would survive a power cut too.

    PostgreSQL waits at each commit. SQLite with ``synchronous=NORMAL`` does not; its commits are in the write-ahead
    log, or in the database where a checkpoint has put them, which waits by itself. (Only the log may be opened a second
    time: closing a copy of the database's own file would drop this process's locks on it.)
    """
    log = Path(f"{connection.engine.url.database}-wal")
    if connection.dialect.name != "sqlite" or not log.exists():
        return
    with log.open("rb") as file:
        os.fsync(file.fileno())


def _parse(url: str) -> URL:
    remedy = "write sqlite:///inlay.db or postgresql://user@host/database"
    try:
        target = make_url(url)
    except ArgumentError as error:
        raise ConfigError("the store's URL cannot be read", where="store", remedy=remedy) from error
    driver = DRIVERS.get(target.get_backend_name())
    if driver is None:
        raise ConfigError(f"no store of kind {target.drivername!r}", where="store", remedy=remedy)
    return target.set(drivername=driver)


def _sqlite_engine(url: URL, synchronous: Synchronous) -> Engine:
    if url.database in {None, "", ":memory:"}:
        raise ConfigError(
            "a store in memory would be lost at once", where="store", remedy="name a file: sqlite:///inlay.db"
        )
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", lambda connection, _record: _tune(connection, synchronous))
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _tune(connection: sqlite3.Connection, synchronous: Synchronous) -> None:
    """Set up one SQLite connection; ``isolation_level`` None leaves BEGIN to us (see ``_begin_sqlite``)."""
    connection.isolation_level = None
    for pragma in (
        f"page_size={PAGE_BYTES}",
        "journal_mode=WAL",
        f"synchronous={synchronous}",
        "cache_size=-16000",
        "wal_autocheckpoint=2000",
        "temp_store=FILE",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at once: a transaction that reads first and writes later could fail instead of waiting."""
    reading = connection.get_execution_options().get(READ_ONLY)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _try_to_connect(engine: Engine) -> None:
    try:
        engine.connect().close()
    except (OperationalError, NoSuchModuleError) as error:
        raise ConfigError(*_why_unreachable(engine.url), where="store", remedy=_remedy(engine.url)) from error


def _why_unreachable(url: URL) -> tuple[str]:
    if url.get_backend_name() == "sqlite":
        return (f"the store {url.database} cannot be opened",)
    return (f"no PostgreSQL answers at {url.host or 'the local socket'}, database {url.database!r}",)


def _remedy(url: URL) -> str:
    if url.get_backend_name() != "sqlite":
        return "start it, or check host, port, user and database in `store:`"
    folder = Path(str(url.database)).resolve().parent
    return "check that the file may be written" if folder.is_dir() else f"make the folder {folder}"
