"""Evaluations on real stores: what is written, what is not, and what a faulty plugin can and cannot spoil."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from core.clock import FixedClock
from core.errors import PluginError
from core.signals import Column, Context, Publisher, Signal, SignalOutcome, evaluate, signal
from core.signals.tables import Clients, Contracts, Invoices
from core.store import Store
from core.store.runs import read_runs
from core.store.tables import signal_history, signal_value
from tests.core.signals.book import AS_OF, FIRM, Book, Desk, NoSettings, by_name, days, dump, publisher


@signal("demo.invoices", unit="invoices", version="7")
def invoices_sent(invoices: Invoices) -> Column:
    """How many invoices the client has."""
    found = invoices.by_client.count()
    return Column(found, lambda i: f"{found[i]:.0f} invoices")


@signal("demo.doubled")
def doubled(demo_invoices: Column) -> Column:
    """Twice as many."""
    return Column(demo_invoices.values * 2, lambda i: f"twice {demo_invoices.reason(i)}")


@signal("demo.age", unit="days", keep="latest")
def age(clients: Clients, context: Context) -> Column:
    """Days since an arbitrary day: another value every day."""
    return Column(context.days_since(np.full(len(clients), "2026-01-01", "M8[D]")), "time passes")


@signal("demo.step", keep="nothing")
def step(demo_invoices: Column) -> Column:
    """A step on the way."""
    return Column(demo_invoices.values + 1)


@signal("demo.name", kind="text")
def name(clients: Clients) -> Column:
    """What the client is called."""
    return Column(clients.name, "as the CRM says")


@pytest.fixture
def desk(book: Book) -> Desk:
    acme = book.client("acme")
    book.client("bolt")
    book.invoice(acme, "2026-05-10")
    book.invoice(acme, "2026-05-11")
    book.save()
    return Desk(book.store, publisher(doubled, invoices_sent, age, step, name))


def count_rows(store: Store, signal_name: str) -> tuple[int, int]:
    """Rows in the value table and in the history."""
    with store.read() as conn:
        return (
            len(conn.execute(select(signal_value).where(signal_value.c.name == signal_name)).all()),
            len(conn.execute(select(signal_history).where(signal_history.c.name == signal_name)).all()),
        )


def test_values_and_reasons_are_stored(desk: Desk) -> None:
    desk.evaluate()
    assert desk.value("crm/Account/acme", "demo.invoices") == 2
    assert desk.value("crm/Account/bolt", "demo.invoices") == 0
    assert desk.reason("crm/Account/acme", "demo.doubled") == "twice 2 invoices"


def test_a_row_tells_version_configuration_and_time(desk: Desk) -> None:
    desk.evaluate()
    with desk.store.read() as conn:
        row = conn.execute(select(signal_value).where(signal_value.c.name == "demo.invoices")).first()
    assert row is not None
    assert (row.version, row.subject_type, row.as_of) == ("7", "client", "2026-06-15T07:30:00Z")
    assert len(row.config_hash) == 16


def test_steps_on_the_way_are_not_stored(desk: Desk) -> None:
    report = desk.evaluate()
    assert count_rows(desk.store, "demo.step") == (0, 0)
    assert by_name(report)["demo.step"].known == 2


def test_the_report_counts(desk: Desk) -> None:
    report = desk.evaluate()
    outcome = by_name(report)["demo.invoices"]
    assert (outcome.plugin, outcome.known, outcome.changed, outcome.fault) == ("demo", 2, 2, None)
    assert report.changed == 8
    assert report.faults == ()


def test_each_outcome_is_told_as_it_is_stored(desk: Desk) -> None:
    told: list[SignalOutcome] = []
    report = evaluate(desk.store, desk.publishers, FIRM, FixedClock(AS_OF), progress=told.append)
    assert tuple(told) == report.outcomes


def test_a_run_is_entered(desk: Desk) -> None:
    report = desk.evaluate()
    with desk.store.read() as conn:
        [run] = read_runs(conn, kind="signals")
    assert (run.id, run.state) == (report.run_id, "done")
    basis = run.facts.pop("basis")
    assert run.facts == {"as_of": "2026-06-15T07:30:00Z", "changed": 8, "faults": 0}
    assert (basis["begun"], len(basis["configuration"])) == ("2026-06-15T07:30:00Z", 16)


def test_a_second_evaluation_changes_nothing(desk: Desk) -> None:
    desk.evaluate()
    before = dump(desk.store)
    assert desk.evaluate().changed == 0
    assert dump(desk.store) == before


def test_only_changed_values_are_written(desk: Desk) -> None:
    desk.evaluate()
    book = Book(desk.store)
    book.add("invoice", "crm/invoice/new", "crm/Account/bolt", total={"amount": "1", "currency": "GBP"})
    book.save()
    report = desk.evaluate(AS_OF + days(1))
    assert {o.name: o.changed for o in report.outcomes if o.changed} == {
        "demo.invoices": 1,
        "demo.doubled": 1,
        "demo.age": 2,
    }
    assert desk.value("crm/Account/bolt", "demo.invoices") == 1


def test_what_is_replaced_moves_into_the_history(desk: Desk) -> None:
    desk.evaluate()
    book = Book(desk.store)
    book.add("invoice", "crm/invoice/new", "crm/Account/bolt", total={"amount": "1", "currency": "GBP"})
    book.save()
    desk.evaluate(AS_OF + days(1))
    with desk.store.read() as conn:
        [row] = conn.execute(select(signal_history).where(signal_history.c.name == "demo.invoices")).all()
    assert (row.subject_id, row.value, row.reason) == ("crm/Account/bolt", "0", "0 invoices")
    assert row.as_of == "2026-06-15T07:30:00Z"


def test_what_changes_every_day_keeps_no_history(desk: Desk) -> None:
    for day in range(3):
        desk.evaluate(AS_OF + days(day))
    assert count_rows(desk.store, "demo.age") == (2, 0)
    assert desk.value("crm/Account/acme", "demo.age") == 167


def test_a_value_that_did_not_outlive_its_instant_leaves_no_trace(desk: Desk) -> None:
    desk.evaluate()
    book = Book(desk.store)
    book.add("invoice", "crm/invoice/new", "crm/Account/bolt", total={"amount": "1", "currency": "GBP"})
    book.save()
    assert desk.evaluate().changed == 2
    assert count_rows(desk.store, "demo.invoices") == (2, 0)


def test_later_values_are_never_overwritten_by_earlier_ones(desk: Desk) -> None:
    desk.evaluate(AS_OF)
    book = Book(desk.store)
    book.add("invoice", "crm/invoice/new", "crm/Account/bolt", total={"amount": "1", "currency": "GBP"})
    book.save()
    desk.evaluate(AS_OF - days(10))
    assert desk.value("crm/Account/bolt", "demo.invoices") == 0


def test_unknown_takes_no_row_until_it_was_known(book: Book) -> None:
    client = book.client("acme", name="acme", tier="A")
    book.save()

    @signal("demo.tier", kind="text")
    def tier(clients: Clients) -> Column:
        """The tier."""
        return Column(clients.tier, "the CRM")

    desk = Desk(book.store, publisher(tier))
    desk.evaluate()
    book.add("client", client, None, name="acme", tier=None)
    book.save()
    desk.evaluate(AS_OF + days(1))
    assert desk.value(client, "demo.tier") is None
    book.client("bolt")
    book.save()
    desk.evaluate(AS_OF + days(2))
    assert count_rows(book.store, "demo.tier") == (1, 1)


def test_instants_are_cut_to_the_second(desk: Desk) -> None:
    report = desk.evaluate(AS_OF.replace(microsecond=999_999))
    assert report.as_of == AS_OF


def test_contracts_are_subjects_of_their_own(book: Book) -> None:
    @signal("term.number", kind="text", subject="contract")
    def number(contracts: Contracts) -> Column:
        """The contract's number."""
        return Column(contracts.number, "as written")

    contract = book.add("contract", None, book.client("acme"), number="C-1")
    book.save()
    desk = Desk(book.store, publisher(number))
    desk.evaluate()
    assert desk.value(contract, "term.number") == "C-1"
    with book.store.read() as conn:
        assert conn.execute(select(signal_value.c.subject_type)).scalars().all() == ["contract"]


