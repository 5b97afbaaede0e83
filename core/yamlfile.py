"""YAML files that people write: read once, with every mistake answered by file and line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from core.errors import ConfigError

Key = str | int


@dataclass(frozen=True)
class YamlFile:
    """The content of one file and the way back to its lines."""

    path: Path
    data: CommentedMap

    def place(self, keys: Sequence[Key]) -> str:
        """``file:line`` of the deepest of ``keys`` that the file holds."""
        node: Any = self.data
        line = 1
        for key in keys:
            found = _line_of(node, key)
            if found is None:
                break
            line = found
            node = node[key]
        return f"{self.path.name}:{line}"

    def error(self, keys: Sequence[Key], what: str, remedy: str) -> ConfigError:
        """A mistake at ``keys``, naming file, line and field."""
        field = ".".join(map(str, keys))
        return ConfigError(f"{field}: {what}" if field else what, where=self.place(keys), remedy=remedy)


def read_text(path: Path) -> str:
    """The text of a file that a person writes; raises ``ConfigError`` when it is missing or no text."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(
            f"there is no file {path.name}", where=str(path), remedy="create it with `inlay init` or name another one"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name} cannot be read: {error}", where=str(path), remedy="save it as UTF-8") from error


def read_yaml(path: Path) -> YamlFile:
    """Read a YAML mapping; raises ``ConfigError`` when the file is missing, malformed or no mapping at the top."""
    text = read_text(path)
    try:
        data = YAML().load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(
            f"this is not YAML: {error.problem}",
            where=f"{path.name}:{line}",
            remedy="check indentation, colons and quotes",
        ) from error
    except YAMLError as error:
        raise ConfigError(f"this is not YAML: {error}", where=path.name, remedy="check the file") from error
    if not isinstance(data, CommentedMap):
        raise ConfigError("the file is empty or no mapping", where=f"{path.name}:1", remedy="write `key: value` lines")
    return YamlFile(path, data)


def nearest(word: str, known: Sequence[str]) -> str:
    """A remedy that names the word which was probably meant, or the words there are."""
    close = get_close_matches(word, known, n=1)
    return f"did you mean `{close[0]}`?" if close else f"use one of: {', '.join(sorted(known))}"


def _line_of(node: Any, key: Key) -> int | None:
    if isinstance(node, CommentedMap) and key in node:
        position = node.lc.key(key) if key in (node.lc.data or {}) else (node.lc.line, 0)
        return int(position[0]) + 1
    if isinstance(node, CommentedSeq) and isinstance(key, int) and key < len(node):
        return int(node.lc.item(key)[0]) + 1
    return None
