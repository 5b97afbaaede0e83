"""All that is known of one connector: its code, its papers, its class, and which tests of the contract it passed."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from core.connector import Connector
from core.mapping.mapping import bundled
from core.testing.bench import Bench
from core.yamlfile import read_yaml

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Dossier:
    """One connector as the rules see it; ``passed`` are the tests of the contract that were green."""

    connector: type[Connector]
    bench: type[Bench]
    folder: Path
    passed: frozenset[str]

    @property
    def kind(self) -> str:
        """The connector's name."""
        return self.connector.kind

    @cached_property
    def readme(self) -> str:
        """The text of its page; empty where there is none."""
        path = self.folder / "README.md"
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    @cached_property
    def headings(self) -> str:
        """The titles of its page's parts, small letters."""
        return "\n".join(line.lstrip("# ").lower() for line in self.readme.splitlines() if line.startswith("#"))

    @cached_property
    def manifest(self) -> Mapping[str, Any]:
        """What it says of itself; empty where it says nothing."""
        path = self.folder / "manifest.yaml"
        data: Mapping[str, Any] = read_yaml(path).data if path.is_file() else {}
        return data

    @cached_property
    def sources(self) -> dict[Path, ast.Module]:
        """Its own modules, read; the simulator is none of them."""
        paths = [
            path for path in sorted(self.folder.rglob("*.py")) if "sandbox" not in path.relative_to(self.folder).parts
        ]
        return {path: ast.parse(path.read_text(encoding="utf-8")) for path in paths}

    @property
    def functions(self) -> Iterator[tuple[str, Function]]:
        """Every function with the file it stands in."""
        for path, tree in self.sources.items():
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield path.name, node

    @cached_property
    def has_mapping(self) -> bool:
        """Whether a mapping of its name comes with Inlay."""
        return self.kind in bundled()

    def overrides(self, method: str) -> bool:
        """Whether it has a method of its own instead of the base class's."""
        return getattr(self.connector, method) is not getattr(Connector, method)


def dossier_of(connector: type[Connector], bench: type[Bench], folder: Path, passed: Collection[str]) -> Dossier:
    """Open the papers of one connector."""
    return Dossier(connector, bench, folder, frozenset(passed))
