"""Northwind: customers, employees, orders and their lines reconciled against an independent count."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from core.export import export_csv
from core.hub import Hub
from core.ledger import Approval
from core.sheet import read_sheet
from tests.real_input.firm import golden, lines, opened, parked, proposed, read

CENT = Decimal("0.01")


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


@pytest.fixture(scope="module")
def hub(exports: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with opened(exports / "northwind", tmp_path_factory.mktemp("northwind")) as hub:
        read(hub)
        yield hub


@pytest.fixture(scope="module")
def invoices(exports: Path) -> dict[str, Decimal]:
    """Exact totals per order, computed with nothing of ours."""
    folder, sums = exports / "northwind", defaultdict[str, Decimal](Decimal)
    with (folder / "order_details.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            discount = 1 - Decimal(row["discount"])
            sums[row["order_id"]] += Decimal(row["unit_price"]) * Decimal(row["quantity"]) * discount
    with (folder / "orders.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            sums[row["order_id"]] += Decimal(row["freight"])
    return dict(sums)


def test_each_file_is_taken_for_what_it_is(exports: Path) -> None:
    proposal = proposed(exports / "northwind")
    assert {(one.file, one.record_type) for one in proposal.recognised} == {
        ("customers.csv", "client"),
        ("customers.csv", "contact"),
        ("employees.csv", "user"),
        ("orders.csv", "invoice"),
        ("order_details.csv", "lines of invoices"),
    }
    left = {one.what for one in proposal.left_out}
    assert left == {"SOURCE.txt", "categories.csv", "products.csv", "shippers.csv"}


def test_the_newest_order_is_the_day_to_compute_for(exports: Path) -> None:
    proposal = proposed(exports / "northwind")
    assert (str(proposal.as_of), proposal.is_past) == ("1998-05-06", True)


def test_it_says_that_payment_is_unknown(exports: Path) -> None:
    assert any("were paid" in sentence for sentence in proposed(exports / "northwind").unknown)


def test_every_row_becomes_a_record(hub: Hub) -> None:
    counts = {kind: len(golden(hub, kind)) for kind in ("client", "contact", "user", "invoice", "interaction")}
    assert counts == {"client": 91, "contact": 91, "user": 9, "invoice": 830, "interaction": 830}
    assert parked(hub) == []


def test_every_invoice_is_right_to_the_cent(hub: Hub, invoices: dict[str, Decimal]) -> None:
    stored = {number: Decimal(data["total"]["amount"]) for number, data in golden(hub, "invoice").items()}
    assert stored == {number: cents(exact) for number, exact in invoices.items()}


def test_the_sum_reconciles_and_the_rounding_per_invoice_is_told(hub: Hub, invoices: dict[str, Decimal]) -> None:
    line = lines(hub)["invoices"]
    (amount,) = line.amounts
    exact = sum(invoices.values(), Decimal(0))
    assert amount.input == exact
    assert amount.stored == sum(map(cents, invoices.values()), Decimal(0))
    assert amount.rounding == amount.stored - exact
    assert amount.unexplained_cents == 0
    assert line.is_whole
    assert "rounding per record" in str(line)


def test_rows_reconcile(hub: Hub) -> None:
    rows = {stream: (line.rows, line.stored, line.is_whole) for stream, line in lines(hub).items()}
    assert rows == {"customers.csv": (91, 91, True), "people": (9, 9, True), "invoices": (830, 830, True)}


def test_a_client_carries_name_address_and_phone(hub: Hub) -> None:
    client = golden(hub, "client")["AROUT"]
    assert client["name"] == "Around the Horn"
    assert client["addresses"] == [
        {"street1": "120 Hanover Sq.", "city": "London", "postal_code": "WA1 1DP", "country": "GB"}
    ]
    assert client["phones"][0]["number"] == "(171) 555-7788"


def test_references_lead_to_records(hub: Hub) -> None:
    clients, users = golden(hub, "client"), golden(hub, "user")
    for invoice in golden(hub, "invoice").values():
        assert invoice["client_id"].removeprefix("files/customers.csv/") in clients
        assert invoice["owner_id"].removeprefix("files/people/") in users
    assert users["1"]["name"] == "Nancy Davolio"
    assert users["1"]["manager_id"] == "files/people/2"


def test_nobody_becomes_a_late_payer_by_ignorance(hub: Hub) -> None:
    hub.evaluate()
    assert all("status" not in invoice for invoice in golden(hub, "invoice").values())
    report = export_csv(hub.store, hub.setups, hub.config.folder / "late")
    header, rows = read_sheet(report.files[0].path)
    late = {row[header.index("Inlay Days Late")] for row in rows}
    assert late <= {"", "0"}


def test_signals_go_out_as_columns_beside_the_input_s_own_ids(hub: Hub) -> None:
    hub.evaluate()
    report = export_csv(hub.store, hub.setups, hub.config.folder / "out")
    header, rows = read_sheet(report.files[0].path)
    assert header[:3] == ["customer_id", "company_name", "Inlay Health Score"]
    assert len(rows) == 91
    by_id = {row[0]: dict(zip(header, row, strict=True)) for row in rows}
    assert by_id["SAVEA"]["Inlay Last Contact"] == "1998-05-01"
    assert by_id["SAVEA"]["Inlay Days Since Contact"] == "5"
    assert by_id["FISSA"]["Inlay Health Score"] == ""  # never ordered: nothing is known


def test_plan_apply_and_a_second_plan(exports: Path, tmp_path: Path) -> None:
    with opened(exports / "northwind", tmp_path) as hub:
        read(hub)
        hub.evaluate()
        plan = hub.plan()
        assert len(plan.awaiting) > 91
        done = hub.apply(Approval(by="admin", everything=True))
        assert (done.applied, done.rejected, done.unknown) == (len(plan.awaiting), 0, 0)
        assert hub.plan().is_empty
        read(hub)
        assert hub.plan().is_empty
    header, rows = read_sheet(tmp_path / "import" / "files" / "customers.csv")
    assert header[0] == "Record ID"
    assert len(rows) == 91


def test_reading_again_changes_nothing(hub: Hub) -> None:
    for report in hub.sync():
        assert sum(stream.changed for stream in report.streams) == 0
