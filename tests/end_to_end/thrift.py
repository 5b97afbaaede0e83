"""What may be done once for many commands of one test run: half of a short command is reading the bundled mappings."""

from __future__ import annotations

from functools import cache
from typing import Any
from unittest.mock import patch

from core.mapping import Mapping


def mappings_parsed_once() -> Any:
    """A patch under which each mapping is compiled once per process; a test that edits a mapping must not use it."""
    return patch.object(Mapping, "load", cache(Mapping.load))
