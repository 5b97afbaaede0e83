"""Caps: so many operations per plugin and run, so many new tasks per owner and day."""

from __future__ import annotations

from collections import Counter
from zoneinfo import ZoneInfo

import pytest

from core.ledger import PlanRules, PluginRules
from core.ledger.caps import capped
from core.ledger.operations import Operation
from tests.core.ledger.world import World, task

CAP = "blocked: cap of 2 tasks per owner and day"


def change(number: int, plugin: str = "health", verdict: str = "apply") -> Operation:
    return Operation(
        id=str(number), kind="set_field", connection="crm", stream="Account", plugin=plugin, verdict=verdict
    )


def test_operations_beyond_a_plugins_cap_are_blocked() -> None:
    rules = PlanRules(plugins={"health": PluginRules("auto", 2)}, default=PluginRules("auto", 9))
    given = [change(1), change(2, "other"), change(3), change(4), change(5, "other")]
    assert [one.verdict for one in capped(given, rules, Counter())] == [
        "apply", "apply", "apply", "blocked: cap of 2 operations per run for health", "apply",
    ]  # fmt: skip


def test_what_does_not_go_anyway_does_not_count() -> None:
    rules = PlanRules(default=PluginRules("auto", 1))
    given = [change(1, verdict="observed"), change(2, verdict="blocked: edited by a person"), change(3)]
    assert [one.verdict for one in capped(given, rules, Counter())][2] == "apply"


@pytest.mark.usefixtures("crm")
def test_ten_million_tasks_of_one_plugin_leave_the_other_plugins_alone(world: World) -> None:
    world.rules = PlanRules(default=PluginRules("auto"), plugins={"mad": PluginRules("auto", 3)})
    world.proposals = {
        "mad": [task("crm/Account/A1", str(number)) for number in range(500)],
        "renewals": [task("crm/Account/A1")],
    }
    plan = world.plan()
    assert len([one for one in plan.ready if one.plugin == "mad"]) == 3
    assert len(plan.blocked) == 497
    assert len([one for one in plan.ready if one.plugin == "renewals"]) == 1


@pytest.mark.usefixtures("crm")
def test_an_owner_gets_so_many_tasks_a_day_and_the_rest_the_next(world: World) -> None:
    world.rules = PlanRules(default=PluginRules("auto"), tasks_per_owner_and_day=2)
    world.proposals = {"renewals": [task("crm/Account/A1", str(number)) for number in range(5)]}
    plan = world.plan()
    assert (len(plan.ready), [one.verdict for one in plan.blocked]) == (2, [CAP] * 3)
    world.apply()
    assert (len(world.plan().ready), len(world.plan().blocked)) == (0, 3)
    world.clock.sleep(24 * 3600)
    assert len(world.plan().ready) == 2


@pytest.mark.usefixtures("crm")
def test_owners_are_counted_apart(world: World) -> None:
    world.rules = PlanRules(default=PluginRules("auto"), tasks_per_owner_and_day=1)
    world.proposals = {
        "renewals": [task("crm/Account/A1", "a"), task("crm/Account/A1", "b", assignee_id="crm/User/U2")]
    }
    assert len(world.plan().ready) == 2


@pytest.mark.usefixtures("crm")
def test_the_day_begins_at_the_firms_midnight(world: World) -> None:
    world.rules = PlanRules(default=PluginRules("auto"), tasks_per_owner_and_day=1, zone=ZoneInfo("Pacific/Auckland"))
    world.proposals = {"renewals": [task("crm/Account/A1", "a"), task("crm/Account/A1", "b")]}
    world.plan()
    world.apply()
    world.clock.sleep(2 * 3600)  # 11:00 in London, 22:00 to 23:00 in Auckland
    assert len(world.plan().ready) == 0
    world.clock.sleep(2 * 3600)
    assert len(world.plan().ready) == 1
