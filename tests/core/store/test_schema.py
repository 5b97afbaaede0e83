"""The migrations make exactly the tables that the code reads, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from core.errors import ConfigError
from core.store import Store
from core.store.migrate import HEAD, SCRIPTS, current_revision
from core.store.tables import metadata


@pytest.fixture
def empty(store_url: str) -> Any:
    with Store.open(store_url) as store:
        yield store


def test_migrated_schema_is_that_of_the_code(empty: Store) -> None:
    empty.migrate()
    with empty.read() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_keys_and_columns_are_those_of_the_code(empty: Store) -> None:
    empty.migrate()
    with empty.read() as conn:
        found = inspect(conn)
        for name, table in metadata.tables.items():
            assert found.get_pk_constraint(name)["constrained_columns"] == [key.name for key in table.primary_key], name
            assert {one["name"]: one["nullable"] for one in found.get_columns(name)} == {
                one.name: one.nullable for one in table.columns
            }, name
            assert {one["name"] for one in found.get_indexes(name) if not one.get("duplicates_constraint")} == {
                one.name for one in table.indexes
            }, name


def test_migrating_twice_is_harmless(empty: Store) -> None:
    empty.migrate()
    empty.migrate()
    with empty.read() as conn:
        assert current_revision(conn) == HEAD


def test_empty_database_has_no_revision(empty: Store) -> None:
    with empty.read() as conn:
        assert current_revision(conn) is None


def test_head_named_in_the_code_is_the_newest_script() -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_store_of_a_newer_inlay_is_refused(empty: Store) -> None:
    empty.migrate()
    with empty.begin() as conn:
        conn.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigError, match="9999") as caught:
        empty.migrate()
    assert "update Inlay" in caught.value.remedy


def test_ids_sort_by_their_bytes_on_both_databases(empty: Store) -> None:
    empty.migrate()
    ids = ["crm/B/1", "crm/a/1", "crm/A/é", "crm/A/z", "crm/A/Z", "crm/A/_"]
    table = metadata.tables["crosswalk"]
    with empty.begin() as conn:
        conn.execute(
            table.insert(),
            [
                {"record_type": "client", "source_id": i, "golden_id": i, "rule": "own", "decided_at": "2026"}
                for i in ids
            ],
        )
    with empty.read() as conn:
        assert [row.source_id for row in conn.execute(table.select().order_by(table.c.source_id))] == sorted(ids)
