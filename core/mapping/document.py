"""Mapping files as plain data that remembers where each entry stands; the firm's overlay is merged over the default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import ConfigError
from core.mapping.yamltext import Trail, YamlText
from core.yamlfile import read_text

MAX_BYTES = 2_000_000


@dataclass
class Document:
    """The effective content of a mapping, and per entry the ``file:line`` it was read from."""

    name: str
    data: dict[str, Any]
    places: dict[Trail, str] = field(default_factory=dict)

    def place(self, trail: Trail) -> str:
        """Where the entry stands, or the nearest thing around it that has a place."""
        while trail and trail not in self.places:
            trail = trail[:-1]
        return self.places.get(trail, self.name)

    def overlaid(self, overlay: Document) -> Document:
        """Return this document with another laid over it: groups are merged, all else is replaced, ``null`` removes."""
        merged = Document(self.name, {}, dict(self.places))
        merged.data = _merge(self.data, overlay.data, (), merged.places, overlay.places)
        return merged


def _merge(
    base: Mapping[str, Any], over: Mapping[str, Any], at: Trail, places: dict[Trail, str], theirs: Mapping[Trail, str]
) -> dict[str, Any]:
    result = dict(base)
    for key, value in over.items():
        trail = (*at, key)
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict) and isinstance(base.get(key), dict) and not _is_rule(base[key], value):
            result[key] = _merge(base[key], value, trail, places, theirs)
            places[trail] = theirs.get(trail, places.get(trail, ""))
        else:
            result[key] = value
            places.update({there: place for there, place in theirs.items() if there[: len(trail)] == trail})
    return result


def _is_rule(base: Mapping[str, Any], over: Mapping[str, Any]) -> bool:
    """Tell whether both are rules with a source of their own: then nothing of the first stays."""
    return not {"from", "const"}.isdisjoint(base) and not {"from", "const"}.isdisjoint(over)


def read_document(path: Path) -> Document:
    """Read one mapping file; raises ``ConfigError`` with file and line when it is missing or malformed."""
    if path.is_file() and path.stat().st_size > MAX_BYTES:
        raise ConfigError("a mapping file larger than 2 MB is none", where=path.name, remedy="check the path")
    document = Document(path.name, {})
    document.data = YamlText(path.name, document.places).read(read_text(path))
    return document
