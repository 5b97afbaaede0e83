"""Explanations: the tree from a signal down to the record and the field that a system said."""

from __future__ import annotations

import numpy as np
import orjson
import pytest

from core.errors import ConfigError
from core.signals import Column, signal
from core.signals.tables import Clients, Contracts, Invoices
from core.store.bulk import upsert_rows
from core.store.tables import golden_record
from tests.core.signals.book import AS_OF, GOLDEN, SYNCED, Book, Desk, days, publisher


@signal("money.billed", unit="money", version="2")
def billed(invoices: Invoices) -> Column:
    """All that was billed."""
    total = invoices.by_client.total(invoices.total)
    return Column(total, lambda i: f"{total[i]:.0f} in all, due at the latest {np.max(invoices.due_date)}")


@signal("money.step", keep="nothing")
def step(money_billed: Column) -> Column:
    """A step on the way."""
    return Column(money_billed.values / 2, lambda i: f"half of {money_billed.values[i]:.0f}")


@signal("money.grade", kind="text")
def grade(clients: Clients, money_step: Column) -> Column:
    """The grade."""
    grades = ["A" if value > 50 else "B" for value in money_step.values]
    return Column(np.array(grades[: len(clients)], "O"), money_step.reasons)


@signal("term.value", subject="contract")
def value(contracts: Contracts) -> Column:
    """What a contract is worth."""
    return Column(contracts.annual_value, "as agreed")


@signal("money.agreed")
def agreed(contracts: Contracts, term_value: Column) -> Column:
    """What was agreed in all."""
    return Column(contracts.by_client.total(term_value.values), "the sum")


@pytest.fixture
def desk(book: Book) -> Desk:
    acme, bolt = book.client("acme"), book.client("bolt")
    book.join("client", "books/customers/ACME", acme)
    book.invoice(acme, "2026-05-10", total="100.00", number="INV-1")
    book.invoice("books/customers/ACME", "2026-06-10", total="20.00", number="INV-2")
    book.invoice(bolt, "2026-05-12", total="7.00")
    for worth in ("10", "20"):
        money = {"amount": worth, "currency": "GBP"}
        book.add("contract", f"crm/contract/{worth}", acme, annual_contract_value=money)
    book.save()
    made = Desk(book.store, publisher(grade, step, billed, value, agreed))
    made.evaluate()
    return made


def test_the_top_says_value_reason_version_and_time(desk: Desk) -> None:
    told = desk.explain("crm/Account/acme", "money.billed")
    assert (told.value, told.unit, told.version) == (120, "money", "2")
    assert told.reason == "120 in all, due at the latest 2026-06-10"
    assert told.as_of == "2026-06-15T07:30:00Z"
    assert told.doc == "All that was billed."
    assert len(told.config_hash) == 16


def test_inputs_lie_below(desk: Desk) -> None:
    told = desk.explain("crm/Account/acme", "money.grade")
    [below] = told.inputs
    [bottom] = below.inputs
    assert [told.value, below.value, bottom.value] == ["A", 60, 120]
    assert [told.name, below.name, bottom.name] == ["money.grade", "money.step", "money.billed"]


def test_a_step_that_is_not_kept_is_computed_for_the_reader(desk: Desk) -> None:
    [below] = desk.explain("crm/Account/acme", "money.grade").inputs
    assert (below.value, below.reason, below.as_of) == (60, "half of 120", None)


def test_at_the_bottom_are_records_and_the_fields_read(desk: Desk) -> None:
    [table] = desk.explain("crm/Account/acme", "money.billed").evidence
    assert (table.record_type, table.total) == ("invoice", 2)
    newest, oldest = table.records
    assert [set(record.fields) for record in (newest, oldest)] == [{"due_date", "total.amount"}] * 2
    assert newest.fields["total.amount"].value == "20.00"
    assert newest.fields["due_date"].value == "2026-06-10"
    assert newest.fields["due_date"].source_id == newest.id
    assert newest.fields["due_date"].at == SYNCED


def test_a_field_of_a_joined_record_names_the_system_that_said_it(desk: Desk) -> None:
    provenance = {"*": ["crm/invoice/00003", SYNCED], "total": ["books/invoices/77", "2026-06-01T00:00:00Z"]}
    data = {"due_date": "2026-05-10", "total": {"amount": "100.00", "currency": "GBP"}}
    row = ("invoice", "crm/invoice/00003", "crm/Account/acme", *(orjson.dumps(x).decode() for x in (data, provenance)))
    with desk.store.begin() as conn:
        upsert_rows(conn, golden_record, GOLDEN, [(*row, SYNCED, None)])
    [table] = desk.explain("crm/Account/acme", "money.billed").evidence
    fields = next(record for record in table.records if record.id == "crm/invoice/00003").fields
    assert (fields["total.amount"].source_id, fields["total.amount"].at) == (
        "books/invoices/77",
        "2026-06-01T00:00:00Z",
    )
    assert fields["due_date"].source_id == "crm/invoice/00003"


