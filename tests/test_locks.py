"""The locks: whole, hashed, without a host, and in step with pyproject.toml."""

from __future__ import annotations

import re
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

LOCKS = ("bootstrap", "all", "dedupe", "bench")
ROOT = Path(__file__).resolve().parent.parent
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}$")


@dataclass(frozen=True)
class Pin:
    """One pinned package: name, exact version, marker, number of hashes."""

    name: str
    version: str
    marker: Marker | None
    hashes: int


def lock_text(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.lock").read_text()


def pins(name: str) -> list[Pin]:
    """Read a lock strictly: a pin, then its hashes, each line ending in a backslash but the last."""
    lines = [line for line in lock_text(name).splitlines() if line and not line.lstrip().startswith("#")]
    blocks = re.split(r"\n(?=\S)", "\n".join(lines))
    return [read_pin(block) for block in blocks]


def read_pin(block: str) -> Pin:
    head, *tail = block.replace(" \\\n", "\n").split("\n")
    assert all(HASH.match(line) for line in tail), f"neither pin nor hash: {block}"
    requirement = Requirement(head)
    (exact,) = requirement.specifier
    assert exact.operator == "==", f"not pinned: {head}"
    return Pin(canonicalize_name(requirement.name), exact.version, requirement.marker, len(tail))


def versions(name: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for pin in pins(name):
        found.setdefault(pin.name, set()).add(pin.version)
    return found


def declared() -> dict[str, list[Requirement]]:
    """The requirements of pyproject.toml by the lock that has to hold them."""
    data = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project, groups = data["project"], data["dependency-groups"]
    extras = project["optional-dependencies"]
    dev = [line for group in groups.values() for line in group if isinstance(line, str)]
    return {
        "all": [Requirement(line) for line in [*project["dependencies"], *extras["docusign"], *dev]],
        "dedupe": [Requirement(line) for line in [*project["dependencies"], *extras["dedupe"]]],
        "bootstrap": wanted("bootstrap"),
        "bench": wanted("bench"),
    }


def wanted(name: str) -> list[Requirement]:
    lines = (ROOT / "requirements" / f"{name}.in").read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_names_no_host(lock: str) -> None:
    assert "://" not in lock_text(lock)


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_sets_no_option(lock: str) -> None:
    dashed = [line.removesuffix(" \\") for line in lock_text(lock).splitlines() if line.lstrip().startswith("-")]
    assert [line for line in dashed if not HASH.match(line)] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_a_hash(lock: str) -> None:
    assert [pin.name for pin in pins(lock) if not pin.hashes] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_holds_what_is_declared(lock: str) -> None:
    locked = versions(lock)
    missing = [str(want) for want in declared()[lock] if not satisfied(want, locked)]
    assert missing == [], "run make lock"


def satisfied(want: Requirement, locked: dict[str, set[str]]) -> bool:
    found = locked.get(canonicalize_name(want.name), set())
    return bool(found) and all(want.specifier.contains(version, prereleases=True) for version in found)


def test_extra_agrees_with_the_environment_it_is_added_to() -> None:
    base, extra = versions("all"), versions("dedupe")
    assert {name for name in base.keys() & extra.keys() if base[name] != extra[name]} == set()


def test_btrees_stays_where_dedupe_can_train() -> None:
    assert all(version in SpecifierSet("<6.5") for version in versions("dedupe")["btrees"])


def test_compiler_is_not_needed_by_default() -> None:
    assert not versions("all").keys() & {"dedupe", "affinegap", "btrees"}


@pytest.mark.parametrize(("python", "needed"), [("3.11.2", True), ("3.11.7", False)])
def test_one_lock_serves_debians_python_too(python: str, needed: bool) -> None:
    (pin,) = [pin for pin in pins("all") if pin.name == "async-timeout"]
    assert pin.marker is not None
    assert pin.marker.evaluate({"python_full_version": python}) is needed


def test_peers_stay_out_of_the_product() -> None:
    assert not versions("all").keys() & {"dlt", "singer-sdk", "psycopg2-binary"}


@pytest.mark.parametrize(
    "line", ["--index-url https://index.example", "-i mirror", "  --find-links wheels", "a @ file:///wheels/a.whl"]
)
def test_make_refuses_a_lock_with_a_host_or_an_option(line: str, tmp_path: Path) -> None:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "all.lock").write_text(f"{lock_text('bootstrap')}{line}\n")
    done = check_lock(tmp_path)
    assert done.returncode != 0
    assert line.strip() in done.stdout


def test_make_accepts_the_locks_as_they_are() -> None:
    assert check_lock(ROOT).returncode == 0


def check_lock(folder: Path) -> subprocess.CompletedProcess[str]:
    command = ["make", "-s", "-f", str(ROOT / "Makefile"), "check-lock"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
