"""The shares of a book put together again: what signals that compare clients are computed from."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np

from core.signals.columns import Column, Values
from core.signals.compute import Computed
from core.signals.definition import Subject
from core.signals.loading import FIRM, Tables
from core.signals.tables import Table

SUBJECTS: tuple[Subject, ...] = ("client", "contract", "contact")


class Whole:
    """The columns of some signals over all clients; their reasons are not kept, for there may be a million."""

    def __init__(self, wanted: Collection[str]) -> None:
        self._wanted = wanted
        self._parts: dict[str, list[Values]] = {}
        self._broken: set[str] = set()
        self._seen: set[Subject] = {"client", "contract"}
        self._ids: dict[Subject, list[str]] = {subject: [] for subject in SUBJECTS}

    def add(self, results: Iterable[Computed], tables: Tables) -> None:
        """Take in one share; a signal that failed in any share is unknown in the whole."""
        for result in results:
            signal, column = result.published.signal, result.column
            if signal.name not in self._wanted:
                continue
            if column is None:
                self._broken.add(signal.name)
            else:
                self._parts.setdefault(signal.name, []).append(column.values)
                self._seen.add(signal.subject)
        if self._wanted:
            for subject in SUBJECTS:
                if subject in self._seen:  # of others the records are not read for this
                    self._ids[subject] += tables.subjects(subject)

    def columns(self) -> dict[str, Column]:
        """The columns put together."""
        whole = {name for name in self._parts if name not in self._broken}
        return {name: Column(np.concatenate(self._parts[name])) for name in sorted(whole)}

    def subjects(self, subject: Subject) -> list[str]:
        """The ids of all subjects of this kind, in the order of the columns."""
        return [FIRM] if subject == FIRM else self._ids[subject]

    def named(self, name: str) -> Table:
        """There are no records here: a signal that asks for some is not arranged among those that compare."""
        raise LookupError(f"{name} cannot be read here")
