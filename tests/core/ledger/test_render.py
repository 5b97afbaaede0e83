"""What people and machines see of a plan."""

from __future__ import annotations

import csv
import io

import orjson
import pytest
from rich.console import Console

from core.ledger import Plan, PlanRules, PluginRules, client_names, plan_as_csv, plan_as_json, render_plan
from core.ledger.export import COLUMNS
from core.ledger.render import short
from tests.core.ledger.world import World, task
from tests.doubles.crm import MemoryCrm


@pytest.fixture
def plan(world: World, crm: MemoryCrm) -> Plan:
    """One of everything: a change, a clearing, a task, a question, a block, an observation, a refusal."""
    crm.edit("Account", "A1", Score__c=64)
    world.sync()
    world.rules = PlanRules(default=PluginRules("auto"), plugins={"watcher": PluginRules("observe")})
    world.signal("crm/Account/A1", "health.score", 72, reason="pays on time")
    world.signal("crm/Account/A1", "health.band", "Splendid")
    world.signal("crm/Account/A2", "client.status", "=1+1")
    world.proposals = {
        "renewals": [task("crm/Account/A2"), task("crm/Account/Nobody", "lost")],
        "watcher": [task("crm/Account/A3")],
    }
    return world.plan()


def shown(plan: Plan, world: World | None = None, limit: int | None = None) -> str:
    names = {}
    if world is not None:
        with world.store.read() as conn:
            names = client_names(conn, plan)
    console = Console(file=io.StringIO(), width=200, no_color=True)
    console.print(render_plan(plan, names, limit))
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_the_diff_is_told_per_client_and_record(plan: Plan, world: World) -> None:
    text = shown(plan, world)
    lines = [line.strip("│├└─ ") for line in text.splitlines()]
    assert lines[0] == "Client 1  crm/Account/A1"
    assert lines[1] == "crm/Account/A1"
    assert lines[2].startswith("~ Band__c: (empty) → Splendid  [blocked: Band__c cannot hold 'Splendid'")
    assert lines[3] == "~ Score__c: 64 → 72  health: pays on time"
    assert "+ Subject: [Inlay] Call crm/Account/A2" in text
    assert "~ Status__c: (empty) → =1+1  [needs approval]  client: because" in text
    assert "[observed]" in text


def test_the_summary_counts_and_prices(plan: Plan) -> None:
    text = shown(plan)
    assert f"{plan.id}: 2 to apply, 1 awaiting approval, 1 blocked, 1 only observed" in text
    assert "crm: 2 API calls, 0" not in text
    assert "crm: 2 API calls" in text
    assert "refused: renewals lost: no CRM that can hold it knows the client crm/Account/Nobody" in text


def test_long_plans_can_be_cut(plan: Plan) -> None:
    assert "… and 2 more clients" in shown(plan, limit=1)
    assert "A3" not in shown(plan, limit=1).split("…")[0]


@pytest.mark.usefixtures("crm")
def test_an_empty_plan_says_so(world: World) -> None:
    assert "Nothing to change" in shown(world.plan())


def test_colours_follow_the_verdict(plan: Plan) -> None:
    console = Console(file=io.StringIO(), width=200, force_terminal=True, color_system="standard")
    console.print(render_plan(plan))
    file = console.file
    assert isinstance(file, io.StringIO)
    assert "\x1b[31m~ " in file.getvalue()  # red: blocked
    assert "\x1b[32m~ " in file.getvalue()  # green: goes
    assert "\x1b[33m~ " in file.getvalue()  # yellow: somebody has to say so


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "(empty)"), ("", "(empty)"), (0, "0"), (False, "False"), ("a\n b", "a b"), ("x" * 80, "x" * 59 + "…")],
)
def test_values_are_short(value: object, text: str) -> None:
    assert short(value) == text


@pytest.mark.usefixtures("crm")
def test_markup_in_vendor_values_is_only_text(world: World) -> None:
    world.signal("crm/Account/A1", "client.status", "[bold red]x[/bold red]")
    assert "[bold red]x[/bold red]" in shown(world.plan())


def test_json_tells_everything_and_no_time(plan: Plan) -> None:
    told = orjson.loads(plan_as_json(plan))
    assert set(told) == {"plan", "operations", "refused", "in_flight", "calls", "notes"}
    assert told["plan"] == plan.id
    change = next(one for one in told["operations"] if one["field"] == "Score__c")
    assert (change["before"], change["after"], change["verdict"], change["reason"]) == (64, 72, "apply", "pays on time")
    assert "2026-06-01" not in plan_as_json(plan).decode()


def test_csv_has_one_line_per_operation(plan: Plan) -> None:
    rows = list(csv.DictReader(io.StringIO(plan_as_csv(plan))))
    assert len(rows) == len(plan.operations)
    assert tuple(rows[0]) == COLUMNS
    change = next(row for row in rows if row["field"] == "Score__c")
    assert (change["before"], change["after"], change["inputs"]) == ("64", "72", '["crm/Account/A1#health.score"]')


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd", "'+cmd"),
        ("-cmd", "'-cmd"),
        ("@sum", "'@sum"),
        (" =1+1", "' =1+1"),
        ("-5", "-5"),
        ("+4.50", "+4.50"),
        ("plain", "plain"),
    ],
)
@pytest.mark.usefixtures("crm")
def test_csv_holds_no_formula(world: World, value: str, cell: str) -> None:
    world.signal("crm/Account/A1", "client.status", value)
    [row] = csv.DictReader(io.StringIO(plan_as_csv(world.plan())))
    assert row["after"].strip("'").strip() == value.strip()
    assert row["after"].startswith("'") == cell.startswith("'")
