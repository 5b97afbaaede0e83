"""The words under which exports of many programs keep the same things."""

from __future__ import annotations

import pytest

from core.onboard.facts import Column, ExportFile, words
from core.onboard.kinds import ADDRESS, KINDS, NOT_OURS, PHONES, Part, best_match, parts_found

VALUES = {
    "text": ["Alpha", "Beta & Co", "Gamma"],
    "date": ["2026-01-31", "2026-02-28", "2025-12-24"],
    "money": ["12.50", "1,200.00", "7.25"],
    "whole": ["12", "250", "7"],
    "email": ["a@alpha.example", "b@beta.example", "c@gamma.example"],
    "web": ["https://alpha.example", "www.beta.com", "http://gamma.example"],
    "phone": ["+44 113 496 0000", "(020) 7946 0001", "0161 496 0002"],
    "id": ["C-1", "C-2", "C-3"],
}


def column(name: str, values: str) -> Column:
    made = Column(name)
    for value in VALUES[values]:
        made.add(value)
    return made


def file(named: str, /, **columns: str) -> ExportFile:
    made = ExportFile(named, rows=3)
    for title, values in columns.items():
        made.columns[title] = column(title, values)
    return made


def parts(record_type: str) -> tuple[Part, ...]:
    return next(kind.parts for kind in KINDS if kind.record_type == record_type)


def named(record_type: str, header: str, values: str) -> list[str]:
    """The parts of a record type that a column could be."""
    return [part.name for part in parts(record_type) if part.fits(column(header, values))]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("customer_id", "customer id"),
        ("CustomerID", "customer id"),
        ("customerId", "customer id"),
        ("Customer ID", "customer id"),
        ("Customer-Id ", "customer id"),
        ("E-mail", "e mail"),
        ("Betrag (EUR)", "betrag eur"),
        ("ADDRESS1", "address1"),
        ("", ""),
    ],
)
def test_spellings_of_one_name_are_alike(name: str, found: str) -> None:
    assert words(name) == found


@pytest.mark.parametrize(
    ("header", "values", "part"),
    [
        ("Name", "text", "name"),
        ("Company", "text", "name"),
        ("Company Name", "text", "name"),
        ("company_name", "text", "name"),
        ("CustomerName", "text", "name"),
        ("Customer", "text", "name"),
        ("Client name", "text", "name"),
        ("Account Name", "text", "name"),
        ("Organisation", "text", "name"),
        ("Organization Name", "text", "name"),
        ("Business name", "text", "name"),
        ("Site name", "text", "name"),
        ("Firm", "text", "name"),
        ("Website", "web", "website"),
        ("Web Site", "web", "website"),
        ("URL", "web", "website"),
        ("Email", "email", "email"),
        ("E-mail", "email", "email"),
        ("Email Address", "email", "email"),
        ("Main Email", "email", "email"),
        ("Billing Email", "email", "email"),
        ("VAT", "text", "vat_number"),
        ("VAT number", "text", "vat_number"),
        ("VAT Registration Number", "text", "vat_number"),
        ("Company number", "whole", "registration_number"),
        ("Industry", "text", "industry"),
        ("Sector", "text", "industry"),
        ("Employees", "whole", "number_of_employees"),
        ("Number of Employees", "whole", "number_of_employees"),
        ("Currency", "text", "currency"),
        ("Tier", "text", "tier"),
        ("Segment", "text", "tier"),
        ("Customer since", "date", "client_since"),
        ("Start date", "date", "client_since"),
        ("Created At", "date", "created_at"),
        ("Date created", "date", "created_at"),
        ("Account manager", "text", "owner"),
        ("Owner", "text", "owner"),
        ("Account Owner", "text", "owner"),
        ("OwnerId", "id", "owner"),
        ("Sales rep", "text", "owner"),
    ],
)
def test_columns_of_clients(header: str, values: str, part: str) -> None:
    assert part in named("client", header, values)


