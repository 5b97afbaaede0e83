"""A first reading that has not come to its end, told by its cursors: since when it goes on.

It shows nothing that was deleted before it began, so when it goes on after a kill there is nothing older to be told.
Its cursor is as old as the row it has come to, which may be years, and the delete log reaches back only days.
"""

from __future__ import annotations

from dataclasses import replace

from core.sdk import Cursor, Page

_MARK = "!"
"""Comes before all characters of ids: a cursor without the mark is further on than one with it."""


def marked(page: Page, begun: Cursor) -> Page:
    """Return a page of a first reading, whose cursor tells since when that goes on."""
    if page.cursor is None:
        return page
    return replace(page, cursor=Cursor(page.cursor.stamp, f"{_MARK}{begun.stamp}{_MARK}{page.cursor.id}"))


def parted(since: Cursor | None) -> tuple[Cursor | None, Cursor | None]:
    """Return where to read on, and since when a first reading goes on that ended there; None where it was no such."""
    if since is None:
        return None, None
    if not since.id.startswith(_MARK):
        return since, None
    begun, _, row_id = since.id.removeprefix(_MARK).partition(_MARK)
    return Cursor(since.stamp, row_id), Cursor(begun)
