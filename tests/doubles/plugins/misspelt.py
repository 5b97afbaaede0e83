"""Implements a hook that does not exist."""

from __future__ import annotations

from typing import Any

from core.sdk import hookimpl


@hookimpl
def register_signal() -> list[Any]:
    return []