def test_other_clients_stay_out_of_it(desk: Desk) -> None:
    [table] = desk.explain("crm/Account/bolt", "money.billed").evidence
    assert table.total == 1
    assert table.records[0].fields["total.amount"].value == "7.00"


def test_many_records_are_shown_in_part(book: Book) -> None:
    acme = book.client("acme")
    for day in range(1, 29):
        book.invoice(acme, f"2026-05-{day:02d}", total="1.00")
    book.save()
    desk = Desk(book.store, publisher(billed))
    desk.evaluate()
    [table] = desk.explain(acme, "money.billed").evidence
    assert table.total == 28
    assert [record.fields["due_date"].value for record in table.records][:2] == ["2026-05-28", "2026-05-27"]
    assert len(table.records) == 8
    assert "and 20 more" in "\n".join(desk.explain(acme, "money.billed").lines())


def test_a_client_made_of_contracts_shows_each_of_them(desk: Desk) -> None:
    told = desk.explain("crm/Account/acme", "money.agreed")
    assert [(below.subject_id, below.value) for below in told.inputs] == [
        ("crm/contract/10", 10),
        ("crm/contract/20", 20),
    ]


def test_a_contract_can_be_explained_itself(desk: Desk) -> None:
    told = desk.explain("crm/contract/20", "term.value")
    [table] = told.evidence
    assert told.value == 20
    assert [record.id for record in table.records] == ["crm/contract/20"]


def test_a_client_is_known_by_any_of_its_ids(desk: Desk) -> None:
    assert desk.explain("books/customers/ACME", "money.billed") == desk.explain("crm/Account/acme", "money.billed")


def test_the_tree_reads_as_text(desk: Desk) -> None:
    lines = list(desk.explain("crm/Account/acme", "money.grade").lines())
    assert lines[0] == "money.grade = A (version 1, since 2026-06-15T07:30:00Z)"
    assert lines[1] == "  because half of 120"
    assert "  money.step = 60" in lines
    assert "    money.billed = 120 money (version 2, since 2026-06-15T07:30:00Z)" in lines
    assert any(line.strip().startswith("invoice crm/invoice/") and "due_date 2026-05-10" in line for line in lines)


def test_what_was_told_above_is_not_told_again(book: Book) -> None:
    @signal("money.twice")
    def twice(money_billed: Column, money_grade: Column) -> Column:
        """Needs the same signal by two ways."""
        return Column(money_billed.values * money_grade.known)

    book.invoice(book.client("acme"), "2026-05-10")
    book.save()
    desk = Desk(book.store, publisher(twice, grade, step, billed))
    desk.evaluate()
    text = "\n".join(desk.explain("crm/Account/acme", "money.twice").lines())
    assert text.count("money.billed = 100 money (see above)") == 1
    assert text.count("due_date 2026-05-10") == 1


def test_what_the_store_says_goes_before_what_would_be_said_now(desk: Desk) -> None:
    book = Book(desk.store)
    book.add("invoice", "crm/invoice/late", "crm/Account/acme", total={"amount": "900", "currency": "GBP"})
    book.save()
    assert desk.explain("crm/Account/acme", "money.billed", AS_OF + days(1)).value == 120


def test_a_signal_never_stored_is_explained_from_scratch(book: Book) -> None:
    book.invoice(book.client("acme"), "2026-05-10", total="5.00")
    book.save()
    told = Desk(book.store, publisher(billed)).explain("crm/Account/acme", "money.billed")
    assert (told.value, told.as_of) == (5, None)


def test_a_fault_is_part_of_the_explanation(book: Book) -> None:
    @signal("bad.one")
    def bad(clients: Clients) -> Column:
        """Cannot."""
        raise RuntimeError(f"no luck with {len(clients)}")

    book.client("acme")
    book.save()
    told = Desk(book.store, publisher(bad)).explain("crm/Account/acme", "bad.one")
    assert told.value is None
    assert "RuntimeError: no luck" in told.reason
    assert "bad.one = unknown" in next(told.lines())


@pytest.mark.parametrize(
    ("subject", "name", "said"),
    [
        ("crm/Account/acme", "money.nothing", "no signal `money.nothing` is published"),
        ("crm/Account/nobody", "money.billed", "no client `crm/Account/nobody` is known"),
        ("crm/contract/404", "term.value", "no contract `crm/contract/404` is known"),
    ],
)
def test_asking_for_nothing_known_is_told(desk: Desk, subject: str, name: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        desk.explain(subject, name)
    assert caught.value.remedy
