"""Reads a whole list, newest first, and can go on in the middle of it.

Stripe has no filter by modification. A first read is therefore the whole list; its cursor holds when the list was
begun and, while it is not finished, the last object seen. What changed meanwhile is told by the events since then.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from connectors.stripe.client import StripeApi
from connectors.stripe.streams import Question
from core.sdk import Cursor, Page, RejectedError, iso


def read_list(api: StripeApi, question: Question, since: Cursor | None, now: datetime) -> Iterator[Page]:
    """All objects of the stream; ``since`` is the cursor of a list left unfinished, ``now`` where Stripe tells no time.

    When the object to go on from has vanished, the list is read from its beginning again.
    """
    begun, after = (since.stamp, since.id) if since else ("", "")
    while True:
        params = question.list_params() | ({"starting_after": after} if after else {})
        try:
            page = api.page(question.source.path, params)
        except RejectedError as problem:
            if not after or problem.facts.get("param") != "starting_after":
                raise
            begun, after = "", ""
            continue
        begun = begun or iso(page.told_at or now)
        after = str(page.records[-1]["id"]) if page.has_more else ""
        yield Page(page.records, cursor=Cursor(begun, after))
        if not after:
            return
