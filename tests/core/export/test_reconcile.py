"""Rows and money of the input against the store, on every database."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.export import Line, reconcile
from core.export.fates import number
from core.store.tables import golden_record
from tests.core.export.firm import CLIENTS, INVOICES, Firm, firm


@pytest.fixture
def made(tmp_path: Path, store_url: str) -> Iterator[Firm]:
    with firm(tmp_path, store_url) as made:
        yield made


def line(made: Firm, stream: str = "invoices.csv") -> Line:
    return next(one for one in reconcile(made.store, made.setups) if one.stream == stream)


def test_good_input_is_equal_to_the_cent(made: Firm) -> None:
    made.sync()
    found = line(made)
    assert (found.rows, found.stored, found.parked, found.repeated, found.missing, found.unclaimed) == (
        3,
        3,
        0,
        0,
        0,
        0,
    )
    total, paid = found.amounts
    assert (total.field, total.input, total.stored, total.difference_cents) == (
        "total",
        Decimal("60.60"),
        Decimal("60.60"),
        0,
    )
    assert (paid.column, paid.input, paid.stored) == ("Paid", Decimal("15.10"), Decimal("15.10"))
    assert found.is_whole
    assert str(found).splitlines() == [
        "files/invoices.csv: 3 rows = 3 stored",
        "  Total -> invoice.total: input 60.60, stored 60.60, equal to the cent",
        "  Paid -> invoice.amount_paid: input 15.10, stored 15.10, equal to the cent",
    ]


def test_before_the_first_sync_all_rows_are_missing(made: Firm) -> None:
    found = line(made)
    assert (found.rows, found.stored, found.missing, found.is_whole) == (3, 0, 3, False)
    assert "CENTS UNEXPLAINED" in str(found)


def test_parked_rows_and_their_amounts_are_accounted_for(made: Firm) -> None:
    made.put(invoices=INVOICES + "4,C1,n/a,7.00,GBP\n5\n")
    made.sync()
    found = line(made)
    assert (found.rows, found.stored, found.parked, found.is_whole) == (5, 3, 2, True)
    total, paid = found.amounts
    assert total.unread == 1
    assert (paid.input, paid.stored, paid.parked, paid.unexplained_cents) == (
        Decimal("22.10"),
        Decimal("15.10"),
        Decimal("7.00"),
        0,
    )
    assert "parked -7.00" in str(paid)


def test_repeated_rows_and_their_amounts_are_accounted_for(made: Firm) -> None:
    made.put(invoices=INVOICES + "1,C1,10.10,10.10,GBP\n2,C2,99.00,,GBP\n")
    made.sync()
    found = line(made)
    assert (found.rows, found.stored, found.repeated, found.is_whole) == (5, 3, 2, True)
    assert (found.amounts[0].repeated, found.amounts[0].unexplained_cents) == (Decimal("109.10"), 0)


def test_a_row_added_since_the_last_sync_is_missing(made: Firm) -> None:
    made.sync()
    made.put(invoices=INVOICES + "4,C1,1.00,,GBP\n")
    found = line(made)
    assert (found.missing, found.is_whole) == (1, False)


def test_a_row_taken_away_since_the_last_sync_leaves_a_record_unclaimed(made: Firm) -> None:
    made.sync()
    made.put(invoices="\n".join(INVOICES.splitlines()[:3]) + "\n")
    found = line(made)
    assert (found.rows, found.unclaimed, found.is_whole) == (2, 1, False)


def test_money_lost_in_the_store_is_unexplained(made: Firm) -> None:
    made.sync()
    with made.store.begin() as conn:
        changed = golden_record.update().where(golden_record.c.id == "files/invoices.csv/2")
        conn.execute(changed.values(data='{"total": {"amount": "20.19", "currency": "GBP"}}'))
    found = line(made)
    assert (found.amounts[0].difference_cents, found.amounts[0].unexplained_cents, found.is_whole) == (-1, -1, False)
    assert "difference -1 cents" in str(found)


def test_streams_without_money_still_count_rows(made: Firm) -> None:
    made.put(clients=CLIENTS + "C4,\n")
    made.sync()
    found = line(made, "clients.csv")
    assert (found.rows, found.stored, found.parked, found.amounts, found.is_whole) == (4, 3, 1, (), True)


VIEWS: dict[str, Any] = {
    "bills": {
        "rows": "invoices.csv",
        "lines": {"rows": "lines.csv", "by": "No", "sum": {"sum": "Price * Hours"}},
        "amounts": {"made": "sum + Paid"},
    }
}
LINES = "No,Price,Hours\n" + "".join(f"{n % 3 + 1},0.335,{n % 4 + 1}\n" for n in range(30))


def test_rounding_per_record_is_told_apart_from_loss(tmp_path: Path, sqlite_url: str) -> None:
    with firm(tmp_path, sqlite_url, VIEWS, "bills", "made") as made:
        made.put(invoices=INVOICES.replace("20.20,,", "20.20,0,"), lines=LINES)
        made.sync()
        found = line(made, "bills")
        total = found.amounts[0]
        exact = sum((Decimal("0.335") * (n % 4 + 1) for n in range(30)), Decimal("15.10"))
        assert total.input == exact
        assert total.stored == total.input + total.rounding
        assert total.rounding != 0
        assert (total.unexplained_cents, found.is_whole) == (0, True)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12.50", "12.50"),
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("", "0"),
        (None, "0"),
        ("x", "0"),
        ("(3)", "-3"),
    ],
)
def test_amounts_are_read_as_the_export_writes_them(text: str | None, value: str) -> None:
    assert number(text) == Decimal(value)
