"""Exports of no known format: what they hold is told by names and values."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import ConfigError
from core.onboard import propose
from tests.core.onboard.exports import CLIENTS, CLOCK, INVOICES, STAFF, left_out, mapping_of, proposed, recognised

FILES = {"clients.csv": CLIENTS, "staff.csv": STAFF, "invoices.csv": INVOICES}


def test_clients_staff_and_invoices_are_told_apart(tmp_path: Path) -> None:
    proposal = proposed(tmp_path / "in", FILES)
    assert recognised(proposal) == {"clients.csv": {"client"}, "staff.csv": {"user"}, "invoices.csv": {"invoice"}}
    assert proposal.left_out == []


def test_the_client_section(tmp_path: Path) -> None:
    client = mapping_of(proposed(tmp_path / "in", FILES), tmp_path / "out")["client"]
    assert (client["stream"], client["id"]) == ("clients.csv", "Client ID")
    assert client["fields"] == {
        "name": "Company name",
        "addresses": {"city": "City", "postal_code": "Postcode"},
        "emails": "E-mail",
        "account_manager_id": {"from": "Account manager", "ref": "user"},
    }


def test_people_whose_names_stand_in_two_columns_get_a_view(tmp_path: Path) -> None:
    proposal = proposed(tmp_path / "in", FILES)
    views = proposal.connections[0].settings["views"]
    assert views["people"] == {"rows": "staff.csv", "texts": {"whole_name": "{First name} {Last name}"}}
    user = mapping_of(proposal, tmp_path / "out")["user"]
    assert user["fields"]["name"] == "whole_name"
    assert user["fields"]["manager_id"] == {"from": "Reports to", "ref": "user"}


def test_invoices_with_a_day_of_payment_are_open_until_then(tmp_path: Path) -> None:
    proposal = proposed(tmp_path / "in", FILES)
    fields = mapping_of(proposal, tmp_path / "out")["invoice"]["fields"]
    assert fields == {
        "number": "Invoice No",
        "client_id": {"from": "Client ID", "ref": "client"},
        "total": "Total",
        "issue_date": "Invoice date",
        "due_date": "Due date",
        "paid_at": "Paid on",
        "status": [{"const": "paid", "when": {"Paid on": "not null"}}, {"const": "open"}],
    }
    assert any("without Paid on is open" in sentence for sentence in proposal.assumed)


def test_the_form_of_dates_is_declared(tmp_path: Path) -> None:
    assert mapping_of(proposed(tmp_path / "in", FILES), tmp_path / "out")["dates"] == ["DD/MM/YYYY"]


def test_dates_that_could_be_either_are_an_assumption_that_is_told(tmp_path: Path) -> None:
    short = "\n".join(INVOICES.splitlines()[:9]) + "\n"
    proposal = proposed(tmp_path / "in", FILES | {"invoices.csv": short})
    assert any("read day first" in sentence for sentence in proposal.assumed)


def test_invoices_alone_are_no_sign_of_contact_but_orders_are(tmp_path: Path) -> None:
    assert "interaction" not in mapping_of(proposed(tmp_path / "in", FILES), tmp_path / "out")
    orders = {"clients.csv": CLIENTS, "orders.csv": INVOICES.replace("Invoice", "Order")}
    proposal = proposed(tmp_path / "orders", orders)
    section = mapping_of(proposal, tmp_path / "other")["interaction"]
    assert section["fields"]["started_at"] == "Order date"
    assert any("section `interaction`; delete it if not" in sentence for sentence in proposal.assumed)


def test_a_status_column_is_read_word_by_word(tmp_path: Path) -> None:
    words = ["Paid", "OPEN", "void", "overdue", "in dispute", "Paid", "draft", "Open"]
    rows = "".join(f"{n},C{n + 1},2026-01-0{n + 1},{n}.10,{word}\n" for n, word in enumerate(words))
    proposal = proposed(
        tmp_path / "in", {"clients.csv": CLIENTS, "invoices.csv": "No,Client ID,Date,Amount,Status\n" + rows}
    )
    status = mapping_of(proposal, tmp_path / "out")["invoice"]["fields"]["status"]
    assert status["values"] == {
        "Paid": "paid", "OPEN": "open", "void": "void", "overdue": "open", "draft": "draft", "Open": "open",
    }  # fmt: skip
    assert any("in dispute" in sentence for sentence in proposal.unknown)


def test_a_currency_column_goes_with_every_amount(tmp_path: Path) -> None:
    rows = "".join(f"{n},C{n},2026-01-0{n},{n}.10,EUR\n" for n in range(1, 8))
    files = {"clients.csv": CLIENTS, "invoices.csv": "No,Client ID,Date,Amount,Currency\n" + rows}
    proposal = proposed(tmp_path / "in", files)
    assert mapping_of(proposal, tmp_path / "out")["invoice"]["fields"]["total"] == {
        "from": "Amount",
        "currency": "Currency",
    }
    assert not any("firm's currency" in sentence for sentence in proposal.assumed)


def test_without_a_currency_column_the_firm_s_is_assumed_and_said(tmp_path: Path) -> None:
    assert any("firm.currency" in sentence for sentence in proposed(tmp_path / "in", FILES).assumed)


LINES = "Invoice No,Unit price,Hours,Discount\n" + "".join(
    f"{1000 + n % 28 + 1},10.5,{n % 3 + 1},{n % 3 * 5}\n" for n in range(60)
)


def test_totals_are_summed_up_from_lines_with_columns_of_two_words(tmp_path: Path) -> None:
    invoices = "\n".join(",".join(line.split(",")[:4]) for line in INVOICES.splitlines()) + "\n"
    proposal = proposed(tmp_path / "in", {"clients.csv": CLIENTS, "invoices.csv": invoices, "invoice_lines.csv": LINES})
    view = proposal.connections[0].settings["views"]["invoices"]
    assert view["lines"] == {
        "rows": "invoice_lines.csv",
        "by": "Invoice No",
        "sum": {"lines_total": "[Unit price] * Hours * (1 - Discount / 100)"},
    }
    assert view["amounts"] == {"total": "lines_total"}
    assert mapping_of(proposal, tmp_path / "out")["invoice"]["fields"]["total"] == "total"


def test_lines_of_nothing_are_left_out(tmp_path: Path) -> None:
    assert (
        "no file holds what they belong to"
        in left_out(
            proposed(
                tmp_path / "in", {"clients.csv": CLIENTS, "order_lines.csv": LINES.replace("Invoice No", "Order No")}
            )
        )["order_lines.csv"]
    )


def test_payments_that_name_invoices(tmp_path: Path) -> None:
    payments = "Payment ID,Invoice No,Payment date,Amount paid\n" + "".join(
        f"P{n},{1000 + n},2026-05-{n:02},{n * 100}.50\n" for n in range(1, 20)
    )
    proposal = proposed(tmp_path / "in", FILES | {"payments.csv": payments})
    section = mapping_of(proposal, tmp_path / "out")["payment"]
    assert section["id"] == "Payment ID"
    assert section["fields"] == {
        "amount": "Amount paid",
        "status": {"const": "succeeded"},
        "processed_at": "Payment date",
        "invoice_id": {"from": "Invoice No", "ref": "invoice"},
    }


def test_contracts_bring_renewal_columns(tmp_path: Path) -> None:
    contracts = "Contract no,Client ID,Start date,End date,Notice period days,Annual fee\n" + "".join(
        f"K{n},C{n},2025-01-01,2026-12-{n + 10},90,{n}000\n" for n in range(1, 8)
    )
    proposal = proposed(tmp_path / "in", {"clients.csv": CLIENTS, "contracts.csv": contracts})
    mapping = mapping_of(proposal, tmp_path / "out")
    assert mapping["contract"]["fields"] == {
        "client_id": {"from": "Client ID", "ref": "client"},
        "start_date": "Start date",
        "end_date": "End date",
        "notice_period_days": "Notice period days",
        "annual_contract_value": "Annual fee",
    }
    assert mapping["client"]["writes"]["Inlay Renewal Date"]["signal"] == "renewal.date"
    assert proposal.as_of is None  # the end of a contract lies ahead; it says nothing of how old the data is


def test_without_contracts_there_are_no_renewal_columns(tmp_path: Path) -> None:
    writes = mapping_of(proposed(tmp_path / "in", FILES), tmp_path / "out")["client"]["writes"]
    assert not any(rule["signal"].startswith(("renewal.", "contract.")) for rule in writes.values())
    assert any(rule["signal"] == "revenue.overdue" for rule in writes.values())


def test_contacts_in_a_file_of_their_own(tmp_path: Path) -> None:
    contacts = "Contact ID,First name,Last name,Email,Company ID\n" + "".join(
        f"{n},Ann{n},Lee{n},ann{n}@x.example,C{n}\n" for n in range(1, 8)
    )
    proposal = proposed(tmp_path / "in", {"clients.csv": CLIENTS, "contacts.csv": contacts})
    fields = mapping_of(proposal, tmp_path / "out")["contact"]["fields"]
    assert fields["client_id"] == {"from": "Company ID", "ref": "client"}
    assert (fields["first_name"], fields["last_name"], fields["emails"]) == ("First name", "Last name", "Email")


def test_contacts_of_unknown_clients_are_left_out(tmp_path: Path) -> None:
    contacts = "Contact ID,Last name,Email,Company ID\n" + "".join(
        f"{n},Lee,a{n}@x.example,X{n}\n" for n in range(1, 8)
    )
    proposal = proposed(tmp_path / "in", {"clients.csv": CLIENTS, "contacts.csv": contacts})
    assert "no column names a client" in left_out(proposal)["contacts.csv"]


def test_purchases_without_ids_are_paid_when_made_and_make_the_clients(tmp_path: Path) -> None:
    sales = "customer,date,amount\n" + "".join(f"K{n % 5},2026-06-{n % 20 + 1:02},{n % 4}.99\n" for n in range(40))
    proposal = proposed(tmp_path / "in", {"sales.csv": sales})
    mapping = mapping_of(proposal, tmp_path / "out")
    assert proposal.connections[0].settings["views"]["customers"]["one_per"] == "customer"
    assert mapping["invoice"]["id"] == "__row__"
    assert mapping["invoice"]["fields"]["status"] == {"const": "paid"}
    assert mapping["client"]["fields"]["name"] == "made_name"


def test_orders_without_status_or_payment_stay_unknown(tmp_path: Path) -> None:
    orders = "order_id,client_id,order_date,amount\n" + "".join(f"{n},C{n},2026-01-0{n},5.00\n" for n in range(1, 8))
    proposal = proposed(tmp_path / "in", {"clients.csv": CLIENTS, "orders.csv": orders})
    fields = mapping_of(proposal, tmp_path / "out")["invoice"]["fields"]
    assert "status" not in fields
    assert "due_date" not in fields
    assert any("left unknown" in sentence for sentence in proposal.unknown)


def test_two_files_of_the_same_kind_do_not_count_twice(tmp_path: Path) -> None:
    proposal = proposed(
        tmp_path / "in", FILES | {"invoices_sample.csv": INVOICES.splitlines()[0] + "\n" + INVOICES.splitlines()[1]}
    )
    assert "could count twice" in left_out(proposal)["invoices_sample.csv"]


def test_decimal_commas_are_declared_for_file_and_mapping(tmp_path: Path) -> None:
    rows = "".join(f"{n};C{n};0{n}.03.2026;1.{n}00,50\n" for n in range(1, 8))
    files = {"clients.csv": CLIENTS, "rechnungen_invoices.csv": "Nr;Client ID;Date;Amount\n" + rows}
    proposal = proposed(tmp_path / "in", files)
    mapping = mapping_of(proposal, tmp_path / "out")
    assert mapping["decimal_comma"] is True
    assert mapping["dates"] == ["DD.MM.YYYY"]
    assert proposal.connections[0].settings["files"]["rechnungen_invoices.csv"] == {"decimal_comma": True}


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("notes.txt", "These exports were made\non Monday, by Anna,\nfor nobody\n", "no table"),
        ("empty.csv", "id,name\n", "no rows"),
        ("raw.csv", "1,2026-01-01,5\n2,2026-01-02,6\n", "no header row"),
        ("products.csv", "product_id,product_name\n1,Tea\n2,Cake\n", "what is sold"),
        ("scores.csv", "id,recency,frequency\n1,5,2\n2,5,3\n3,4,3\n", "figures"),
        ("colours.csv", "shade,tone\nred,dark\nblue,dark\nred,light\n", "fit no record type"),
    ],
)
def test_files_that_are_of_no_use_are_left_out_with_the_reason(
    tmp_path: Path, name: str, content: str, why: str
) -> None:
    assert why in left_out(proposed(tmp_path / "in", {"clients.csv": CLIENTS, name: content}))[name]


def test_a_folder_without_clients_is_an_error_that_says_what_was_seen(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"no file holds anything that looks like clients .*colours\.csv: its columns fit"
    ):
        proposed(tmp_path / "in", {"colours.csv": "shade,tone\nred,dark\nblue,dark\nred,light\n"})


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no CSV files"):
        propose(tmp_path, CLOCK)


def test_fresh_data_is_computed_as_of_now(tmp_path: Path) -> None:
    orders = "No,Client ID,Date,Amount,Status\n" + "".join(f"{n},C{n},2026-06-2{n},5.00,paid\n" for n in range(1, 8))
    proposal = proposed(tmp_path / "in", {"clients.csv": CLIENTS, "invoices.csv": orders})
    assert (str(proposal.as_of), proposal.is_past) == ("2026-06-27", False)


def test_due_dates_do_not_say_how_old_the_data_is(tmp_path: Path) -> None:
    proposal = proposed(tmp_path / "in", FILES)
    assert (
        str(proposal.as_of) == "2026-04-29"
    )  # the last payment; the last due date is a day earlier, invoices end in March


def test_the_same_folder_gives_the_same_proposal(tmp_path: Path) -> None:
    assert proposed(tmp_path / "in", FILES) == proposed(tmp_path / "in", FILES)
