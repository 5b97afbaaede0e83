"""Reads Stripe's form encoding: ``metadata[a]=b``, ``items[0][price]=p``, ``types[]=x``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from connectors.stripe.sandbox.problems import StripeProblemError

Params = dict[str, Any]

_KEY = re.compile(r"[^\[\]]+|\[[^\[\]]*\]")


def decode(pairs: Iterable[tuple[str, str]]) -> Params:
    """Nested dictionaries from flat pairs; lists where the brackets are empty or hold 0, 1, 2, ..."""
    tree: Params = {}
    for key, value in pairs:
        _put(tree, _steps(key), value)
    return {name: _with_lists(value) for name, value in tree.items()}


def _steps(key: str) -> list[str]:
    parts = _KEY.findall(key)
    if "".join(parts) != key or not parts or parts[0].startswith("["):
        raise StripeProblemError(400, f"Invalid parameter name: {key}", param=key)
    return [parts[0], *(part[1:-1] for part in parts[1:])]


def _put(tree: Params, steps: list[str], value: str) -> None:
    for step in steps[:-1]:
        name = step or str(len(tree))
        below = tree.setdefault(name, {})
        if not isinstance(below, dict):
            raise StripeProblemError(400, f"Invalid parameter: {steps[0]} is both a value and a group", param=steps[0])
        tree = below
    tree[steps[-1] or str(len(tree))] = value


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    below = {name: _with_lists(inner) for name, inner in value.items()}
    if list(below) == [str(number) for number in range(len(below))]:
        return list(below.values())
    return below
