"""The text of a mapping file as plain data that knows its lines: parsed by libyaml, forty times as fast as in Python.

Scalars mean what YAML 1.2 says: ``yes`` and ``12:30`` are text, and so is a date. Keys are text, as they are written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from core.errors import ConfigError

Trail = tuple[str | int, ...]
Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_DEPTH = 12
MAX_ENTRIES = 100_000
MERGE = "<<"
WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
NUMBERS: tuple[tuple[Callable[[str], object], Callable[[str], object]], ...] = (
    (re.compile(r"[-+]?[0-9]+").fullmatch, int),
    (re.compile(r"0x[0-9a-fA-F]+|0o[0-7]+").fullmatch, lambda text: int(text, 0)),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?").fullmatch, float),
    (re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)").fullmatch, lambda text: float(text.replace(".", "", 1))),
)


@dataclass
class YamlText:
    """One file: its name, and the place of each entry as it is read."""

    name: str
    places: dict[Trail, str]

    def read(self, text: str) -> Any:
        """The content; raises ``ConfigError`` with the line where the text is no YAML."""
        try:
            root = yaml.compose(text, Loader=Loader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise self._error(
                line, f"this is not YAML: {error.problem}", "check indentation, colons and quotes"
            ) from error
        except yaml.YAMLError as error:
            raise ConfigError(f"this is not YAML: {error}", where=self.name, remedy="check the file") from error
        if not isinstance(root, yaml.MappingNode):
            raise self._error(1, "the file is empty or no mapping", "write `key: value` lines")
        return self._plain(root, 1, ())

    def _plain(self, node: Any, line: int, at: Trail) -> Any:
        self.places[at] = f"{self.name}:{line}"
        if len(self.places) > MAX_ENTRIES:  # a few anchors that take in each other stand for millions
            raise self._error(line, "more entries than a mapping can have", "write them out without anchors")
        if len(at) > MAX_DEPTH:
            raise self._error(line, f"{'.'.join(map(str, at))}: nested too deeply", "see mappings/README.md")
        if isinstance(node, yaml.MappingNode):
            return self._group(node, at)
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(one, _line(one), (*at, index)) for index, one in enumerate(node.value)]
        return node.value if node.style else scalar(node.value)

    def _group(self, node: Any, at: Trail) -> dict[str, Any]:
        group: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key_node, one in node.value:
            line = _line(key_node)
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._error(
                    line, "this is not YAML that Inlay reads: a key is no text", "write `key: value` lines"
                )
            key = _key(key_node)
            if key == MERGE and not key_node.style:
                merged |= self._merged(one, line, at)
                continue
            if key in group:
                raise self._error(line, f'this is not YAML: duplicate key "{key}"', "check which of the two is meant")
            group[key] = self._plain(one, line, (*at, key))
        return {**merged, **group}

    def _merged(self, node: Any, line: int, at: Trail) -> dict[str, Any]:
        """What ``<<`` brings in: the first of several groups that has a key counts."""
        groups = node.value if isinstance(node, yaml.SequenceNode) else [node]
        if not all(isinstance(one, yaml.MappingNode) for one in groups):
            raise self._error(line, "this is not YAML: `<<` takes in a group", "name an anchor of one")
        found: dict[str, Any] = {}
        for one in reversed(groups):
            found |= self._group(one, at)
        return found

    def _error(self, line: int, what: str, remedy: str) -> ConfigError:
        return ConfigError(what, where=f"{self.name}:{line}", remedy=remedy)


def scalar(text: str) -> Any:
    """What an unquoted scalar means."""
    if text in WORDS:
        return WORDS[text]
    return next((make(text) for fits, make in NUMBERS if fits(text)), text)


def _key(node: Any) -> str:
    """Keys are text, as written: Salesforce's key prefix 001 keeps its zeros, and ``true`` is a word."""
    if not node.style and node.value in WORDS:
        return {True: "true", False: "false", None: "null"}[WORDS[node.value]]
    return str(node.value)


def _line(node: Any) -> int:
    line: int = node.start_mark.line
    return line + 1
