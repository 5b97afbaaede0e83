"""Ids as one parameter, and runs that have not come to their end."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import bindparam, create_engine, select
from sqlalchemy.dialects.sqlite.base import SQLiteDialect

from core.clock import FixedClock
from core.store import Store
from core.store.among import among
from core.store.runs import end_run, open_runs, read_runs, start_run
from core.store.tables import run
from tests.core.ledger.world import START

BY_ID = select(run.c.id).where(among(run.c.id, "ids"), run.c.kind == bindparam("kind")).order_by(run.c.id)
STRANGE = ["", "'", '"', "a,b", "{}", "[]", "\\", "null", "ä€𝄞", "x" * 5000]


def enter(store: Store, *kinds: str) -> list[str]:
    clock = FixedClock(START)
    with store.begin() as conn:
        made = []
        for kind in kinds:
            clock.sleep(1)
            made.append(start_run(conn, kind, clock))
    return made


def test_those_asked_for_are_found_and_no_others(store: Store) -> None:
    made = enter(store, "apply", "apply", "undo", "apply")
    with store.read() as conn:
        found = conn.execute(BY_ID, {"ids": [made[0], made[2], made[3], "nobody"], "kind": "apply"}).scalars().all()
        assert found == [made[0], made[3]]


def test_nothing_is_among_no_ids(store: Store) -> None:
    enter(store, "apply")
    with store.read() as conn:
        assert conn.execute(BY_ID, {"ids": [], "kind": "apply"}).all() == []


def test_texts_that_mean_something_to_a_database_are_ids_like_others(store: Store) -> None:
    [made] = enter(store, "apply")
    with store.read() as conn:
        assert conn.execute(BY_ID, {"ids": STRANGE, "kind": "apply"}).all() == []
        assert conn.execute(BY_ID, {"ids": [*STRANGE, made], "kind": "apply"}).scalars().all() == [made]


def test_any_collection_of_ids_will_do(store: Store) -> None:
    [made] = enter(store, "apply")
    with store.read() as conn:
        for ids in ((made,), {made}, {made: 1}.keys(), [made, made]):
            assert conn.execute(BY_ID, {"ids": ids, "kind": "apply"}).scalars().all() == [made]


def test_a_hundred_thousand_ids_are_one_parameter(store: Store) -> None:
    [made] = enter(store, "apply")
    with store.read() as conn:
        many = [f"n{number}" for number in range(100_000)]
        assert conn.execute(BY_ID, {"ids": [*many, made], "kind": "apply"}).scalars().all() == [made]


def test_the_text_is_the_same_for_any_number_of_ids_and_fit_for_its_database() -> None:
    lite = str(BY_ID.compile(dialect=SQLiteDialect()))
    grown = str(BY_ID.compile(dialect=create_engine("postgresql+psycopg://nowhere").dialect))
    assert "run.id IN (SELECT value FROM json_each(?))" in lite
    assert "run.id = ANY (" in grown or "run.id = ANY(" in grown
    assert lite.count("?") == 2


def test_the_index_is_used(store: Store) -> None:
    """A condition that reads the whole table would make every delivery slower as the ledger grows."""
    if store.dialect == "postgresql":
        return  # its planner reads a table of one page as a whole
    with store.read() as conn:
        text = str(BY_ID.compile(dialect=conn.dialect))
        plan = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", ('["a"]', "apply")).all()
    assert any("SEARCH run USING" in str(row[3]) for row in plan), plan


def test_open_runs_are_those_that_run_or_were_interrupted_the_oldest_first(store: Store) -> None:
    first, second, third, fourth, other = enter(store, "undo", "apply", "apply", "apply", "sync")
    clock = FixedClock(START + timedelta(hours=1))
    with store.begin() as conn:
        end_run(conn, second, clock, "interrupted")
        end_run(conn, third, clock, "failed")
        end_run(conn, fourth, clock, "done", {"states": {"applied": 2}})
    with store.read() as conn:
        assert open_runs(conn, ["apply", "undo"]) == [first, second]
        assert open_runs(conn, ["sync"]) == [other]
        assert open_runs(conn, []) == []
        kept = {one.id: one for one in read_runs(conn)}
    assert kept[fourth].facts == {"states": {"applied": 2}}
    assert kept[second].state == "interrupted"
