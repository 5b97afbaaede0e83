"""Writing means leaving files for the CRM's import wizard."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.csv.connector import CsvConnector
from core.connector import WriteRow
from core.sheet import read_sheet
from tests.connectors.csv.folder import connector, read_all, write


@pytest.fixture
def source(tmp_path: Path) -> CsvConnector:
    write(tmp_path, {"customers.csv": "id,name\n1,A\n2,B\n"})
    return connector(tmp_path)


def task(key: str, **values: str) -> WriteRow:
    return WriteRow(values, key=("Inlay Key", key))


def imported(folder: Path, name: str) -> list[dict[str, str]]:
    header, rows = read_sheet(folder / "import" / "files" / name)
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_fields_of_a_record_become_one_row(source: CsvConnector, tmp_path: Path) -> None:
    outcomes = source.write("customers.csv", "update", [WriteRow({"Score": "82", "Band": "Good"}, "1")])
    assert [(one.state, one.external_id) for one in outcomes] == [("applied", "1")]
    assert imported(tmp_path, "customers.csv") == [{"Record ID": "1", "Score": "82", "Band": "Good"}]


def test_later_fields_join_the_row_and_columns_grow(source: CsvConnector, tmp_path: Path) -> None:
    source.write("customers.csv", "update", [WriteRow({"Score": "82"}, "1"), WriteRow({"Score": "9"}, "2")])
    source.write("customers.csv", "update", [WriteRow({"Score": "83", "Band": "Good"}, "1")])
    assert imported(tmp_path, "customers.csv") == [
        {"Record ID": "1", "Score": "83", "Band": "Good"},
        {"Record ID": "2", "Score": "9", "Band": ""},
    ]


def test_writing_the_same_again_changes_nothing(source: CsvConnector, tmp_path: Path) -> None:
    rows = [task("health:1", Subject="Call", Owner="5"), task("health:2", Subject="Write")]
    first = source.write("inlay_tasks", "upsert", rows)
    path = tmp_path / "import" / "files" / "inlay_tasks.csv"
    before = path.read_bytes()
    second = source.write("inlay_tasks", "upsert", rows)
    assert path.read_bytes() == before
    assert [one.created for one in first] == [True, True]
    assert [one.created for one in second] == [False, False]


def test_tasks_are_read_back_as_a_stream(source: CsvConnector) -> None:
    assert read_all(source, "inlay_tasks") == ([], [])
    source.write("inlay_tasks", "upsert", [task("health:1", Subject="Call Anna\nabout the invoice")])
    assert read_all(source, "inlay_tasks")[0] == [{"Inlay Key": "health:1", "Subject": "Call Anna\nabout the invoice"}]


def test_tasks_are_found_by_their_key(source: CsvConnector) -> None:
    source.write("inlay_tasks", "upsert", [task("health:1", Subject="Call")])
    assert source.find_by_key("inlay_tasks", "Inlay Key", ["health:1", "health:2"]) == {"health:1": "health:1"}


def test_taking_the_last_task_back_removes_the_file(source: CsvConnector, tmp_path: Path) -> None:
    source.write("inlay_tasks", "upsert", [task("health:1", Subject="Call")])
    outcomes = source.write("inlay_tasks", "delete", [WriteRow({}, "health:1")])
    assert [one.state for one in outcomes] == ["applied"]
    assert not (tmp_path / "import" / "files" / "inlay_tasks.csv").exists()
    assert source.fetch("inlay_tasks", ["health:1"], ["Subject"]) == []


def test_what_was_written_can_be_read_back(source: CsvConnector) -> None:
    source.write("customers.csv", "update", [WriteRow({"Score": "82", "Band": "Good"}, "1")])
    id_field = source.streams()["customers.csv"].id_field
    assert source.fetch("customers.csv", ["1", "2"], ["Score"]) == [{id_field: "1", "Score": "82"}, {id_field: "2"}]


def test_a_cleared_field_is_an_empty_cell(source: CsvConnector, tmp_path: Path) -> None:
    source.write("customers.csv", "update", [WriteRow({"Score": None}, "1")])
    assert imported(tmp_path, "customers.csv") == [{"Record ID": "1", "Score": ""}]


def test_a_row_that_names_no_record_is_refused_alone(source: CsvConnector) -> None:
    outcomes = source.write("customers.csv", "update", [WriteRow({"Score": "1"}), WriteRow({"Score": "2"}, "2")])
    assert [one.state for one in outcomes] == ["rejected", "applied"]


def test_ids_that_a_spreadsheet_would_run_survive_the_way_out_and_back(source: CsvConnector, tmp_path: Path) -> None:
    for text in ["=cmd|'/c calc'!A0", "@x", "-danger", "+44 20 7946 0000", "\tx"]:
        source.write("customers.csv", "update", [WriteRow({"Note": text}, text)])
    assert [row["Note"] for row in imported(tmp_path, "customers.csv")] == [
        "=cmd|'/c calc'!A0", "@x", "-danger", "+44 20 7946 0000", "\tx",
    ]  # fmt: skip
    raw = (tmp_path / "import" / "files" / "customers.csv").read_text("utf-8-sig")
    assert "\n'=cmd" in raw
    assert ",'-danger" in raw


def test_files_of_two_connections_lie_apart(tmp_path: Path) -> None:
    write(tmp_path, {"a.csv": "id\n1\n"})
    source = connector(tmp_path)
    source.write("inlay_tasks", "upsert", [task("k", Subject="x")])
    assert (tmp_path / "import" / source.context.connection / "inlay_tasks.csv").exists()


def test_no_unfinished_file_is_left(source: CsvConnector, tmp_path: Path) -> None:
    source.write("customers.csv", "update", [WriteRow({"Score": "1"}, "1")])
    assert [path.name for path in (tmp_path / "import" / "files").iterdir()] == ["customers.csv"]
