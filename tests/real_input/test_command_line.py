"""The way an admin goes: init, config check, sync, plan, apply, from the command line."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

from core.cli.app import App, run_command
from core.sheet import read_sheet
from tests.core.onboard.exports import CLIENTS, INVOICES, STAFF
from tests.real_input.firm import CLOCK


@dataclass
class Shell:
    """A folder to work in, and what the last command said."""

    folder: Path
    said: str = ""

    def run(self, *arguments: str) -> int:
        """Run one command and keep what it wrote."""
        out = io.StringIO()
        console = Console(file=out, width=300, highlight=False, soft_wrap=True)
        status = run_command(list(arguments), App(self.folder / "inlay.yaml", CLOCK, console, console))
        self.said = out.getvalue()
        return status


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    exports = tmp_path / "exports"
    exports.mkdir()
    for name, content in {"clients": CLIENTS, "staff": STAFF, "orders": INVOICES.replace("Invoice", "Order")}.items():
        (exports / f"{name}.csv").write_text(content, encoding="utf-8")
    return Shell(tmp_path)


def init(shell: Shell, *options: str) -> int:
    return shell.run("init", "--from", str(shell.folder / "exports"), "--into", str(shell.folder), *options)


def test_init_shows_what_it_recognised_and_writes_the_files(shell: Shell) -> None:
    assert init(shell) == 0
    assert "clients.csv" in shell.said
    assert "Not known from these files" in shell.said
    assert (shell.folder / "inlay.yaml").exists()
    assert (shell.folder / "files-mapping.yaml").exists()


def test_init_replaces_nothing_unless_told(shell: Shell) -> None:
    assert init(shell) == 0
    assert init(shell) == 2
    assert "--force" in shell.said
    assert init(shell, "--force") == 0


def test_init_on_a_folder_without_clients_says_why(shell: Shell) -> None:
    for path in (shell.folder / "exports").iterdir():
        path.write_text("shade,tone\nred,dark\nblue,dark\nred,light\n")
    assert init(shell) == 2
    assert "no file holds anything that looks like clients" in shell.said


def test_the_proposal_passes_the_check_of_the_configuration(shell: Shell) -> None:
    init(shell)
    assert shell.run("config", "check") == 0
    assert "orders.csv" in shell.said


def test_the_whole_way(shell: Shell) -> None:
    init(shell)
    assert shell.run("sync") == 0
    assert shell.run("plan", "--check") == 10
    assert shell.run("apply", "--approve", "all", "--as", "admin") == 0
    header, rows = read_sheet(shell.folder / "import" / "files" / "clients.csv")
    assert "Inlay Last Contact" in header
    assert len(rows) == 8
    assert shell.run("plan", "--check") == 0


def test_a_broken_row_is_listed_by_status(shell: Shell) -> None:
    init(shell)
    path = shell.folder / "exports" / "clients.csv"
    path.write_text(path.read_text() + "C9,Torn\n")
    shell.run("sync")
    shell.run("status")
    assert "clients.csv:10" in shell.said


def test_a_misspelt_column_in_the_mapping_is_told_with_the_right_one(shell: Shell) -> None:
    init(shell)
    mapping = shell.folder / "files-mapping.yaml"
    mapping.write_text(mapping.read_text().replace("emails: E-mail", "emails: E-mial"))
    shell.run("sync")
    shell.run("doctor")
    assert "did you mean `E-mail`?" in shell.said


def test_a_view_with_a_formula_that_cannot_work_is_told_with_its_line(shell: Shell) -> None:
    init(shell)
    config = shell.folder / "inlay.yaml"
    bad = "    views: {sums: {rows: orders.csv, amounts: {t: Total **}}}\n"
    text = config.read_text().replace("    views:", "    other_views:")
    lines = [line for line in text.splitlines() if "people" not in line and "other_views" not in line]
    at = next(n for n, line in enumerate(lines) if "mapping:" in line)
    config.write_text("\n".join([*lines[: at + 1], bad.rstrip(), *lines[at + 1 :]]) + "\n")
    assert shell.run("config", "check") == 2
    assert f"inlay.yaml:{at + 2}" in shell.said
    assert "it is no formula" in shell.said


def test_plan_exports_files_for_the_import_wizard_and_reconciles_them(shell: Shell) -> None:
    init(shell)
    assert shell.run("sync") == 0
    folder = shell.folder / "import"
    assert shell.run("plan", "--export", str(folder)) == 0
    assert "files/clients.csv: 8 rows = 8 stored" in shell.said
    assert "equal to the cent" in shell.said
    header, rows = read_sheet(folder / "files-clients.csv")
    assert "Inlay Health Score" in header
    assert len(list(rows)) == 8


def test_an_export_that_leaves_rows_out_says_so_and_fails(shell: Shell) -> None:
    init(shell)
    shell.run("sync")
    with (shell.folder / "exports" / "clients.csv").open("a", encoding="utf-8") as file:
        file.write(CLIENTS.splitlines()[1].replace("C1", "C9") + "\n")
    assert shell.run("plan", "--export", str(shell.folder / "import")) == 1
    assert "1 missing" in shell.said
