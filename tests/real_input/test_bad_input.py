"""Exports as they really are: torn, doubled, absurd. One clear line each, and the rest of the run goes on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.real_input.firm import findings, golden, lines, opened, parked, read

CUSTOMERS = (
    "customer_id,company_name,city,country\nA,Alpha,Leeds,GB\nB,Beta,York,GB\nC,Gamma,Bath,GB\nD,Delta,Hull,GB\n"
)
INVOICES = (
    "invoice_id,customer_id,invoice_date,due_date,amount,currency,status\n"
    "1,A,2026-01-05,2026-02-04,100.10,GBP,paid\n"
    "2,B,2026-02-05,2026-03-07,200.20,GBP,open\n"
    "3,A,2026-03-05,2026-04-04,300.30,GBP,Paid\n"
)


@pytest.fixture
def exports(tmp_path: Path) -> Path:  # a folder of our own instead of the public ones
    folder = tmp_path / "exports"
    folder.mkdir()
    return folder


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "firm"


def put(folder: Path, **files: str | bytes) -> None:
    for name, content in files.items():
        (folder / f"{name}.csv").write_bytes(content if isinstance(content, bytes) else content.encode())


def messages(found: Mapping[str, str] | list[str]) -> str:
    return "\n".join(found)


def test_good_input_is_read_without_a_word(exports: Path, into: Path) -> None:
    put(exports, customers=CUSTOMERS, invoices=INVOICES)
    with opened(exports, into) as hub:
        read(hub)
        assert (len(golden(hub, "client")), len(golden(hub, "invoice"))) == (4, 3)
        assert {data["status"] for data in golden(hub, "invoice").values()} == {"paid", "open"}
        assert (parked(hub), findings(hub)) == ([], [])
        assert all(line.is_whole for line in lines(hub).values())


@pytest.mark.parametrize("row", ["E,Epsilon", "E,Epsilon,Ripon,GB,extra", 'E,"Epsilon,Ripon,GB'])
def test_a_broken_row_is_parked_with_its_place(exports: Path, into: Path, row: str) -> None:
    put(exports, customers=CUSTOMERS.replace("C,Gamma", f"{row}\nC,Gamma"))
    with opened(exports, into) as hub:
        read(hub)
        assert set(golden(hub, "client")) == {"A", "B", "C", "D"}
        (one,) = parked(hub)
        assert (one.place, one.raw["text"]) == ("customers.csv:4", row)
        assert one.problem
        assert one.remedy
        line = lines(hub)["customers.csv"]
        assert (line.rows, line.stored, line.parked, line.is_whole) == (5, 4, 1, True)


def test_a_mended_row_leaves_the_parking(exports: Path, into: Path) -> None:
    put(exports, customers=CUSTOMERS + "E,Epsilon\n")
    with opened(exports, into) as hub:
        read(hub)
        assert len(parked(hub)) == 1
        put(exports, customers=CUSTOMERS + "E,Epsilon,Ripon,GB\n")
        read(hub)
        assert parked(hub) == []
        assert "E" in golden(hub, "client")


def test_a_field_of_five_megabytes_is_cut_and_told(exports: Path, into: Path) -> None:
    notes = CUSTOMERS.replace("city,country", "city,country,notes").replace("GB\n", "GB,short\n")
    put(exports, customers=notes.replace("D,Delta,Hull,GB,short", f'D,Delta,Hull,GB,"{"x" * 5_000_000}"'))
    with opened(exports, into) as hub:
        read(hub)
        assert len(golden(hub, "client")) == 4
        assert len(golden(hub, "client")["D"]["custom_fields"]["notes"]) == 1_000_000
        (finding,) = findings(hub)
        assert "5000000 characters" in finding.message


def test_an_unknown_status_is_left_absent_and_told_once(exports: Path, into: Path) -> None:
    put(exports, customers=CUSTOMERS, invoices=INVOICES)
    with opened(exports, into) as hub:
        put(exports, invoices=INVOICES.replace("200.20,GBP,open", "200.20,GBP,frozen"))
        read(hub)
        assert "status" not in golden(hub, "invoice")["2"]
        assert golden(hub, "invoice")["1"]["status"] == "paid"
        (finding,) = findings(hub)
        assert "frozen" in finding.message
        assert finding.place.startswith("files/invoices.csv/status")


def test_an_id_that_comes_twice_keeps_the_first_and_parks_what_differs(exports: Path, into: Path) -> None:
    put(exports, customers=CUSTOMERS)
    with opened(exports, into) as hub:
        put(exports, customers=CUSTOMERS + "A,Alpha,Leeds,GB\nB,Beta Two,York,GB\n")
        read(hub)
        assert golden(hub, "client")["B"]["name"] == "Beta"
        (one,) = parked(hub)
        assert one.raw["company_name"] == "Beta Two"
        assert "second record with this id" in one.problem
        line = lines(hub)["customers.csv"]
        assert (line.rows, line.stored, line.repeated, line.is_whole) == (6, 4, 2, True)


def test_a_record_without_name_is_parked_and_the_rest_goes_on(exports: Path, into: Path) -> None:
    put(exports, customers=CUSTOMERS.replace("C,Gamma", "C,"))
    with opened(exports, into) as hub:
        read(hub)
        assert set(golden(hub, "client")) == {"A", "B", "D"}
        (one,) = parked(hub)
        assert one.id == "files/customers.csv/C"
        assert "without name" in one.problem
        assert lines(hub)["customers.csv"].is_whole


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "1899-12-31", "2126-13-45", "soon", "31/02/2026"])
def test_an_absurd_date_is_left_absent_and_told(exports: Path, into: Path, day: str) -> None:
    put(exports, customers=CUSTOMERS, invoices=INVOICES)
    with opened(exports, into) as hub:
        put(exports, invoices=INVOICES.replace("2026-02-05", day))
        read(hub)
        invoice = golden(hub, "invoice")["2"]
        assert "issue_date" not in invoice
        assert invoice["total"]["amount"] == "200.20"
        (finding,) = findings(hub)
        assert finding.place.startswith("files/invoices.csv/")
        assert lines(hub)["invoices.csv"].is_whole


def test_a_date_in_the_future_is_a_date(exports: Path, into: Path) -> None:
    put(exports, customers=CUSTOMERS, invoices=INVOICES.replace("2026-02-05", "2031-02-05"))
    with opened(exports, into) as hub:
        read(hub)
        assert golden(hub, "invoice")["2"]["issue_date"] == "2031-02-05"


def test_mixed_currencies_are_kept_apart(exports: Path, into: Path) -> None:
    put(exports, customers=CUSTOMERS, invoices=INVOICES.replace("200.20,GBP", "200.20,EUR"))
    with opened(exports, into) as hub:
        read(hub)
        totals = {number: data["total"] for number, data in golden(hub, "invoice").items()}
        assert totals["1"] == {"amount": "100.10", "currency": "GBP"}
        assert totals["2"] == {"amount": "200.20", "currency": "EUR"}


def test_an_amount_that_is_none_parks_the_invoice_and_the_sums_say_so(exports: Path, into: Path) -> None:
    put(exports, customers=CUSTOMERS, invoices=INVOICES)
    with opened(exports, into) as hub:
        put(exports, invoices=INVOICES.replace("200.20", "two hundred"))
        read(hub)
        (one,) = parked(hub)
        assert one.id == "files/invoices.csv/2"
        line = lines(hub)["invoices.csv"]
        assert (line.stored, line.parked, line.is_whole) == (2, 1, True)
        assert line.amounts[0].unread == 1


def test_nul_bytes_and_odd_letters_do_no_harm(exports: Path, into: Path) -> None:
    content = CUSTOMERS.replace("Gamma", "Gäm\0ma \u200b\U0001f600")
    put(exports, customers=content.encode())
    with opened(exports, into) as hub:
        read(hub)
        assert golden(hub, "client")["C"]["name"].startswith("Gämma")


def test_an_export_in_iso_8859_1_and_one_in_utf_16(exports: Path, into: Path) -> None:
    put(exports, customers=CUSTOMERS.replace("Gamma", "Gämmä").encode("iso-8859-1"), invoices=INVOICES.encode("utf-16"))
    with opened(exports, into) as hub:
        read(hub)
        assert golden(hub, "client")["C"]["name"] == "Gämmä"
        assert len(golden(hub, "invoice")) == 3


def test_a_column_that_vanishes_is_told_and_the_rest_is_read(exports: Path, into: Path) -> None:
    put(exports, customers=CUSTOMERS)
    with opened(exports, into) as hub:
        put(exports, customers=CUSTOMERS.replace("company_name,city", "company_name,town"))
        read(hub)
        assert len(golden(hub, "client")) == 4
        told = [one for one in findings(hub) if one.code == "unknown_field"]
        assert [one.place for one in told] == ["files/customers.csv/city"]


def test_a_file_that_vanishes_stops_nothing_else(exports: Path, into: Path) -> None:
    put(exports, customers=CUSTOMERS, invoices=INVOICES)
    with opened(exports, into) as hub:
        read(hub)
        (exports / "invoices.csv").unlink()
        hub.sync()
        assert len(golden(hub, "client")) == 4
        assert len(golden(hub, "invoice")) == 3
        assert any(one.severity == "error" and "invoices.csv" in one.message for one in findings(hub))


def test_a_missing_row_means_the_record_is_gone(exports: Path, into: Path) -> None:
    put(exports, customers=CUSTOMERS)
    with opened(exports, into) as hub:
        read(hub)
        put(exports, customers=CUSTOMERS.replace("D,Delta,Hull,GB\n", ""))
        read(hub)
        assert set(golden(hub, "client")) == {"A", "B", "C"}
        assert lines(hub)["customers.csv"].is_whole
