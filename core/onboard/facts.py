"""What reading a folder of exports once can tell: columns, how full and distinct they are, and their shapes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import entry_points
from pathlib import Path

from core.clock import Clock
from core.connector import Connector, ConnectorContext
from core.errors import ConfigError
from core.host import GROUP
from core.http import Transport
from core.onboard.shapes import Shape, shape_of

KIND = "csv"
MOST_VALUES = 250_000  # distinct values kept per column; beyond, uniqueness is judged on those
LONGEST_VALUE = 200
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NO_WORD = re.compile(r"[^a-z0-9]+")


def words(name: str) -> str:
    """The words of a name, small, with single spaces: ``CustomerID`` and ``customer_id`` are alike."""
    return _NO_WORD.sub(" ", _CAMEL.sub(" ", name).lower()).strip()


@dataclass
class Column:
    """One column of a file: how many values it has, and which."""

    name: str
    filled: int = 0
    values: dict[str, None] = field(default_factory=dict)

    def add(self, value: str) -> None:
        """Count one value."""
        if value and not value.isspace():
            self.filled += 1
            if len(self.values) < MOST_VALUES:
                self.values[value[:LONGEST_VALUE].strip()] = None

    @cached_property
    def shape(self) -> Shape:
        """What its values look like."""
        return shape_of(self.values)

    @property
    def words(self) -> str:
        """The words of its name."""
        return words(self.name)


@dataclass
class ExportFile:
    """One file of the folder."""

    name: str
    columns: dict[str, Column] = field(default_factory=dict)
    rows: int = 0
    broken: int = 0

    @property
    def words(self) -> str:
        """The words of its name, without the ending."""
        return words(Path(self.name).stem)

    @property
    def has_no_header(self) -> bool:
        """Whether its columns had to be named after their places."""
        return all(name.startswith("column_") for name in self.columns)

    def is_key(self, column: Column) -> bool:
        """Whether every row has a value of its own there."""
        return self.rows > 0 and column.filled == self.rows == len(column.values)


def look(folder: Path, clock: Clock) -> list[ExportFile]:
    """Read all files of a folder through the CSV connector; raises ``ConfigError`` when there are none."""
    connector = _connector(folder, clock)
    problems = [finding for finding in connector.check() if finding.severity == "error"]
    if problems:
        raise ConfigError(problems[0].message, where=str(folder), remedy=problems[0].remedy)
    names = [name for name in connector.streams() if (folder / name).is_file()]
    return [_read(connector, name) for name in names]


def _connector(folder: Path, clock: Clock) -> Connector:
    """The CSV connector, found by its entry point as the host finds it."""
    package = entry_points(group=GROUP)[KIND].load()
    classes: list[type[Connector]] = package.register_connectors()
    context = ConnectorContext("exports", clock, Transport(clock=clock), folder)
    return classes[0](classes[0].settings_model(), context)


def _read(connector: Connector, name: str) -> ExportFile:
    file = ExportFile(name)
    for record in _records(connector, file):
        for column, value in record.items():
            if column not in file.columns:
                file.columns[column] = Column(column)
            file.columns[column].add(value)
    return file


def _records(connector: Connector, file: ExportFile) -> Iterator[dict[str, str]]:
    for page in connector.read(file.name, (), None):
        file.rows += len(page.records)
        file.broken += len(page.broken)
        for record in page.records:
            yield dict(record)
