"""What HubSpot has published of its answers: operations, statuses and the shapes of bodies, to hold answers against.

A field is required or optional (``?name``); its type is ``text``, ``truth``, ``whole``, ``number``, ``instant``,
``object``, ``any``, the name of a shape, ``[each]``, ``{value}`` or the words it may be (``A|B``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "fixtures" / "published.json"
# What HubSpot's own guides show though its specifications do not say so.
NULLS = frozenset(
    {
        "properties",  # "Using object APIs": a property without a value is null
        "userId",  # "Owners": null for somebody who has left
        "label",  # "Associations": null for the unlabelled type
    }
)
UNWRITTEN = frozenset({"status", "errorType", "policyName"})
"""Fields of error bodies that the guide on error handling shows."""
UNKNOWN_TYPE = ("Unable to infer object type from: ", "Invalid object or event type id: ")
"""Measured by others in August 2026: such a refusal names no category."""
MOST_LOOKED_AT = 3
"""Of long lists, this many from either end."""
Shapes = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Operation:
    """One published operation: how to recognise it, and what it answers by status."""

    area: str
    name: str
    pattern: re.Pattern[str]
    answers: Mapping[str, str]
    shapes: Shapes


MACHINERY = frozenset({405, 414, 500, 502, 503, 504})
"""Statuses of what stands before the API, which name no category."""


@cache
def operations() -> tuple[Operation, ...]:
    """All of them, those with fewer names of the caller's own in their path first."""
    found = [
        Operation(area, name, _pattern(name), answers, facts["shapes"])
        for area, facts in json.loads(FILE.read_text(encoding="utf-8")).items()
        for name, answers in facts["operations"].items()
    ]
    return tuple(sorted(found, key=lambda each: (each.name.count("{}"), each.area)))


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(re.escape(name).replace(r"\{\}", "[^/]+") + "/?")


@cache
def operation_of(method: str, path: str) -> Operation | None:
    """The published operation behind a request; None where nothing was published under that path."""
    return next((each for each in operations() if each.pattern.fullmatch(f"{method} {path}")), None)


def deviations(method: str, path: str, status: int, body: Any) -> list[str]:
    """What an answer has that was not published, and the other way round; nothing for paths that are not published."""
    found = operation_of(method, path)
    if found is None:
        return []
    if status in MACHINERY or (status == 400 and str(body.get("message")).startswith(UNKNOWN_TYPE)):
        return []
    if status >= 400:
        return [f"{found.name} {status}: {each}" for each in _differences(found.shapes, "Error", body, "")]
    if str(status) not in found.answers:
        return [f"{found.name}: status {status} is not among {sorted(found.answers)}"]
    expected = found.answers[str(status)]
    if not expected:
        return [f"{found.name}: a body where none is published"] if body is not None else []
    return [f"{found.name} {status}: {each}" for each in _differences(found.shapes, expected, body, "")]


def _differences(shapes: Shapes, kind: str, value: Any, where: str) -> Iterator[str]:
    if kind.startswith("["):
        yield from _of_list(shapes, kind[1:-1], value, where)
    elif kind.startswith("{"):
        yield from _of_map(shapes, kind[1:-1], value, where)
    elif kind in shapes:
        yield from _of_shape(shapes, kind, value, where)
    elif not _is(kind, value):
        yield f"{where} is {value!r:.80} and no {kind}"


def _of_list(shapes: Shapes, each: str, value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{where} is no list"
        return
    ends = value if len(value) <= 2 * MOST_LOOKED_AT else [*value[:MOST_LOOKED_AT], *value[-MOST_LOOKED_AT:]]
    for one in ends:
        yield from _differences(shapes, each, one, f"{where}[]")


def _of_map(shapes: Shapes, each: str, value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where} is no object"
        return
    may_be_null = where.rpartition(".")[2] in NULLS
    for one in value.values():
        if not (one is None and may_be_null):
            yield from _differences(shapes, each, one, f"{where}{{}}")


def _of_shape(shapes: Shapes, kind: str, value: Any, where: str) -> Iterator[str]:
    fields = shapes[kind]
    if "*" in fields:
        return
    if not isinstance(value, dict):
        yield f"{where} is no {kind}"
        return
    known = {name.removeprefix("?"): type_ for name, type_ in fields.items()}
    yield from (f"{where} lacks {name}" for name in fields if not name.startswith("?") and name not in value)
    allowed = known.keys() | (UNWRITTEN if kind == "Error" else frozenset())
    yield from (f"{where}.{name} is not published" for name in value.keys() - allowed)
    for name in known.keys() & value.keys():
        if not (value[name] is None and name in NULLS):
            yield from _differences(shapes, known[name], value[name], f"{where}.{name}")


def _is(kind: str, value: Any) -> bool:
    if "|" in kind:
        return value in kind.split("|")
    return _TESTS[kind](value)


def _is_instant(value: Any) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        return False


_TESTS = {
    "any": lambda _: True,
    "text": lambda value: isinstance(value, str),
    "truth": lambda value: isinstance(value, bool),
    "whole": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "instant": _is_instant,
}
