"""The rows of one file, one after the other, whatever stands between them.

A row that is torn costs only itself: where quotes do not balance, the line that opened one is given up and reading goes
on with the next line. Nothing but the row at hand is kept in memory.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from connectors.csv.layout import LONGEST_FIELD, WHITESPACE, Layout
from core.sdk import BrokenRow

Row = list[str]
LONGEST_ROW = 5_000  # lines; a quote still open after so many was never meant to open a field
KEPT = 2_000  # characters of a broken row that are kept to be looked at
LONELY = "a single field where several are due"
_UNCLOSED = ("a quote is opened and never closed", "close or double the quote in this line")


def read_rows(path: Path, layout: Layout) -> Iterator[Row | BrokenRow]:
    """All rows under the header, in file order; blank lines and a report's closing remarks are left out."""
    with layout.open(path) as file:
        rows = _Splitter(path.name, layout, _Lines(file)).rows()
        if layout.has_header_row:
            next(rows, None)
        yield from _without_remarks(rows)


class _Lines:
    """Numbered lines of a file that can be put back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._back: deque[str] = deque()
        self.number = 0

    def take(self) -> str | None:
        """The next line, or None at the end."""
        line = self._back.popleft() if self._back else next(self._lines, None)
        if line is None:
            return None
        self.number += 1
        return line.replace("\0", "") if "\0" in line else line

    def put_back(self, lines: list[str]) -> None:
        """Let these lines come again."""
        self._back.extendleft(reversed(lines))
        self.number -= len(lines)


class _Splitter:
    """Turns lines into rows of the file's width."""

    def __init__(self, name: str, layout: Layout, lines: _Lines) -> None:
        self._name = name
        self._width = len(layout.header)
        self._delimiter = layout.delimiter
        self._lines = lines

    def rows(self) -> Iterator[Row | BrokenRow]:
        """Rows and broken rows; a blank line is an empty row."""
        while (line := self._lines.take()) is not None:
            if '"' not in line or self._delimiter == WHITESPACE:
                yield self._plain(line)
            elif line.count('"') % 2 == 0:
                yield self._checked(next(csv.reader((line,), delimiter=self._delimiter), []), line, self._lines.number)
            else:
                yield self._quoted(line)

    def _plain(self, line: str) -> Row | BrokenRow:
        if self._delimiter == WHITESPACE:
            return self._checked(line.split(), line, self._lines.number)
        bare = line.rstrip("\r\n")
        return self._checked(bare.split(self._delimiter) if bare.strip() else [], line, self._lines.number)

    def _quoted(self, line: str) -> Row | BrokenRow:
        """A row whose first line leaves a quote open, or holds one in the middle of a field (``5" pipe``)."""
        number, following = self._lines.number, self._until_next_quote(line)
        for text in (line, line + "".join(following)):
            fields = self._strictly(text)
            if fields is not None and len(self._fitted(fields)) == self._width:
                if text == line:
                    self._lines.put_back(following)
                return self._fitted(fields)
        self._lines.put_back(following)
        return self._broken(line, number, *_UNCLOSED)

    def _until_next_quote(self, line: str) -> list[str]:
        """The following lines up to the one that may close the quote."""
        taken: list[str] = []
        size = len(line)
        if self._strictly(line) is not None:
            return taken
        while (more := self._lines.take()) is not None:
            taken.append(more)
            size += len(more)
            if more.count('"') % 2 or len(taken) > LONGEST_ROW or size > LONGEST_FIELD:
                break
        return taken

    def _strictly(self, text: str) -> Row | None:
        try:
            return next(csv.reader((text,), delimiter=self._delimiter, strict=True), None)
        except csv.Error:
            return None

    def _checked(self, fields: Row, text: str, number: int) -> Row | BrokenRow:
        if len(fields) == self._width or not fields:
            return fields
        fitted = self._fitted(fields)
        if len(fitted) == self._width:
            return fitted
        what = f"{len(fields)} fields where {self._width} are due" if len(fields) > 1 else LONELY
        return self._broken(text, number, what, "correct the row: look for a missing or unquoted delimiter")

    def _fitted(self, fields: Row) -> Row:
        """The row without empty fields beyond the last column, which some programs end their rows with."""
        spare = fields[self._width :]
        return fields if any(spare) else fields[: self._width]

    def _broken(self, text: str, number: int, problem: str, remedy: str) -> BrokenRow:
        return BrokenRow(text.rstrip("\r\n")[:KEPT], self._name, number, problem, remedy)


def _without_remarks(rows: Iterator[Row | BrokenRow]) -> Iterator[Row | BrokenRow]:
    """Leave out blank lines, and what stands alone on its line after the last row, as under a Salesforce report."""
    remarks: list[BrokenRow] = []
    after_blank = False
    for row in rows:
        if not row:
            after_blank = True
        elif after_blank and isinstance(row, BrokenRow) and row.problem == LONELY:
            remarks.append(row)
        else:
            yield from remarks
            remarks, after_blank = [], False
            yield row
