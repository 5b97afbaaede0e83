"""CDNOW: purchases in aligned columns; the clients appear only as ids in them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from core.hub import Hub
from tests.real_input.firm import golden, lines, opened, proposed, read


@pytest.fixture(scope="module")
def hub(exports: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with opened(exports / "cdnow", tmp_path_factory.mktemp("cdnow")) as hub:
        read(hub)
        yield hub


@pytest.fixture(scope="module")
def purchases(exports: Path) -> list[tuple[str, str, Decimal]]:
    text = (exports / "cdnow" / "CDNOW_master.txt").read_text()
    rows = [line.split() for line in text.splitlines()[1:] if line.strip()]
    return [(row[0], row[1], Decimal(row[3])) for row in rows]


def test_only_the_master_file_is_used_and_the_others_are_told(exports: Path) -> None:
    proposal = proposed(exports / "cdnow")
    assert {one.file for one in proposal.recognised} == {"CDNOW_master.txt"}
    left = {one.what: one.why for one in proposal.left_out}
    assert "no header row" in left["CDNOW_sample.txt"]
    assert "computed from other data" in left["cdnow_customers_summary.csv"]
    assert "computed from other data" in left["cdnow_customers_summary_with_transactions.csv"]


def test_clients_are_derived_from_the_purchases(hub: Hub, purchases: list[tuple[str, str, Decimal]]) -> None:
    clients = golden(hub, "client")
    assert set(clients) == {customer for customer, _, _ in purchases}
    assert len(clients) == 23_570
    assert clients["00001"]["name"] == "Customer 00001"


def test_every_purchase_is_there_and_paid(hub: Hub, purchases: list[tuple[str, str, Decimal]]) -> None:
    invoices = golden(hub, "invoice")
    assert len(invoices) == len(purchases) == 69_659
    assert {data["status"] for data in invoices.values()} == {"paid"}
    assert min(data["issue_date"] for data in invoices.values()) == "1997-01-01"


def test_the_money_is_equal_to_the_cent(hub: Hub, purchases: list[tuple[str, str, Decimal]]) -> None:
    exact = sum((amount for _, _, amount in purchases), Decimal(0))
    assert (
        sum(Decimal(data["total"]["amount"]) for data in golden(hub, "invoice").values())
        == exact
        == Decimal("2500315.63")
    )
    line = lines(hub)["CDNOW_master.txt"]
    assert [(amount.input, amount.stored, amount.difference_cents) for amount in line.amounts] == [
        (exact, exact, 0)
    ] * 2
    assert (line.rows, line.stored, line.is_whole) == (69_659, 69_659, True)
    assert "equal to the cent" in str(line)
