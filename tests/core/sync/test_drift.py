"""What a run tells of fields that have changed since another run: one finding per field, whoever noticed it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from core.clock import FixedClock
from core.connector import FieldFacts, Finding
from core.errors import InlayError, RetryLater
from core.store import Store
from core.store.descriptions import read_descriptions
from core.store.findings import StoredFinding, read_findings
from core.sync import sync_connection
from tests.core.sync.feed import START, Feed, setup_of

FIELDS = ("id", "changed", "name", "type", "site")


class Described(Feed):
    """A feed that says which fields it has; ``trouble`` is raised instead."""

    def __init__(self) -> None:
        super().__init__()
        self.fields = {"Account": FIELDS, "Person": ("id", "name")}
        self.trouble: InlayError | None = None
        self.put("Account", "a1", 1, name="Acme")

    def describe(self, stream: str) -> Mapping[str, FieldFacts]:
        if self.trouble is not None:
            raise self.trouble
        return {name: FieldFacts(name, "text", name.title()) for name in self.fields.get(stream, ())}


@pytest.fixture
def feed() -> Described:
    return Described()


def run(store: Store, feed: Feed, day: int) -> list[StoredFinding]:
    """One run so many days after the start; the store's findings of fields."""
    clock = FixedClock(START + timedelta(days=day))
    assert sync_connection(store, setup_of(feed), clock).complete
    with store.read() as conn:
        return [one for one in read_findings(conn) if "." in one.place]


def test_a_first_run_tells_nothing_and_remembers_every_stream(store: Store, feed: Described) -> None:
    assert run(store, feed, 0) == []
    with store.read() as conn:
        assert set(read_descriptions(conn, "crm")) == {"Account", "Person"}


def test_a_lost_field_is_told_with_its_days_while_it_is_lost_and_no_longer(store: Store, feed: Described) -> None:
    run(store, feed, 0)
    run(store, feed, 1)
    feed.fields["Account"] = FIELDS[:-1]
    for day in (2, 3):
        (found,) = run(store, feed, day)
        assert (found.code, found.place) == ("field_removed", "crm/Account.site")
        assert "well on 2026-07-01 09:00, noticed on 2026-07-02 09:00" in found.message
    feed.fields["Account"] = FIELDS
    assert run(store, feed, 4) == []


def test_what_the_connector_tells_of_the_same_field_is_not_told_twice(store: Store, feed: Described) -> None:
    run(store, feed, 0)
    feed.fields["Account"] = FIELDS[:-1]
    feed.noticed = [Finding("field_removed", "warning", "archived on 2026-06-30", "crm/Account.site", "restore it")]
    (found,) = run(store, feed, 1)
    assert (found.code, found.message, found.count) == ("field_removed", "archived on 2026-06-30", 1)


def test_a_connector_that_only_does_not_know_the_field_gives_way(store: Store, feed: Described) -> None:
    run(store, feed, 0)
    feed.fields["Account"] = FIELDS[:-1]
    feed.noticed = [Finding("field_unknown", "warning", "no field site", "crm/Account.site")]
    assert [one.code for one in run(store, feed, 1)] == ["field_removed"]


def test_what_a_connector_tells_of_other_fields_stays(store: Store, feed: Described) -> None:
    run(store, feed, 0)
    feed.fields["Account"] = FIELDS[:-1]
    feed.noticed = [Finding("field_unknown", "warning", "no field vat", "crm/Account.vat")]
    assert {one.place: one.code for one in run(store, feed, 1)} == {
        "crm/Account.site": "field_removed",
        "crm/Account.vat": "field_unknown",
    }


def test_a_description_that_cannot_be_had_is_compared_the_next_time(store: Store, feed: Described) -> None:
    run(store, feed, 0)
    feed.fields["Account"] = FIELDS[:-1]
    feed.trouble = RetryLater("busy")
    assert run(store, feed, 1) == []
    feed.trouble = None
    (found,) = run(store, feed, 2)
    assert "well on 2026-06-30 09:00, noticed on 2026-07-02 09:00" in found.message


def test_a_stream_that_failed_keeps_what_was_told_of_it(store: Store, feed: Described) -> None:
    run(store, feed, 0)
    feed.fields["Account"] = FIELDS[:-1]
    assert len(run(store, feed, 1)) == 1
    feed.faults["Account"] = (0, RetryLater("busy"))
    clock = FixedClock(START + timedelta(days=2))
    assert not sync_connection(store, setup_of(feed), clock).complete
    with store.read() as conn:
        assert "crm/Account.site" in [one.place for one in read_findings(conn)]


def test_another_connection_is_another_matter(store: Store, feed: Described) -> None:
    run(store, feed, 0)
    other = Feed("crm2")
    feed.fields["Account"] = FIELDS[:-1]
    assert len(run(store, feed, 1)) == 1
    assert len(run(store, other, 2)) == 1, "its run settles nothing of the first's"
