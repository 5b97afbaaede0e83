"""Files for the CRM's import wizard."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from core.export import export_csv
from core.proposals import CreateTask
from core.sheet import read_sheet
from tests.core.export.firm import CLIENTS, Firm, firm


@pytest.fixture
def made(tmp_path: Path, sqlite_url: str) -> Iterator[Firm]:
    with firm(tmp_path, sqlite_url) as made:
        made.sync()
        yield made


def exported(made: Firm, name: str) -> list[dict[str, str]]:
    report = export_csv(made.store, made.setups, made.folder / "out")
    path = next(file.path for file in report.files if file.path.name == name)
    header, rows = read_sheet(path)
    return [dict(zip(header, row, strict=True)) for row in rows]


def task(key: str, client: str = "C1", subject: str = "Call") -> CreateTask:
    return CreateTask(f"files/clients.csv/{client}", subject, "About\nmoney", date(2026, 7, 2), "normal", key, "late")


def test_every_client_has_a_row_with_its_own_id_name_and_the_labels_of_the_mapping(made: Firm) -> None:
    made.signal("health.score", {"C1": 82, "C3": 7.5})
    made.signal("health.reasons", {"C1": "pays on time"})
    made.signal("contact.last_date", {"C3": "2026-06-01"})
    assert exported(made, "files-clients.csv") == [
        {
            "Client ID": "C1",
            "Company name": "Alpha",
            "Inlay Health Score": "82",
            "Why": "pays on time",
            "Last contact": "",
        },
        {"Client ID": "C2", "Company name": "=Beta()", "Inlay Health Score": "", "Why": "", "Last contact": ""},
        {
            "Client ID": "C3",
            "Company name": "Gamma",
            "Inlay Health Score": "7.5",
            "Why": "",
            "Last contact": "2026-06-01",
        },
    ]


def test_no_cell_is_a_live_formula(made: Firm) -> None:
    made.signal("health.reasons", {"C1": "=HYPERLINK(1)", "C2": "@SUM(A1)", "C3": "-cmd"})
    exported(made, "files-clients.csv")
    text = (made.folder / "out" / "files-clients.csv").read_text("utf-8-sig")
    cells = [cell for line in text.splitlines() for cell in line.split(",")]
    assert [cell for cell in cells if cell[:1] in ("=", "@", "+", "-")] == []
    assert "'=Beta()" in cells


def test_a_value_that_does_not_fit_its_column_is_left_empty(made: Firm) -> None:
    made.signal("health.score", {"C1": "high", "C2": None})
    assert [row["Inlay Health Score"] for row in exported(made, "files-clients.csv")] == ["", "", ""]


def test_clients_that_are_gone_are_left_out(made: Firm) -> None:
    made.put(clients=CLIENTS.replace("C3,Gamma\n", ""))
    made.setups[0].connector.findings()
    made.sync()
    assert [row["Client ID"] for row in exported(made, "files-clients.csv")] in (["C1", "C2"], ["C1", "C2", "C3"])


def test_proposed_tasks_name_client_due_date_and_reason(made: Firm) -> None:
    made.plan([task("k1"), task("k2", "C3", "Write")])
    first, second = sorted(exported(made, "files-tasks.csv"), key=lambda row: row["Subject"])
    assert first["Inlay Key"] != second["Inlay Key"]
    assert {name: first[name] for name in ("Subject", "Due date", "Client ID", "Client name", "Reason", "Notes")} == {
        "Subject": "Call", "Due date": "2026-07-02", "Client ID": "C1", "Client name": "Alpha", "Reason": "late",
        "Notes": "About\nmoney",
    }  # fmt: skip
    assert (second["Subject"], second["Client name"]) == ("Write", "Gamma")


def test_without_a_plan_there_is_no_file_of_tasks(made: Firm) -> None:
    report = export_csv(made.store, made.setups, made.folder / "out")
    assert [(file.path.name, file.record_type, file.rows) for file in report.files] == [
        ("files-clients.csv", "client", 3)
    ]
    assert report.rows == 3


def test_exporting_again_replaces_the_files(made: Firm) -> None:
    made.signal("health.score", {"C1": 1})
    exported(made, "files-clients.csv")
    made.signal("health.score", {"C1": 2})
    assert exported(made, "files-clients.csv")[0]["Inlay Health Score"] == "2"


def test_an_exported_file_can_be_read_as_an_export(made: Firm) -> None:
    made.signal("health.score", {"C1": 82})
    exported(made, "files-clients.csv")
    made.put(clients=(made.folder / "out" / "files-clients.csv").read_text("utf-8-sig"))
    made.sync()
    assert exported(made, "files-clients.csv")[0]["Company name"] == "Alpha"
