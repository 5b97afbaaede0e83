"""What events are made of, and what is done with them, without HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.stripe.changes import Digest
from connectors.stripe.client import API_VERSION
from connectors.stripe.streams import SOURCES

INVOICES = SOURCES["invoices"].asking_for(())


def event(kind: str, at: int, version: str = API_VERSION, **told: Any) -> dict[str, Any]:
    record = {"object": "invoice", "id": "in_1", **told}
    return {"type": kind, "created": at, "api_version": version, "data": {"object": record}}


def digest(*events: dict[str, Any]) -> Digest:
    """The digest of events given newest first."""
    made = Digest(INVOICES)
    for one in events:
        made.add(one)
    return made


def states(records: list[Any]) -> list[str]:
    return [record["status"] for record in records]


def test_the_newest_word_counts() -> None:
    made = digest(
        event("invoice.paid", 30, status="paid"),
        event("invoice.finalized", 20, status="open"),
        event("invoice.created", 10, status="draft"),
    )
    assert states(made.settled()) == ["paid"]
    assert made.unsettled() == []
    assert made.tombstones() == []


def test_objects_come_in_the_order_of_their_last_change() -> None:
    made = digest(
        event("invoice.paid", 30, id="in_2", status="paid"),
        event("invoice.created", 20, id="in_3", status="draft"),
        event("invoice.created", 10, id="in_2", status="draft"),
        event("invoice.created", 5, id="in_1", status="draft"),
    )
    assert [record["id"] for record in made.settled()] == ["in_1", "in_3", "in_2"]


def test_several_events_of_one_second_may_agree() -> None:
    made = digest(event("invoice.payment_succeeded", 30, status="paid"), event("invoice.paid", 30, status="paid"))
    assert states(made.settled()) == ["paid"]


def test_events_of_one_second_that_disagree_are_settled_by_a_read() -> None:
    made = digest(event("invoice.updated", 30, status="open"), event("invoice.paid", 30, status="paid"))
    assert made.settled() == []
    assert [record["id"] for record in made.unsettled()] == ["in_1"]


def test_older_disagreements_do_not_matter() -> None:
    made = digest(
        event("invoice.paid", 40, status="paid"),
        event("invoice.updated", 30, status="open"),
        event("invoice.created", 30, status="draft"),
    )
    assert states(made.settled()) == ["paid"]


def test_another_version_is_settled_by_a_read() -> None:
    made = digest(event("invoice.paid", 30, version="2020-08-27", status="paid"))
    assert made.settled() == []
    assert len(made.unsettled()) == 1


def test_an_older_event_of_another_version_does_not_matter() -> None:
    made = digest(event("invoice.paid", 30, status="paid"), event("invoice.created", 10, version="2020-08-27"))
    assert states(made.settled()) == ["paid"]


def test_parts_that_events_do_not_show_are_read() -> None:
    made = Digest(SOURCES["customers"].asking_for(("tax_ids.data",)))
    made.add(event("customer.updated", 30, object="customer", id="cus_1"))
    assert made.settled() == []
    assert len(made.unsettled()) == 1


def test_events_about_another_kind_are_looked_up() -> None:
    made = Digest(SOURCES["payments"].asking_for(()))
    made.add(event("charge.refunded", 30, object="charge", id="ch_1", payment_intent="pi_1"))
    assert [record["payment_intent"] for record in made.unsettled()] == ["pi_1"]


@pytest.mark.parametrize("before", [[], [event("invoice.created", 10, status="draft")]])
def test_the_deleted_leave_a_tombstone(before: list[dict[str, Any]]) -> None:
    made = digest(event("invoice.deleted", 1_782_810_000, status="draft"), *before)
    assert [(stone.external_id, stone.reason, stone.at) for stone in made.tombstones()] == [
        ("in_1", "deleted", "2026-06-30T09:00:00Z")
    ]
    assert made.settled() == made.unsettled() == []


def test_a_deletion_in_the_same_second_as_a_change_is_looked_up() -> None:
    made = digest(event("invoice.updated", 30, status="draft"), event("invoice.deleted", 30, status="draft"))
    assert made.settled() == []
    assert made.tombstones() == []
    assert len(made.unsettled()) == 1


def test_no_events_no_news() -> None:
    made = digest()
    assert (made.settled(), made.unsettled(), made.tombstones()) == ([], [], [])
