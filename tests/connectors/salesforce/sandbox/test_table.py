"""The rows of one object: indexes, recycle bin, delete log, and taking changes back."""

from __future__ import annotations

import pytest

from connectors.salesforce.sandbox.builders import sobject, text
from connectors.salesforce.sandbox.ids import make_id
from connectors.salesforce.sandbox.schema import Field
from connectors.salesforce.sandbox.table import Row, Table

LOOSE = text("Loose__c", "Loose", 20)
STRICT = Field("Strict__c", "Strict", "string", length=20, case_sensitive=True)
NUMBER = Field("Number__c", "Number", "double", precision=18)


@pytest.fixture
def table() -> Table:
    """A table without rows."""
    return Table(sobject("Thing__c", ("Thing", "Things"), "a00", LOOSE, STRICT, NUMBER))


def row(table: Table, **values: str | float | None) -> Row:
    """Return a new row."""
    return {"Id": table.next_id(), "IsDeleted": False, "SystemModstamp": "2026-01-01", **values}


def put(table: Table, **values: str | float | None) -> str:
    """Store a new row and return its id."""
    new: Row = {**row(table), **values}
    table.put(new)
    return str(new["Id"])


def test_ids_are_given_once_and_in_order(table: Table) -> None:
    ids = [table.next_id() for _ in range(100)]
    assert ids == [make_id("a00", number) for number in range(1, 101)]


def test_rows_are_found_by_value(table: Table) -> None:
    first, second = put(table, Loose__c="A"), put(table, Loose__c="B")
    assert table.matching(LOOSE, "A") == [first]
    assert table.matching(LOOSE, "B") == [second]
    assert table.matching(LOOSE, "C") == []


@pytest.mark.parametrize(("field", "found"), [(LOOSE, 2), (STRICT, 1)])
def test_letter_case_counts_only_where_it_should(table: Table, field: Field, found: int) -> None:
    put(table, **{field.name: "Key"})
    put(table, **{field.name: "KEY"})
    assert len(table.matching(field, "key" if found == 2 else "KEY")) == found


def test_numbers_are_found(table: Table) -> None:
    one = put(table, Number__c=42.0)
    assert table.matching(NUMBER, 42.0) == [one]


def test_an_index_made_late_knows_the_rows_before_it(table: Table) -> None:
    ids = [put(table, Loose__c="A") for _ in range(3)]
    assert table.matching(LOOSE, "A") == ids
    ids.append(put(table, Loose__c="A"))
    assert table.matching(LOOSE, "A") == ids


def test_an_index_follows_changes(table: Table) -> None:
    row_id = put(table, Loose__c="A")
    assert table.matching(LOOSE, "A") == [row_id]
    table.put({**table.rows[row_id], "Loose__c": "B"})
    assert (table.matching(LOOSE, "A"), table.matching(LOOSE, "B")) == ([], [row_id])
    table.put({**table.rows[row_id], "Loose__c": None})
    assert table.matching(LOOSE, "B") == []


def test_an_index_knows_no_deleted_rows(table: Table) -> None:
    row_id = put(table, Loose__c="A")
    table.matching(LOOSE, "A")
    table.put({**table.rows[row_id], "IsDeleted": True})
    assert table.matching(LOOSE, "A") == []
    table.put({**table.rows[row_id], "IsDeleted": False})
    assert table.matching(LOOSE, "A") == [row_id]


def test_empty_values_are_not_indexed(table: Table) -> None:
    put(table, Loose__c=None)
    assert table.matching(LOOSE, None) == []


@pytest.mark.parametrize("length", [15, 18])
def test_rows_are_found_by_id(table: Table, length: int) -> None:
    row_id = put(table)
    by_id = table.sobject.fields["Id"]
    assert table.matching(by_id, row_id[:length]) == [row_id]
    assert table.matching(by_id, make_id("a00", 99)) == []
    assert table.matching(by_id, "x") == []


# taking back


def test_a_new_row_is_taken_back(table: Table) -> None:
    table.matching(LOOSE, "A")
    undo = table.put(row(table, Loose__c="A"))
    undo()
    assert table.rows == {}
    assert table.matching(LOOSE, "A") == []


def test_a_change_is_taken_back_in_place(table: Table) -> None:
    ids = [put(table, Loose__c=name) for name in "ABC"]
    table.matching(LOOSE, "A")
    undo = table.put({**table.rows[ids[0]], "Loose__c": "Z"})
    undo()
    assert [one["Loose__c"] for one in table.rows.values()] == ["A", "B", "C"]
    assert (table.matching(LOOSE, "A"), table.matching(LOOSE, "Z")) == ([ids[0]], [])


def test_a_deletion_is_taken_back_with_its_log(table: Table) -> None:
    row_id = put(table, Loose__c="A")
    table.matching(LOOSE, "A")
    undo = table.put({**table.rows[row_id], "IsDeleted": True, "SystemModstamp": "2026-02-01"})
    assert table.delete_log == [(row_id, "2026-02-01")]
    undo()
    assert table.delete_log == []
    assert [one["Id"] for one in table.live()] == [row_id]
    assert table.matching(LOOSE, "A") == [row_id]


def test_changes_are_taken_back_in_reverse(table: Table) -> None:
    row_id = put(table, Loose__c="A")
    undos = [table.put({**table.rows[row_id], "Loose__c": name}) for name in "BCD"]
    for undo in reversed(undos):
        undo()
    assert table.rows[row_id]["Loose__c"] == "A"


# the bin


def test_a_row_is_logged_as_deleted_once(table: Table) -> None:
    row_id = put(table)
    for _ in range(2):
        table.put({**table.rows[row_id], "IsDeleted": True})
    assert len(table.delete_log) == 1
    table.put({**table.rows[row_id], "IsDeleted": False})
    table.forget_deletion(row_id)
    assert table.delete_log == []


@pytest.mark.parametrize(
    ("before", "left"), [("2026-01-01", 3), ("2026-01-02", 2), ("2026-01-03", 1), ("2027-01-01", 1)]
)
def test_the_bin_is_emptied_up_to_an_instant(table: Table, before: str, left: int) -> None:
    put(table)
    for day in ("2026-01-01", "2026-01-02"):
        row_id = put(table)
        table.put({**table.rows[row_id], "IsDeleted": True, "SystemModstamp": day})
    table.purge(before)
    assert len(table.rows) == left
    assert len(table.delete_log) == 2


def test_a_forgotten_field_leaves_no_value_and_no_index(table: Table) -> None:
    put(table, Loose__c="A")
    table.matching(LOOSE, "A")
    table.forget_field("Loose__c")
    assert table.matching(LOOSE, "A") == []
    assert all("Loose__c" not in one for one in table.rows.values())
