"""A folder of CSV files as a connection: its files and views are streams, and writes become files to import."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from itertools import islice
from typing import ClassVar

from connectors.csv.formula import EXACT, FormulaError, amount
from connectors.csv.imports import RECORD_ID, TASK_KEY, TASKS, ImportFile
from connectors.csv.settings import CsvSettings, FileOptions
from connectors.csv.table import ROW_ID, Record, Table, with_row_ids
from connectors.csv.views import ViewReader
from core.sdk import (
    BrokenRow,
    ConfigError,
    Connector,
    ConnectorContext,
    Cursor,
    Finding,
    InputTally,
    Outcome,
    Page,
    RawRecord,
    Stream,
    Verb,
    WriteRow,
)

ENDINGS = (".csv", ".tsv", ".txt")
PAGE = 1000
BATCH = 10_000
OURS = "inlay"  # columns that Inlay adds by import bear its name; an export from before lacks them


class CsvConnector(Connector):
    """Reads every stream whole, each time; what a later export lacks is gone."""

    kind: ClassVar[str] = "csv"
    settings_model: ClassVar[type[CsvSettings]] = CsvSettings
    writes: ClassVar[bool] = True

    def __init__(self, settings: CsvSettings, context: ConnectorContext) -> None:
        super().__init__(settings, context)
        self._settings = settings
        self._folder = context.folder / settings.folder
        self._imports = context.folder / settings.imports / context.connection
        self._tables: dict[str, Table] = {}
        self._findings: list[Finding] = []

    def check(self) -> list[Finding]:
        """Say what is wrong with the folder, its files and the views."""
        if not self._folder.is_dir():
            return [self._problem(f"there is no folder {self._folder}", "correct `folder:` in inlay.yaml")]
        if not self._files():
            return [self._problem(f"no CSV files in {self._folder}", "put the exports there")]
        problems = []
        for name in [*self._files(), *self._settings.views]:
            try:
                self._columns(name)
            except (ConfigError, OSError) as error:
                problems.append(self._problem(f"{name}: {error}", "correct the file or its settings"))
        return problems

    def streams(self) -> Mapping[str, Stream]:
        """The files of the folder, the views, and the tasks that Inlay itself wrote."""
        names = [*self._files(), *self._settings.views]
        found = {name: Stream(name, RECORD_ID, mode="full") for name in names}
        return {**found, TASKS: Stream(TASKS, TASK_KEY, mode="full")}

    def read(self, stream: str, fields: Sequence[str], since: Cursor | None) -> Iterator[Page]:
        """Read a file or view from top to bottom, a thousand rows a page; there is no reading since a cursor."""
        del since  # a file does not tell what changed
        if stream == TASKS:
            yield Page(list(ImportFile.of(self._imports, TASKS).rows.values()))
            return
        try:
            self._report_missing(stream, fields)
            view = self._view(stream)
            rows = view.records() if view else self._table(stream).records()
            yield from _pages(with_row_ids(rows) if ROW_ID in fields else rows)
            self._findings += view.findings if view else []
        except OSError as error:
            what = f"{stream} cannot be read: {error.strerror or error}"
            raise ConfigError(what, where=self.context.connection, remedy="look at the file and its rights") from error

    def tally(self, stream: str, columns: Sequence[str]) -> InputTally | None:
        """Count the rows of a file or view and sum up columns exactly; computed columns are summed before rounding."""
        if stream == TASKS:
            return None
        view = self._view(stream, exact=True)
        comma = self._table(view.view.rows if view else stream).layout.decimal_comma
        count = _Tally(columns, comma)
        for row in view.records() if view else self._table(stream).records():
            count.add(row)
        return count.result()

    def findings(self) -> list[Finding]:
        """What reading noticed since the last call."""
        found, self._findings = self._findings, []
        return found

    def fetch(self, stream: str, ids: Sequence[str], fields: Sequence[str]) -> list[RawRecord]:
        """What the import files hold of these records; a record nothing was written to has only its id."""
        file = ImportFile.of(self._imports, stream)
        there = [one for one in ids if stream != TASKS or one in file.rows]
        rows = [{file.key: one, **file.rows.get(one, {})} for one in there]
        return [{name: value for name, value in row.items() if name in (file.key, *fields)} for row in rows]

    def find_by_key(self, stream: str, field: str, values: Sequence[str]) -> dict[str, str]:
        """The keys that the import file holds already."""
        rows = ImportFile.of(self._imports, stream).rows
        found = {row.get(field, ""): key for key, row in rows.items()}
        return {value: found[value] for value in values if value in found}

    def batch_size(self, stream: str, verb: Verb) -> int:
        """Rows per rewriting of an import file, whatever is done to them."""
        del stream, verb
        return BATCH

    def write(self, stream: str, verb: Verb, rows: Sequence[WriteRow]) -> list[Outcome]:
        """Put the rows into the stream's file for the CRM's import wizard."""
        return ImportFile.of(self._imports, stream).carry_out(verb, rows)

    def _files(self) -> list[str]:
        if not self._folder.is_dir():
            return []
        return sorted(
            path.name
            for path in self._folder.iterdir()
            if path.suffix.lower() in ENDINGS and path.is_file() and not path.name.startswith(".")
        )

    def _table(self, name: str) -> Table:
        path = self._folder / name
        if not path.is_file():
            raise ConfigError(
                f"there is no file `{name}` in {self._folder.name}",
                where=self.context.connection,
                remedy=_nearest(name, [*self._files(), *self._settings.views]),
            )
        if name not in self._tables:
            self._tables[name] = Table(path, self._settings.files.get(name, FileOptions()))
        return self._tables[name]

    def _view(self, stream: str, *, exact: bool = False) -> ViewReader | None:
        view = self._settings.views.get(stream)
        return None if view is None else ViewReader(stream, view, self._table, exact)

    def _columns(self, stream: str) -> Sequence[str]:
        view = self._view(stream)
        return view.columns if view else self._table(stream).columns

    def _report_missing(self, stream: str, fields: Sequence[str]) -> None:
        known = [*self._columns(stream), ROW_ID]
        for name in fields:
            if name not in known and not name.lower().startswith(OURS):
                where = f"{self.context.connection}/{stream}/{name}"
                what = f"{stream} has no column `{name}`, which the mapping asks for"
                self._findings.append(Finding("unknown_field", "warning", what, where, _nearest(name, known)))

    def _problem(self, what: str, remedy: str) -> Finding:
        return Finding("csv_input", "error", what, self.context.connection, remedy)


class _Tally:
    """Counts rows and sums up columns, apart from everything that reads them for use."""

    def __init__(self, columns: Sequence[str], comma: bool) -> None:
        self._comma = comma
        self._sums = dict.fromkeys(columns, Decimal(0))
        self._unread: Counter[str] = Counter()
        self._rows = self._broken = 0

    def add(self, row: Record | BrokenRow) -> None:
        """Count one row."""
        if isinstance(row, BrokenRow):
            self._broken += 1
            return
        self._rows += 1
        for name in self._sums:
            try:
                found = amount(row.get(name, ""), decimal_comma=self._comma)
                self._sums[name] = EXACT.add(self._sums[name], found or Decimal(0))
            except FormulaError:
                self._unread[name] += 1

    def result(self) -> InputTally:
        """What was counted."""
        return InputTally(self._rows, self._broken, self._sums, dict(self._unread))


def _pages(rows: Iterator[Record | BrokenRow]) -> Iterator[Page]:
    """Cut rows into pages; an empty input still makes one, so that it is known to be empty."""
    page = list(islice(rows, PAGE))
    while True:
        following = list(islice(rows, PAGE))
        broken = [row for row in page if isinstance(row, BrokenRow)]
        yield Page([row for row in page if not isinstance(row, BrokenRow)], broken=broken)
        if not following:
            return
        page = following


def _nearest(name: str, known: Sequence[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"did you mean `{close[0]}`?" if close else f"there are: {', '.join(known[:20])}"
