from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from tests.core.cli.conftest import Inlay


def test_init_writes_a_sample_that_names_what_is_missing(tmp_path: Path, inlay: Inlay) -> None:
    assert inlay("init", "--into", str(tmp_path / "books")).code == 0
    checked = inlay("config", "check")
    assert checked.code == 2
    for secret in ("SF_CLIENT_ID", "SF_CLIENT_SECRET", "HUBSPOT_TOKEN", "STRIPE_KEY"):
        assert f"{secret} is not set" in checked.err


def test_init_never_replaces_a_file_unasked(tmp_path: Path, inlay: Inlay) -> None:
    into = str(tmp_path / "books")
    inlay("init", "--into", into)
    (tmp_path / "books" / "inlay.yaml").write_text("firm: {name: Mine}\n", encoding="utf-8")
    refused = inlay("init", "--into", into)
    assert refused.code == 2
    assert "--force" in refused.err
    assert (tmp_path / "books" / "inlay.yaml").read_text(encoding="utf-8") == "firm: {name: Mine}\n"
    assert inlay("init", "--into", into, "--force").code == 0


@pytest.mark.usefixtures("books")
def test_config_check_names_connections_plugins_and_store(inlay: Inlay) -> None:
    checked = inlay("config", "check")
    assert checked.code == 0
    assert "csv" in checked.out
    assert "plugin health" in checked.out
    assert "inlay.db" in checked.out


def test_config_check_hides_the_password_of_the_store(books: Path, inlay: Inlay) -> None:
    path = books / "inlay.yaml"
    text = path.read_text(encoding="utf-8").replace("sqlite:///inlay.db", "postgresql://u:hush@127.0.0.1/inlay")
    path.write_text(text, encoding="utf-8")
    checked = inlay("config", "check")
    assert checked.code == 0
    assert "hush" not in checked.out + checked.err


@pytest.mark.usefixtures("books")
def test_sync_plan_and_status_on_exports(inlay: Inlay) -> None:
    synced = inlay("sync", "--json")
    assert synced.code == 0
    (streams,) = orjson.loads(synced.out)["connections"].values()
    assert {stream["stream"]: stream.get("read") for stream in streams}["customers.csv"] == 3
    planned = orjson.loads(inlay("plan", "--json").out)
    assert {one["kind"] for one in planned["operations"]} >= {"set_field"}
    status = inlay("status", "--json")
    records = {row["type"]: row["live"] for row in orjson.loads(status.out)["records"]}
    assert records["client"] == 3
    assert records["invoice"] == 3


@pytest.mark.usefixtures("books")
def test_status_is_readable_too(inlay: Inlay) -> None:
    inlay("sync")
    said = inlay("status")
    assert said.code == 0
    assert "records" in said.out
    assert "customers.csv" in said.out


@pytest.mark.usefixtures("books")
def test_explain_finds_a_client_by_a_part_of_its_name(inlay: Inlay) -> None:
    inlay("sync")
    said = inlay("explain", "alfa", "revenue.overdue")
    assert said.code == 0
    assert "Alfa Joinery Ltd" in said.out
    assert "revenue.overdue" in said.out


@pytest.mark.usefixtures("books")
@pytest.mark.parametrize(
    ("client", "words"),
    [("a", ["may mean", "Alfa Joinery Ltd", "Beta Brewing Ltd"]), ("Alfa Joynery", ["did you mean Alfa Joinery Ltd"])],
)
def test_explain_asks_back_when_the_client_is_unclear(inlay: Inlay, client: str, words: list[str]) -> None:
    inlay("sync")
    said = inlay("explain", client)
    assert said.code == 2
    assert [word for word in words if word not in said.err] == []


@pytest.mark.usefixtures("books")
def test_explain_of_an_unknown_signal_lists_those_there_are(inlay: Inlay) -> None:
    inlay("sync")
    said = inlay("explain", "Alfa", "health.scroe")
    assert said.code == 2
    assert "health.score" in said.err


@pytest.mark.usefixtures("books")
def test_doctor_looks_at_everything(inlay: Inlay) -> None:
    inlay("sync")
    said = inlay("doctor", "--json")
    assert {finding["severity"] for finding in orjson.loads(said.out)} <= {"info", "warning"}
    assert said.code == 0


def test_doctor_ends_with_1_when_a_folder_is_gone(books: Path, exports: Path, inlay: Inlay) -> None:
    for path in exports.iterdir():
        path.unlink()
    exports.rmdir()
    said = inlay("doctor")
    assert said.code == 1
    assert "exports" in said.out
    assert books.exists()


def test_a_broken_mapping_stops_before_anything_is_read(books: Path, inlay: Inlay) -> None:
    path = next(books.glob("*-mapping.yaml"))
    path.write_text(path.read_text(encoding="utf-8").replace("    name:", "    naem:", 1), encoding="utf-8")
    said = inlay("sync")
    assert said.code == 2
    assert path.name in said.err
    assert "naem" in said.err
    assert not (books / "inlay.db").exists()


def test_a_plugin_that_fails_is_named_and_the_others_go_on(books: Path, inlay: Inlay) -> None:
    path = books / "inlay.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "  nonesuch: {mode: auto}\n", encoding="utf-8")
    said = inlay("sync")
    assert said.code == 2
    assert "no plugin `nonesuch`" in said.err


def test_remap_applies_an_edited_mapping_without_reading(books: Path, exports: Path, inlay: Inlay) -> None:
    inlay("sync")
    path = next(books.glob("*-mapping.yaml"))
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("name: company_name", "name: [contact_name]", 1), encoding="utf-8")
    (exports / "customers.csv").unlink()
    said = inlay("remap")
    assert said.code == 0, said.err
    assert "Ann Alder" in inlay("explain", "Ann", "revenue.overdue").out


@pytest.mark.usefixtures("books")
def test_undo_without_a_run_lists_the_runs(inlay: Inlay) -> None:
    inlay("sync")
    assert inlay("undo").code == 0


@pytest.mark.usefixtures("books")
def test_undo_of_an_unknown_run_says_so(inlay: Inlay) -> None:
    inlay("sync")
    assert inlay("undo", "apply-000099").code == 2


@pytest.mark.parametrize("arguments", [["--help"], ["sync", "--help"], ["plan", "-h"], ["--version"]])
def test_help_is_always_there(inlay: Inlay, arguments: list[str]) -> None:
    said = inlay(*arguments)
    assert said.code == 0
    assert said.out


def test_an_unknown_command_is_a_mistake_of_the_command_line(inlay: Inlay) -> None:
    assert inlay("snyc").code == 2


def test_a_missing_configuration_tells_how_to_make_one(inlay: Inlay) -> None:
    said = inlay("sync")
    assert said.code == 2
    assert "inlay init" in said.err
