"""Exports in a format Inlay knows: recognised by how many columns of a bundled mapping their files have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from core.mapping import Mapping, bundled
from core.mapping.mapping import effective
from core.onboard.facts import ExportFile, words
from core.onboard.folder import ROW_ID
from core.onboard.notes import Notes
from core.onboard.proposal import ConnectionPlan, Recognised
from core.onboard.signals import TASKS

PREFIX = "csv-"
FITS = 0.3
FEWEST = 4


@dataclass(frozen=True)
class Fit:
    """A file that has the columns of one stream of a bundled mapping; ``share`` of them from 0 to 1."""

    file: ExportFile
    mapping: str
    stream: str
    share: float
    columns: int


def known_connections(files: Sequence[ExportFile], notes: Notes) -> tuple[list[ConnectionPlan], list[ExportFile]]:
    """Connections for the files in known formats, and the files that are left."""
    fits = _unrivalled([fit for file in files if (fit := _best_fit(file)) is not None])
    used = {fit.file.name for fit in fits}
    plans = [_connection(name, [fit for fit in fits if fit.mapping == name], notes) for name in _in_order(fits)]
    return plans, [file for file in files if file.name not in used]


def _in_order(fits: Sequence[Fit]) -> list[str]:
    return list(dict.fromkeys(fit.mapping for fit in sorted(fits, key=lambda one: (-one.share, one.mapping))))


@cache
def _formats() -> dict[str, Mapping]:
    """The bundled mappings of exports; which firm they are for does not matter here."""
    names = [name for name in bundled() if name.startswith(PREFIX)]
    return {name: Mapping.load(name, "probe", currency="GBP", region="GB") for name in names}


def _best_fit(file: ExportFile) -> Fit | None:
    fits = [fit for name, mapping in _formats().items() for fit in _fits(file, name, mapping)]
    return max(fits, key=lambda fit: (fit.share + 0.2 * _is_called(fit), fit.columns), default=None)


def _is_called(fit: Fit) -> bool:
    return words(fit.stream.rpartition(".")[0]) == fit.file.words


def _fits(file: ExportFile, name: str, mapping: Mapping) -> list[Fit]:
    ours = {(write.stream, write.field) for write in mapping.writes}
    holders = Counter(field for declared in mapping.streams.values() for field in set(declared.fields))
    usual = {field for field, count in holders.items() if 2 * count > len(mapping.streams)}
    fits = []
    for stream, declared in mapping.streams.items():
        asked = [field for field in declared.fields if (stream, field) not in ours and field != ROW_ID]
        there = [field for field in asked if field in file.columns]
        has_id = all(path[-1] in (*file.columns, ROW_ID) for path in declared.id_paths)
        tells = not usual.issuperset(there)
        if stream != TASKS and has_id and tells and len(there) >= FEWEST and len(there) >= FITS * len(asked):
            fits.append(Fit(file, name, stream, len(there) / len(asked), len(there)))
    return fits


def _unrivalled(fits: Sequence[Fit]) -> list[Fit]:
    """At most one file per stream of a mapping: the one that fits best."""
    best: dict[tuple[str, str], Fit] = {}
    for fit in sorted(fits, key=lambda one: (-one.share, -one.file.rows, one.file.name)):
        best.setdefault((fit.mapping, fit.stream), fit)
    return list(best.values())


def _connection(name: str, fits: Sequence[Fit], notes: Notes) -> ConnectionPlan:
    document = effective(name).data
    sections = {key: entry for key, entry in document.items() if isinstance(entry, dict) and "stream" in entry}
    files = {fit.stream: fit.file.name for fit in fits} | {TASKS: TASKS}
    kept = {key for key, entry in sections.items() if entry["stream"] in files}
    types = {key.partition(":")[0] for key in kept}
    overlay: dict[str, Any] = {"extends": name}
    for key, entry in sections.items():
        change = _overlay(entry, files, types) if key in kept else None
        if change != {}:
            overlay[key] = change
    for fit in fits:
        made = ", ".join(sorted({key.partition(":")[0] for key in kept if sections[key]["stream"] == fit.stream}))
        how = f"{fit.columns} columns of the format {name.removeprefix(PREFIX)}"
        notes.recognised.append(Recognised(fit.file.name, made, fit.file.rows, min(0.99, 0.5 + fit.share / 2), how))
        _take_dates(fit, document, notes)
    return ConnectionPlan(name.removeprefix(PREFIX).split("-")[0], overlay=overlay)


def _overlay(entry: dict[str, Any], files: dict[str, str], types: set[str]) -> dict[str, Any]:
    """What differs: the file's name, and fields that point at records no file holds."""
    change: dict[str, Any] = {}
    if files[entry["stream"]] != entry["stream"]:
        change["stream"] = files[entry["stream"]]
    fields = {name: None for name, rule in entry["fields"].items() if _points_nowhere(rule, types)}
    return change | ({"fields": fields} if fields else {})


def _points_nowhere(rule: Any, types: set[str]) -> bool:
    if isinstance(rule, list):
        return any(_points_nowhere(one, types) for one in rule)
    if not isinstance(rule, dict):
        return False
    target = rule.get("ref")
    wanted = set(target["prefix"].values()) if isinstance(target, dict) else {target} if target else set()
    return not wanted <= types or any(_points_nowhere(one, types) for one in rule.values() if isinstance(one, dict))


def _take_dates(fit: Fit, document: dict[str, Any], notes: Notes) -> None:
    """The newest date of what happened, to compute as of; due dates and ends of contracts lie ahead."""
    for key, entry in document.items():
        if key.partition(":")[0] not in ("invoice", "payment", "interaction", "ticket"):
            continue
        if isinstance(entry, dict) and entry.get("stream") == fit.stream:
            stamps = [
                entry["fields"].get(name)
                for name in ("issue_date", "processed_at", "started_at", "opened_at", "created_at")
            ]
            for column in (fit.file.columns.get(name) for name in stamps if isinstance(name, str)):
                if column is not None:
                    notes.take_date(fit.file, column, happened=True)
