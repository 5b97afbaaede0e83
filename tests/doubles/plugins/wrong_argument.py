"""Asks a hook for an argument it does not have."""

from __future__ import annotations

from typing import Any

from core.sdk import hookimpl


@hookimpl
def register_signals(portfolio: Any) -> list[Any]:
    return [portfolio]
