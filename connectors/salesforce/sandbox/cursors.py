"""Open query cursors: what ``nextRecordsUrl`` points into."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from connectors.salesforce.sandbox.errors import Refusal
from connectors.salesforce.sandbox.ids import make_id
from connectors.salesforce.sandbox.soql.run import Answer
from connectors.sandbox.clock import SandboxClock

_LIFETIME = timedelta(days=2)
MOST_PER_USER = 10
"""A user who opens one more loses the oldest."""


@dataclass(frozen=True)
class Cursor:
    """A running query of one user, read in pages of ``page_size`` rows."""

    id: str
    user_id: str
    answer: Answer
    page_size: int
    opened_at: datetime


class Cursors:
    """The cursors of all users; rows are those of the moment of the query."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._open: dict[str, Cursor] = {}
        self._opened = 0
        self.most_rows_per_page = 2000
        self.short_pages: Random | None = None
        """Dice that make pages shorter than they could be; the vendor promises no size."""

    def open(self, user_id: str, answer: Answer, wanted_rows: int | None) -> Cursor:
        """Return a cursor; it is kept only when the answer needs more than one page.

        The vendor gives at most 2,000 rows a page whatever is wanted, and 1,000 where a long text is among the fields.
        """
        page_size = min(wanted_rows or self.most_rows_per_page, self.most_rows_per_page)
        if answer.has_long_text:
            page_size = min(page_size, max(1, self.most_rows_per_page // 2))
        self._opened += 1
        cursor = Cursor(make_id("01g", self._opened), user_id, answer, page_size, self._clock.now())
        if len(answer.rows) > page_size or (self.short_pages and len(answer.rows) > 1):
            self._open[cursor.id] = cursor
            self._release_oldest(user_id)
        return cursor

    def rows_of_page(self, cursor: Cursor) -> int:
        """Return how many rows the next page gets."""
        return self.short_pages.randint(1, cursor.page_size) if self.short_pages else cursor.page_size

    def find(self, user_id: str, locator: str) -> tuple[Cursor, int]:
        """Return the cursor and the first row that a locator ``{id}-{row}`` means; 400 when it is no longer open."""
        cursor_id, _, start = locator.rpartition("-")
        cursor = self._open.get(cursor_id)
        if cursor is None or cursor.user_id != user_id or not start.isdigit() or self._is_stale(cursor):
            raise Refusal("INVALID_QUERY_LOCATOR", "invalid query locator")
        return cursor, int(start)

    def close(self, cursor: Cursor) -> None:
        """Forget a cursor whose last page was read."""
        self._open.pop(cursor.id, None)

    def expire_all(self) -> None:
        """Make every open locator invalid."""
        self._open.clear()

    def _is_stale(self, cursor: Cursor) -> bool:
        return self._clock.now() - cursor.opened_at >= _LIFETIME

    def _release_oldest(self, user_id: str) -> None:
        own = [cursor.id for cursor in self._open.values() if cursor.user_id == user_id]
        for cursor_id in own[:-MOST_PER_USER]:
            del self._open[cursor_id]
