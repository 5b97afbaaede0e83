"""Fixtures for all tests: real stores and queues, a fence around the machine, and the folder of shared data."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TypeVar

import pytest
import redis
from hypothesis import settings

from tests.network import refuse_other_hosts
from tests.servers import Postgres, ServerUnavailableError, postgres_server, valkey_server

ROOT = Path(__file__).resolve().parent.parent
Server = TypeVar("Server")
# Every run tries the same inputs: new ones are met while a test is written, not while somebody else lands a change.
settings.register_profile("repeatable", derandomize=True)
settings.load_profile("repeatable")
NEEDS = {"postgres": "postgres_url", "redis": "redis_url"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests by the servers they use, and leave the soak tests to those who name them."""
    for item in items:
        for marker in filter(lambda name: _needs(item, name), NEEDS):
            item.add_marker(marker)
    if "soak" in config.option.markexpr:
        return
    long = [item for item in items if item.get_closest_marker("soak")]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in long]


def _needs(item: pytest.Item, server: str) -> bool:
    fixtures: list[str] = getattr(item, "fixturenames", [])
    if NEEDS[server] in fixtures:
        return True
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    return bool(parameters.get("store_url") == server)


@pytest.fixture(scope="session", autouse=True)
def _only_loopback() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        refuse_other_hosts(patch)
        yield


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A fresh SQLite file, as an SQLAlchemy URL."""
    return f"sqlite:///{tmp_path / 'inlay.db'}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL for the whole run."""
    with ExitStack() as stack:
        yield _start(stack, postgres_server())


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """A fresh database on a real PostgreSQL, as an SQLAlchemy URL."""
    with postgres.fresh_database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def store_url(request: pytest.FixtureRequest) -> str:
    """Every store Inlay runs on, one after the other, each fresh."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(scope="session")
def valkey() -> Iterator[str]:
    """One Valkey for the whole run, as a redis:// URL."""
    with ExitStack() as stack:
        yield _start(stack, valkey_server())


@pytest.fixture
def redis_url(valkey: str) -> str:
    """A real, emptied Valkey, as a redis:// URL."""
    with redis.Redis.from_url(valkey) as client:
        client.flushall()
    return valkey


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The folder that holds the five packages."""
    return ROOT


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Public data and tools that lie beside the checkout on the builders' machines."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("no ../shared beside the checkout: its public data sets are not part of this repository")
    return folder


def _start(stack: ExitStack, server: AbstractContextManager[Server]) -> Server:
    """Enter `server`; where it cannot start, fail in continuous integration and skip with the reason elsewhere."""
    try:
        return stack.enter_context(server)
    except ServerUnavailableError as problem:
        if os.environ.get("CI") == "true":
            pytest.fail(str(problem))
        pytest.skip(str(problem))
