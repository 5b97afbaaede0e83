"""An org whose changes can be listened to, by a client made by hand and by Inlay's connector."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.salesforce.sandbox.pubsub.server import RunningPubSub, serve_events
from connectors.salesforce.sandbox.pubsub.service import Manners
from connectors.sandbox.server import RunningSandbox
from core.store import Store
from tests.connectors.salesforce.links import Link
from tests.connectors.salesforce.orgs import Api
from tests.connectors.salesforce.pubsub.by_hand import Client


@pytest.fixture
def events(api: Api) -> Iterator[RunningPubSub]:
    """The event bus of the org of ``api``, quick to give signs of life."""
    with serve_events(api.app, manners=Manners(sign_of_life=0.1)) as running:
        yield running


@pytest.fixture
def org(api: Api) -> str:
    """The org's id."""
    return str(api.get("query", q="SELECT Id FROM Organization")["records"][0]["Id"])


@pytest.fixture
def client(events: RunningPubSub, org: str) -> Iterator[Client]:
    """A client made by hand."""
    with Client(events.url, org) as opened:
        yield opened


@pytest.fixture
def listening(served: RunningSandbox, events: RunningPubSub) -> Callable[..., Link]:
    """Makes connectors that listen to the org of ``api``."""

    def made(**more: Any) -> Link:
        return Link(served.base_url, **{"change_events": True, "events_url": events.url, **more})

    return made


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A store with nothing in it, made once: migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("empty") / "inlay.db"
    with Store.open(f"sqlite:///{path}") as made:
        made.migrate()
        made.close()
    return path.read_bytes()


@pytest.fixture
def store(migrated: bytes, sqlite_url: str) -> Iterator[Store]:
    """A store with nothing in it."""
    Path(sqlite_url.removeprefix("sqlite:///")).write_bytes(migrated)
    with Store.open(sqlite_url) as opened:
        yield opened