@pytest.mark.parametrize(
    ("header", "values", "part"),
    [
        ("Date", "date", "issue_date"),
        ("Invoice Date", "date", "issue_date"),
        ("InvoiceDate", "date", "issue_date"),
        ("Order date", "date", "issue_date"),
        ("Issued on", "date", "issue_date"),
        ("Posting date", "date", "issue_date"),
        ("Due Date", "date", "due_date"),
        ("DueDate", "date", "due_date"),
        ("Payment due", "date", "due_date"),
        ("Pay by", "date", "due_date"),
        ("Paid on", "date", "paid_at"),
        ("Date paid", "date", "paid_at"),
        ("Payment date", "date", "paid_at"),
        ("Total", "money", "total"),
        ("Amount", "money", "total"),
        ("Grand total", "money", "total"),
        ("Invoice amount", "money", "total"),
        ("Gross amount", "money", "total"),
        ("Order total", "money", "total"),
        ("dollar_value", "money", "total"),
        ("Total amount", "whole", "total"),
        ("Amount paid", "money", "amount_paid"),
        ("Paid", "money", "amount_paid"),
        ("Amount due", "money", "amount_due"),
        ("Balance", "money", "amount_due"),
        ("Balance due", "money", "amount_due"),
        ("Outstanding", "money", "amount_due"),
        ("Status", "text", "status"),
        ("Payment status", "text", "status"),
        ("Currency code", "text", "currency"),
        ("freight", "money", "extra"),
        ("Shipping cost", "money", "extra"),
        ("Sales tax", "money", "extra"),
        ("Customer ID", "id", "client"),
        ("client_id", "id", "client"),
        ("Account No", "whole", "client"),
        ("Customer", "text", "client"),
        ("Company code", "id", "client"),
        ("employee_id", "whole", "owner"),
        ("Salesperson", "text", "owner"),
    ],
)
def test_columns_of_invoices(header: str, values: str, part: str) -> None:
    assert part in named("invoice", header, values)


@pytest.mark.parametrize(
    ("record_type", "header", "values", "part"),
    [
        ("user", "First name", "text", "first_name"),
        ("user", "Given Name", "text", "first_name"),
        ("user", "Surname", "text", "last_name"),
        ("user", "last_name", "text", "last_name"),
        ("user", "Full name", "text", "name"),
        ("user", "Job Title", "text", "title"),
        ("user", "reports_to", "whole", "manager"),
        ("user", "Manager ID", "id", "manager"),
        ("contact", "Contact name", "text", "last_name"),
        ("contact", "Forename", "text", "first_name"),
        ("contact", "Email", "email", "email"),
        ("contact", "Company ID", "id", "client"),
        ("contract", "End date", "date", "end_date"),
        ("contract", "Renewal date", "date", "end_date"),
        ("contract", "Contract end", "date", "end_date"),
        ("contract", "Effective date", "date", "start_date"),
        ("contract", "Signed on", "date", "signed_at"),
        ("contract", "Notice period (days)", "whole", "notice_period_days"),
        ("contract", "Annual fee", "money", "annual_contract_value"),
        ("contract", "Contract value", "money", "total_contract_value"),
        ("payment", "Payment date", "date", "processed_at"),
        ("payment", "Received on", "date", "processed_at"),
        ("payment", "Amount paid", "money", "amount"),
        ("payment", "Payment amount", "money", "amount"),
        ("payment", "Invoice number", "id", "invoice"),
        ("payment", "Method", "text", "method"),
        ("line", "Qty", "whole", "quantity"),
        ("line", "Hours", "money", "quantity"),
        ("line", "unit_price", "money", "price"),
        ("line", "Rate", "money", "price"),
        ("line", "Discount %", "money", "discount"),
        ("line", "order_id", "whole", "invoice"),
        ("line", "Line total", "money", "amount"),
    ],
)
def test_columns_of_other_records(record_type: str, header: str, values: str, part: str) -> None:
    assert part in named(record_type, header, values)


@pytest.mark.parametrize(
    ("record_type", "header", "values"),
    [
        ("client", "Email", "date"),
        ("client", "Email", "text"),
        ("client", "Website", "text"),
        ("client", "Name", "whole"),
        ("client", "Employees", "text"),
        ("client", "Product name", "text"),
        ("client", "Contact name", "text"),
        ("invoice", "Date", "text"),
        ("invoice", "Total", "text"),
        ("invoice", "unit_price", "money"),
        ("invoice", "Discount", "money"),
        ("invoice", "required_date", "date"),
        ("invoice", "Ship name", "text"),
        ("line", "Qty", "text"),
        ("contract", "Birth date", "date"),
    ],
)
def test_names_without_such_values_and_values_without_such_names_do_not_count(
    record_type: str, header: str, values: str
) -> None:
    assert named(record_type, header, values) == []


