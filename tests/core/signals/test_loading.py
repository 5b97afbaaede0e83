"""Record tables out of a real store: what is in them, in which order, and whose it is."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from core.model import RECORD_TYPES
from core.signals.loading import Tables
from core.signals.tables import (
    TABLES,
    ClientRecords,
    Clients,
    Contracts,
    Interactions,
    Invoices,
    Referrals,
    Subscriptions,
    Table,
    Tickets,
    Users,
)
from core.store import Store
from tests.core.signals.book import Book

T = Callable[[Tables], Any]


def read(store: Store, ask: T, only: str | None = None) -> Any:
    """Ask the tables of a store something."""
    with store.read() as conn:
        return ask(Tables(conn, only))


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_every_column_is_a_field_of_the_model(table: type[Table]) -> None:
    fields = RECORD_TYPES[table.record_type].model_fields
    paths = {field.path.partition(".")[0] for field in table.declared()}
    assert paths <= set(fields)


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_an_empty_store_gives_empty_tables(store: Store, table: type[Table]) -> None:
    found: Table = read(store, lambda tables: tables.table(table))
    assert len(found) == 0
    assert all(len(getattr(found, field.name)) == 0 for field in table.declared())


def test_values_come_in_columns(book: Book) -> None:
    acme = book.client("acme")
    book.invoice(acme, "2026-05-10", paid="2026-05-20", total="1234.50", number="INV-1", currency="EUR")
    book.save()
    table: Invoices = read(book.store, lambda tables: tables.table(Invoices))
    assert table.number.tolist() == ["INV-1"]
    assert table.total.tolist() == [1234.5]
    assert table.amount_due.tolist() == [0]
    assert table.currency.tolist() == ["EUR"]
    assert table.due_date.astype(str).tolist() == ["2026-05-10"]
    assert table.paid_at.astype(str).tolist() == ["2026-05-20T12:00:00"]


def test_absent_and_null_are_unknown(book: Book) -> None:
    acme = book.client("acme")
    book.add("invoice", None, acme, total={"amount": "1", "currency": "GBP"})
    book.add(
        "invoice", None, acme, total={"amount": "1", "currency": "GBP"}, due_date=None, amount_due=None, number=None
    )
    book.save()
    table: Invoices = read(book.store, lambda tables: tables.table(Invoices))
    assert np.isnat(table.due_date).all()
    assert np.isnan(table.amount_due).all()
    assert table.number.tolist() == [None, None]


@pytest.mark.parametrize(
    ("said", "active"),
    [({}, True), ({"is_active": True}, True), ({"is_active": False}, False), ({"is_active": None}, True)],
)
def test_a_flag_knows_what_its_absence_means(book: Book, said: dict[str, Any], active: bool) -> None:
    book.add("user", "crm/User/1", None, name="Ann", **said)
    book.save()
    assert read(book.store, lambda tables: tables.table(Users).is_active.tolist()) == [active]


def test_instants_keep_seconds_and_lose_their_fractions(book: Book) -> None:
    book.talk(book.client("acme"), "2026-06-01T10:11:12.987654Z")
    book.save()
    found = read(book.store, lambda tables: tables.table(Interactions).started_at.astype(str).tolist())
    assert found == ["2026-06-01T10:11:12"]


def test_only_live_records_are_read(book: Book) -> None:
    acme = book.client("acme")
    book.invoice(acme, "2026-05-10", gone="deleted")
    kept = book.invoice(acme, "2026-05-11")
    book.save()
    assert read(book.store, lambda tables: tables.table(Invoices).ids) == [kept]


def test_rows_know_the_row_of_their_client(book: Book) -> None:
    acme, bolt = book.client("acme"), book.client("bolt")
    book.invoice(bolt, "2026-05-10")
    book.invoice(acme, "2026-05-11")
    book.save()
    assert read(book.store, lambda tables: tables.table(Invoices).client.tolist()) == [1, 0]


def test_a_joined_client_brings_its_records_along(book: Book) -> None:
    acme = book.client("acme")
    book.join("client", "books/customers/ACME", acme)
    book.invoice("books/customers/ACME", "2026-05-10")
    book.save()
    assert read(book.store, lambda tables: tables.table(Invoices).client.tolist()) == [0]


def test_records_of_nobody_and_of_gone_clients_belong_to_no_row(book: Book) -> None:
    book.client("acme")
    book.client("former", gone="deleted")
    book.invoice("crm/Account/former", "2026-05-10")
    book.invoice("crm/Account/unheard-of", "2026-05-11")
    book.add("invoice", None, None, total={"amount": "1", "currency": "GBP"})
    book.save()
    table: Invoices = read(book.store, lambda tables: tables.table(Invoices))
    assert table.client.tolist() == [-1, -1, -1]
    assert not table.linked.any()
    assert table.by_client.count().tolist() == [0]


def test_a_referral_belongs_to_the_client_who_made_it(book: Book) -> None:
    acme, bolt = book.client("acme"), book.client("bolt")
    book.join("client", "books/customers/BOLT", bolt)
    book.add(
        "referral",
        None,
        None,
        referrer_id="books/customers/BOLT",
        referred_client_id=acme,
        received_at="2026-01-01T00:00:00Z",
    )
    book.save()
    assert read(book.store, lambda tables: tables.table(Referrals).client.tolist()) == [1]


@pytest.mark.parametrize(
    ("data", "own"),
    [
        ({}, False),
        ({"external_key": "renewal:c:30"}, True),
        ({"subject": "[Inlay] Call acme: At Risk"}, True),
        ({"subject": "About [Inlay] and more"}, False),
        ({"external_key": ""}, False),
    ],
)
def test_what_inlay_wrote_is_known(book: Book, data: dict[str, Any], own: bool) -> None:
    book.talk(book.client("acme"), "2026-06-01", **data)
    book.save()
    assert read(book.store, lambda tables: tables.table(Interactions).by_inlay.tolist()) == [own]


def test_rows_are_sorted_by_id_whatever_came_first(store: Store, twin: Store) -> None:
    keys = [f"k{number:03d}" for number in range(60)]
    for some, seed in ((store, 1), (twin, 2)):
        book = Book(some)
        for key in random.Random(seed).sample(keys, len(keys)):
            book.client(key, tier=key[-1])
        book.save()
    first, second = (read(some, lambda tables: tables.clients) for some in (store, twin))
    assert first.ids == second.ids == [f"crm/Account/{key}" for key in keys]
    assert first.tier.tolist() == second.tier.tolist() == [key[-1] for key in keys]


def test_more_records_than_one_batch_are_read_whole(book: Book) -> None:
    for number in range(1203):
        book.client(f"k{number:04d}", number_of_employees=number)
    book.save()
    assert read(book.store, lambda tables: tables.clients.name.tolist()) == [f"k{number:04d}" for number in range(1203)]


def test_a_table_is_read_once(book: Book) -> None:
    book.client("acme")
    book.save()
    assert read(book.store, lambda tables: tables.clients is tables.table(Clients))


def test_one_client_alone_has_its_own_records_only(book: Book) -> None:
    acme, bolt = book.client("acme"), book.client("bolt")
    book.join("client", "books/customers/ACME", acme)
    mine = [book.invoice(acme, "2026-05-10"), book.invoice("books/customers/ACME", "2026-05-11")]
    book.invoice(bolt, "2026-05-12")
    book.save()
    table: Invoices = read(book.store, lambda tables: tables.table(Invoices), only=acme)
    assert table.ids == mine
    assert table.client.tolist() == [0, 0]


def test_fields_read_are_remembered_until_forgotten(book: Book) -> None:
    book.invoice(book.client("acme"), "2026-05-10")
    book.save()

    def ask(tables: Tables) -> tuple[set[str], set[str]]:
        table = tables.table(Invoices)
        _ = table.total, table.due_date
        before = set(table.read_fields)
        tables.forget_reads()
        return before, set(table.read_fields)

    assert read(book.store, ask) == ({"total.amount", "due_date"}, set())


def test_source_ids_resolve_to_golden_ones(book: Book) -> None:
    book.join("user", "marketing/owners/7", "crm/User/1")
    book.save()
    found = read(book.store, lambda tables: tables.resolve("user", ["marketing/owners/7", "crm/User/2", None]))
    assert found == ["crm/User/1", "crm/User/2", None]


@pytest.mark.parametrize("table", [Contracts, Subscriptions, Tickets])
def test_other_tables_have_clients_too(table: type[ClientRecords]) -> None:
    assert issubclass(table, ClientRecords)
    assert TABLES[table.table_name] is table


def test_both_databases_give_the_same_tables(each_store: Store) -> None:
    book = Book(each_store)
    for key in ("Zeta", "alpha", "Ärger", "beta", "_x"):  # databases sort these in different ways
        book.invoice(book.client(key), "2026-05-10", total="10.10")
    book.save()
    clients: Clients = read(each_store, lambda tables: tables.clients)
    invoices: Invoices = read(each_store, lambda tables: tables.table(Invoices))
    assert clients.name.tolist() == ["Zeta", "_x", "alpha", "beta", "Ärger"]
    assert [clients.name[row] for row in invoices.client] == ["Zeta", "alpha", "Ärger", "beta", "_x"]
