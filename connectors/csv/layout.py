"""How a file is written, found by looking at it: encoding, delimiter, and whether there is a header row."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from connectors.csv.settings import FileOptions
from core.sdk import ConfigError

WHITESPACE = "whitespace"
SAMPLE = 65_536
LONGEST_FIELD = 64 * 1024 * 1024
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_LETTER = re.compile(r"[^\W\d_]")
_DATA = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*|https?://.*|[+-]?[\d.,]+")

csv.field_size_limit(LONGEST_FIELD)  # the library's own 128 KB would break rows that a CRM's long texts fill


@dataclass(frozen=True)
class Layout:
    """How to read one file; ``header`` are the names of its columns, each only once."""

    encoding: str
    delimiter: str
    header: tuple[str, ...]
    has_header_row: bool
    decimal_comma: bool = False

    def open(self, path: Path) -> TextIO:
        """Open the file for its lines, line ends untouched; bytes that are none in its encoding become U+FFFD."""
        return path.open(encoding=self.encoding, errors="replace", newline="")


def find_layout(path: Path, options: FileOptions) -> Layout:
    """Look at a file; the admin's options win. Raises ``ConfigError`` when it cannot be read or has another header."""
    encoding = options.encoding or find_encoding(path)
    sample = _sample(path, encoding)
    delimiter = options.delimiter or find_delimiter(sample)
    first = next(iter(_split(sample, delimiter)), [])
    has_header = options.header is None and looks_like_header(first)
    names = options.header or (first if has_header else [""] * len(first))
    if options.header is not None and first and len(first) != len(options.header):
        raise ConfigError(
            f"{len(options.header)} column names are given for {path.name}, which has {len(first)} columns",
            where=path.name,
            remedy="name each column once under `files:`, in their order",
        )
    return Layout(encoding, delimiter, unique_names(names), has_header, options.decimal_comma)


def find_encoding(path: Path) -> str:
    """By byte order mark; UTF-8 when all of the file is; else the one-byte encoding of Windows, or ISO-8859-1."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8, is_windows = True, True
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            if file.tell() == len(chunk):
                found = next((name for mark, name in _BOMS if chunk.startswith(mark)), None)
                if found:
                    return found
            is_utf8 = is_utf8 and _decodes(decoder, chunk)
            is_windows = is_windows and not chunk.translate(None, _DEFINED_IN_WINDOWS)
    if is_utf8 and not decoder.getstate()[0]:
        return "utf-8"
    return "cp1252" if is_windows else "iso-8859-1"


_DEFINED_IN_WINDOWS = bytes(set(range(256)) - {0x81, 0x8D, 0x8F, 0x90, 0x9D})


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes) -> bool:
    try:
        decoder.decode(chunk)
    except UnicodeDecodeError:
        return False
    return True


def _sample(path: Path, encoding: str) -> list[str]:
    """The first non-blank lines; the last one may be torn, so it is left out when there are more."""
    try:
        with path.open(encoding=encoding, errors="replace", newline="") as file:
            text = file.read(SAMPLE).replace("\0", "")
            is_whole = not file.read(1)
    except (LookupError, UnicodeError) as error:
        raise ConfigError(
            f"{path.name} cannot be read as {encoding}", where=path.name, remedy="correct `encoding:`"
        ) from error
    lines = [line for line in io.StringIO(text, newline="") if line.strip()]
    return lines if is_whole or len(lines) < 2 else lines[:-1]


def find_delimiter(lines: Sequence[str]) -> str:
    """The delimiter under which most rows have as many fields as the first; aligned columns when none does."""
    scores = {candidate: _score(_split(lines, candidate)) for candidate in (",", ";", "\t", "|")}
    best = max(scores, key=lambda candidate: scores[candidate])
    if scores[best][0] >= 0.5:
        return best
    if _are_aligned([line.split() for line in lines]):
        return WHITESPACE
    return best if scores[best][1] > 1 else ","


def _score(rows: Sequence[Sequence[str]]) -> tuple[float, int]:
    """The share of rows as wide as the first one, and that width; nothing for a single column."""
    if not rows or len(rows[0]) < 2:
        return (0.0, 0)
    width = len(rows[0])
    return (sum(len(row) == width for row in rows) / len(rows), width)


def _are_aligned(rows: Sequence[Sequence[str]]) -> bool:
    widths = Counter(len(row) for row in rows)
    fields = [field for row in rows[1:] or rows for field in row]
    return len(widths) == 1 and min(widths) > 1 and sum(map(_has_digit, fields)) * 2 >= len(fields)


def _has_digit(field: str) -> bool:
    return any(char.isdigit() for char in field)


def _split(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    if delimiter == WHITESPACE:
        return [line.split() for line in lines]
    return [row for row in csv.reader(lines, delimiter=delimiter) if row]


def looks_like_header(fields: Sequence[str]) -> bool:
    """Whether a first row holds names: every filled field has a letter, and none is a number, date or address."""
    filled = [field.strip() for field in fields if field.strip()]
    if not filled or not all(_LETTER.search(field) and not _DATA.fullmatch(field) for field in filled):
        return False
    return len(set(filled)) * 2 > len(filled)


def unique_names(fields: Sequence[str]) -> tuple[str, ...]:
    """Names of columns, stripped; a nameless one is named after its place, a repeated one gets a number."""
    names: list[str] = []
    for place, field in enumerate(fields, 1):
        name = field.strip().replace("\n", " ").replace("\r", "") or f"column_{place}"
        seen = sum(other == name or other.startswith(f"{name} (") for other in names)
        names.append(f"{name} ({seen + 1})" if seen else name)
    return tuple(names)
