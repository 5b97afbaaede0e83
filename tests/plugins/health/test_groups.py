"""Parents and those below them: by hand, in circles, and against a slow way of doing the same."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from core.sdk import Column, Context, Signal, signal
from core.signals.tables import Clients
from plugins.health.groups import Groups, group_mean, group_worst
from tests.core.signals.book import Book, Desk, publisher
from tests.plugins.clinic import health_publisher
from tests.plugins.health.test_score import dial, tier_points


def texts(*words: str | None) -> Any:
    values = np.empty(len(words), "O")
    values[:] = words
    return values


@signal("fees.last_year", unit="money")
def fees(clients: Clients, context: Context) -> Column:
    """The fee a client's industry says: so a test can set it."""
    return Column(np.array([float(word) if word else np.nan for word in clients.industry]), f"as of {context.today}")


def book_of(book: Book, *clients: tuple[str, str | None, float, float | None], also: tuple[Signal, ...] = ()) -> Desk:
    """Clients by name, parent, points and fee."""
    for name, parent, points, fee in clients:
        above = f"crm/Account/{parent}" if parent else None
        book.client(name, parent_client_id=above, tier=str(points), industry=None if fee is None else str(fee))
    book.save()
    desk = Desk(book.store, health_publisher(dial()), publisher(tier_points, *also, plugin="test"))
    assert desk.evaluate().faults == ()
    return desk


FAMILY = (("top", None, 80, 100), ("left", "top", 60, 300), ("right", "top", 30, 100), ("leaf", "left", 90, 500))


@pytest.mark.parametrize(
    ("also", "mean"),
    [((fees,), (80 * 100 + 60 * 300 + 30 * 100 + 90 * 500) / 1000), ((), (80 + 60 + 30 + 90) / 4)],
)
def test_a_parent_is_shown_with_all_below_it(book: Book, also: tuple[Signal, ...], mean: float) -> None:
    desk = book_of(book, *FAMILY, also=also)
    assert desk.value("crm/Account/top", "group.health") == pytest.approx(mean, abs=0.5)
    assert desk.value("crm/Account/top", "group.lowest_health") == 30
    assert desk.reason("crm/Account/top", "group.lowest_health") == "right has the lowest score"
    assert desk.value("crm/Account/left", "group.lowest_health") == 60
    assert desk.value("crm/Account/top", "health.score") == 80  # its own stays its own
    assert desk.explain("crm/Account/leaf", "group.health").value is None  # nobody is below it


def test_where_a_fee_is_not_known_all_count_the_same(book: Book) -> None:
    desk = book_of(book, ("top", None, 80, 100), ("left", "top", 40, None), also=(fees,))
    assert desk.value("crm/Account/top", "group.health") == 60


def test_a_parent_known_by_another_systems_id_is_found(book: Book) -> None:
    top = book.client("top", tier="80")
    book.join("client", "hub/companies/7", top)
    book.client("left", parent_client_id="hub/companies/7", tier="40")
    book.save()
    desk = Desk(book.store, health_publisher(dial()), publisher(tier_points, plugin="test"))
    desk.evaluate()
    assert desk.value(top, "group.health") == 60


@pytest.mark.parametrize(
    ("parents", "rows"),
    [
        (("b", None), [1, -1]),
        (("a", None), [-1, -1]),  # its own parent
        (("b", "a"), [-1, -1]),  # each other's
        (("b", "c", "b"), [1, -1, -1]),  # below a circle, not in it
        (("gone", None), [-1, -1]),
    ],
)
def test_circles_and_strangers_are_no_parents(parents: tuple[str | None, ...], rows: list[int]) -> None:
    ids = texts(*"abc"[: len(parents)])
    assert Groups.of(ids, texts(*parents)).parents.tolist() == rows


@pytest.mark.parametrize("seed", range(6))
def test_the_columns_agree_with_one_client_after_the_other(seed: int) -> None:
    dice = random.Random(seed)
    size = 40
    parents = [None if dice.random() < 0.3 else f"k{dice.randrange(size)}" for _ in range(size)]
    scores = np.array([np.nan if dice.random() < 0.2 else dice.randrange(101) for _ in range(size)], "f8")
    paid = np.array([dice.randrange(1, 9) for _ in range(size)], "f8")
    groups = Groups.of(texts(*(f"k{at}" for at in range(size))), texts(*parents))
    mean, _ = group_mean(scores, paid, groups)
    worst = group_worst(scores, groups)
    above = groups.parents.tolist()
    for row in range(size):
        members = [at for at in range(size) if row in line(above, at)]
        known = [at for at in members if not np.isnan(scores[at])]
        if len(members) < 2 or not known:
            assert np.isnan(mean[row])
            assert worst[row] == -1
            continue
        assert mean[row] == pytest.approx(np.average(scores[known], weights=paid[known]))
        assert worst[row] == min(known, key=lambda at: (scores[at], at))


def line(parents: list[int], row: int) -> list[int]:
    """A client and all above it."""
    found = [row]
    while parents[found[-1]] >= 0:
        found.append(parents[found[-1]])
    return found
