"""The CSV of Bulk API 2.0: delimiters, line ends, and how values are written and read."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from connectors.salesforce.sandbox.errors import Refusal
from connectors.salesforce.sandbox.rowstore import Row
from connectors.salesforce.sandbox.schema import Field

DELIMITERS = {"BACKQUOTE": "`", "CARET": "^", "COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "TAB": "\t"}
LINE_ENDS = {"LF": "\n", "CRLF": "\r\n"}

NULL = "#N/A"
"""What empties a field on the way in; an empty value there leaves the field alone."""

_TRUE, _FALSE = frozenset({"yes", "y", "true", "on", "1"}), frozenset({"no", "n", "false", "off", "0"})


class Sink(Protocol):
    """Something that lines can be written to."""

    def write(self, line: str, /) -> object:
        """Take one line, its end included."""
        ...


@dataclass(frozen=True)
class Dialect:
    """How one job's CSV is written, by the vendor's names (``COMMA``, ``LF``)."""

    delimiter: str = "COMMA"
    line_end: str = "LF"

    def writer(self, sink: Sink) -> Callable[[Iterable[object]], object]:
        """Return what writes rows of values to ``sink``, a line at a time; every value stands in double quotes."""
        return csv.writer(
            sink, delimiter=DELIMITERS[self.delimiter], lineterminator=LINE_ENDS[self.line_end], quoting=csv.QUOTE_ALL
        ).writerow

    def lines(self, rows: Iterable[Iterable[object]]) -> str:
        """Return rows as one text."""
        sink = io.StringIO(newline="")
        write = self.writer(sink)
        for row in rows:
            write(row)
        return sink.getvalue()

    def rows(self, text: str) -> Iterator[list[str]]:
        """Yield the rows of an upload, its header first; blanks around values belong to them."""
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=DELIMITERS[self.delimiter], strict=True)
        return (row for row in reader if row)


def dialect_from(body: dict[str, object]) -> Dialect:
    """Return the dialect a new job asks for; 400 for a name that does not exist."""
    found = Dialect(str(body.get("columnDelimiter") or "COMMA"), str(body.get("lineEnding") or "LF"))
    if found.delimiter not in DELIMITERS or found.line_end not in LINE_ENDS:
        message = f"{found.delimiter} or {found.line_end} is no valid columnDelimiter or lineEnding"
        raise Refusal("JSON_PARSER_ERROR", message, is_of_whole_call=True)
    return found


def shower_of(field: Field, read: Callable[[Row], object]) -> Callable[[Row], object]:
    """Return what reads a field for the CSV: checkboxes say true or false there, and instants end in Z."""
    if field.type == "boolean":
        return lambda row: "true" if read(row) else "false"
    if field.type == "datetime":
        return lambda row: None if (value := read(row)) is None else str(value).replace("+0000", "Z")
    return read


def read_cell(field: Field | None, text: str) -> object:
    """Return what a cell says as JSON would say it: None empties, words for yes and no become a boolean."""
    if text == NULL:
        return None
    if field is not None and field.type == "boolean":
        lowered = text.lower()
        return True if lowered in _TRUE else False if lowered in _FALSE else text
    return text