# --- faults ---------------------------------------------------------------------------------------------------------


def raises(**_: Any) -> Column:
    raise ZeroDivisionError("so much for that")


def wrong(answer: Any) -> Callable[..., Any]:
    return lambda **_: answer


def faulty(compute: Callable[..., Any]) -> Signal:
    return Signal("bad.one", compute, {"clients": "clients"}, "Faulty.")


@pytest.mark.parametrize(
    ("compute", "said"),
    [
        (raises, "raised ZeroDivisionError: so much for that"),
        (wrong(None), "returned NoneType instead of a Column"),
        (wrong([1, 2]), "returned list instead of a Column"),
        (wrong(Column([1.0, 2.0])), "returned Column instead of a Column of an array"),  # type: ignore[arg-type]
        (wrong(Column(np.array([1.0]))), "returned 1 values for 2 subjects"),
        (wrong(Column(np.array([[1.0], [2.0]]))), "returned 2 values for 2 subjects"),
        (wrong(Column(np.array(["a", "b"], "O"))), "is declared number but returned an array of object"),
        (wrong(Column(np.zeros(2), lambda i: f"{1 / i}")), "raised ZeroDivisionError: division by zero"),
        (wrong(Column(np.zeros(2), ["only one"])), "raised IndexError"),
    ],
)
def test_a_faulty_signal_spoils_nothing_but_itself(desk: Desk, compute: Callable[..., Any], said: str) -> None:
    mixed = Desk(desk.store, *desk.publishers, publisher(faulty(compute), plugin="bad"))
    report = mixed.evaluate()
    [fault] = report.faults
    assert said in fault.what
    assert fault.where == "bad.bad.one"
    assert fault.facts["plugin"] == "bad"
    assert fault.remedy
    assert count_rows(desk.store, "bad.one") == (0, 0)
    assert desk.value("crm/Account/acme", "demo.doubled") == 4


