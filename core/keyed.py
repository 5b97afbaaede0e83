"""Saying of new records by which key they were asked for: the ledger believes no answer by its place alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.connector import Outcome, WriteRow


def keyed(rows: Sequence[WriteRow], outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Name each applied row's key in its outcome.

    For connectors that know which row an answer speaks of: the vendor says so in it, or promises the order of the rows.
    """
    return [
        replace(outcome, key=row.key[1]) if row.key is not None and outcome.state == "applied" else outcome
        for row, outcome in zip(rows, outcomes, strict=True)
    ]
