"""Streams made of several files, or of one column."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.csv.settings import CsvSettings
from tests.connectors.csv.folder import connector, read_all, write

ORDERS = "order_id,customer,freight\n1,A,1.00\n2,B,2.00\n3,A,3.00\n"
LINES = "order_id,price,quantity,discount\n1,10.005,1,0\n1,5,2,0.5\n2,0.1,3,0\n3,7,1,0\n"
JOINED: dict[str, Any] = {
    "rows": "orders.csv",
    "lines": {"rows": "lines.csv", "by": "order_id", "sum": {"lines_total": "price * quantity * (1 - discount)"}},
    "amounts": {"total": "lines_total + freight"},
}


def joined(folder: Path, orders: str = ORDERS, lines: str = LINES, **changes: Any) -> list[dict[str, str]]:
    write(folder, {"orders.csv": orders, "lines.csv": lines})
    found, _ = read_all(connector(folder, views={"invoices": JOINED | changes}), "invoices")
    return [dict(record) for record in found]


def test_rows_carry_the_sums_of_their_lines(tmp_path: Path) -> None:
    assert joined(tmp_path)[0] == {
        "order_id": "1", "customer": "A", "freight": "1.00", "lines_total": "15.005", "total": "16.01",
    }  # fmt: skip


def test_amounts_are_rounded_half_up_once_and_last(tmp_path: Path) -> None:
    assert [record["total"] for record in joined(tmp_path)] == ["16.01", "2.30", "10.00"]
    assert [record["total"] for record in joined(tmp_path, decimals=3)] == ["16.005", "2.300", "10.000"]


def test_a_row_without_lines_has_no_total_rather_than_a_wrong_one(tmp_path: Path) -> None:
    records = joined(tmp_path, orders=ORDERS + "4,C,9.00\n")
    assert (records[3]["lines_total"], records[3]["total"]) == ("", "")


@pytest.mark.parametrize("price", ["", "n/a"])
def test_an_unreadable_line_makes_its_total_unknown_and_is_reported(tmp_path: Path, price: str) -> None:
    write(tmp_path, {"orders.csv": ORDERS, "lines.csv": LINES.replace("0.1,3", f"{price},3")})
    source = connector(tmp_path, views={"invoices": JOINED})
    records, _ = read_all(source, "invoices")
    assert [record["total"] for record in records] == ["16.01", "", "10.00"]
    (finding,) = source.findings()
    assert (finding.code, finding.where, finding.count) == ("unreadable_lines", "lines.csv/lines_total", 1)


def test_lines_of_no_row_are_reported_and_in_no_sum(tmp_path: Path) -> None:
    write(tmp_path, {"orders.csv": ORDERS, "lines.csv": LINES + "99,5,1,0\n"})
    source = connector(tmp_path, views={"invoices": JOINED})
    records, _ = read_all(source, "invoices")
    (finding,) = source.findings()
    assert len(records) == 3
    assert finding.code == "orphan_lines"
    assert "such as `99`" in finding.message
    assert source.findings() == []


def test_broken_rows_of_both_files_come_out(tmp_path: Path) -> None:
    write(tmp_path, {"orders.csv": ORDERS + "4\n", "lines.csv": LINES + "5,5\n"})
    _, broken = read_all(connector(tmp_path, views={"invoices": JOINED}), "invoices")
    assert [(one.file, one.line) for one in broken] == [("lines.csv", 6), ("orders.csv", 5)]


def test_the_key_may_be_called_otherwise_in_the_two_files(tmp_path: Path) -> None:
    write(tmp_path, {"orders.csv": ORDERS, "lines.csv": LINES.replace("order_id", "order")})
    view = JOINED | {"lines": {**JOINED["lines"], "by": "order", "to": "order_id"}}
    records, _ = read_all(connector(tmp_path, views={"invoices": view}), "invoices")
    assert [record["total"] for record in records] == ["16.01", "2.30", "10.00"]


def test_decimal_commas_stay_in_the_notation_of_the_files(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"orders.csv": "order_id;freight\n1;1.000,50\n", "lines.csv": "order_id;price;quantity;discount\n1;2,25;2;0\n"},
    )
    comma = {"decimal_comma": True}
    source = connector(tmp_path, files={"orders.csv": comma, "lines.csv": comma}, views={"invoices": JOINED})
    records, _ = read_all(source, "invoices")
    assert (records[0]["lines_total"], records[0]["total"]) == ("4,50", "1005,00")
    tally = source.tally("invoices", ["total"])
    assert tally is not None
    assert tally.sums == {"total": Decimal("1005.00")}


def test_one_record_per_value(tmp_path: Path) -> None:
    write(tmp_path, {"orders.csv": ORDERS + "5,,1\n"})
    view = {"rows": "orders.csv", "one_per": "customer", "texts": {"name": "Customer {customer}"}}
    records, _ = read_all(connector(tmp_path, views={"customers": view}), "customers")
    assert records == [{"customer": "A", "name": "Customer A"}, {"customer": "B", "name": "Customer B"}]


def test_texts_are_put_together_from_columns(tmp_path: Path) -> None:
    write(tmp_path, {"staff.csv": "id,first,last\n1,Anna,Lee\n"})
    view = {"rows": "staff.csv", "texts": {"name": "{first} {last}", "odd": "{nothing} {first}"}}
    records, _ = read_all(connector(tmp_path, views={"people": view}), "people")
    assert (records[0]["name"], records[0]["odd"]) == ("Anna Lee", "{nothing} Anna")


def test_columns_of_a_view_are_known_before_reading(tmp_path: Path) -> None:
    write(tmp_path, {"orders.csv": ORDERS, "lines.csv": LINES})
    source = connector(tmp_path, views={"invoices": JOINED})
    read_all(source, "invoices", ["order_id", "lines_total", "totl"])
    (finding,) = source.findings()
    assert finding.message == "invoices has no column `totl`, which the mapping asks for"
    assert finding.remedy == "did you mean `total`?"


def test_sums_are_exact_before_rounding(tmp_path: Path) -> None:
    write(tmp_path, {"orders.csv": ORDERS, "lines.csv": LINES})
    tally = connector(tmp_path, views={"invoices": JOINED}).tally("invoices", ["total", "freight"])
    assert tally is not None
    assert tally.sums == {"total": Decimal("28.305"), "freight": Decimal("6.00")}
    assert (tally.rows, tally.broken, tally.unread) == (3, 0, {})


@pytest.mark.parametrize(
    ("view", "said"),
    [
        ({"rows": "a.csv", "amounts": {"total": "price **"}}, "it is no formula"),
        ({"rows": "a.csv", "amounts": {"total": "open(price)"}}, "only columns, numbers"),
        ({"rows": "a.csv", "one_per": "id", "amounts": {"total": "price"}}, "a view with `one_per` has no"),
        ({"rows": "a.csv", "amonts": {}}, "Extra inputs are not permitted"),
        ({"one_per": "id"}, "Field required"),
        ({"rows": "a.csv", "decimals": 99}, "less than or equal to 8"),
    ],
)
def test_a_view_that_cannot_work_is_refused_when_settings_are_read(view: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        CsvSettings.model_validate({"views": {"invoices": view}})
