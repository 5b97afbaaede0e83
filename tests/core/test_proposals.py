"""Proposals: their keys, and the portfolio that plugins decide by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import PluginError
from core.proposals import KEY_LENGTH, Portfolio, open_desk, proposal_key
from core.signals import Column, Publisher, arrange, signal
from core.signals.tables import Clients, Invoices
from core.store import Store
from tests.core.signals.book import AS_OF, FIRM, Book, Desk, NoSettings, publisher
from tests.core.signals.conftest import book, migrated_file, store

LAW = settings(max_examples=40, deadline=None)  # a slow machine breaks no law

__all__ = ["book", "migrated_file", "store"]


@signal("demo.count", unit="invoices")
def count(invoices: Invoices) -> Column:
    """How many invoices."""
    return Column(invoices.by_client.count(), "counted")


@signal("demo.step", keep="nothing")
def step(clients: Clients) -> Column:
    """A step."""
    return Column(np.zeros(len(clients)))


def ask(store: Store, question: Callable[[Portfolio], Any], *publishers: Publisher) -> Any:
    """Ask the portfolio something."""
    arrangement = arrange(publishers or [publisher(count, step)])
    with open_desk(store, arrangement, FIRM, AS_OF.replace(microsecond=5)) as desk:
        return question(desk.portfolio)


@pytest.mark.parametrize(
    ("parts", "key"),
    [
        (("renewal", "crm/Contract/8001", "30"), "renewal:crm/Contract/8001:30"),
        (("health", "at-risk", "c/a/1", "2026-06"), "health:at-risk:c/a/1:2026-06"),
        (("x" * KEY_LENGTH,), "x" * KEY_LENGTH),
    ],
)
def test_a_short_key_is_readable(parts: tuple[str, ...], key: str) -> None:
    assert proposal_key(*parts) == key


def test_a_long_key_fits_and_stays_the_same_for_ever() -> None:
    key = proposal_key("renewal", "books/contracts.csv/" + "A" * 90, "30")
    assert len(key) == KEY_LENGTH
    assert key == "renewal:books/contracts.csv/" + "A" * 31 + "~2c85f02586f57e1e02e6"


@LAW
@given(st.lists(st.text(min_size=1, max_size=120), min_size=1, max_size=4))
def test_every_key_fits(parts: list[str]) -> None:
    assert len(proposal_key(*parts)) <= KEY_LENGTH


@LAW
@given(st.text(min_size=60, max_size=200), st.text(min_size=60, max_size=200))
def test_different_long_keys_stay_different(one: str, other: str) -> None:
    assert (proposal_key("renewal", one) == proposal_key("renewal", other)) is (one == other)


def test_the_portfolio_shows_clients_and_stored_signals(book: Book) -> None:
    acme = book.client("acme")
    book.client("bolt")
    book.invoice(acme, "2026-05-10")
    book.save()
    Desk(book.store, publisher(count)).evaluate()
    book.invoice(acme, "2026-05-11")
    book.save()
    assert ask(book.store, lambda portfolio: portfolio.clients.name.tolist()) == ["acme", "bolt"]
    assert ask(book.store, lambda portfolio: portfolio.signal("demo.count").values.tolist()) == [1, 0]
    assert ask(book.store, lambda portfolio: portfolio.signal("demo.count").reason(0)) == "counted"
    assert ask(book.store, lambda portfolio: len(portfolio.table(Invoices))) == 2


def test_a_signal_is_read_once(book: Book) -> None:
    book.client("acme")
    book.save()
    assert ask(book.store, lambda portfolio: portfolio.signal("demo.count") is portfolio.signal("demo.count"))


@pytest.mark.parametrize("name", ["demo.cuont", "demo.step"])
def test_a_signal_that_is_not_kept_cannot_be_asked_for(book: Book, name: str) -> None:
    with pytest.raises(PluginError, match=name):
        ask(book.store, lambda portfolio: portfolio.signal(name))


PEOPLE = {"ann": True, "bob": True, "eve": False}


@pytest.mark.parametrize(
    ("manager", "owner", "assignee"),
    [
        ("ann", "bob", "crm/User/ann"),
        (None, "bob", "crm/User/bob"),
        ("eve", "bob", "crm/User/bob"),  # eve has left
        ("eve", "eve", None),
        ("nobody-knows", "bob", "crm/User/bob"),
        (None, None, None),
    ],
)
def test_work_goes_to_somebody_who_still_works_here(
    book: Book, manager: str | None, owner: str | None, assignee: str | None
) -> None:
    for name, works in PEOPLE.items():
        book.add("user", f"crm/User/{name}", None, name=name, is_active=works)
    said = {"account_manager_id": manager, "owner_id": owner}
    book.client("acme", **{field: f"crm/User/{who}" for field, who in said.items() if who})
    book.save()
    assert ask(book.store, lambda portfolio: portfolio.assignees()) == [assignee]


def test_people_known_to_several_systems_are_one(book: Book) -> None:
    book.add("user", "crm/User/ann", None, name="Ann")
    book.join("user", "marketing/owners/7", "crm/User/ann")
    book.client("acme", owner_id="marketing/owners/7")
    book.save()
    assert ask(book.store, lambda portfolio: portfolio.assignees()) == ["crm/User/ann"]


def test_other_choices_of_people_go_first(book: Book) -> None:
    book.add("user", "crm/User/ann", None, name="Ann")
    book.save()
    found = ask(book.store, lambda p: p.assignees(["crm/User/x", None], ["crm/User/ann", "crm/User/ann"]))
    assert found == ["crm/User/ann", "crm/User/ann"]


def test_the_context_is_the_plugins_own(book: Book) -> None:
    settings = NoSettings()
    with open_desk(book.store, arrange([publisher(count)]), FIRM, AS_OF.replace(microsecond=5)) as desk:
        context = desk.context(settings)
    assert context.settings is settings
    assert context.as_of == AS_OF
    assert context.today.isoformat() == "2026-06-15"
