"""What is proposed for made-up exports is not only plausible but reads them, whole and without a complaint."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.hub import Hub
from tests.core.onboard.exports import CLIENTS, INVOICES, STAFF
from tests.real_input.firm import findings, golden, lines, opened, parked, read

PAYMENTS = "Payment ID,Invoice No,Payment date,Amount paid\n" + "".join(
    f"P{n},{1000 + n},{n:02}/05/2026,{n * 100}.50\n" for n in range(1, 20)
)
CONTRACTS = "Contract no,Client ID,Start date,End date,Notice period days,Annual fee\n" + "".join(
    f"K{n},C{n},01/01/2025,{n + 10}/12/2026,90,{n}000\n" for n in range(1, 8)
)
CONTACTS = "Contact ID,First name,Last name,Email,Mobile,Company ID\n" + "".join(
    f"{n},Ann{n},Lee{n},ann{n}@x{n}.example,+44 7700 90000{n},C{n}\n" for n in range(1, 8)
)
SALES = "customer,date,amount\n" + "".join(f"K{n % 5},2026-06-{n % 20 + 1:02},{n % 4}.99\n" for n in range(40))
LINES = "Invoice No,Unit price,Hours,Discount\n" + "".join(
    f"{1000 + n % 28 + 1},10.005,{n % 3 + 1},{n % 3 * 5}\n" for n in range(60)
)
GERMAN = "Nr;Client ID;Date;Amount\n" + "".join(f"{n};C{n};0{n}.03.2026;1.{n}00,55\n" for n in range(1, 8))
SHORT = "\n".join(",".join(line.split(",")[:4]) for line in INVOICES.splitlines()) + "\n"

SETS: dict[str, tuple[dict[str, str], dict[str, int]]] = {
    "clients alone": ({"clients": CLIENTS}, {"client": 8}),
    "staff and invoices": (
        {"clients": CLIENTS, "staff": STAFF, "invoices": INVOICES},
        {"client": 8, "user": 2, "invoice": 28},
    ),
    "payments": (
        {"clients": CLIENTS, "invoices": INVOICES, "payments": PAYMENTS},
        {"client": 8, "invoice": 28, "payment": 19},
    ),
    "contracts": ({"clients": CLIENTS, "contracts": CONTRACTS}, {"client": 8, "contract": 7}),
    "contacts": ({"clients": CLIENTS, "contacts": CONTACTS}, {"client": 8, "contact": 7}),
    "purchases": ({"sales": SALES}, {"client": 5, "invoice": 40, "interaction": 40}),
    "lines": (
        {"clients": CLIENTS, "invoices": SHORT, "invoice_lines": LINES},
        {"client": 8, "invoice": 28},
    ),
    "decimal commas": ({"clients": CLIENTS, "invoices": GERMAN}, {"client": 8, "invoice": 7}),
}


def put(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir()
    for name, content in files.items():
        (folder / f"{name}.csv").write_text(content, encoding="utf-8")
    return folder


def count(hub: Hub) -> dict[str, int]:
    kinds = ("client", "contact", "user", "invoice", "payment", "contract", "interaction")
    return {kind: found for kind in kinds if (found := len(golden(hub, kind)))}


@pytest.mark.parametrize("name", list(SETS))
def test_every_row_is_read_and_every_cent_reconciles(tmp_path: Path, name: str) -> None:
    files, expected = SETS[name]
    with opened(put(tmp_path / "in", files), tmp_path / "firm") as hub:
        read(hub)
        assert count(hub) == expected
        assert (parked(hub), findings(hub)) == ([], [])
        assert [str(line) for line in lines(hub).values() if not line.is_whole] == []


@pytest.mark.parametrize("name", list(SETS))
def test_signals_and_plan_run_on_it_and_settle(tmp_path: Path, name: str) -> None:
    with opened(put(tmp_path / "in", SETS[name][0]), tmp_path / "firm") as hub:
        read(hub)
        hub.join()
        evaluated = hub.evaluate()
        assert not evaluated.faults
        first, second = hub.plan(), hub.plan()
        assert first.id == second.id


def test_amounts_with_decimal_comma_are_what_they_say(tmp_path: Path) -> None:
    with opened(put(tmp_path / "in", SETS["decimal commas"][0]), tmp_path / "firm") as hub:
        read(hub)
        assert golden(hub, "invoice")["3"]["total"] == {"amount": "1300.55", "currency": "GBP"}
        assert golden(hub, "invoice")["3"]["issue_date"] == "2026-03-03"
        (amount,) = lines(hub)["invoices.csv"].amounts
        assert (str(amount.input), amount.difference_cents) == ("9803.85", 0)


def test_percent_discounts_and_half_cents_are_computed_right(tmp_path: Path) -> None:
    with opened(put(tmp_path / "in", SETS["lines"][0]), tmp_path / "firm") as hub:
        read(hub)
        # 10.005 x 2 less 5 % = 19.0095, x 3 less 10 % = 27.0135, x 1 = 10.005: together 56.028
        assert golden(hub, "invoice")["1002"]["total"]["amount"] == "56.03"
        (amount,) = lines(hub)["invoices"].amounts
        assert amount.unexplained_cents == 0


def test_references_lead_where_they_should(tmp_path: Path) -> None:
    with opened(put(tmp_path / "in", SETS["payments"][0]), tmp_path / "firm") as hub:
        read(hub)
        invoices = golden(hub, "invoice")
        for payment in golden(hub, "payment").values():
            assert payment["invoice_id"].removeprefix("files/invoices.csv/") in invoices
        assert {invoice["status"] for invoice in invoices.values()} == {"paid", "open"}


def test_contracts_bring_renewals_into_the_columns_to_import(tmp_path: Path) -> None:
    with opened(put(tmp_path / "in", SETS["contracts"][0]), tmp_path / "firm") as hub:
        read(hub)
        hub.evaluate()
        fields = {operation.field for operation in hub.plan().operations}
        assert {"Inlay Contract End", "Inlay Renewal Date", "Inlay Notice Deadline"} <= fields


def test_an_edited_mapping_is_what_counts(tmp_path: Path) -> None:
    exports, target = put(tmp_path / "in", SETS["staff and invoices"][0]), tmp_path / "firm"
    with opened(exports, target) as hub:
        read(hub)
    mapping = target / "files-mapping.yaml"
    mapping.write_text(mapping.read_text().replace("name: Company name", "name: City"))
    with opened(exports, target) as hub:
        hub.remap()
        assert {client["name"] for client in golden(hub, "client").values()} == {"Leeds"}
