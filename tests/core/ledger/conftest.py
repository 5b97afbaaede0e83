"""Worlds: one CRM with three clients, or two CRMs that share one of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.clock import FixedClock
from core.store import Store
from tests.core.ledger.world import World
from tests.doubles.crm import MemoryCrm, PropertyCrm


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy from."""
    path = tmp_path_factory.mktemp("store") / "empty.db"
    opened = Store.open(f"sqlite:///{path}")
    opened.migrate()
    opened.close()
    return path


@pytest.fixture(scope="session")
def begun(empty_store: Path) -> World:
    """One CRM with three clients and two users, synced; its store is closed, to be copied from."""
    path = shutil.copy(empty_store, empty_store.with_name("begun.db"))
    world = World(Store.open(f"sqlite:///{path}"))
    made = world.connect(MemoryCrm("crm", world.clock))
    for number in (1, 2, 3):
        made.add("Account", f"A{number}", Name=f"Client {number}", OwnerId="U1")
    made.add("User", "U1", Name="Ann")
    made.add("User", "U2", Name="Ben")
    world.sync()
    world.store.close()
    return world


@pytest.fixture
def store(request: pytest.FixtureRequest, empty_store: Path, tmp_path: Path) -> Iterator[Store]:
    """A migrated store; with the clients of the first CRM when the test asks for that."""
    has_crm = "crm" in request.fixturenames
    beginning = request.getfixturevalue("begun").store.engine.url.database if has_crm else empty_store
    opened = Store.open(f"sqlite:///{shutil.copy(beginning, tmp_path / 'inlay.db')}")
    yield opened
    opened.close()


@pytest.fixture
def world(store: Store) -> World:
    """A firm without CRM yet."""
    return World(store)


@pytest.fixture
def crm(world: World, begun: World) -> MemoryCrm:
    """A CRM with three clients and two users, synced."""
    world.clock = FixedClock(begun.clock.now())
    made = MemoryCrm("crm", world.clock)
    template = begun.setups[0].connector
    assert isinstance(template, MemoryCrm)
    for stream, records in template.records.items():
        made.records[stream].update({record_id: dict(fields) for record_id, fields in records.items()})
    return world.connect(made)


@pytest.fixture
def marketing(world: World, crm: MemoryCrm) -> PropertyCrm:
    """A second CRM that knows client 1 as well and has client 4 for itself; its user 9 is Ben."""
    made = PropertyCrm("marketing", crm.clock, batch=100)
    world.connect(made)
    made.add("Account", "M1", name="Client one")
    made.add("Account", "M4", name="Client four")
    made.add("User", "9", name="Ben")
    world.sync()
    world.same_client("crm/Account/A1", "marketing/Account/M1")
    world.same_user("crm/User/U2", "marketing/User/9")
    return made
