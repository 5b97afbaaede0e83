"""Books too large for one piece, books of which little changed, and signals that compare clients."""

from __future__ import annotations

import random
from datetime import timedelta
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from core.clock import FixedClock
from core.errors import ConfigError
from core.signals import Column, Context, arrange, evaluate, signal
from core.signals.preview import Setting, preview
from core.signals.tables import Clients, Contracts, Invoices, Referrals
from core.store import Store
from tests.core.signals.book import AS_OF, FIRM, Book, Desk, by_name, days, dump, publisher

evaluate_module = import_module("core.signals.evaluate")  # the package has a function of the same name


@signal("demo.paid", unit="money")
def paid(invoices: Invoices) -> Column:
    """What the client was billed."""
    total = invoices.by_client.total(invoices.total)
    return Column(total, lambda i: f"{total[i]:.0f} billed, last {invoices.number[-1] if total[i] > 400 else 'small'}")


@signal("demo.sent", unit="clients")
def sent(referrals: Referrals) -> Column:
    """How many clients this one sent."""
    return Column(referrals.by_client.count(), "as the referrals say")


@signal("demo.open", kind="flag", subject="contract")
def runs(contracts: Contracts) -> Column:
    """Whether a contract is active."""
    return Column(contracts.status == "active", "as it says")


@signal("demo.rank", across=True)
def rank(demo_paid: Column, context: Context) -> Column:
    """Place of the client by what it was billed."""
    order = np.argsort(-demo_paid.values, kind="stable")
    places = np.empty(len(order))
    places[order] = np.arange(1, len(order) + 1)
    return Column(places, f"of {len(places)} clients on {context.today}")


@signal("demo.all", unit="money", subject="firm")
def whole(demo_paid: Column) -> Column:
    """What all clients were billed."""
    return Column(np.array([demo_paid.values.sum()]), f"{len(demo_paid)} clients")


@signal("demo.share", unit="share")
def part(demo_paid: Column, demo_all: Column) -> Column:
    """The client's share of all: it needs a figure of the firm, so it compares clients too."""
    return Column(demo_paid.values / demo_all.values[0], "of all")


SEVEN = {"amount": "7.00", "currency": "GBP"}
SIGNALS = publisher(paid, sent, runs, rank, whole, part)


def fill(book: Book, clients: int = 23, seed: int = 1) -> None:
    """Clients with invoices, contracts and referrals; some known by another system's id too."""
    dice = random.Random(seed)
    for number in range(clients):
        client = book.client(f"k{number:02d}")
        known_as = client
        if number % 3 == 0:
            known_as = f"{'aaa/Company' if number % 2 else 'crm/Account'}/k{number:02d}x"
            book.join("client", known_as, client)
        for _ in range(dice.randrange(4)):
            book.invoice(
                dice.choice([client, known_as]), "2026-05-10", total=f"{dice.randrange(1, 500)}.00", number="N"
            )
        book.add("contract", None, known_as, status=dice.choice(["active", "expired"]))
        book.add("referral", None, None, referrer_id=known_as, referred_client_id=client)
    book.save()


