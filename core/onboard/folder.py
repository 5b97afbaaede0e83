"""The files of a folder sorted by what they hold, and the columns by which they refer to each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from core.onboard.facts import Column, ExportFile
from core.onboard.kinds import CLIENT_REF, NOT_OURS, Match, best_match
from core.onboard.notes import Notes

ROW_ID = "__row__"
KEY_WORDS = frozenset({"id", "no", "nr", "number", "code", "key", "ref", "reference"})
TORN = 0.2
KNOWN_ENOUGH = 0.5


@dataclass(frozen=True)
class Source:
    """A file taken for a record type, and the column that names its records."""

    file: ExportFile
    match: Match
    key: Column | None

    @property
    def id(self) -> str:
        """The mapping's ``id:``; rows without an id of their own are named by their content."""
        return self.key.name if self.key else ROW_ID

    def column(self, part: str) -> Column | None:
        """The column of a part, if there is one."""
        return self.match.columns.get(part)


@dataclass
class Folder:
    """One file per record type; what else there is has been noted as left out."""

    sources: dict[str, Source] = field(default_factory=dict)

    def get(self, record_type: str) -> Source | None:
        """The file of a record type."""
        return self.sources.get(record_type)


def sort_out(files: Iterable[ExportFile], notes: Notes) -> Folder:
    """Choose for each record type the surest file; note why the others are not used."""
    candidates: dict[str, list[Source]] = {}
    for file in files:
        source = _source(file, notes)
        if source is not None:
            candidates.setdefault(source.match.kind.record_type, []).append(source)
    folder = Folder()
    for record_type, found in candidates.items():
        best, *others = sorted(found, key=lambda one: (-one.match.confidence, -one.file.rows, one.file.name))
        folder.sources[record_type] = best
        for other in others:
            why = f"it looks like {record_type} records as well, and {best.file.name} looks more so"
            notes.leave_out(other.file.name, f"{why}; counting both could count twice")
    return folder


def _source(file: ExportFile, notes: Notes) -> Source | None:
    why = _unusable(file)
    match = best_match(file) if why is None else None
    if match is None:
        notes.leave_out(file.name, why or _unlike(file))
        return None
    return Source(file, match, key_of(file, match.kind.record_type))


def _unusable(file: ExportFile) -> str | None:
    if file.rows == 0:
        return "it has no rows"
    if file.broken > TORN * (file.rows + file.broken) or len(file.columns) < 2:
        return "it is no table"
    if file.has_no_header:
        return "it has no header row, so nothing says what its columns mean; name them under `files:` in inlay.yaml"
    if NOT_OURS.fullmatch(file.words):
        return "it describes what is sold, or who delivers it, not clients or dealings with them"
    return None


def _unlike(file: ExportFile) -> str:
    others = [column for column in file.columns.values() if not file.is_key(column)]
    if others and len(others) < len(file.columns) and all(one.shape.kind in ("whole", "amount") for one in others):
        return "one row per id and nothing but figures: computed from other data, which Inlay does itself"
    return "its columns fit no record type"


def key_of(file: ExportFile, record_type: str) -> Column | None:
    """The column that names the rows: unique, and called an id of such records if there are several."""
    keys = [
        column
        for column in file.columns.values()
        if file.is_key(column) and column.shape.kind in ("whole", "text", "phone")
    ]
    return min(keys, key=lambda one: _rank(one, file, record_type), default=None)


def _rank(column: Column, file: ExportFile, record_type: str) -> int:
    """0 for the surest key; a column that is no id by name ranks last."""
    names = column.words.split()
    about = {record_type, file.words, file.words.removesuffix("s")}
    if names == ["id"] or (names[-1] in KEY_WORDS and set(names) & about):
        return 0
    return 1 if names[-1] in KEY_WORDS else 2


def share_known(column: Column, keys: Mapping[str, None]) -> float:
    """How many of a column's distinct values are among the keys of another file, from 0 to 1."""
    return sum(value in keys for value in column.values) / len(column.values) if column.values else 0.0


def refers_to(source: Source, part: str, target: Source | None) -> Column | None:
    """The column by which a file names the records of another; None when its values are not that file's ids."""
    column = source.column(part)
    if column is None or target is None or target.key is None:
        return None
    return column if share_known(column, target.key.values) >= KNOWN_ENOUGH else None


def second_ids(file: ExportFile, key: Column | None) -> list[Column]:
    """Columns that are called an id, are always filled and yet repeat: labels that somebody gave, no keys."""
    return [
        column
        for column in file.columns.values()
        if column is not key
        and column.words.split()[-1:] == ["id"]
        and column.filled == file.rows
        and not file.is_key(column)
        and not CLIENT_REF.is_named_so(column)
    ]
