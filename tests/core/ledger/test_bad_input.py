"""Plugins are foreign code: whatever they hand over, it is refused with their name, and the others go on."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Iterator
from datetime import date
from importlib import invalidate_caches
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from core import host as hosting
from core.config import load_config
from core.host import Host
from core.proposals import CreateTask
from tests.core.ledger.world import World, task
from tests.doubles.crm import MemoryCrm

PLUGIN = """
from core.sdk import CreateTask, hookimpl
from datetime import date

@hookimpl
def propose(portfolio, context):
    {body}
"""
GOOD = 'return [CreateTask("crm/Account/A1", "Call", "body", date(2026, 6, 5), "high", "k", "late")]'
FLOOD = """
    return (CreateTask("crm/Account/A1", "Call", "body", date(2026, 6, 5), "high", str(n), "late")
            for n in range(10_000_000))
"""


def nobody_watches(_: Any) -> Any:
    """The plugins of these tests need no context."""


def asked(
    folder: Path, monkeypatch: pytest.MonkeyPatch, context_for: Any = nobody_watches, **bodies: str
) -> tuple[Host, dict[str, list[Any]]]:
    """What the host gets from plugins with these bodies, by plugin."""
    monkeypatch.syspath_prepend(str(folder))
    for name, body in bodies.items():
        monkeypatch.delitem(sys.modules, f"bad_input_{name}", raising=False)
        (folder / f"bad_input_{name}.py").write_text(PLUGIN.format(body=body))
    invalidate_caches()
    lines = "".join(f"  {name}: {{mode: auto}}\n" for name in bodies)
    (folder / "inlay.yaml").write_text(f"plugins:\n{lines}")
    points = [EntryPoint(name, f"bad_input_{name}", "inlay") for name in bodies]
    made = Host(load_config(folder / "inlay.yaml", {}), points)
    portfolio: Any = None
    found = made.proposals(portfolio, context_for)
    return made, {plugin.name: wishes for plugin, wishes in found}


def test_ten_million_tasks_are_refused_without_filling_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosting, "MOST_ANSWERS", 5_000)
    tracemalloc.start()
    made, found = asked(tmp_path, monkeypatch, flood=FLOOD, good=GOOD)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (len(found["flood"]), len(found["good"])) == (0, 1)
    assert peak < 20_000_000
    [fault] = made.plugins["flood"].faults
    assert fault.what == "propose went on for more than 5000 results; none of them counts"
    assert fault.where == "flood.propose"
    assert made.plugins["good"].faults == []


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("return 7", "propose returned int instead of a list"),
        ('return {"a": 1}', "propose returned dict instead of a list"),
        ("raise RuntimeError('boom')", "propose raised RuntimeError: boom"),
        ("return (1 / 0 for _ in range(3))", "propose raised ZeroDivisionError: division by zero"),
    ],
)
def test_a_wrong_answer_costs_only_its_own_plugin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, told: str
) -> None:
    made, found = asked(tmp_path, monkeypatch, bad=body, good=GOOD)
    assert (found["bad"], len(found["good"])) == ([], 1)
    assert [fault.what for fault in made.plugins["bad"].faults] == [told]


def test_the_limit_leaves_room_for_every_honest_plugin() -> None:
    assert hosting.MOST_ANSWERS >= 100_000


class Strange:
    """Nothing the ledger knows."""

    key = "k"


@pytest.mark.parametrize(
    ("proposal", "why"),
    [
        (Strange(), "Strange is nothing the ledger can write"),
        (None, "NoneType is nothing the ledger can write"),
        ("a task, please", "str is nothing the ledger can write"),
        (task("crm/Account/A1", due="tomorrow"), "due is str, a date is due"),
        (task("crm/Account/A1", priority="urgent!"), "priority 'urgent!' is none of low, normal, high"),
        (task("crm/Account/A1", subject=5), "subject is int, a text is due"),
        (task("crm/Account/A1", inputs=["a"]), "inputs must be a tuple of texts"),
        (task("crm/Account/A1", inputs=(1,)), "inputs must be a tuple of texts"),
        (task("", "k"), "client_id is empty"),
        (task("crm/Account/A9"), "no CRM that can hold it knows the client crm/Account/A9"),
    ],
)
@pytest.mark.usefixtures("crm")
def test_what_is_no_proposal_is_refused_with_the_plugin_named(world: World, proposal: Any, why: str) -> None:
    world.proposals = {"bad": [proposal], "renewals": [task("crm/Account/A2", "other")]}
    plan = world.plan()
    assert [(one.plugin, one.why) for one in plan.refused] == [("bad", why)]
    assert [one.plugin for one in plan.ready] == ["renewals"]


@pytest.mark.usefixtures("crm")
def test_a_record_that_is_gone_is_refused_and_the_rest_goes_on(world: World, crm: MemoryCrm) -> None:
    crm.remove("Account", "A1")
    world.sync()
    world.proposals = {"late": [task("crm/Account/A1")], "renewals": [task("crm/Account/A2")]}
    plan = world.plan()
    assert [(one.plugin, one.subject) for one in plan.refused] == [("late", "call")]
    assert len(plan.ready) == 1


@pytest.mark.parametrize(
    "inputs",
    [
        ("crm/Account/A2#health.score",),
        ("health.score", "crm/Contract/K2"),
        ("crm/Account/A2",),
    ],
)
def test_another_clients_data_is_refused(world: World, crm: MemoryCrm, inputs: tuple[str, ...]) -> None:
    crm.add("Contract", "K1", Number="7", AccountId="A1")
    crm.add("Contract", "K2", Number="8", AccountId="A2")
    world.sync()
    world.proposals = {"nosy": [task("crm/Account/A1", inputs=inputs)], "renewals": [task("crm/Account/A2")]}
    plan = world.plan()
    strange = next(one for one in inputs if "2" in one).partition("#")[0]
    assert [(one.plugin, one.why) for one in plan.refused] == [
        ("nosy", f"it rests on {strange}, which is another client's")
    ]
    assert [one.plugin for one in plan.ready] == ["renewals"]


@pytest.mark.parametrize(
    "inputs",
    [
        ("crm/Account/A1#health.score", "crm/Contract/K1", "payments.days_late"),
        ("marketing/Account/M1",),
        ("crm/User/U1",),
        ("books/rows/unknown/7",),
    ],
)
@pytest.mark.usefixtures("marketing")
def test_a_clients_own_data_and_nobodys_is_fine(world: World, crm: MemoryCrm, inputs: tuple[str, ...]) -> None:
    crm.add("Contract", "K1", Number="7", AccountId="A1")
    world.sync()
    world.proposals = {"renewals": [task("crm/Account/A1", inputs=inputs)]}
    plan = world.plan()
    assert (plan.refused, len(plan.ready)) == ((), 1)


@pytest.mark.usefixtures("crm")
def test_a_field_of_anothers_is_not_written(world: World) -> None:
    """A signal belongs to the plugin that publishes it: its mode counts, whoever else speaks of it."""
    world.signal("crm/Account/A1", "health.score", 80)
    world.signal("crm/Account/A1", "intruder.score", 1)
    plan = world.plan()
    assert [(one.plugin, one.field) for one in plan.operations] == [("health", "Score__c")]


def flood(count: int) -> Iterator[CreateTask]:
    for number in range(count):
        yield CreateTask("crm/Account/A1", "Call", "body", date(2026, 6, 5), "high", str(number), "late")


@pytest.mark.usefixtures("crm")
def test_a_flood_that_the_host_let_through_is_capped_by_the_planner(world: World) -> None:
    world.proposals = {"flood": list(flood(2_000)), "renewals": [task("crm/Account/A2", assignee_id="crm/User/U2")]}
    plan = world.plan()
    assert len(plan.ready) == world.rules.tasks_per_owner_and_day + 1
    assert len(plan.blocked) == 2_000 - world.rules.tasks_per_owner_and_day
