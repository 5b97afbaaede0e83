"""Records that stand alone leave no row in the crosswalk and no words of provenance, and are found all the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, func, select

from core.store import Store, crosswalk, golden, linked
from core.store.migrate import SCRIPTS, current_revision
from core.store.sources import WRITTEN, live_hashes, save_sources
from core.store.tables import crosswalk as homes
from core.store.tables import golden_record, linked_record

AT = "2026-06-30T09:00:00Z"
A, B, C, D = (f"crm/Account/{name}" for name in "abcd")


def alone(
    source_id: str, kind: str = "client", gone: str | None = None, provenance: str = golden.OWN
) -> tuple[object, ...]:
    return (kind, source_id, None, '{"name":"Hill"}', provenance, AT, gone)


def source(source_id: str, stamp: str | None) -> tuple[object, ...]:
    assert len(WRITTEN) == 9
    return (source_id, b"", b"digest", stamp, AT, "m", None, None, None)


def fill(conn: Connection) -> None:
    """A and C stand alone (C is gone), B is part of A, D is a contact."""
    golden.save_golden(conn, [alone(A), alone(C, gone="deleted"), alone(D, "contact")])
    crosswalk.link(conn, [("client", B, A, "domain", "same domain", AT)])


def test_every_record_has_a_home_with_a_row_or_without(store: Store) -> None:
    with store.begin() as conn:
        fill(conn)
        assert list(crosswalk.read_crosswalk(conn, "client")) == [(A, A), (B, A), (C, C)]
        assert list(crosswalk.read_crosswalk(conn, "contact")) == [(D, D)]
        assert crosswalk.known_among(conn, "client", [A, B, C, D, "crm/Account/z"]) == {A, B, C}
        assert crosswalk.resolve(conn, "client", [A, B, C]) == {A: A, B: A, C: C}


def test_record_with_a_row_and_a_golden_record_is_listed_once(store: Store) -> None:
    with store.begin() as conn:
        fill(conn)
        crosswalk.link(conn, [("client", A, A, "own", None, AT), ("client", C, A, "merged", "merged into a", AT)])
        assert list(crosswalk.read_crosswalk(conn, "client")) == [(A, A), (B, A), (C, A)]


@pytest.mark.parametrize(
    ("asked", "told"), [(A, ("own", None)), (B, ("domain", "same domain")), (D, None), ("crm/Account/z", None)]
)
def test_reason_is_told_of_what_is_known(store: Store, asked: str, told: tuple[str, str | None] | None) -> None:
    with store.begin() as conn:
        fill(conn)
        assert crosswalk.explain_link(conn, "client", asked) == told


def test_record_that_parts_leaves_no_row(store: Store) -> None:
    with store.begin() as conn:
        fill(conn)
        golden.save_golden(conn, [alone(B)])
        crosswalk.part(conn, "client", [B])
        crosswalk.part(conn, "client", [])
        assert conn.execute(select(func.count()).select_from(homes)).scalar_one() == 0
        assert crosswalk.explain_link(conn, "client", B) == ("own", None)


def test_fields_of_a_lone_record_are_as_of_its_latest_stamp(store: Store) -> None:
    with store.begin() as conn:
        fill(conn)
        save_sources(conn, [source(A, "2026-06-01T00:00:00Z")], fresh=True)
        assert golden.read_provenance(conn, "client", A) == {"*": [A, "2026-06-01T00:00:00Z"]}
        assert golden.read_provenance(conn, "client", C) == {"*": [C, None]}
        assert golden.read_provenance(conn, "client", "crm/Account/z") == {}
        golden.save_golden(conn, [alone(A, provenance=f'{{"*":["{A}","t"],"name":["{B}","u"]}}')])
        assert golden.read_provenance(conn, "client", A) == {"*": [A, "t"], "name": [B, "u"]}


def test_store_of_before_is_made_lean_and_says_the_same(empty_store: Store) -> None:
    store = empty_store
    _move(store, "0004")
    with store.begin() as conn:
        own = [("client", one, one, "own", None, AT) for one in (A, B, D)]
        crosswalk.link(conn, [*own, ("client", C, C, "own", "shown again by its vendor", AT)])
        crosswalk.link(conn, [("client", B, A, "domain", "same domain", AT)])
        said = [f'{{"*":["{one}","2026"]}}' for one in (A, C, D)]
        golden.save_golden(conn, [alone(one, provenance=text) for one, text in zip((A, C, D), said, strict=True)])
        linked.save_linked(conn, [("client", one, "{}", None, None, 1) for one in (A, B)])
        save_sources(conn, [source(A, None)], fresh=True)
    store.migrate()
    with store.begin() as conn:
        assert live_hashes(conn, [A]) == {A: b""}
        assert [row[0] for row in conn.execute(select(homes.c.source_id).order_by(homes.c.source_id))] == [A, B, C]
        rows = select(golden_record.c.provenance).order_by(golden_record.c.id)
        assert [row[0] for row in conn.execute(rows)] == [said[0], "", ""]
        assert list(crosswalk.read_crosswalk(conn, "client")) == [(A, A), (B, A), (C, C), (D, D)]
    _move(store, "0004")
    with store.begin() as conn:
        again = select(homes.c.source_id, homes.c.rule).where(homes.c.source_id == D)
        assert conn.execute(again).all() == [(D, "own")]
        assert conn.execute(select(func.count()).select_from(linked_record)).scalar_one() == 2


@pytest.fixture
def empty_store(store_url: str) -> Iterator[Store]:
    """A database without tables, of each kind."""
    with Store.open(store_url) as store:
        yield store


def _move(store: Store, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    with store.engine.begin() as conn:
        config.attributes["connection"] = conn
        forward = (current_revision(conn) or "") < revision
        (command.upgrade if forward else command.downgrade)(config, revision)
