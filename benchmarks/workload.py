"""The files that are read, written once per run, and the databases they are read into."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from pathlib import Path

from benchmarks.records import accounts, changed_accounts, write_lines
from tests.servers import Postgres, postgres_server

SQLITE, POSTGRES = "SQLite", "PostgreSQL"


@dataclass
class Workload:
    """So many records in one folder; how often each measurement is repeated; the peers' Python if there is one."""

    folder: Path
    records: int
    rounds: int
    peers: str | None
    _stack: ExitStack
    _numbers: Iterator[int] = field(default_factory=count)

    @cached_property
    def accounts(self) -> Path:
        """All records."""
        path = self.folder / "accounts.jsonl"
        write_lines(path, accounts(self.records))
        return path

    @cached_property
    def changed(self) -> Path:
        """A tenth of them, changed."""
        path = self.folder / "changed.jsonl"
        write_lines(path, changed_accounts(self.records))
        return path

    @contextmanager
    def database(self, dialect: str) -> Iterator[str]:
        """Lend an empty database, as an SQLAlchemy URL."""
        if dialect == POSTGRES:
            with self._server.fresh_database() as url:
                yield url
            return
        path = self.folder / f"store-{next(self._numbers)}.db"
        yield f"sqlite:///{path}"
        for left in path.parent.glob(f"{path.name}*"):
            left.unlink()

    @cached_property
    def _server(self) -> Postgres:
        return self._stack.enter_context(postgres_server())


@contextmanager
def open_workload(folder: Path, records: int, rounds: int, peers: str | None) -> Iterator[Workload]:
    """Prepare a workload; its PostgreSQL starts when it is first asked for and stops at the end."""
    with ExitStack() as stack:
        yield Workload(folder, records, rounds, peers, stack)
