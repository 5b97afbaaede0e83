"""Mistakes that a connector could make, planted into a sound one: each has to be noticed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pytest

from core.clock import iso
from core.connector import Connector, Cursor, Outcome, Page, RawRecord, Verb, WriteRow

Plant = Callable[[Connector, pytest.MonkeyPatch], None]
State = Literal["applied", "rejected", "retry", "unknown"]


def _reading(change: Callable[[Connector, Page, Cursor | None], Page]) -> Plant:
    """A mistake in what is made of each page."""

    def plant(connector: Connector, patch: pytest.MonkeyPatch) -> None:
        read = connector.read

        def wrong(stream: str, fields: Sequence[str], since: Cursor | None) -> Iterator[Page]:
            for page in read(stream, fields, since):
                yield change(connector, page, since)

        patch.setattr(connector, "read", wrong)

    return plant


def _writing(change: Callable[[list[Outcome]], list[Outcome]]) -> Plant:
    """A mistake in what is made of the outcomes."""

    def plant(connector: Connector, patch: pytest.MonkeyPatch) -> None:
        write = connector.write
        patch.setattr(connector, "write", lambda stream, verb, rows: change(write(stream, verb, rows)))

    return plant


def _taken_for(state: State, wrong: State) -> Plant:
    def change(outcomes: list[Outcome]) -> list[Outcome]:
        return [replace(one, state=wrong) if one.state == state else one for one in outcomes]

    return _writing(change)


def _sends_twice(connector: Connector, patch: pytest.MonkeyPatch) -> None:
    write = connector.write

    def wrong(stream: str, verb: Verb, rows: Sequence[WriteRow]) -> list[Outcome]:
        write(stream, verb, rows)
        return write(stream, verb, rows)

    patch.setattr(connector, "write", wrong)


def _sends_all_but_the_last(connector: Connector, patch: pytest.MonkeyPatch) -> None:
    write = connector.write

    def wrong(stream: str, verb: Verb, rows: Sequence[WriteRow]) -> list[Outcome]:
        if verb != "update":
            return write(stream, verb, rows)
        sent = write(stream, verb, rows[:-1]) if rows[:-1] else []
        return [*sent, Outcome("applied", rows[-1].external_id)]

    patch.setattr(connector, "write", wrong)


def _writes_an_old_value(connector: Connector, patch: pytest.MonkeyPatch) -> None:
    write = connector.write

    def wrong(stream: str, verb: Verb, rows: Sequence[WriteRow]) -> list[Outcome]:
        stale = [replace(row, values={name: f"old {value}" for name, value in row.values.items()}) for row in rows]
        return write(stream, verb, stale)

    patch.setattr(connector, "write", wrong)


def _drops_records(_connector: Connector, page: Page, since: Cursor | None) -> Page:
    return replace(page, records=page.records[:-1]) if since else page


def _loses_changes_of_one_instant(connector: Connector, page: Page, _since: Cursor | None) -> Page:
    """The classic: of records with the same stamp only the last is kept."""
    stamp = next(iter(connector.streams().values())).stamp_field or ""
    kept: dict[str, RawRecord] = {str(record.get(stamp)): record for record in page.records}
    return replace(page, records=list(kept.values()))


def _hurries_ahead(connector: Connector, page: Page, _since: Cursor | None) -> Page:
    """The cursor is the time of the end of the reading and more, instead of the last record's."""
    if page.cursor is None:
        return page
    ahead = iso(connector.context.clock.now() + timedelta(hours=2))
    return replace(page, cursor=Cursor(ahead, page.cursor.id))


BUGS: dict[str, Plant] = {
    "drops the last record of an increment": _reading(_drops_records),
    "keeps one record of an instant": _reading(_loses_changes_of_one_instant),
    "moves its cursor ahead": _reading(_hurries_ahead),
    "tells no deletions": _reading(
        lambda _connector, page, _since: replace(
            page, tombstones=[stone for stone in page.tombstones if stone.reason == "merged"]
        )
    ),
    "tells no merges": _reading(
        lambda _connector, page, _since: replace(
            page, tombstones=[stone for stone in page.tombstones if stone.reason != "merged"]
        )
    ),
    "takes a lost answer for success": _taken_for("unknown", "applied"),
    "takes a lost answer for a failure to repeat": _taken_for("unknown", "retry"),
    "mixes up the rows of a batch": _writing(
        lambda outcomes: [
            replace(one, external_id=other.external_id) for one, other in zip(outcomes, outcomes[::-1], strict=True)
        ]
    ),
    "sends twice to be safe": _sends_twice,
    "sends all but the last row": _sends_all_but_the_last,
    "writes an old value": _writes_an_old_value,
}