@pytest.mark.parametrize(
    ("header", "values", "part"),
    [
        ("Address", "text", "street1"),
        ("Billing Street", "text", "street1"),
        ("Address Line 1", "text", "street1"),
        ("Address Line 2", "text", "street2"),
        ("City", "text", "city"),
        ("Town", "text", "city"),
        ("State", "text", "region"),
        ("County", "text", "region"),
        ("Postcode", "text", "postal_code"),
        ("ZIP", "whole", "postal_code"),
        ("Billing Zip/Postal Code", "text", "postal_code"),
        ("Country", "text", "country"),
        ("Phone", "phone", "work"),
        ("Telephone", "phone", "work"),
        ("Phone number", "whole", "work"),
        ("Mobile", "phone", "mobile"),
        ("Cell phone", "phone", "mobile"),
        ("home_phone", "phone", "home"),
        ("Fax", "phone", "fax"),
    ],
)
def test_addresses_and_phones(header: str, values: str, part: str) -> None:
    found = parts_found(file("x.csv", **{header: values}), (*ADDRESS, *PHONES))
    assert list(found) == [part]


@pytest.mark.parametrize(
    ("made", "record_type"),
    [
        (file("customers.csv", customer_id="id", company_name="text", contact_name="text", city="text"), "client"),
        (file("Accounts 2026.csv", Name="text", Owner="text"), "client"),
        (file("export.csv", Id="id", **{"Site name": "text", "Address": "text"}), "client"),
        (file("employees.csv", employee_id="id", last_name="text", title="text"), "user"),
        (file("Users.csv", Name="text", Email="email"), "user"),
        (file("contacts.csv", last_name="text", email="email", company_id="id"), "contact"),
        (file("people.csv", Name="text", Email="email", Company="text"), "contact"),
        (file("invoices.csv", No="id", customer_id="id", date="date", total="money"), "invoice"),
        (file("orders.csv", order_id="id", customer_id="id", order_date="date", freight="money"), "invoice"),
        (file("transactions.csv", customer_id="id", date="date", amount="money"), "invoice"),
        (file("order_details.csv", order_id="id", unit_price="money", quantity="whole"), "line"),
        (file("Invoice Lines.csv", invoice_no="id", amount="money"), "line"),
        (file("payments.csv", invoice_no="id", date="date", amount="money"), "payment"),
        (file("contracts.csv", client_id="id", end_date="date"), "contract"),
        (file("agreements.csv", customer="text", start_date="date", annual_fee="money"), "contract"),
    ],
)
def test_files_are_known_by_name_and_columns(made: ExportFile, record_type: str) -> None:
    match = best_match(made)
    assert match is not None
    assert match.kind.record_type == record_type
    assert 0.4 < match.confidence <= 1


@pytest.mark.parametrize(
    "made",
    [
        file("colours.csv", shade="text", tone="text"),
        file("invoices.csv", No="id", date="date"),
        file("payments.csv", reference="id", amount="money"),
        file("contracts.csv", title="text", end_date="date"),
        file("log.csv", date="date", text="text"),
        file("prices.csv", unit_price="money", quantity="whole"),
    ],
)
def test_files_that_lack_what_such_records_need_are_known_for_nothing(made: ExportFile) -> None:
    assert best_match(made) is None


def test_a_name_that_says_it_makes_surer() -> None:
    columns = {"customer_id": "id", "company_name": "text"}
    sure, guess = best_match(file("customers.csv", **columns)), best_match(file("x.csv", **columns))
    assert sure is not None
    assert guess is not None
    assert sure.confidence > guess.confidence


def test_no_column_serves_twice() -> None:
    found = parts_found(file("x.csv", Name="text"), (*parts("client"), *parts("user")))
    assert [one.name for one in found.values()] == ["Name"]


@pytest.mark.parametrize("name", ["products", "categories", "shippers", "suppliers", "vendors", "regions", "stock"])
def test_files_about_goods_and_suppliers_are_not_ours(name: str) -> None:
    assert NOT_OURS.fullmatch(name)


@pytest.mark.parametrize("name", ["customers", "orders", "production", "vendorless"])
def test_other_files_may_be(name: str) -> None:
    assert not NOT_OURS.fullmatch(name)
