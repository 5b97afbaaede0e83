"""Raises whenever it is asked."""

from __future__ import annotations

from typing import Any

from core.sdk import hookimpl


@hookimpl
def register_signals() -> list[Any]:
    raise ZeroDivisionError("three divided by nothing")


@hookimpl
def propose() -> list[Any]:
    raise KeyError("secret-less")
