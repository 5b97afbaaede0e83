"""An installed Inlay: five packages under one root, one command, plugins that load only when asked for."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from importlib import import_module
from importlib.metadata import EntryPoint, distribution, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

ROOMS = ("core", "connectors", "plugins", "webhooks", "mappings")
BUNDLED = {
    "salesforce": "connectors.salesforce",
    "hubspot": "connectors.hubspot",
    "stripe": "connectors.stripe",
    "csv": "connectors.csv",
    "messages": "connectors.messages",
    "webhook": "connectors.webhook",
    "health": "plugins.health",
    "renewals": "plugins.renewals",
    "engagement": "plugins.engagement",
    "sla": "plugins.sla",
    "kpi": "plugins.kpi",
    "revenue": "plugins.revenue",
    "playbooks": "plugins.playbooks",
}


def bundled_entry_points() -> list[EntryPoint]:
    return [point for point in entry_points(group="inlay") if point.dist and point.dist.name == "inlay"]


def run_elsewhere(code: str, folder: Path) -> str:
    """Run `code` in a Python of its own, in a folder that is not the checkout."""
    done = subprocess.run([sys.executable, "-P", "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="session")
def project(project_root: Path) -> dict[str, Any]:
    """What pyproject.toml says."""
    return tomllib.loads((project_root / "pyproject.toml").read_text())


@pytest.fixture(scope="session")
def wheel_names(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The files of a wheel built from the checkout, as a firm would install it."""
    out = tmp_path_factory.mktemp("wheel")
    code = f"from setuptools.build_meta import build_wheel; build_wheel({str(out)!r})"
    scratch = out / "scratch"
    for name in ("pyproject.toml", "LICENSE", *ROOMS):
        copy_without_caches(project_root / name, scratch / name)
    done = subprocess.run([sys.executable, "-c", code], cwd=scratch, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = out.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def copy_without_caches(source: Path, target: Path) -> None:
    for path in [source] if source.is_file() else source.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            place = target / path.relative_to(source) if source.is_dir() else target
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(path.read_bytes())


@pytest.mark.parametrize("room", ROOMS)
def test_room_resolves_to_this_checkout_from_anywhere(room: str, project_root: Path, tmp_path: Path) -> None:
    assert run_elsewhere(f"import {room}; print({room}.__file__)", tmp_path) == str(project_root / room / "__init__.py")


@pytest.mark.parametrize("room", ROOMS)
def test_room_is_typed_for_those_who_import_it(room: str, project_root: Path) -> None:
    assert (project_root / room / "py.typed").is_file()


def test_no_other_distribution_brings_a_room_of_the_same_name() -> None:
    found = {room: find_spec(room) for room in ROOMS}
    shared = [room for room, spec in found.items() if spec is None or len(spec.submodule_search_locations or ()) != 1]
    assert not shared, f"these names lead to more than one folder, another package brings them too: {shared}"


def test_command_is_declared_once() -> None:
    scripts = [point for point in distribution("inlay").entry_points if point.group == "console_scripts"]
    assert [(point.name, point.value) for point in scripts] == [("inlay", "core.cli:main")]


def test_bundled_parts_use_the_door_of_third_parties() -> None:
    assert {point.name: point.value for point in bundled_entry_points()} == BUNDLED


def test_naming_the_parts_loads_none_of_them(tmp_path: Path) -> None:
    code = (
        "import sys; from importlib.metadata import entry_points\n"
        "names = [point.name for point in entry_points(group='inlay')]\n"
        "print(len(names) >= 6, [name for name in sys.modules if name.startswith(('connectors', 'plugins'))])"
    )
    assert run_elsewhere(code, tmp_path) == "True []"


@pytest.mark.parametrize("part", BUNDLED.values())
def test_every_bundled_part_can_be_imported(part: str) -> None:
    assert import_module(part).__name__ == part


def test_every_vendor_folder_and_plugin_folder_is_declared(project_root: Path) -> None:
    folders = [folder for room in ("connectors", "plugins") for folder in (project_root / room).iterdir()]
    units = {f"{folder.parent.name}.{folder.name}" for folder in folders if (folder / "__init__.py").is_file()}
    assert units - {"connectors.sandbox"} <= set(BUNDLED.values())


def test_every_folder_with_python_is_a_package(project_root: Path) -> None:
    tops = (*ROOMS, "tests")
    folders = {path.parent for top in tops for path in (project_root / top).rglob("*.py")}
    bare = sorted(str(folder.relative_to(project_root)) for folder in folders if not (folder / "__init__.py").is_file())
    assert not bare, f"folders without __init__.py are skipped by the linters: {bare}"


def test_wheel_carries_every_file_of_the_rooms(wheel_names: set[str], project_root: Path) -> None:
    wanted = {".py", ".yaml", ".json", ".md", ".html", ".mako", ".css", ".js", ".svg", ".typed"}
    files = [path for room in ROOMS for path in (project_root / room).rglob("*") if path.suffix in wanted]
    names = {str(path.relative_to(project_root)) for path in files if "__pycache__" not in path.parts}
    assert names - wheel_names == set()


def test_wheel_carries_no_tests(wheel_names: set[str]) -> None:
    assert [name for name in wheel_names if name.startswith(("tests/", "benchmarks/"))] == []


def test_wheel_carries_the_licence(wheel_names: set[str]) -> None:
    assert [name for name in wheel_names if name.endswith("licenses/LICENSE")]


def test_project_cannot_be_published_by_mistake(project: dict[str, Any]) -> None:
    assert "Private :: Do Not Upload" in project["project"]["classifiers"]


def test_licence_file_is_the_one_declared(project: dict[str, Any], project_root: Path) -> None:
    assert project["project"]["license"] == "Apache-2.0"
    text = (project_root / "LICENSE").read_text()
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text


@pytest.mark.parametrize("target", ["install", "demo", "test", "lint", "bench", "soak", "run", "clean", "lock", "help"])
def test_make_lists_what_it_can_do(target: str, project_root: Path) -> None:
    listed = subprocess.run(["make", "-s", "help"], cwd=project_root, capture_output=True, text=True, check=True).stdout
    assert [line for line in listed.splitlines() if line.split()[0] == target]


def test_changed_lock_never_pulls_the_environment_from_under_a_running_program(
    project_root: Path, tmp_path: Path
) -> None:
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / ".made").touch()
    (tmp_path / "requirements").mkdir()
    for name in ("requirements/bootstrap.lock", "requirements/all.lock", "pyproject.toml"):
        (tmp_path / name).write_text("newer than the environment")
    command = ["make", "-n", "-f", str(project_root / "Makefile"), "install"]
    would_do = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert "requirements/all.lock" in would_do
    assert "making .venv" not in would_do
    assert "rm -rf" not in would_do
