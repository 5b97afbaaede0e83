"""The fixtures themselves: fresh, real, and inside the fence."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
import redis
from sqlalchemy import create_engine, text

from tests import servers
from tests.network import NetworkRefusedError

NEIGHBOUR = "192.0.2.1"  # RFC 5737: belongs to nobody


@pytest.mark.parametrize("attempt", ["first", "second"])
def test_every_test_gets_an_empty_store(store_url: str, attempt: str) -> None:
    engine = create_engine(store_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE mark (who varchar(10))"))
        connection.execute(text("INSERT INTO mark VALUES (:who)"), {"who": attempt})
        assert connection.execute(text("SELECT who FROM mark")).scalars().all() == [attempt]
    engine.dispose()


def test_postgres_is_the_real_one(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version()")).scalar_one().startswith("PostgreSQL")
        assert connection.execute(text("SHOW server_encoding")).scalar_one() == "UTF8"
    engine.dispose()


def test_postgres_database_is_dropped_even_while_somebody_holds_it(postgres: servers.Postgres) -> None:
    with postgres.fresh_database() as url:
        holder = create_engine(url)
        connection = holder.connect()
        connection.execute(text("SELECT 1"))
    with pytest.raises(Exception, match="terminating connection"):
        connection.execute(text("SELECT 1"))
    connection.invalidate()
    holder.dispose()


@pytest.mark.parametrize("attempt", ["first", "second"])
def test_every_test_gets_an_empty_queue(redis_url: str, attempt: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.get("mark") is None
        client.set("mark", attempt)
        assert client.get("mark") == attempt.encode()


def test_unanswering_database_url_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://nobody@/none?host={tmp_path}")
    with (
        pytest.raises(servers.ServerUnavailableError, match="PostgreSQL of DATABASE_URL does not answer"),
        servers.postgres_server(),
    ):
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root must give up his rights")
def test_root_lends_postgres_an_ordinary_account(postgres: servers.Postgres) -> None:
    if "host" not in postgres.url.query:
        pytest.skip("DATABASE_URL names a server that was not started here")
    assert Path(str(postgres.url.query["host"]), "postmaster.pid").stat().st_uid == servers.NOBODY


@pytest.mark.parametrize("host", [NEIGHBOUR, "2001:db8::1", "0.0.0.0"])
def test_sockets_stay_on_loopback(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as outgoing:
        with pytest.raises(NetworkRefusedError, match="loopback"):
            outgoing.connect((host, 9))
        with pytest.raises(NetworkRefusedError, match="loopback"):
            outgoing.connect_ex((host, 9))


def test_names_of_the_world_are_not_looked_up() -> None:
    with pytest.raises(NetworkRefusedError, match="may not look up login"):
        socket.create_connection(("login.salesforce.com", 443), timeout=1)


@pytest.mark.parametrize("host", ["crm.invalid", "crm.test", "crm.example."])
def test_reserved_names_are_unknown_hosts(host: str) -> None:
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo(host, 443)


def test_loopback_is_open() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(("localhost", server.getsockname()[1]), timeout=5) as client,
    ):
        accepted, _ = server.accept()
        with accepted:
            client.sendall(b"hello")
            assert accepted.recv(5) == b"hello"
