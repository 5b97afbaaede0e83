"""What systems said of their fields is kept as it was said, one row per stream."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from core.store import Store
from core.store.descriptions import Description, read_descriptions, save_descriptions
from core.store.tables import description

WIDE = {"fields": {f"Custom_{number}__c": ["string", f"Field {number}", True, None] for number in range(2_000)}}


@pytest.fixture
def kept(store: Store) -> Store:
    """A store that knows two streams of one connection."""
    with store.begin() as conn:
        save_descriptions(conn, "crm", {"Account": Description("a", "2026-06-30T09:00:00Z", {"others": ["x", "ü"]})})
        save_descriptions(conn, "crm", {"Contact": Description("b", "2026-06-30T09:00:00Z", {})})
    return store


def test_it_is_read_as_it_was_said(kept: Store) -> None:
    with kept.read() as conn:
        assert read_descriptions(conn, "crm") == {
            "Account": Description("a", "2026-06-30T09:00:00Z", {"others": ["x", "ü"]}),
            "Contact": Description("b", "2026-06-30T09:00:00Z", {}),
        }


def test_what_is_said_anew_takes_its_place_and_leaves_the_others(kept: Store) -> None:
    newer = Description("a", "2026-07-01T09:00:00Z", {"others": []})
    with kept.begin() as conn:
        save_descriptions(conn, "crm", {"Account": newer})
        found = read_descriptions(conn, "crm")
    assert (found["Account"], found["Contact"].asked) == (newer, "b")


def test_connections_know_nothing_of_each_other(kept: Store) -> None:
    with kept.read() as conn:
        assert read_descriptions(conn, "crm2") == {}


def test_an_object_of_thousands_of_fields_takes_little_room(store: Store) -> None:
    with store.begin() as conn:
        save_descriptions(conn, "crm", {"Account": Description("a", "2026-06-30T09:00:00Z", WIDE)})
        size = conn.execute(select(func.length(description.c.facts))).scalar_one()
        assert read_descriptions(conn, "crm")["Account"].facts == WIDE
    assert size < 30_000
