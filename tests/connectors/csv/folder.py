"""A folder of files and the connector over it, for the tests of this package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.csv.connector import CsvConnector
from connectors.csv.settings import CsvSettings
from core.clock import FixedClock
from core.connector import BrokenRow, ConnectorContext
from core.http import Transport

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)


def connector(base: Path, **settings: Any) -> CsvConnector:
    """The connector of a configuration in ``base``, its settings as they stand in inlay.yaml."""
    clock = FixedClock(NOW)
    context = ConnectorContext("files", clock, Transport(clock=clock), base)
    return CsvConnector(CsvSettings.model_validate(settings), context)


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write the files and return the folder."""
    for name, content in files.items():
        data = content if isinstance(content, bytes) else content.encode()
        (folder / name).write_bytes(data)
    return folder


def read_all(
    source: CsvConnector, stream: str, fields: Sequence[str] = ()
) -> tuple[list[Mapping[str, Any]], list[BrokenRow]]:
    """All records and all broken rows of a stream."""
    pages = list(source.read(stream, fields, None))
    return [one for page in pages for one in page.records], [one for page in pages for one in page.broken]


def records(folder: Path, content: str | bytes, **options: Any) -> list[Mapping[str, Any]]:
    """The records of a single file with this content."""
    return both(folder, content, **options)[0]


def both(folder: Path, content: str | bytes, **options: Any) -> tuple[list[Mapping[str, Any]], list[BrokenRow]]:
    """Records and broken rows of a single file with this content."""
    write(folder, {"one.csv": content})
    return read_all(connector(folder, files={"one.csv": options} if options else {}), "one.csv")
