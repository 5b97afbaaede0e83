"""The page a partner reads: what a plan costs, what may be written and what may not, and what is only a trial."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from core.config import FirmSettings
from core.ledger import Approval, Pilot, Plan, PlanRules, PluginRules
from core.proposals import MergeRecords
from core.report import gather, render_report
from tests.core.ledger.world import World, task
from tests.doubles.crm import MemoryCrm

FIRM = FirmSettings(name="Hartwell & <Co>")


@pytest.fixture
def plan(world: World, crm: MemoryCrm) -> Plan:
    """One of everything a page can show."""
    crm.add("Account", "A4", Name="Client 4", OwnerId="U1")
    crm.edit("Account", "A1", Score__c=64)
    world.sync()
    pilot = Pilot(clients=frozenset({"crm/Account/A1"}))
    plugins = {
        "health": PluginRules("auto", pilot=pilot), "watcher": PluginRules("observe"), "asker": PluginRules("propose"),
    }  # fmt: skip
    world.rules = PlanRules(default=PluginRules("auto"), plugins=plugins)
    for number in (1, 2):
        world.signal(f"crm/Account/A{number}", "health.score", 72, reason="pays <on> time")
    world.signal("crm/Account/A1", "health.band", "Splendid")
    merge = MergeRecords("crm/Account/A3", ("crm/Account/A4",), "m", "one and the same")
    world.proposals = {
        "renewals": [task("crm/Account/A2"), task("crm/Account/Nobody", "lost"), merge],
        "watcher": [task("crm/Account/A3")],
        "asker": [task("crm/Account/A1", "ask")],
    }
    crm.context.budgets.learn("day", 1500, 100_000)
    return world.plan()


def page(world: World, plan: Plan | None) -> str:
    report = gather(world.store, world.setups, plan, firm=FIRM, as_of=world.clock.now())
    return re.sub(r"\s+", " ", render_report(report))


def row_of(html: str, text: str) -> str:
    """The table row in which a text stands."""
    rows = [row for row in re.findall(r"<tr.*?</tr>", html) if text in row]
    assert len(rows) == 1, rows
    return str(rows[0])


def test_calls_are_shown_beside_what_is_left_of_the_day(world: World, plan: Plan) -> None:
    cost = plan.calls["crm"]
    row = row_of(page(world, plan), '98,500 <span class="soft">of 100,000</span>')
    assert f'<td>crm</td><td class="num">{cost["apply"]}</td><td class="num">{cost["needs approval"]}</td>' in row
    assert "too few" not in row


def test_a_day_too_short_for_the_plan_is_said(world: World, plan: Plan, crm: MemoryCrm) -> None:
    crm.context.budgets.learn("day", 99_999, 100_000)
    assert "too few for all of it" in row_of(page(world, plan), "of 100,000")


def test_every_kind_of_verdict_is_counted_and_marked(world: World, plan: Plan) -> None:
    html = page(world, plan)
    for kind, found, name in (
        ("apply", plan.ready, "to apply"), ("needs", plan.awaiting, "awaiting approval"),
        ("blocked", plan.blocked, "blocked"), ("observed", plan.observed, "only observed"),
        ("simulated", plan.simulated, "simulated only, outside a pilot"),
    ):  # fmt: skip
        assert found, name
        assert f'<li><span class="chip {kind}">{len(found)}</span> {name}</li>' in html


def test_what_lies_outside_a_pilot_is_marked_as_simulated_only(world: World, plan: Plan) -> None:
    html = page(world, plan)
    (simulated,) = re.findall(r'<tr class="simulated">.*?</tr>', html)
    assert '<span class="chip simulated">simulated only</span>' in simulated
    assert "outside the pilot of health" in simulated
    assert "<ins>72</ins>" in simulated
    assert html.count('<span class="chip simulated">simulated only') == 1


def test_a_change_shows_policy_plugin_reason_and_what_stood_there(world: World, plan: Plan) -> None:
    row = row_of(page(world, plan), "<del>64</del> → <ins>72</ins>")
    assert '<td class="soft">owned</td>' in row
    assert 'pays &lt;on&gt; time<div class="by">health</div>' in row
    assert '<span class="chip apply">apply</span>' in row


def test_a_clients_line_tells_what_its_changes_come_to(world: World, plan: Plan) -> None:
    html = page(world, plan)
    assert "<summary>Client 1<span>3 changes: 1 apply, 1 blocked, 1 needs approval</span></summary>" in html
    assert "<summary>Client 2<span>2 changes: 1 apply, 1 simulated only</span></summary>" in html


def test_a_block_says_why(world: World, plan: Plan) -> None:
    row = row_of(page(world, plan), "Splendid</ins>")
    assert '<span class="chip blocked">blocked</span><div class="soft">' in row
    assert "cannot hold" in row


def test_new_tasks_merges_and_refusals_are_told_in_words(world: World, plan: Plan) -> None:
    html = page(world, plan)
    assert "<ins>new Task</ins> [Inlay] Call crm/Account/A2" in html
    assert "takes in <code>A4</code>" in row_of(html, "one and the same")
    assert "no CRM that can hold it knows the client crm/Account/Nobody" in row_of(html, "<td>lost</td>")


def test_what_would_be_taken_away_is_told_as_such(world: World, plan: Plan) -> None:
    made = next(one for one in plan.ready if one.kind == "create_record")
    gone = replace(made, kind="delete_record", before=made.after, after=None, external_id="T1")
    html = page(world, replace(plan, operations=(gone,)))
    assert "<del>Task taken away</del> [Inlay] Call crm/Account/A2" in html


def test_the_page_stands_alone_and_lets_no_value_speak_html(world: World, plan: Plan) -> None:
    html = page(world, plan)
    assert "Hartwell &amp; &lt;Co&gt;" in html
    assert "<Co>" not in html
    assert not re.search(r'(src|href)="(?!#)', html)
    assert "<script" not in html


def test_without_a_plan_nothing_is_said_of_changes(world: World, plan: Plan) -> None:
    assert plan.operations
    html = page(world, None)
    assert "What Inlay would change" not in html
    assert "Clients, the most urgent first" in html


def test_after_all_is_applied_the_page_says_that_nothing_is_left(world: World, crm: MemoryCrm) -> None:
    assert crm.name == "crm"
    world.signal("crm/Account/A1", "health.score", 72)
    world.plan()
    world.apply(Approval("tom"))
    assert "Nothing: the CRMs hold what they should." in page(world, world.plan())
