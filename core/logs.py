"""Logs as data: one JSON object a line for machines, aligned text for a person at a terminal; always standard error.

Standard output belongs to what a command was asked for. Ids say where a line belongs: ``job``, ``run``, ``connection``,
``operation``. No line holds a secret or what a record says; keys that could are cut here once more.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from contextlib import AbstractContextManager, suppress
from typing import Any, Literal, TextIO, cast

import structlog

from core.tracing import trace_ids

Level = Literal["info", "warning"]
CUT = "[cut]"
SECRET_WORDS = ("secret", "token", "password", "authorization", "cookie", "api_key", "signature")


def configure_logs(level: Level = "warning", stream: TextIO | None = None) -> None:
    """Decide once per process where lines go and from which level on; a later call replaces an earlier one."""
    out = stream or sys.stderr
    renderer = structlog.dev.ConsoleRenderer(colors=True) if out.isatty() else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            add_trace,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            cut_secrets,
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _Patient(out))),
        cache_logger_on_first_use=False,
    )


class _Patient:
    """A stream whose disk may be full: a line that cannot be written is lost, and no work is lost for it."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, text: str) -> int:
        """Write, if there is room."""
        with suppress(OSError):
            self._out.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush, if there is room."""
        with suppress(OSError):
            self._out.flush()


def log_context(**ids: str) -> AbstractContextManager[None]:
    """Put ids on every line that is written inside the block, by this thread."""
    return structlog.contextvars.bound_contextvars(**ids)


def add_trace(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Say which trace a line belongs to, where traces are sent."""
    line.update(trace_ids())
    return line


def cut_secrets(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Cut the values of keys whose name says that they are secret."""
    for key in line:
        if any(word in key.lower() for word in SECRET_WORDS):
            line[key] = CUT
    return line
