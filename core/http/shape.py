"""Is a 2xx answer what was promised? Maintenance pages, cut bodies and empty ones come with 200 as well."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

EMPTY_IS_FINE = frozenset({201, 202, 204, 205, 304})


def misfit(method: str, status: int, headers: Mapping[str, str], body: bytes) -> str | None:
    """Say what is wrong with a 2xx answer of an API, or None when it may be believed."""
    if not 200 <= status < 300:
        return None
    if not body:
        fine = status in EMPTY_IS_FINE or method in {"HEAD", "DELETE", "OPTIONS"}
        return None if fine else f"an empty body came with status {status}"
    kind = headers.get("Content-Type", "").lower()
    if "html" in kind:
        return f"an HTML page came with status {status} instead of an API's answer"
    if "json" in kind and not headers.get("Content-Encoding"):
        return _json_misfit(body)
    return None


def _json_misfit(body: bytes) -> str | None:
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return "the JSON answer is cut or no JSON at all"
    return None
