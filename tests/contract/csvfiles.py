"""The bench of CSV files: one file that people edit; no network, no cursor."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

from core.connector import Connector
from core.testing import Bench, Skill
from tests.connectors.csv.folder import connector as connect

ID, FILE = "Record ID", "companies.csv"


class CsvBench(Bench):
    """A folder with one file."""

    skills: ClassVar[frozenset[Skill]] = frozenset({"discovery"})
    stream, text, page_size = FILE, "name", 1000

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rows: dict[str, str | None] = {}
        self._save()

    @classmethod
    @contextmanager
    def open(cls) -> Iterator[Bench]:
        """Make a folder."""
        with TemporaryDirectory() as folder:
            yield cls(Path(folder))

    def connector(self) -> Connector:
        """The connector over the folder."""
        return connect(self._folder)

    def add(self, texts: Sequence[str], *, at_once: bool = False) -> list[str]:
        """Write more rows into the file."""
        del at_once  # a file has no stamps
        first = len(self._rows)
        made = {f"R{first + number:05d}": text for number, text in enumerate(texts)}
        self._rows |= made
        self._save()
        return list(made)

    def truth(self) -> dict[str, str | None]:
        """What the file holds."""
        return dict(self._rows)

    def _save(self) -> None:
        with (self._folder / FILE).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([ID, self.text])
            writer.writerows(self._rows.items())
