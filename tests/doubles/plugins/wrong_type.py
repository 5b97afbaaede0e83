"""Returns a single thing where a list is due."""

from __future__ import annotations

from typing import Any

from core.sdk import hookimpl


@hookimpl
def register_signals(settings: Any) -> Any:
    return {"health.score": settings}


@hookimpl
def check() -> list[Any]:
    return ["not a finding"]
