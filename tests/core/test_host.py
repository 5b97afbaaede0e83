from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from core.config import LoadedConfig, load_config
from core.errors import ConfigError, PluginError
from core.host import Host, faults_of

DOUBLES = ("good", "raising", "misspelt", "wrong_argument", "wrong_type", "unimportable")
POINTS = [EntryPoint(name, f"tests.doubles.plugins.{name}", "inlay") for name in DOUBLES]


def config(folder: Path, text: str) -> LoadedConfig:
    path = folder / "inlay.yaml"
    path.write_text(text, encoding="utf-8")
    return load_config(path, {})


def host(folder: Path, *names: str) -> Host:
    lines = "".join(f"  {name}: {{mode: auto}}\n" for name in names)
    return Host(config(folder, "plugins:\n" + lines), POINTS)


def test_hook_register_settings_checks_what_the_admin_wrote(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        Host(config(tmp_path, "plugins:\n  good:\n    mode: auto\n    dys: 3\n"), POINTS)
    assert "inlay.yaml:4" in str(caught.value)
    assert "did you mean `days`" in str(caught.value)


def test_hook_register_settings_gives_defaults(tmp_path: Path) -> None:
    assert host(tmp_path, "good").plugins["good"].settings.model_dump() == {"days": 30}


def test_hook_register_signals_gets_the_settings(tmp_path: Path) -> None:
    loaded = Host(config(tmp_path, "plugins:\n  good: {days: 9}\n"), POINTS)
    assert [str(signals[0]) for _, signals in loaded.signals()] == ["signal for 9 days"]


@pytest.mark.parametrize("faulty", ["raising", "wrong_type"])
def test_a_faulty_plugin_loses_only_its_own_results(tmp_path: Path, faulty: str) -> None:
    loaded = host(tmp_path, faulty, "good")
    assert {plugin.name: len(signals) for plugin, signals in loaded.signals()} == {faulty: 0, "good": 1}
    (fault,) = faults_of(loaded.plugins)
    assert fault.where == f"{faulty}.register_signals"
    assert fault.facts["plugin"] == faulty


@pytest.mark.parametrize(
    ("faulty", "words"),
    [("misspelt", "register_signal"), ("wrong_argument", "portfolio"), ("unimportable", "no library of mine")],
)
def test_a_plugin_that_cannot_be_loaded_is_disabled_with_one_line(tmp_path: Path, faulty: str, words: str) -> None:
    loaded = host(tmp_path, faulty, "good")
    assert list(loaded.plugins) == ["good"]
    (failure,) = loaded.failures
    assert words in str(failure)
    assert f"`{faulty}` is disabled" in str(failure)
    assert len(str(failure).splitlines()) <= 3


def test_hook_propose_is_asked_of_each_plugin_with_its_own_context(tmp_path: Path) -> None:
    loaded = host(tmp_path, "raising", "good")
    portfolio: Any = "everybody"
    context: Any = "noon"
    asked = loaded.proposals(portfolio, lambda plugin: f"{context} for {plugin.name}")  # type: ignore[arg-type,return-value]  # the double only prints it
    assert [(plugin.name, [str(one) for one in wishes]) for plugin, wishes in asked] == [
        ("raising", []),
        ("good", ["a task for everybody at noon for good"]),
    ]


def test_the_doctor_is_told_every_fault(tmp_path: Path) -> None:
    loaded = host(tmp_path, "raising", "good", "misspelt")
    loaded.signals()
    assert [(finding.code, finding.severity) for finding in loaded.findings()] == [("plugin_fault", "error")] * 2


def test_a_plugin_nobody_enabled_is_never_imported(tmp_path: Path) -> None:
    sys.modules.pop("tests.doubles.plugins.unimportable", None)
    assert host(tmp_path, "good").failures == []
    assert "tests.doubles.plugins.unimportable" not in sys.modules


def test_an_unknown_plugin_is_answered_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean `good`"):
        host(tmp_path, "goood")


def test_hook_register_connectors_is_asked_only_for_what_is_connected(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        Host(config(tmp_path, "connections:\n  crm: {connector: salesfroce}\n"), POINTS)
    assert "no connector `salesfroce`" in str(caught.value)
    with pytest.raises(ConfigError, match="holds no such connector"):
        Host(config(tmp_path, "connections:\n  crm: {connector: good}\n"), POINTS)
    with pytest.raises(PluginError, match="no library of mine"):
        Host(config(tmp_path, "connections:\n  crm: {connector: unimportable}\n"), POINTS)


def test_time_is_kept_per_plugin(tmp_path: Path) -> None:
    loaded = host(tmp_path, "good", "raising")
    loaded.signals()
    assert all(plugin.seconds > 0 for plugin in loaded.plugins.values())


def test_hook_check_places_findings_about_settings_by_file_and_line(tmp_path: Path) -> None:
    loaded = Host(config(tmp_path, "plugins:\n  good:\n    mode: auto\n    days: 9\n"), POINTS)
    portfolio: Any = "books"
    found = loaded.checks(portfolio, lambda plugin: f"noon of {plugin.name}")  # type: ignore[arg-type,return-value]
    assert [(one.where, one.message) for one in found] == [
        ("crm/Account/1", "books at noon of good"),
        ("inlay.yaml:4 plugins.good.days", "too few days"),
    ]


def test_what_is_no_finding_is_a_fault_of_its_plugin_alone(tmp_path: Path) -> None:
    loaded = host(tmp_path, "wrong_type", "good")
    nothing: Any = None
    assert len(loaded.checks(nothing, lambda _: nothing)) == 2
    (fault,) = faults_of(loaded.plugins)
    assert fault.where == "wrong_type.check"
