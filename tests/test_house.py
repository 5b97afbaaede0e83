"""Numbers and habits that every file keeps: size, docstrings, and no trace of the machine it was written on."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("core", "connectors", "plugins", "webhooks", "mappings")
LONGEST_FILE = 400
LONGEST_FUNCTION = 50
SUPPRESSION = re.compile(r"#\s*(?:type:\s*ignore|noqa)(?P<rest>.*)")
Function = ast.FunctionDef | ast.AsyncFunctionDef

# Written in pieces, so that this file does not contain what it looks for.
PLACES = re.compile(r"(?<![\w.~$}/:-])/(?:wor" + r"k|roo" + r"t|op" + r"t/(?:wheels|pypi)|tm" + r"p/brief)(?!\w)")
HOSTS = re.compile(
    "(?:pyp" + "i|python" + "hosted|npm" + "js)[.]org|yarn" + "pkg[.]com|proxy[.]gol" + "ang", re.IGNORECASE
)
SECRETS = re.compile("BEGIN [A-Z ]*PRIVATE" + " KEY|AKI" + "A[0-9A-Z]{16}|gh" + r"p_\w{36}|sk" + r"_live_\w{16}")


def project_files() -> list[Path]:
    """Every file that is or may become part of the repository; without git, every file outside the ignored folders."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]
    tops = [path for path in ROOT.iterdir() if not path.name.startswith(".")]
    found = [path for top in tops for path in ([top] if top.is_file() else top.rglob("*"))]
    return [path for path in found if path.is_file() and "__pycache__" not in path.parts]


def python_files(*tops: str) -> list[Path]:
    return [path for path in project_files() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in tops]


def functions(files: list[Path]) -> Iterator[tuple[str, Function]]:
    for path in files:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, Function):
                yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", node


def length(node: Function) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def lines_matching(pattern: re.Pattern[str]) -> list[str]:
    """Every line of the repository that `pattern` finds, as file:line text."""
    found = []
    for path in project_files():
        # Latin-1 reads any byte, so an export kept in an old encoding is searched as well.
        lines = enumerate(path.read_text(encoding="latin-1").splitlines(), 1)
        found += [f"{path.relative_to(ROOT)}:{n} {line[:120]}" for n, line in lines if pattern.search(line)]
    return found


def test_files_are_short_enough_to_read() -> None:
    sizes = {path.relative_to(ROOT): len(path.read_text().splitlines()) for path in python_files(*ROOMS)}
    assert {str(name): size for name, size in sizes.items() if size > LONGEST_FILE} == {}


def test_functions_are_short_enough_to_grasp() -> None:
    lengths = {name: length(node) for name, node in functions(python_files(*ROOMS))}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}


def test_the_usual_function_is_small() -> None:
    lengths = sorted(length(node) for _, node in functions(python_files(*ROOMS)))
    assert statistics.median(lengths) <= 9
    assert lengths[int(0.9 * (len(lengths) - 1))] <= 28


def test_every_public_function_says_what_it_means() -> None:
    public = [(name, node) for name, node in functions(python_files(*ROOMS)) if not node.name.startswith("_")]
    assert [name for name, node in public if not ast.get_docstring(node) and not is_fixed_by_alembic(name)] == []


def is_fixed_by_alembic(name: str) -> bool:
    return "/migrations/" in name


def test_every_module_says_what_it_is_for() -> None:
    files = {path: path.read_text() for path in python_files(*ROOMS, "benchmarks")}
    silent = [path for path, text in files.items() if text.strip() and not ast.get_docstring(ast.parse(text))]
    assert [str(path.relative_to(ROOT)) for path in silent] == []


def test_no_module_is_called_a_drawer() -> None:
    drawers = {"utils", "util", "helpers", "helper", "misc", "common", "manager", "managers"}
    files = python_files(*ROOMS, "tests", "benchmarks")
    assert [str(path.relative_to(ROOT)) for path in files if drawers & {path.stem, path.parent.name}] == []


def test_suppressions_are_few_and_say_what_they_silence() -> None:
    files = python_files(*ROOMS)
    found = [match for path in files for match in SUPPRESSION.finditer(path.read_text())]
    assert [match.group() for match in found if not re.match(r"\[[\w-]+\]|: [A-Z]+\d+", match["rest"])] == []
    total = sum(len(path.read_text().splitlines()) for path in files)
    assert len(found) <= max(1, total / 1000)


@pytest.mark.parametrize("pattern", [PLACES, HOSTS, SECRETS], ids=["machine path", "registry host", "secret"])
def test_nothing_of_the_builders_machine_is_left(pattern: re.Pattern[str]) -> None:
    assert lines_matching(pattern) == []


@pytest.mark.parametrize(
    ("pattern", "line", "found"),
    [
        (PLACES, "path = '/wor" + "k/main'", True),
        (PLACES, "cd /roo" + "t", True),
        (PLACES, "see /op" + "t/wheels", True),
        (PLACES, "unpack it to /op" + "t/inlay", False),
        (PLACES, "GET /services/data/wor" + "k/1", False),
        (PLACES, "https://crm.example/roo" + "t", False),
        (HOSTS, "index = files.python" + "hosted.org", True),
        (HOSTS, "python.org", False),
        (SECRETS, "-----BEGIN RSA PRIVATE" + " KEY-----", True),
        (SECRETS, "sk_test_4242", False),
    ],
)
def test_searches_find_what_they_should(pattern: re.Pattern[str], line: str, found: bool) -> None:
    assert bool(pattern.search(line)) is found
