"""Reads plays: those that come with Inlay, and over them the firm's own, each mistake told with file and line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from core.sdk import YamlFile, nearest, read_yaml, validated
from plugins.playbooks.play import LONGEST_NAME, Play

BUNDLED = Path(__file__).with_name("plays.yaml")
NAME = re.compile(r"[a-z][a-z0-9-]*")


@dataclass(frozen=True)
class Listed:
    """One play by its name; ``is_own`` where the firm wrote it."""

    name: str
    play: Play
    is_own: bool

    @property
    def signal(self) -> str:
        """The signal that holds how it stands."""
        return f"play.{self.name}"


def listed_plays(own: Path | None) -> list[Listed]:
    """All plays in their order, the firm's taking the place of bundled ones of the same name.

    Raises ``ConfigError`` naming file, line and remedy.
    """
    firms = _read(own, is_own=True) if own else []
    return list({one.name: one for one in (*_bundled(), *firms)}.values())


@lru_cache(maxsize=1)
def _bundled() -> tuple[Listed, ...]:
    return tuple(_read(BUNDLED, is_own=False))


def _read(path: Path, *, is_own: bool) -> list[Listed]:
    file = read_yaml(path)
    strange = [key for key in file.data if key != "plays"]
    if strange:
        raise file.error([strange[0]], "no such setting", nearest(str(strange[0]), ["plays"]))
    written = file.data.get("plays")
    if not isinstance(written, dict):
        raise file.error(["plays"], "there are no plays", "write `plays:` with a name and `when`, `steps` for each")
    return [Listed(_named(file, name), _play(file, name), is_own) for name in written]


def _named(file: YamlFile, name: object) -> str:
    if isinstance(name, str) and len(name) <= LONGEST_NAME and NAME.fullmatch(name):
        return name
    remedy = f"use small letters, digits and -, a letter first, at most {LONGEST_NAME}"
    raise file.error(["plays", str(name)], "not a name for a play", remedy)


def _play(file: YamlFile, name: str) -> Play:
    return validated(Play, file.data["plays"][name], file, ["plays", name])