def test_a_plugins_own_error_is_passed_on(desk: Desk) -> None:
    def compute(**_: Any) -> Column:
        raise PluginError("my rule cannot stand this", where="bad")

    [fault] = Desk(desk.store, publisher(faulty(compute), plugin="bad")).evaluate().faults
    assert fault.what == "my rule cannot stand this"


def test_who_needs_a_faulty_signal_sees_it_unknown(desk: Desk) -> None:
    @signal("good.two")
    def two(bad_one: Column) -> Column:
        """Takes what it gets."""
        return Column(np.nan_to_num(bad_one.values, nan=-1), bad_one.reason)

    mixed = Desk(desk.store, publisher(faulty(raises), plugin="bad"), publisher(two, plugin="good"))
    mixed.evaluate()
    assert mixed.value("crm/Account/acme", "good.two") == -1
    assert mixed.reason("crm/Account/acme", "good.two") == "bad.one could not be computed"


def test_a_faulty_signal_keeps_its_last_values(desk: Desk) -> None:
    good = Signal("bad.one", wrong(Column(np.ones(2), "fine")), {"clients": "clients"}, "Fine today.")
    Desk(desk.store, publisher(good, plugin="bad")).evaluate()
    later = Desk(desk.store, publisher(faulty(raises), plugin="bad"))
    later.evaluate(AS_OF + days(1))
    assert later.value("crm/Account/acme", "bad.one") == 1


