"""CSV files that spreadsheets open and import wizards take: RFC 4180, UTF-8 with byte order mark, no live formulas.

A text that a spreadsheet would run (it begins with ``=``, ``+``, ``-``, ``@``, a tab or a line break) gets an
apostrophe before it; plain numbers stay as they are.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

_LIVE = re.compile(r"[=+\-@\t\r\n]")
_NUMBER = re.compile(r"[+-]\d+([.,]\d+)?%?", re.ASCII)
_DISARMED = re.compile(r"'(?=[=+\-@\t\r\n])")


def disarmed(value: str) -> str:
    """The text as no spreadsheet runs it."""
    return f"'{value}" if _LIVE.match(value) and not _NUMBER.fullmatch(value) else value


def write_sheet(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    """Write a file in one stroke (whoever looks sees the old or the new one, whole); return the number of rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    written = 0
    with unfinished.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([disarmed(name) for name in header])
        for row in rows:
            writer.writerow([disarmed(value) for value in row])
            written += 1
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    return written


def read_sheet(path: Path) -> tuple[list[str], list[list[str]]]:
    """Header and rows of a file that ``write_sheet`` wrote, as they were before; empty when there is no file."""
    if not path.exists():
        return [], []
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = [[_DISARMED.sub("", value, count=1) for value in row] for row in csv.reader(file)] or [[]]
    return header, rows
