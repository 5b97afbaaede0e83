"""How often a deliverable is done over: the versions of each file about a client, where a system delivers files."""

from __future__ import annotations

import re

import numpy as np

from core.sdk import Column, Context, Documents, Mask, Values, counted, ratio, signal
from plugins.kpi.figure import Definition, Told

YEAR = 365
# What people write behind a name for a further version: "Accounts v2", "Accounts (3)", "Accounts final".
VERSION = re.compile(r"[\s_-]*(\(\d+\)|v(ersion)?[\s.]*\d+(\.\d+)*|final|draft|rev(ision)?[\s.]*\d+)$", re.IGNORECASE)
UNREAD = "no system delivers documents"


@signal("work.deliverables", unit="documents", keep="nothing")
def deliverables(documents: Documents, context: Context) -> Column:
    """How many different documents were made for the client in the last year; versions of one are one."""
    rows = np.flatnonzero(_recent(documents, context))
    _, first = np.unique(_names(documents, rows), return_index=True)
    kept = np.zeros(len(documents), np.bool_)
    kept[rows[first]] = True
    return _counted(documents, kept)


@signal("work.versions", unit="documents", keep="nothing")
def versions(documents: Documents, context: Context) -> Column:
    """How many versions of documents were made for the client in the last year."""
    return _counted(documents, _recent(documents, context))


def revisions(made: Column, work: Column) -> Told:
    """Versions less the first, per deliverable."""
    estimate = ratio(made.values - work.values, np.where(work.values > 0, work.values, np.nan))
    total, names = (int(np.nansum(column.values)) for column in (made, work))
    return estimate, f"{total} versions of {counted(names, 'document')}"


def _recent(documents: Documents, context: Context) -> Mask:
    age = context.days_since(context.local_days(documents.created_at))
    return np.asarray(documents.linked & (age >= 0) & (age < YEAR) & documents.name.astype(np.bool_))


def _names(documents: Documents, rows: Values) -> Values:
    """What the versions of one deliverable share: the client, and the name without its ending and its version."""
    plain = [_plain(str(documents.name[row])) for row in rows.tolist()]
    return np.array([f"{documents.client[row]} {name}" for row, name in zip(rows.tolist(), plain, strict=True)], "U")


def _plain(name: str) -> str:
    stem = name.rpartition(".")[0] if re.fullmatch(r".+\.[A-Za-z0-9]{1,5}", name) else name
    while (shorter := VERSION.sub("", stem)) not in (stem, ""):
        stem = shorter
    return stem.strip().casefold()


def _counted(documents: Documents, counts: Mask) -> Column:
    found = documents.by_client.count(counts)
    if not documents.is_read:
        found[:] = np.nan
    return Column(found, lambda i: counted(found[i], "document") if documents.is_read else UNREAD)


DEFINITIONS = [
    Definition(
        "revisions", "W1", "times",
        "How often a document is done over: versions after the first, per document of the last twelve months.",
        {"made": "work.versions", "work": "work.deliverables"}, revisions, digits=2,
    ),
]  # fmt: skip
SIGNALS = [deliverables, versions]
