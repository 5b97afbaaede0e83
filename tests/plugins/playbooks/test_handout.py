"""How a day's work is handed out: never more than the budget, nothing left out, and no place that changes later."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from plugins.playbooks.handout import Item, Place, hand_out

MONDAY = date(2026, 6, 15)


def next_day(day: date) -> date:
    """The next day that is worked."""
    return day + timedelta(days=3 if day.weekday() == 4 else 1)


def item(key: str, day: date = MONDAY, hour: int = 8, owner: str = "ann", urgency: int = 1) -> Item:
    """One step that fell due."""
    at = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    return Item(day, at, (urgency, 0, key), owner, key)


def forms(items: list[Item], budget: int) -> dict[str, str]:
    """The form of each item, and the day where it is another one."""
    places = hand_out(items, budget, next_day)
    return {
        one.key: places[one.key].form + ("" if places[one.key].day == one.day else f" on {places[one.key].day}")
        for one in items
    }


def test_what_fits_is_handed_out_by_itself() -> None:
    assert forms([item("a"), item("b")], 3) == {"a": "task", "b": "task"}


def test_what_does_not_fit_comes_in_one_digest_the_most_urgent_by_itself() -> None:
    items = [item("a"), item("b", urgency=0), item("c"), item("d")]
    assert forms(items, 3) == {"b": "task", "a": "digest", "c": "digest", "d": "digest"}


def test_what_comes_on_a_full_day_waits_for_the_next_working_day() -> None:
    friday = MONDAY + timedelta(days=4)
    items = [item("a", friday), item("b", friday), item("c", friday, 12), item("d", friday, 16)]
    late = "late digest on 2026-06-22"
    assert forms(items, 3) == {"a": "task", "b": "task", "c": late, "d": late}


def test_what_belongs_to_nobody_is_not_counted() -> None:
    assert set(forms([item(key, owner="") for key in "abcdef"], 2).values()) == {"task"}


def test_everybody_has_a_budget_of_his_own() -> None:
    items = [item("a"), item("b"), item("c", owner="bob"), item("d", owner="bob")]
    assert set(forms(items, 3).values()) == {"task"}


def some_items(seed: int) -> list[Item]:
    """Two weeks of steps for two people, some of them at once."""
    chance = random.Random(seed)
    days = [MONDAY + timedelta(days=at) for at in range(12) if at % 7 < 5]
    return [
        item(f"i{at:03d}", chance.choice(days), chance.choice((8, 12, 16)), chance.choice(("ann", "bob")), at % 3)
        for at in range(chance.randrange(90))
    ]


@pytest.mark.parametrize("budget", [2, 3, 5])
def test_nobody_gets_more_than_the_budget_and_nothing_is_left_out(budget: int) -> None:
    for seed in range(60):
        items = some_items(seed)
        places = hand_out(items, budget, next_day)
        assert set(places) == {one.key for one in items}
        assert max([0, *tasks_per_day(items, places).values()]) <= budget
        for one in items:
            late = places[one.key].form == "late digest"
            assert places[one.key].day == (next_day(one.day) if late else one.day)


def tasks_per_day(items: list[Item], places: dict[str, Place]) -> Counter[tuple[str, date]]:
    """How many tasks each person gets each day, a digest being one."""
    tasks = {
        (one.owner, places[one.key].day, one.key if places[one.key].form == "task" else places[one.key].form)
        for one in items
    }
    return Counter((owner, day) for owner, day, _ in tasks)


def test_no_place_changes_when_more_comes_or_older_days_are_forgotten() -> None:
    for seed in range(60):
        items = some_items(seed)
        whole = hand_out(items, 3, next_day)
        for now in sorted({one.at for one in items}):
            so_far = hand_out([one for one in items if one.at <= now], 3, next_day)
            assert so_far == {key: whole[key] for key in so_far}
            lately = hand_out([one for one in items if one.day >= now.date()], 3, next_day)
            assert lately == {key: whole[key] for key in lately}
