"""Plain text, tags and whatever may stand in a custom field."""

from __future__ import annotations

import math
import re
from html import unescape
from typing import Any

from core.mapping.issues import BadValueError

MAX_TEXT = 1_000_000
MAX_DEPTH = 12
MAX_TAGS = 1_000
MAX_WHOLE = 2**63 - 1
_BREAK = re.compile(r"<br\s*/?>|</(?:p|div|li|tr|h[1-6])\s*>", re.IGNORECASE)
_TAG = re.compile(r"<[a-z/!][^>]{0,2000}>", re.IGNORECASE)
_BLANKS = re.compile(r"\n{3,}")


def clean(value: str) -> str:
    """Strip a text and take out what no store can keep: NUL and broken surrogates."""
    if not value.isascii():
        value = value.encode("utf-8", "replace").decode()
    return value.replace("\0", "").strip()


def text(value: Any) -> str | None:
    """Any scalar as text; blank is None; more than a million characters are cut."""
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            raise BadValueError(
                f"text of {len(value)} characters cut to {MAX_TEXT}",
                "shorten it at the source",
                clean(value[:MAX_TEXT]),
            )
        return clean(value) or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value.bit_length() < 200:
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    raise BadValueError(f"{_kind(value)} where text is due", "map the part of it that is meant")


def _kind(value: Any) -> str:
    names = {dict: "a group of fields", list: "a list", float: "no number", int: "a huge number"}
    return next((name for kind, name in names.items() if isinstance(value, kind)), type(value).__name__)


def lower(value: Any) -> str | None:
    """Text in lower case."""
    found = text(value)
    return found.lower() if found else None


def excerpt_of_markup(value: Any) -> str | None:
    """The first 2,000 characters of a body, its HTML taken out."""
    found = text(value)
    if not found:
        return None
    if "<" in found or "&" in found:
        found = unescape(_TAG.sub("", _BREAK.sub("\n", found))).replace("\u00a0", " ")
    return _BLANKS.sub("\n\n", found)[:2000].strip() or None


def texts(value: Any) -> list[str] | None:
    """A list of texts, from a list or from text with ``;`` between them; blanks and repetitions dropped."""
    parts = value.split(";") if isinstance(value, str) else value
    if not isinstance(parts, list):
        raise BadValueError("neither a list nor text separated by semicolons")
    if len(parts) > MAX_TAGS:
        raise BadValueError(f"{len(parts)} entries cut to {MAX_TAGS}", "shorten the list", texts(parts[:MAX_TAGS]))
    return list(dict.fromkeys(found for part in parts if part is not None and (found := text(part)))) or None


def anything(value: Any) -> Any:
    """A value for ``custom_fields``: any JSON, texts stripped, blank is None."""
    return _anything(value, 0)


def _anything(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return text(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return _finite(value)
    if depth >= MAX_DEPTH or not isinstance(value, dict | list):
        raise BadValueError("nested too deeply, or no JSON", "map the part of it that is meant")
    if isinstance(value, list):
        return [_anything(one, depth + 1) for one in value]
    return {clean(str(key)): _anything(one, depth + 1) for key, one in value.items()}


def _finite(value: Any) -> Any:
    if not -1e300 < value < 1e300:
        raise BadValueError("no finite number")
    if isinstance(value, int) and abs(value) > MAX_WHOLE:
        raise BadValueError("a whole number beyond 64 bits")
    return value
