"""Tickets: how many are open, for how long, and how much they weigh."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.core.signals.book import Book, Desk
from tests.plugins.clinic import clinic, health_publisher

FRESH = {"status": "open", "priority": "normal", "opened_at": "2026-06-15T06:00:00Z"}

# Each case: its tickets, how many are open, the oldest in days, their pressure.
TICKETS: dict[str, tuple[list[dict[str, Any]], float, float | None, float]] = {
    "none": ([], 0, None, 0),
    "one fresh": ([FRESH], 1, 0, 1),
    "urgent": ([FRESH | {"priority": "urgent"}], 1, 0, 3),
    "high": ([FRESH | {"priority": "high"}], 1, 0, 2),
    "low": ([FRESH | {"priority": "low"}], 1, 0, 0.5),
    "of no priority": ([FRESH | {"priority": None}], 1, 0, 1),
    "fifteen days old": ([FRESH | {"opened_at": "2026-05-31T10:00:00Z"}], 1, 15, 1.5),
    "a year old": ([FRESH | {"opened_at": "2025-06-15T10:00:00Z"}], 1, 365, 2),
    "reopened": ([FRESH | {"reopened_count": 2}], 1, 0, 1.5),
    "breached": ([FRESH | {"sla_breached": True}], 1, 0, 1.5),
    "escalated": ([FRESH | {"is_escalated": True}], 1, 0, 1.5),
    "breached and reopened": ([FRESH | {"sla_breached": True, "reopened_count": 1}], 1, 0, 1.5),
    "all at once": (
        [FRESH | {"priority": "urgent", "opened_at": "2026-01-01T10:00:00Z", "reopened_count": 1}],
        1,
        165,
        9,
    ),
    "pending counts": (
        [FRESH | {"status": "pending"}, FRESH | {"status": "on_hold"}, FRESH | {"status": "new"}],
        3,
        0,
        3,
    ),
    "solved does not": ([FRESH | {"status": "solved"}, FRESH | {"status": "closed"}], 0, None, 0),
    "created is opened": ([{"status": "open", "created_at": "2026-06-05T10:00:00Z"}], 1, 10, 1.3),
    "undated": ([{"status": "open"}], 1, None, 1),
}


def fill(book: Book) -> None:
    for case, (tickets, *_) in TICKETS.items():
        client = book.client(case)
        for ticket in tickets:
            book.add("ticket", None, client, **ticket)


@pytest.fixture(scope="module")
def desk(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with clinic(migrated_file, tmp_path_factory.mktemp("support"), fill) as made:
        yield made


@pytest.mark.parametrize("case", TICKETS)
def test_tickets(desk: Desk, case: str) -> None:
    _, count, oldest, _ = TICKETS[case]
    client = f"crm/Account/{case}"
    assert desk.value(client, "support.open_tickets") == count
    assert desk.explain(client, "support.oldest_days").value == oldest


@pytest.mark.parametrize("case", ["urgent", "fifteen days old", "reopened", "all at once", "created is opened"])
def test_their_weight(desk: Desk, case: str) -> None:
    assert desk.explain(f"crm/Account/{case}", "support.pressure").value == TICKETS[case][3]


def test_where_nobody_reads_tickets_none_is_no_fact(book: Book) -> None:
    client = book.client("acme")
    book.save()
    desk = Desk(book.store, health_publisher())
    desk.evaluate()
    told = desk.explain(client, "support.open_tickets")
    assert (told.value, told.reason) == (None, "no tickets are read from any system")


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("none", "no open ticket"),
        ("pending counts", "3 open tickets (the oldest for 0 days)"),
        ("undated", "1 open ticket"),
    ],
)
def test_the_reason_speaks_of_number_and_age(desk: Desk, case: str, reason: str) -> None:
    assert desk.explain(f"crm/Account/{case}", "support.pressure").reason == reason
