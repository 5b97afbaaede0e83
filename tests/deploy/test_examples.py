"""The examples in ``deploy/`` are such as their tools take, and name commands that there are."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

import core.cli  # noqa: F401  registers the commands
from core.cli.app import App, run_command
from core.config import load_config

ROOT = Path(__file__).resolve().parents[2]
PLAIN = YAML(typ="safe")
DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
COMPOSE: dict[str, Any] = PLAIN.load((DEPLOY / "compose.yaml").read_text())
SERVICES: Mapping[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
README = (DEPLOY / "README.md").read_text()
PROGRAM = "/opt/inlay/.venv/bin/inlay"
# The keys of the Compose specification that are used here; a misspelt one would be passed over by nobody.
KNOWN = {
    "build", "image", "command", "environment", "env_file", "volumes", "ports", "depends_on", "healthcheck", "restart",
    "stop_grace_period", "deploy",
}  # fmt: skip


def unit(path: Path) -> dict[str, list[str]]:
    """The settings of a unit, each with all its values."""
    found: dict[str, list[str]] = {}
    for line in path.read_text().splitlines():
        name, equals, value = line.partition("=")
        if equals:
            found.setdefault(name, []).append(value)
    return found


def commands() -> Iterator[tuple[str, list[str]]]:
    """Every `inlay` command line of the examples, by where it stands, without the program and its configuration."""
    for path in UNITS:
        program, option, config, *arguments = shlex.split(unit(path)["ExecStart"][0])
        assert (program, option, config) == (PROGRAM, "--config", "/srv/inlay/inlay.yaml")
        yield path.name, arguments
    for name, service in SERVICES.items():
        if "build" in service:
            yield f"compose {name}", [str(one) for one in service["command"]]
    yield "Dockerfile", words("CMD")
    for text in re.findall(r"`inlay ([a-z][^`]*)`", README):
        yield f"README {text}", shlex.split(text)


def words(instruction: str) -> list[str]:
    """The words of an instruction of the Dockerfile that is written as JSON."""
    [found] = re.findall(rf"^{instruction} (\[.*\])$", DOCKERFILE, re.MULTILINE)
    return list(PLAIN.load(found))


@pytest.mark.parametrize(("where", "arguments"), list(commands()), ids=lambda one: one if isinstance(one, str) else "")
def test_every_command_exists_with_its_options(
    where: str, arguments: Sequence[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app = App(tmp_path / "inlay.yaml")
    code = run_command([*arguments, "--help"], app)
    assert code == 0, f"{where}: {capsys.readouterr()}"
    assert run_command([*arguments, "--no-such-option", "--help"], app) == 2


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd judges its units where it is installed")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    here = Path(sys.executable).with_name("inlay")
    for path in UNITS:
        (tmp_path / path.name).write_text(path.read_text().replace(PROGRAM, str(here)))
    line = ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / path.name) for path in UNITS)]
    judged = subprocess.run(line, capture_output=True, text=True, check=False)
    assert "Unknown key" not in judged.stderr
    assert "Unknown section" not in judged.stderr
    assert judged.returncode == 0, judged.stderr


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_every_unit_comes_back_after_a_kill_and_may_touch_its_own_folder_alone(path: Path) -> None:
    settings = unit(path)
    assert settings["Restart"] == ["always"]
    assert int(settings["TimeoutStopSec"][0]) >= 60  # what has begun is finished
    assert settings["User"] == ["inlay"]
    assert settings["ReadWritePaths"] == settings["WorkingDirectory"] == ["/srv/inlay"]
    assert settings["ProtectSystem"] == ["strict"]
    assert settings["NoNewPrivileges"] == ["true"]


def test_compose_names_nothing_that_is_not_there() -> None:
    assert set(COMPOSE) <= {"services", "volumes", "x-inlay"}
    for name, service in SERVICES.items():
        assert set(service) <= KNOWN, name
        assert ("image" in service) != ("build" in service), name
        assert set(service.get("depends_on", {})) <= set(SERVICES), name
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            assert source.startswith("./") or source in COMPOSE["volumes"], volume
        if "build" in service:
            folder = (DEPLOY / service["build"]["context"]).resolve()
            assert (folder / service["build"]["dockerfile"]).samefile(DEPLOY / "Dockerfile")
    for name, service in SERVICES.items():
        for other, condition in service.get("depends_on", {}).items():
            if condition["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[other], f"{name} waits for {other}"


def test_every_process_is_restarted_and_given_time_to_finish() -> None:
    for name, service in SERVICES.items():
        assert service["restart"] == "unless-stopped", name
    for name in ("web", "worker", "scheduler"):
        assert SERVICES[name]["stop_grace_period"] == "5m"


def test_the_pages_are_published_to_this_machine_alone() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_the_image_is_built_by_what_the_makefile_offers() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    made = re.findall(r"\bmake ([a-z-]+)", DOCKERFILE)
    assert made == ["install"]
    assert set(made) <= set(targets)
    assert words("ENTRYPOINT") == [PROGRAM, "--config", "/srv/inlay/inlay.yaml"]
    [folder] = re.findall(r"^COPY .* (/\S+)$", DOCKERFILE, re.MULTILINE)
    assert PROGRAM.startswith(f"{folder}/.venv/")


def test_the_image_does_not_run_as_root() -> None:
    users = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)
    assert users[-1] not in ("root", "0")
    assert DOCKERFILE.rindex("USER") < DOCKERFILE.index("ENTRYPOINT")


@pytest.mark.parametrize("block", re.findall(r"```yaml\n(.*?)```", README, re.DOTALL))
def test_every_piece_of_configuration_that_is_shown_is_read(block: str, tmp_path: Path) -> None:
    path = tmp_path / "inlay.yaml"
    path.write_text(block)
    assert load_config(path, {**os.environ, "OTEL_TOKEN": "x"}).folder == tmp_path


def test_every_figure_that_is_told_of_is_measured() -> None:
    source = (ROOT / "core" / "console" / "metrics.py").read_text()
    told = set(re.findall(r"`(inlay_[a-z_]+)`", README))
    assert len(told) > 8
    assert all(f'"{name}"' in source for name in told)
    assert set(re.findall(r'"(inlay_[a-z_]+)"', source)) == told
