from __future__ import annotations

from pathlib import Path

import pytest

from core.config import load_config
from core.errors import ConfigError, ConfigErrors

GOOD = """\
firm: {name: Hartwell & Co, time_zone: Europe/London, currency: GBP, holidays: GB-ENG}
store: sqlite:///books.db
connections:
  crm: {connector: salesforce, token: "${SF_TOKEN}"}
  billing:
    connector: stripe
    key: "sk_${STRIPE_PART}_x"
plugins:
  health: {mode: auto, minimum_coverage: 0.5}
"""
ENVIRONMENT = {"SF_TOKEN": "00D-secret", "STRIPE_PART": "live"}


def write(folder: Path, text: str) -> Path:
    path = folder / "inlay.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_whole_file_is_read_with_the_environment(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, GOOD), ENVIRONMENT)
    assert config.settings.firm.name == "Hartwell & Co"
    assert config.settings.connections["crm"].options == {"token": "00D-secret"}
    assert config.settings.connections["billing"].options == {"key": "sk_live_x"}
    assert config.settings.plugins["health"].mode == "auto"
    assert config.settings.plugins["health"].options == {"minimum_coverage": 0.5}


def test_a_relative_store_lies_beside_the_file(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, GOOD), ENVIRONMENT)
    assert config.store_url == f"sqlite:///{tmp_path.resolve() / 'books.db'}"


@pytest.mark.parametrize("url", ["sqlite:////var/lib/inlay.db", "postgresql://u@h/db", "sqlite:///:memory:"])
def test_other_store_urls_stay_as_they_are(tmp_path: Path, url: str) -> None:
    assert load_config(write(tmp_path, f"store: '{url}'\n"), {}).store_url == url


def test_defaults_make_an_almost_empty_file_enough(tmp_path: Path) -> None:
    settings = load_config(write(tmp_path, "firm: {name: One}\n"), {}).settings
    assert (settings.firm.time_zone, settings.engine, settings.connections) == ("Europe/London", "embedded", {})
    assert settings.limits.tasks_per_owner_and_day == 10


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("firm: {nme: X}\n", 1, ["firm.nme", "no such setting", "did you mean `name`"]),
        ("firm:\n  time_zone: Europe/Londn\n", 2, ["no such time zone", "Europe/London"]),
        ("conections: {}\n", 1, ["conections", "did you mean `connections`"]),
        (
            "firm: {}\nconnections:\n  crm: {token: x}\n",
            3,
            ["connections.crm.connector", "missing", "add `connector:`"],
        ),
        ("plugins:\n  health:\n    mode: automatic\n", 3, ["plugins.health.mode", "observe", "auto"]),
        ("firm:\n  currency: pounds\n", 2, ["firm.currency"]),
        ("every_minutes: soon\n", 1, ["every_minutes", "integer"]),
        ("connections:\n  My CRM: {connector: csv}\n", 2, ["not a name for a connection", "small letters"]),
        ("connections:\n  crm:\n    connector: csv\n    key: ${NOPE}\n", 4, ["NOPE is not set", "export NOPE"]),
        ("firm: [1\n", 2, ["not YAML"]),
        ("- a\n- b\n", 1, ["empty or no mapping"]),
        ("", 1, ["empty or no mapping"]),
        ("a: 1\na: 2\n", 2, ["not YAML", "duplicate"]),
    ],
)
def test_a_mistake_names_file_line_field_and_remedy(tmp_path: Path, text: str, line: int, words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, text), {})
    message = str(caught.value)
    assert f"inlay.yaml:{line}" in message
    assert [word for word in words if word not in message] == []


def test_all_mistakes_come_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigErrors) as caught:
        load_config(write(tmp_path, "firm: {nme: X}\nevery_minutes: 0\nplugins: {h: {mode: x}}\n"), {})
    assert len(caught.value.errors) == 3
    assert len(str(caught.value).splitlines()) == 3


def test_a_missing_file_tells_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="inlay init"):
        load_config(tmp_path / "inlay.yaml", {})


def test_a_file_in_another_encoding_is_refused_with_advice(tmp_path: Path) -> None:
    path = tmp_path / "inlay.yaml"
    path.write_bytes("firm: {name: Müller}\n".encode("latin-1"))
    with pytest.raises(ConfigError, match="UTF-8"):
        load_config(path, {})


def test_the_value_of_a_missing_secret_is_never_guessed(tmp_path: Path) -> None:
    text = "connections:\n  a: {connector: x, key: '${A_KEY}'}\n  b: {connector: y, key: '${B_KEY}'}\n"
    with pytest.raises(ConfigErrors) as caught:
        load_config(write(tmp_path, text), {"C_KEY": "hush"})
    assert ["A_KEY" in str(error) or "B_KEY" in str(error) for error in caught.value.errors] == [True, True]
    assert "hush" not in str(caught.value)
