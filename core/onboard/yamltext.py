"""YAML as people like to read it: short groups on one line, comments where something needs explaining."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

WIDTH = 110
_PLAIN = re.compile(r"[A-Za-z_]([\w .%()&+-]*[\w.%)])?")
_PLAIN_KEY = re.compile(r"[A-Za-z_][\w .-]*|__\w+__")
_RESERVED = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf"})


def scalar(value: Any, pattern: re.Pattern[str] = _PLAIN) -> str:
    """A single value, quoted where YAML would read it as something else."""
    if value is None or isinstance(value, bool | int | float):
        return json.dumps(value)
    text = str(value)
    if pattern.fullmatch(text) and text.lower() not in _RESERVED and text == text.strip():
        return text
    return json.dumps(text, ensure_ascii=False)


def flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key, _PLAIN_KEY)}: {flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value)


def block(data: Mapping[str, Any], indent: int = 0, comments: Mapping[str, str] | None = None) -> Iterator[str]:
    """A group as lines; what is short stands on one line."""
    pad = " " * indent
    for key, value in data.items():
        comment = f"   # {comments[key]}" if comments and key in comments else ""
        head, line = f"{pad}{scalar(key, _PLAIN_KEY)}:", flow(value)
        if isinstance(value, Mapping) and value and len(head) + len(line) > WIDTH:
            yield f"{head}{comment}"
            yield from block(value, indent + 2)
        elif isinstance(value, list) and len(head) + len(line) > WIDTH:
            yield f"{head}{comment}"
            yield from (f"{pad}  - {flow(one)}" for one in value)
        else:
            yield f"{head} {line}{comment}"
