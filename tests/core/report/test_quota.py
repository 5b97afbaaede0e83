"""What a plan needs of each system's calls, against what is left of its day."""

from __future__ import annotations

import pytest

from core.ledger import Plan
from core.report.quota import Need, needs
from tests.core.ledger.world import World
from tests.doubles.crm import MemoryCrm

PLAN = Plan("plan-1", (), calls={"crm": {"apply": 3, "needs approval": 2}})


def told(crm: MemoryCrm, **meters: int) -> None:
    for name, used in meters.items():
        crm.context.budgets.learn(name.replace("_", " "), used, 100)


def the_need(world: World) -> Need:
    (need,) = needs(PLAN, world.setups)
    return need


def test_a_system_that_never_told_is_said_to_have_told_nothing(world: World, crm: MemoryCrm) -> None:
    assert crm.name == "crm"
    need = the_need(world)
    assert (need.calls, need.left, need.is_short) == (5, None, False)
    assert need.sentence == "crm has not told yet how many calls it allows a day"


def test_what_is_left_of_the_day_is_told_and_short_windows_do_not_count(world: World, crm: MemoryCrm) -> None:
    told(crm, day=40, ten_seconds=99)
    need = the_need(world)
    assert (need.used, need.allowed, need.left) == (40, 100, 60)
    assert need.sentence == "crm: 60 of 100 calls are left today"


def test_of_two_budgets_of_a_day_the_tighter_one_counts(world: World, crm: MemoryCrm) -> None:
    crm.context.budgets.learn("day", 10, 1000)
    crm.context.budgets.learn("day (this app)", 90, 100)
    assert the_need(world).left == 10


@pytest.mark.parametrize(("used", "short"), [(95, False), (96, True), (120, True)])
def test_a_day_that_does_not_do_for_the_plan_is_short(world: World, crm: MemoryCrm, used: int, short: bool) -> None:
    told(crm, day=used)
    need = the_need(world)
    assert need.is_short is short
    assert ("too few for this plan" in need.sentence) is short
    assert need.facts()["left"] == max(100 - used, 0)


def test_connections_that_the_plan_does_not_call_are_left_out(world: World, crm: MemoryCrm) -> None:
    assert crm.name == "crm"
    assert needs(Plan("plan-2", ()), world.setups) == []
