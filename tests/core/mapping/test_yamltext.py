"""The text of mapping files: what scalars mean, where entries stand, and what is refused with its line."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from core.errors import ConfigError
from core.mapping import bundled
from core.mapping.document import read_document
from core.mapping.yamltext import YamlText, scalar


def read(text: str) -> tuple[Any, dict[tuple[str | int, ...], str]]:
    """The content of a text and the places of its entries."""
    places: dict[tuple[str | int, ...], str] = {}
    return YamlText("ours.yaml", places).read(text), places


def refusal(text: str) -> ConfigError:
    """Why a text is refused."""
    with pytest.raises(ConfigError) as caught:
        read(text)
    return caught.value


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *(("true", True), ("True", True), ("FALSE", False), ("yes", "yes"), ("no", "no"), ("on", "on"), ("Off", "Off")),
        *(("", None), ("~", None), ("null", None), ("NULL", None), ("nil", "nil"), ("None", "None")),
        *(("12", 12), ("-7", -7), ("+7", 7), ("0x1F", 31), ("0o17", 15), ("017", 17), ("1_000", "1_000")),
        *(("1.5", 1.5), ("-.5", -0.5), ("2.", 2.0), ("1e3", 1000.0), ("1e", "1e"), (".", "."), ("1.2.3", "1.2.3")),
        *((".inf", math.inf), ("-.INF", -math.inf), ("inf", "inf"), ("12:30", "12:30"), ("2026-06-30", "2026-06-30")),
    ],
)
def test_scalars_mean_what_yaml_1_2_says(written: str, meant: object) -> None:
    found = scalar(written)
    assert (found, type(found)) == (meant, type(meant))


def test_what_is_no_number_is_not_a_number() -> None:
    assert math.isnan(scalar(".nan"))


@pytest.mark.parametrize("quoted", ["'true'", '"12"', "'~'", '""', "|-\n  null"])
def test_quoted_scalars_are_text(quoted: str) -> None:
    data, _ = read(f"a: {quoted}\n")
    assert isinstance(data["a"], str)


def test_keys_are_text_as_they_are_written() -> None:
    data, _ = read("001: Account\n'005': User\ntrue: yes\n2026-06-30: day\n1.50: price\n? null\n: nothing\n")
    assert list(data) == ["001", "005", "true", "2026-06-30", "1.50", "null"]


def test_entries_know_their_lines() -> None:
    data, places = read("a:\n  b: 1\n  c:\n    - x\n    - {d: 2,\n       e: 3}\n")
    assert data == {"a": {"b": 1, "c": ["x", {"d": 2, "e": 3}]}}
    assert places == {
        (): "ours.yaml:1",
        ("a",): "ours.yaml:1",
        ("a", "b"): "ours.yaml:2",
        ("a", "c"): "ours.yaml:3",
        ("a", "c", 0): "ours.yaml:4",
        ("a", "c", 1): "ours.yaml:5",
        ("a", "c", 1, "d"): "ours.yaml:5",
        ("a", "c", 1, "e"): "ours.yaml:6",
    }


def test_anchors_are_followed_and_groups_taken_in() -> None:
    data, _ = read("a: &a {x: 1, y: 2}\nb: *a\nc: {<<: *a, y: 3}\nd: {<<: [{x: 9}, *a], z: 4}\n")
    assert data["b"] == {"x": 1, "y": 2}
    assert data["c"] == {"x": 1, "y": 3}
    assert data["d"] == {"x": 9, "y": 2, "z": 4}


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\nb: [1\n", 3, "not YAML"),
        ("a: 1\n\tb: 2\n", 2, "not YAML"),
        ("a: 1\nb: 2\na: 3\n", 3, 'duplicate key "a"'),
        ("a:\n  b: 1\n  b: 2\n", 3, 'duplicate key "b"'),
        ("a: 1\n[x, y]: 2\n", 2, "a key is no text"),
        ("a: {<<: 5}\n", 1, "takes in a group"),
        ("- a\n- b\n", 1, "no mapping"),
        ("", 1, "empty"),
        ("# nothing\n", 1, "empty"),
        ("a: *nobody\n", 1, "not YAML"),
        ("a: &a {b: *a}\n", 1, "nested too deeply"),
        ("".join(f"{'  ' * depth}k:\n" for depth in range(14)), 13, "nested too deeply"),
        ("a: \x00\n", 1, "not YAML"),
        ("a: 1\n---\nb: 2\n", 2, "not YAML"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, line: int, said: str) -> None:
    error = refusal(text)
    assert said in error.what
    assert error.where is not None
    assert error.where == f"ours.yaml:{line}" or (line == 1 and error.where == "ours.yaml")


def test_anchors_that_multiply_are_stopped() -> None:
    lines = ["k0: &k0 [1, 2, 3, 4, 5, 6, 7, 8, 9]"] + [
        f"k{n}: &k{n} [{', '.join([f'*k{n - 1}'] * 9)}]" for n in range(1, 9)
    ]
    assert "more entries" in refusal("\n".join(lines)).what


@pytest.mark.parametrize("name", bundled())
def test_bundled_mappings_read_as_another_reader_of_yaml_1_2_reads_them(name: str) -> None:
    path: Path = bundled()[name]
    told = YAML(typ="safe", pure=True).load(path.read_text("utf-8"))
    assert read_document(path).data == spelt(told)


def spelt(value: Any) -> Any:
    """The same with keys as text; one that is a number has the zeros that a prefix of Salesforce begins with."""
    if isinstance(value, dict):
        return {_key(key): spelt(one) for key, one in value.items()}
    return [spelt(one) for one in value] if isinstance(value, list) else value


def _key(key: object) -> str:
    return (
        {True: "true", False: "false"}[key]
        if isinstance(key, bool)
        else f"{key:03d}"
        if isinstance(key, int)
        else str(key)
    )
