"""Reading the JSON of an event without trusting it: whatever is odd about it is a refusal."""

from __future__ import annotations

from typing import Any

import orjson

from webhooks.request import Refusal

DEEPEST = 64


def read_object(body: bytes) -> dict[str, Any]:
    """A body that has to be one JSON object."""
    found = _parse(body)
    if not isinstance(found, dict):
        raise Refusal("the body is not a JSON object")
    return found


def read_objects(body: bytes) -> list[dict[str, Any]]:
    """A body that has to be a JSON array of objects."""
    found = _parse(body)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Refusal("the body is not a JSON array of objects")
    return found


def text_at(found: dict[str, Any], name: str) -> str:
    """A field that has to be a short text."""
    value = found.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= 255:
        raise Refusal(f"the body has no usable `{name}`")
    return value


def whole_number(text: str) -> int:
    """A number of up to 15 plain digits: Python would also take signs, blanks, underscores and other scripts."""
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise Refusal("the time of signing is no plain number")
    return int(text)


def _parse(body: bytes) -> Any:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Refusal("the body is not JSON") from None
    if _is_deeper(found, DEEPEST):
        raise Refusal("the body is nested too deeply")
    return found


def _is_deeper(value: Any, levels: int) -> bool:
    """Whether a value is nested deeper than so many levels; goes down level by level, not by recursion."""
    layer = [value]
    for _ in range(levels):
        layer = [inner for one in layer for inner in _inside(one)]
        if not layer:
            return False
    return True


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
