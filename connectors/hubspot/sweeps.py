"""Calculated properties (roll-ups, scores, time since) may change without moving the record's stamp.

So where a mapping wants some, the whole list is read anew every few days, after the changes. Unchanged records cost
nothing but their place in the list; a sweep that was stopped goes on where it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.listing import next_page, read_sweep
from connectors.hubspot.places import ListPlace, SweepMark, is_unfinished
from connectors.hubspot.records import Question, to_instant
from core.sdk import Cursor, Page, iso


class Sweeper:
    """Reads anew what is due behind a reading of changes; ``every`` zero means never."""

    def __init__(self, client: HubSpotClient, question: Question, every: timedelta, now: datetime) -> None:
        self._client = client
        self._question = question
        self._every = every
        self._now = now

    def behind_list(self, pages: Iterator[Page]) -> Iterator[Page]:
        """A whole list is a sweep too: note when it began."""
        for page in pages:
            if page.cursor is None or is_unfinished(page.cursor):
                yield page
            else:
                yield replace(page, cursor=SweepMark(page.cursor.stamp).on(page.cursor))

    def behind_changes(self, pages: Iterator[Page], since: Cursor) -> Iterator[Page]:
        """The changes, and then what is due."""
        mark, reached = SweepMark.of(since), since
        for page in pages:
            cursor = None if page.cursor is None else mark.on(page.cursor)
            reached = cursor or reached
            yield replace(page, cursor=cursor)
        if self._is_due(mark):
            yield from self._sweep(mark, reached)

    def _is_due(self, mark: SweepMark) -> bool:
        if not self._every:
            return False
        return mark.running is not None or not mark.swept or self._now - to_instant(mark.swept) >= self._every

    def _sweep(self, mark: SweepMark, reached: Cursor) -> Iterator[Page]:
        place = mark.running or ListPlace()
        for reply, page in read_sweep(self._client, self._question, place.after):
            place = ListPlace(next_page(reply), place.begun or iso(reply.told_at or self._now))
            so_far = SweepMark(mark.swept, place) if place.after else SweepMark(place.begun)
            yield replace(page, cursor=so_far.on(reached))
