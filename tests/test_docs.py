"""Documents and code say the same: every hook, with its exact signature, and every command of the README."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEADING = re.compile(r"^### `(\w+)(\(.*\) -> .+)`$", re.MULTILINE)


def declared() -> dict[str, str]:
    """Every function of core/hookspecs.py with its signature as written."""
    tree = ast.parse((ROOT / "core" / "hookspecs.py").read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return {
        node.name: f"({ast.unparse(node.args)}) -> {ast.unparse(node.returns)}" for node in functions if node.returns
    }


def documented() -> dict[str, str]:
    return dict(HEADING.findall((ROOT / "plugins" / "HOOKS.md").read_text(encoding="utf-8")))


def test_hooks_and_their_page_agree_to_the_signature() -> None:
    assert documented() == declared()


def test_hooks_are_few_and_small() -> None:
    arities = {name: text.count(":") for name, text in declared().items()}
    assert len(arities) <= 14
    assert max(arities.values()) <= 3


@pytest.mark.parametrize("hook", sorted(declared()))
def test_every_hook_has_a_test_of_its_own_name(hook: str) -> None:
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert f"def test_hook_{hook}" in tests


@pytest.mark.parametrize("hook", sorted(declared()))
def test_every_hook_is_used_by_what_its_page_names(hook: str) -> None:
    bundled = [*ROOT.glob("connectors/*/__init__.py"), *ROOT.glob("plugins/*/__init__.py")]
    assert any(f"def {hook}(" in path.read_text(encoding="utf-8") for path in bundled)


@pytest.mark.parametrize(
    "page", [*sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("[!.]*/**/*.md")), "README.md"]
)
def test_links_to_files_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = [
        link for link in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in link and not link.startswith("mailto:")
    ]
    missing = [link for link in targets if not ((ROOT / page).parent / link).exists()]
    assert missing == []