def test_an_input_nobody_publishes_is_none_when_optional(desk: Desk) -> None:
    seen: list[Any] = []

    def compute(clients: Clients, extra: Column | None) -> Column:
        seen.append(extra)
        return Column(np.zeros(len(clients)))

    optional = Signal("a.b", compute, {"clients": "clients", "extra": "not.there"}, "D.", optional=frozenset({"extra"}))
    assert not Desk(desk.store, publisher(optional)).evaluate().faults
    assert seen == [None]


def test_a_signal_with_an_unknown_input_is_reported_and_the_rest_goes_on(desk: Desk) -> None:
    @signal("bad.two")
    def two(nothing_like_it: Column) -> Column:
        """Cannot be."""
        return nothing_like_it

    report = Desk(desk.store, *desk.publishers, publisher(two, plugin="bad")).evaluate()
    assert [fault.where for fault in report.faults] == ["bad.bad.two"]
    assert report.changed == 8


# --- the same from the same -----------------------------------------------------------------------------------------


def fill(store: Store, seed: int) -> None:
    """The same hundred clients with the same invoices, entered in another order."""
    rows = [(f"k{n % 97:02d}", f"2026-0{n % 5 + 1}-1{n % 9}", f"{n * 7 % 1000}.{n % 90 + 10}", n) for n in range(400)]
    book = Book(store)
    for key in random.Random(seed).sample(range(97), 97):
        book.client(f"k{key:02d}", tier="ABC"[key % 3])
    for owner, due, total, number in random.Random(seed).sample(rows, len(rows)):
        money = {"amount": total, "currency": "GBP"}
        book.add("invoice", f"crm/invoice/{number:05d}", f"crm/Account/{owner}", due_date=due, total=money)
    book.save()


@signal("demo.billed", unit="money")
def billed(invoices: Invoices) -> Column:
    """Sum of floats, which depends on the order unless somebody sees to it."""
    total = invoices.by_client.total(invoices.total)
    return Column(total, lambda i: f"{total[i]!r} in all")


def test_equal_inputs_give_equal_bytes(store: Store, twin: Store) -> None:
    for some, seed in ((store, 1), (twin, 2)):
        fill(some, seed)
        Desk(some, publisher(doubled, invoices_sent, billed, name)).evaluate()
    assert dump(store) == dump(twin)
    assert len(dump(store)) == 4 * 97


def test_both_databases_keep_the_same(each_store: Store, store: Store) -> None:
    for some in (each_store, store):
        fill(some, 3)
        desk = Desk(some, publisher(doubled, invoices_sent, billed, name))
        desk.evaluate()
        book = Book(some)
        book.client("late")
        book.add("invoice", "crm/invoice/x", "crm/Account/k00", total={"amount": "1", "currency": "GBP"})
        book.save()
        desk.evaluate(AS_OF + days(1))
    assert dump(each_store) == dump(store)


class Knob(NoSettings):
    """Settings with something to turn."""

    knob: int = 1


def stamp_of(store: Store) -> str:
    with store.read() as conn:
        return str(conn.execute(select(signal_value.c.config_hash).where(signal_value.c.name == "demo.name")).scalar())


@pytest.mark.parametrize(
    ("settings", "firm", "same"),
    [
        (Knob(knob=1), FIRM, True),
        (Knob(knob=2), FIRM, False),
        (Knob(knob=1), FIRM.model_copy(update={"currency": "EUR"}), False),
    ],
)
def test_the_configuration_hash_follows_the_configuration(
    book: Book, twin: Store, settings: Knob, firm: Any, same: bool
) -> None:
    for some, (knob, its_firm) in ((book.store, (Knob(knob=1), FIRM)), (twin, (settings, firm))):
        other = Book(some)
        other.client("acme")
        other.save()
        Desk(some, Publisher("demo", knob, [name]), firm=its_firm).evaluate()
    assert (stamp_of(book.store) == stamp_of(twin)) is same
