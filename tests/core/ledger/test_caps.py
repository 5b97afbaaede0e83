"""Caps: so many operations per plugin and run, so many new tasks per owner and day."""

from __future__ import annotations

from collections import Counter
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from core.ledger import PlanRules, PluginRules
from core.ledger.caps import capped
from core.ledger.operations import Operation, vendor_key
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


@pytest.mark.usefixtures("crm", "marketing")
def test_a_person_in_both_crms_has_one_day(world: World) -> None:
    world.rules = PlanRules(default=PluginRules("auto"), tasks_per_owner_and_day=1)
    first = task("crm/Account/A1", "a", assignee_id="crm/User/U2")
    world.proposals = {"renewals": [first]}
    world.plan()
    assert world.apply().applied == 1
    world.proposals = {"renewals": [first, task("marketing/Account/M4", "b", assignee_id="marketing/User/9")]}
    [waiting] = world.plan().operations
    assert (waiting.connection, waiting.after["person"]) == ("marketing", "crm/User/U2")
    assert waiting.verdict == "blocked: cap of 1 tasks per owner and day"


@pytest.mark.usefixtures("crm")
def test_the_most_urgent_tasks_go_first_whatever_plugin_and_key(world: World) -> None:
    world.rules = PlanRules(default=PluginRules("auto"), tasks_per_owner_and_day=2)
    due = date(2026, 6, 5)
    world.proposals = {
        "a": [task("crm/Account/A1", f"low {number}", priority="low", due=due) for number in range(4)],
        "b": [task("crm/Account/A1", "late", due=due.replace(day=9)), task("crm/Account/A1", "soon", due=due)],
        "c": [task("crm/Account/A1", f"normal {number}", priority="normal", due=due) for number in range(4)],
    }
    went = {one.key for one in world.plan().ready}
    assert went == {vendor_key("b", "late"), vendor_key("b", "soon")}
    world.rules = PlanRules(default=PluginRules("auto"), tasks_per_owner_and_day=1)
    assert [one.key for one in world.plan().ready] == [vendor_key("b", "soon")]


def test_the_order_of_operations_stays_that_of_the_plan() -> None:
    given = [change(number) for number in range(5)]
    assert [one.id for one in capped(given, PlanRules(), Counter())] == ["0", "1", "2", "3", "4"]