@pytest.mark.parametrize("size", [1, 7, 22, 23])
def test_a_book_in_shares_gives_the_same_as_in_one_piece(
    store: Store, twin: Store, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    for some in (store, twin):
        fill(Book(some))
    whole_book = Desk(store, SIGNALS).evaluate()
    monkeypatch.setattr(evaluate_module, "SHARE", size)
    shares = Desk(twin, SIGNALS).evaluate()
    assert dump(store) == dump(twin)
    assert by_name(whole_book).keys() == by_name(shares).keys()
    for name, outcome in by_name(shares).items():
        assert (outcome.known, outcome.changed) == (by_name(whole_book)[name].known, by_name(whole_book)[name].changed)


def test_so_it_does_a_day_later_and_on_both_databases(
    each_store: Store, twin: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for some in (each_store, twin):
        fill(Book(some))
    Desk(twin, SIGNALS).evaluate()
    monkeypatch.setattr(evaluate_module, "SHARE", 4)
    Desk(each_store, SIGNALS).evaluate()
    for some in (each_store, twin):
        book = Book(some)
        for number in range(0, 23, 2):
            book.invoice(f"crm/Account/k{number:02d}", "2026-06-10", total="33.00")
        book.save()
        Desk(some, SIGNALS).evaluate(AS_OF + days(1))
    assert dump(each_store) == dump(twin)


def test_a_field_that_only_a_later_share_reads_is_read(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of an invoice is asked for only where much was billed; the first share has no such client."""
    monkeypatch.setattr(evaluate_module, "SHARE", 1)
    small, large = book.client("a"), book.client("b")
    book.invoice(small, "2026-05-10", total="10.00", number="S-1")
    book.invoice(large, "2026-05-10", total="900.00", number="L-1")
    book.save()
    desk = Desk(book.store, SIGNALS)
    assert desk.evaluate().faults == ()
    assert desk.reason(large, "demo.paid") == "900 billed, last L-1"


def test_a_signal_that_fails_in_one_share_is_unknown_to_those_that_compare(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    @signal("demo.paid")
    def fails(clients: Clients) -> Column:
        """Fails for one client."""
        if "crm/Account/b" in clients.ids:
            raise RuntimeError("no")
        return Column(np.ones(len(clients)))

    monkeypatch.setattr(evaluate_module, "SHARE", 1)
    book.client("a")
    book.client("b")
    book.save()
    desk = Desk(book.store, publisher(fails, whole))
    report = desk.evaluate()
    assert [fault.what for fault in report.faults] == ["signal `demo.paid` raised RuntimeError: no"]
    assert ("firm", "demo.all") not in desk._stored()


# --- comparing clients ----------------------------------------------------------------------------------------------


def test_what_compares_clients_is_known_and_explained(book: Book) -> None:
    fill(book)
    desk = Desk(book.store, SIGNALS)
    desk.evaluate()
    ranks = {value for (_, name), (value, _) in desk._stored().items() if name == "demo.rank"}
    assert ranks == set(range(1, 24))
    assert desk.reason("firm", "demo.all") == "23 clients"
    told = desk.explain("crm/Account/k01", "demo.share")
    assert told.value == desk.value("crm/Account/k01", "demo.share")
    assert {below.name for below in told.inputs} == {"demo.paid", "demo.all"}
    figure = desk.explain("firm", "demo.all")
    assert (figure.value, figure.unit) == (desk.value("firm", "demo.all"), "money")
    assert next(iter(figure.lines())).startswith("demo.all = ")


def test_what_compares_clients_may_not_look_at_records() -> None:
    @signal("demo.wrong", subject="firm")
    def wrong(invoices: Invoices, demo_paid: Column) -> Column:
        """Looks at records of all clients."""
        return Column(np.array([float(len(invoices) + len(demo_paid))]))

    arrangement = arrange([publisher(paid, wrong)])
    [fault] = arrangement.faults
    assert fault.what == "signal `demo.wrong` compares clients and looks at the records `invoices` too"
    assert "demo.wrong" not in arrangement.signals


# --- what changed ---------------------------------------------------------------------------------------------------


def again(desk: Desk, later: timedelta) -> Any:
    """Evaluate what changed since the last time."""
    clock = FixedClock(AS_OF + later)
    return evaluate(desk.store, desk.publishers, FIRM, clock, only_changed=True)


CHANGES: dict[str, Any] = {
    "an invoice": lambda book: book.add("invoice", "crm/invoice/new", "crm/Account/k04", total=SEVEN),
    "an invoice under another id": lambda book: book.add("invoice", "crm/invoice/new", "crm/Account/k06x", total=SEVEN),
    "a new client": lambda book: book.client("k99"),
    "a referral": lambda book: book.add(
        "referral", "crm/referral/new", None, referrer_id="crm/Account/k05", referred_client_id="crm/Account/k06"
    ),
    "a client joined into another": lambda book: book.join("client", "crm/Account/k07y", "crm/Account/k07"),
    "nothing": lambda _book: None,
}


@pytest.mark.parametrize("change", CHANGES)
def test_looking_only_at_what_changed_finds_all_of_it(
    store: Store, twin: Store, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    each = publisher(paid, sent, runs)
    desks = [Desk(some, each) for some in (store, twin)]
    for desk in desks:
        fill(Book(desk.store))
        desk.evaluate()
        monkeypatch.setattr("tests.core.signals.book.SYNCED", "2026-06-15T09:00:00Z")
        book = Book(desk.store)
        CHANGES[change](book)
        book.save()
        monkeypatch.undo()
    few = again(desks[0], timedelta(hours=2))
    full = desks[1].evaluate(AS_OF + timedelta(hours=2))
    assert few.changed == full.changed
    assert (few.changed > 0) == (change not in ("nothing", "a client joined into another"))
    assert [row[:-1] for row in dump(store)] == [row[:-1] for row in dump(twin)]
    assert sum(outcome.known for outcome in few.outcomes) < sum(outcome.known for outcome in full.outcomes)


@pytest.mark.parametrize(("later", "known"), [(timedelta(hours=2), 0), (days(1), 23), (-timedelta(hours=1), 23)])
def test_on_another_day_everything_is_looked_at(book: Book, later: timedelta, known: int) -> None:
    fill(book)
    desk = Desk(book.store, publisher(paid))
    desk.evaluate()
    assert sum(outcome.known for outcome in again(desk, later).outcomes) == known


def test_under_another_configuration_everything_is_looked_at(book: Book) -> None:
    fill(book)
    Desk(book.store, publisher(paid)).evaluate()
    assert by_name(again(Desk(book.store, publisher(paid, sent)), timedelta(hours=2)))["demo.sent"].known == 23


# --- before it is published -----------------------------------------------------------------------------------------


def test_a_preview_counts_pairs_and_stores_nothing(book: Book) -> None:
    @signal("demo.paid")
    def doubled(invoices: Invoices) -> Column:
        """Twice as much for those that were billed."""
        return Column(2 * invoices.by_client.total(invoices.total), "doubled")

    fill(book)
    before = dump(book.store)
    old, new = (Setting((publisher(one),), FIRM) for one in (paid, doubled))
    found = preview(book.store, "demo.paid", old, new, AS_OF)
    assert found.clients == 23
    assert all(one.new == 2 * one.old and one.why_new == "doubled" for one in found.moved)
    assert found.count(0, 0) + len(found.moved) == 23
    assert dump(book.store) == before


@pytest.mark.parametrize("name", ["demo.nothing", "demo.rank", "demo.all", "demo.open"])
def test_only_signals_of_single_clients_can_be_previewed(book: Book, name: str) -> None:
    setting = Setting((SIGNALS,), FIRM)
    with pytest.raises(ConfigError, match="is not a signal that is computed client by client"):
        preview(book.store, name, setting, setting, AS_OF)
