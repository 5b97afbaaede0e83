"""What a rule may ask of a dossier: each answers with what is missing, or with nothing."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import get_args

from pydantic import BaseModel, SecretStr

from core.testing.bench import Skill
from core.testing.contract import applying
from core.testing.quality.dossier import Dossier, Function

Check = Callable[[Dossier], str]

LONGEST_FUNCTION, LONGEST_FILE = 50, 400
MANIFEST = ("name", "title", "reads", "writes", "deletes_seen_by", "auth", "client", "batch")
SECRET = re.compile(r"(^|_)(token|key|secret|password)$")
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("time", "time"), ("time", "sleep"), ("date", "today")}


def contract(*names: str) -> Check:
    """These tests of the contract are green, as far as they apply."""

    def check(dossier: Dossier) -> str:
        """The tests that are not."""
        wanted = {name for name in applying(dossier.bench.skills) if any(part in name for part in names)}
        missing = sorted(wanted - dossier.passed)
        return f"not green: {', '.join(missing)}" if missing else ""

    return check


def papers(*parts: str) -> Check:
    """The README has a part on each of these; a part may be called by any of the words between bars."""

    def check(dossier: Dossier) -> str:
        """The parts that are missing."""
        missing = [part for part in parts if not any(word in dossier.headings for word in part.split("|"))]
        return f"the README has no part on: {'; '.join(missing)}" if missing else ""

    return check


def own(*methods: str) -> Check:
    """The connector has these methods of its own."""

    def check(dossier: Dossier) -> str:
        """The methods it has not."""
        missing = [method for method in methods if not dossier.overrides(method)]
        return f"no {', '.join(missing)}" if missing else ""

    return check


def shape(dossier: Dossier) -> str:
    """The files every connector has."""
    wanted = ["README.md", "manifest.yaml", "connector.py", "settings.py"]
    missing = [name for name in wanted if not (dossier.folder / name).is_file()]
    return f"no {', '.join(missing)}" if missing else ""


def manifest(dossier: Dossier) -> str:
    """The manifest is whole and the names agree."""
    missing = [name for name in MANIFEST if name not in dossier.manifest]
    if missing:
        return f"the manifest does not tell: {', '.join(missing)}"
    names = {dossier.kind, dossier.folder.name, str(dossier.manifest["name"])}
    return f"it has several names: {', '.join(sorted(names))}" if len(names) > 1 else ""


def settings_explained(dossier: Dossier) -> str:
    """An admin finds every setting explained; one that is a section of its own explains itself."""
    fields = dossier.connector.settings_model.model_fields
    silent = [name for name, one in fields.items() if not one.description and not _sections(one.annotation)]
    return f"settings without a description: {', '.join(silent)}" if silent else ""


def _sections(annotation: object) -> list[type[BaseModel]]:
    """The models with a docstring of their own that an annotation allows."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation] if annotation.__doc__ else []
    return [model for inner in get_args(annotation) for model in _sections(inner)]


def secrets_sealed(dossier: Dossier) -> str:
    """No secret is plain text in the settings."""
    fields = dossier.connector.settings_model.model_fields
    plain = [
        name
        for name, field in fields.items()
        if SECRET.search(name) and SecretStr.__name__ not in str(field.annotation)
    ]
    return f"secrets as plain text: {', '.join(plain)}" if plain else ""


def simulated(dossier: Dossier) -> str:
    """A simulator lies beside it."""
    return "" if (dossier.folder / "sandbox").is_dir() else "no simulator"


def mapped(dossier: Dossier) -> str:
    """A mapping of its name is bundled."""
    return "" if dossier.has_mapping else f"no mapping called {dossier.kind}"


def time_is_injected(dossier: Dossier) -> str:
    """No call of the wall clock."""
    found = [f"{path.name}:{line}" for path, tree in dossier.sources.items() for line in _clock_calls(tree)]
    return f"reads the wall clock: {', '.join(found)}" if found else ""


def _clock_calls(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=name)) if (owner, name) in CLOCKS:
                yield node.lineno


def nothing_swallowed(dossier: Dossier) -> str:
    """No handler that catches everything."""
    found = [
        f"{path.name}:{node.lineno}"
        for path, tree in dossier.sources.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")))
    ]
    return f"catches everything: {', '.join(found)}" if found else ""


def typed(dossier: Dossier) -> str:
    """Arguments and results have types."""
    bare = [f"{file}:{node.lineno}" for file, node in dossier.functions if not _is_typed(node)]
    return f"without types: {', '.join(bare)}" if bare else ""


def _is_typed(node: Function) -> bool:
    every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return node.returns is not None and all(one.annotation or one.arg in ("self", "cls") for one in every)


def explained(dossier: Dossier) -> str:
    """Every public function has a docstring."""
    silent = [
        f"{file}:{node.name}"
        for file, node in dossier.functions
        if not node.name.startswith("_") and ast.get_docstring(node) is None
    ]
    return f"public functions without a docstring: {', '.join(silent)}" if silent else ""


def one_door(dossier: Dossier) -> str:
    """Of core only core.sdk is imported when it runs."""
    found = sorted(
        f"{path.name}: {node.module}"
        for path, tree in dossier.sources.items()
        for node in _running(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("core") and node.module != "core.sdk"
    )
    return f"imports of core more than core.sdk: {', '.join(found)}" if found else ""


def _running(node: ast.AST) -> Iterator[ast.AST]:
    """All of a tree but what only a type checker reads."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING"):
            yield from _running(child)


def small(dossier: Dossier) -> str:
    """No function or file is too long."""
    long = [f"{file}:{node.name}" for file, node in dossier.functions if _length(node) > LONGEST_FUNCTION]
    long += [path.name for path in dossier.sources if len(path.read_text(encoding="utf-8").splitlines()) > LONGEST_FILE]
    return f"too long: {', '.join(long)}" if long else ""


def _length(node: Function) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def whole_contract(dossier: Dossier) -> str:
    """Every test of the contract that applies is green."""
    missing = sorted(applying(dossier.bench.skills) - dossier.passed)
    return f"not green: {', '.join(missing)}" if missing else ""


def budgeted(dossier: Dossier) -> str:
    """Each call is admitted by the shared budgets."""
    asked = any(
        isinstance(node, ast.Attribute) and node.attr == "admit"
        for tree in dossier.sources.values()
        for node in ast.walk(tree)
    )
    return "" if asked else "asks no budget before its calls"


def can(*skills: Skill) -> Check:
    """The system can do all of this through the connector, and it was tried."""

    def check(dossier: Dossier) -> str:
        """The skills that are missing."""
        missing = sorted(set(skills) - dossier.bench.skills)
        return f"cannot: {', '.join(missing)}" if missing else ""

    return check
