"""The disk: a store in memory that is copied from one migrated template, dies at commits, and can be full."""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.pool import StaticPool

from core.store import Store
from core.store.engine import _begin_sqlite
from tests.simulation.fate import Fate

WAL_MARKS = slice(18, 20)  # of SQLite's header; a database in memory cannot keep a write-ahead log
HOUSE = ("core", "webhooks", "tests.simulation")
NO_LIMIT = 1 << 30


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
    """A store whose process may die right before and right after each commit."""

    def __init__(self, fate: Fate, image: bytes | None = None) -> None:
        self.database = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self.database.deserialize(image or template())
        engine = create_engine("sqlite://", poolclass=StaticPool, creator=lambda: self.database)
        event.listen(engine, "begin", _begin_sqlite)
        super().__init__(engine)
        self.fate = fate

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        site = _caller()
        self.fate.counts_commit()
        with super().begin() as conn:
            yield conn
            self.fate.passes(f"before {site}")
        self.fate.passes(f"after {site}")

    def fill_up(self, spare_pages: int) -> None:
        """From now on the disk has room for a few pages only."""
        [[pages]] = self.database.execute("PRAGMA page_count").fetchall()
        self.database.execute(f"PRAGMA max_page_count = {pages + spare_pages}")

    def make_room(self) -> None:
        """Somebody has cleared the disk."""
        self.database.execute(f"PRAGMA max_page_count = {NO_LIMIT}")

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
