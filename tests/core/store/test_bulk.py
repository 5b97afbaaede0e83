"""Many rows in few steps, alike on both databases."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Table, select

from core.store import Store
from core.store.bulk import insert_fresh, insert_new, select_in, stream_rows, upsert_rows
from core.store.tables import finding, golden_record, source_record

COLUMNS = ("record_type", "id", "client_ref", "data", "provenance", "changed_at", "gone")
Row = tuple[str, str, str | None, str, str, str, str | None]


def row(number: int, data: str = "{}", at: str = "2026-01-01", *, gone: str | None = None) -> Row:
    return ("client", f"crm/Account/{number:05d}", None, data, "{}", at, gone)


def rows(store: Store, table: Table = golden_record) -> list[tuple[object, ...]]:
    with store.read() as conn:
        return [tuple(found) for found in conn.execute(select(table).order_by(*table.primary_key))]


def test_rows_are_inserted_then_updated(store: Store) -> None:
    with store.begin() as conn:
        upsert_rows(conn, golden_record, COLUMNS, [row(1), row(2)])
        upsert_rows(conn, golden_record, COLUMNS, [row(2, '{"a":1}'), row(3)])
    assert rows(store) == [row(1), row(2, '{"a":1}'), row(3)]


def test_rows_that_are_not_different_stay_untouched(store: Store) -> None:
    with store.begin() as conn:
        upsert_rows(conn, golden_record, COLUMNS, [row(1, at="2026-01-01")], differs=("data", "gone"))
        upsert_rows(conn, golden_record, COLUMNS, [row(1, at="2026-02-02")], differs=("data", "gone"))
    assert rows(store) == [row(1, at="2026-01-01")]


@pytest.mark.parametrize(("before", "after"), [(None, "deleted"), ("deleted", None), ("deleted", "archived")])
def test_null_is_a_value_like_others_when_comparing(store: Store, before: str | None, after: str | None) -> None:
    with store.begin() as conn:
        upsert_rows(conn, golden_record, COLUMNS, [row(1, gone=before)], differs=("gone",))
        upsert_rows(conn, golden_record, COLUMNS, [row(1, gone=after)], differs=("gone",))
    assert rows(store) == [row(1, gone=after)]


def test_insert_new_leaves_what_is_there(store: Store) -> None:
    with store.begin() as conn:
        insert_new(conn, golden_record, COLUMNS, [row(1, '{"old":1}')])
        insert_new(conn, golden_record, COLUMNS, [row(1, '{"new":1}'), row(2)])
    assert rows(store) == [row(1, '{"old":1}'), row(2)]


def test_insert_fresh_copes_with_rows_that_are_not(store: Store) -> None:
    with store.begin() as conn:
        insert_fresh(conn, golden_record, COLUMNS, [row(1), row(2)])
        insert_fresh(conn, golden_record, COLUMNS, [row(2, '{"a":1}'), row(3)])
    assert rows(store) == [row(1), row(2, '{"a":1}'), row(3)]


@pytest.mark.parametrize("put", [upsert_rows, insert_new, insert_fresh])
def test_no_rows_are_no_work(store: Store, put: Callable[..., None]) -> None:
    with store.begin() as conn:
        put(conn, golden_record, COLUMNS, [])
    assert rows(store) == []


def test_every_kind_of_column_travels(store: Store) -> None:
    columns = ("id", "raw", "raw_hash", "stamp", "synced_at", "mapping")
    odd = "tab\t quote' \" back\\slash \n newline é 漢 \x7f"
    with store.begin() as conn:
        upsert_rows(conn, source_record, columns, [(odd, b"\x00\xff\\x", b"", None, odd, "")])
        told = ("code", "place", "severity", "message", "remedy", "count", "first_at", "last_at")
        upsert_rows(conn, finding, told, [("c", "p", "error", odd, "", 2**31 - 1, "", "")])
        assert [tuple(map(_plain, found)) for found in select_in(conn, source_record, columns, "id", [odd])] == [
            (odd, b"\x00\xff\\x", b"", None, odd, "")
        ]
        assert list(select_in(conn, finding, ("message", "count"), "place", ["p"])) == [(odd, 2**31 - 1)]


def _plain(value: object) -> object:
    return bytes(value) if isinstance(value, memoryview) else value


def test_thousands_of_keys_are_looked_up(store: Store) -> None:
    with store.begin() as conn:
        upsert_rows(conn, golden_record, COLUMNS, [row(number) for number in range(0, 12_000, 2)])
        wanted = [f"crm/Account/{number:05d}" for number in range(12_000)]
        found = select_in(conn, golden_record, ("id",), "id", wanted, fixed={"record_type": "client"})
        assert sorted(one[0] for one in found) == wanted[::2]


def test_fixed_columns_and_conditions_narrow_a_lookup(store: Store) -> None:
    with store.begin() as conn:
        upsert_rows(conn, golden_record, COLUMNS, [row(1), row(2, gone="deleted"), ("contact", *row(1)[1:])])
        ids = [row(1)[1], row(2)[1]]
        assert len(list(select_in(conn, golden_record, ("id",), "id", ids))) == 3
        assert len(list(select_in(conn, golden_record, ("id",), "id", ids, fixed={"record_type": "client"}))) == 2
        live = select_in(
            conn, golden_record, ("id",), "id", ids, fixed={"record_type": "client"}, where="t.gone IS NULL"
        )
        assert [one[0] for one in live] == [row(1)[1]]


def test_no_keys_find_nothing(store: Store) -> None:
    with store.read() as conn:
        assert list(select_in(conn, golden_record, ("id",), "id", [])) == []


def test_streamed_rows_are_all_rows(store: Store) -> None:
    with store.begin() as conn:
        upsert_rows(conn, golden_record, COLUMNS, [row(number) for number in range(11_000)])
    with store.read() as conn:
        found = [one[0] for one in stream_rows(conn, select(golden_record.c.id).order_by(golden_record.c.id))]
    assert (len(found), found == sorted(found)) == (11_000, True)
