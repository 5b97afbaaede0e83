"""Merges: proposed, approved, made once after a snapshot, and taken back as far as vendors let us."""

from __future__ import annotations

from typing import Any

import pytest

from core.connector import FieldFacts
from core.ledger import Approval, Chosen, Delivery, PlanRules, PluginRules, plan_undo
from core.ledger.book import read_operations
from core.ledger.delivery import Step
from core.ledger.operations import Operation
from core.proposals import MergeRecords
from core.store.audit import read_audit
from core.store.tables import operation
from tests.core.ledger.world import World, only, task
from tests.doubles.crm import Call, KilledError, MemoryCrm, answer_lost, busy, killed

ALL = Approval("tom", everything=True)
FACTS = {name: FieldFacts(name, "string") for name in ("Name", "OwnerId", "Phone", "Inlay_Key__c")}


def wish(**changes: Any) -> MergeRecords:
    values: dict[str, Any] = {
        "survivor_id": "crm/Account/A1",
        "loser_ids": ("crm/Account/A2",),
        "key": "a1-a2",
        "reason": "same domain",
        **changes,
    }
    return MergeRecords(**values)


@pytest.fixture
def twins(world: World, crm: MemoryCrm) -> World:
    """Clients 1 and 2 are the same firm; client 2 has a phone, a contract and a task of its own."""
    crm.facts["Account"] = dict(FACTS)
    crm.edit("Account", "A2", Phone="555")
    crm.add("Contract", "K1", Number="7", AccountId="A2")
    crm.add("Contract", "K2", Number="8", AccountId="A1")
    crm.add("Task", "T1", Subject="call", WhatId="A2")
    world.sync()
    world.proposals = {"dedupe": [wish()]}
    return world


def merged(world: World) -> Operation:
    world.plan()
    assert world.apply(ALL).applied == 1
    with world.store.read() as conn:
        return next(read_operations(conn, operation.c.kind == "merge_records", operation.c.run_id.isnot(None)))


def test_even_an_automatic_plugin_has_to_ask(twins: World) -> None:
    planned = only(twins.plan())
    assert (planned.kind, planned.external_id, planned.after) == ("merge_records", "A1", {"losers": ["A2"]})
    assert (planned.verdict, planned.policy, planned.client_id) == ("needs approval", "ask", "crm/Account/A1")
    assert twins.apply().run_id is None
    twins.rules = PlanRules(default=PluginRules("observe"))
    assert only(twins.plan()).verdict == "observed"


def test_it_is_made_once_and_costs_one_call(twins: World, crm: MemoryCrm) -> None:
    assert twins.plan().calls == {"crm": {"apply": 0, "needs approval": 1}}
    twins.apply(ALL)
    assert "A2" not in crm.records["Account"]
    assert (crm.records["Account"]["A1"]["Phone"], crm.records["Contract"]["K1"]["AccountId"]) == ("555", "A1")
    assert twins.plan().operations == () or only(twins.plan()).verdict.startswith("needs approval")
    twins.sync()
    assert twins.plan().operations == ()
    assert [effect for effect in crm.effects if effect[0] == "merge"] == [("merge", "Account", "A2")]


def test_the_snapshot_is_kept_before_the_merge(twins: World) -> None:
    done = merged(twins)
    assert done.before["survivor"] == "A1"
    assert done.before["fields"]["A2"] == {"Name": "Client 2", "OwnerId": "U1", "Phone": "555"}
    assert done.before["children"] == [
        ["Contract", "AccountId", "A2", ["K1"]],
        ["Task", "WhatId", "A2", ["T1"]],
    ]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"loser_ids": ()}, "loser_ids must be a tuple of ids, and not empty"),
        ({"loser_ids": ["crm/Account/A2"]}, "loser_ids must be a tuple of ids, and not empty"),
        ({"loser_ids": ("crm/Account/A1",)}, "the same record is named twice"),
        ({"loser_ids": (7,)}, "ids, key and reason must be texts, and not empty"),
        ({"reason": ""}, "ids, key and reason must be texts, and not empty"),
        ({"survivor_id": "A1"}, "ids must be those of vendor records: connection/stream/id"),
        ({"survivor_id": "crm//A1"}, "ids must be those of vendor records: connection/stream/id"),
        ({"survivor_id": "crm/Contract/K1"}, "only records of one kind in one system can be merged"),
        ({"survivor_id": "x/Account/A1", "loser_ids": ("x/Account/A2",)}, "x cannot be written to"),
        ({"survivor_id": "crm/Account/A9"}, "the CRM no longer holds crm/Account/A9"),
    ],
)
def test_what_cannot_be_merged_is_refused_with_the_plugin_named(twins: World, change: dict[str, Any], why: str) -> None:
    twins.proposals = {"dedupe": [wish(**change)], "renewals": [task("crm/Account/A3")]}
    plan = twins.plan()
    assert [(one.plugin, one.subject, one.why) for one in plan.refused] == [("dedupe", "a1-a2", why)]
    assert len(plan.ready) == 1


def test_of_merges_that_share_a_record_only_the_first_is_planned(twins: World) -> None:
    twins.proposals = {"dedupe": [wish(), wish(loser_ids=("crm/Account/A3",), key="a1-a3")]}
    assert only(twins.plan()).after == {"losers": ["A2"]}


def test_a_lost_answer_is_settled_by_looking_for_the_losers(twins: World, crm: MemoryCrm) -> None:
    crm.faults.after = [answer_lost]
    merged(twins)
    assert [effect[0] for effect in crm.effects] == ["merge"]


def test_an_answer_lost_before_the_merge_is_made_again_with_the_first_snapshot(twins: World, crm: MemoryCrm) -> None:
    crm.faults.before = [answer_lost]
    assert merged(twins).before["fields"]["A2"]["Phone"] == "555"
    assert [effect[0] for effect in crm.effects] == ["merge"]


def test_a_busy_crm_is_asked_again(twins: World, crm: MemoryCrm) -> None:
    crm.faults.on_read = [busy(5)]
    merged(twins)
    assert "A2" not in crm.records["Account"]


def test_a_survivor_that_is_gone_makes_a_dead_letter(twins: World, crm: MemoryCrm) -> None:
    twins.plan()
    crm.remove("Account", "A1")
    assert twins.apply(ALL).rejected == 1
    assert "A2" in crm.records["Account"]


@pytest.mark.parametrize("step", ["claimed", "snapshot kept", "sent", "written down"])
def test_killed_at_any_step_it_is_made_once_with_its_snapshot(twins: World, crm: MemoryCrm, step: Step) -> None:
    def dies(reached: Step) -> None:
        if reached == step:
            raise KilledError

    twins.plan()
    twins.delivery = Delivery(reached=dies)
    with pytest.raises(KilledError):
        twins.apply(ALL)
    twins.delivery = Delivery()
    twins.clock.sleep(61)
    twins.resume()
    assert [effect[0] for effect in crm.effects] == ["merge"]
    report = twins.undo("apply-000001")
    assert any(fields.get("Phone") == "555" for name, fields in crm.records["Account"].items() if name != "A1")
    assert report.undone >= 2


def test_killed_inside_the_call_it_is_made_once(twins: World, crm: MemoryCrm) -> None:
    twins.plan()
    crm.faults.after = [killed]
    with pytest.raises(KilledError):
        twins.apply(ALL)
    twins.clock.sleep(61)
    assert twins.resume().applied == 1
    assert [effect[0] for effect in crm.effects] == ["merge"]


def test_undo_makes_the_loser_again_and_moves_its_records_back(twins: World, crm: MemoryCrm) -> None:
    merged(twins)
    report = twins.undo("apply-000001")
    [again] = [name for name in crm.records["Account"] if name not in {"A1", "A3"}]
    assert {k: crm.records["Account"][again][k] for k in ("Name", "Phone", "OwnerId")} == {
        "Name": "Client 2",
        "Phone": "555",
        "OwnerId": "U1",
    }
    assert crm.records["Account"]["A1"]["Phone"] is None
    assert crm.records["Contract"]["K1"]["AccountId"] == again
    assert crm.records["Contract"]["K2"]["AccountId"] == "A1"
    assert crm.records["Task"]["T1"]["WhatId"] == again
    assert (report.undone, report.runs) == (4, ("undo-000001", "undo-000002"))
    assert [one.why for one in report.left_alone] == [
        "A2: it comes back under a new id; its history stays with the survivor"
    ]


def test_what_was_touched_since_the_merge_stays_and_is_named(twins: World, crm: MemoryCrm) -> None:
    merged(twins)
    crm.edit("Account", "A1", Phone="777")
    crm.edit("Contract", "K1", AccountId="A3")
    report = twins.undo("apply-000001")
    assert crm.records["Account"]["A1"]["Phone"] == "777"
    assert crm.records["Contract"]["K1"]["AccountId"] == "A3"
    reasons = {one.why for one in report.left_alone}
    assert "Phone was edited by a person since; it holds '777' now" in reasons
    assert "Contract K1 was given to 'A3' since" in reasons


def test_without_a_key_field_the_loser_is_not_made_again_and_that_is_said(twins: World, crm: MemoryCrm) -> None:
    del crm.facts["Account"]["Inlay_Key__c"]
    merged(twins)
    report = twins.undo("apply-000001")
    assert sorted(crm.records["Account"]) == ["A1", "A3"]
    assert any("cannot be made again safely" in one.why for one in report.left_alone)


def test_killed_while_undoing_nothing_is_made_twice(twins: World, crm: MemoryCrm) -> None:
    merged(twins)
    crm.faults.after = [killed]
    with pytest.raises(KilledError):
        twins.undo("apply-000001")
    twins.clock.sleep(61)
    twins.resume()
    twins.undo("apply-000001")
    assert len(crm.records["Account"]) == 3
    assert [verb for verb, stream, _ in crm.effects if stream == "Account"].count("create") == 1


def test_the_undo_can_be_undone_from_its_end(twins: World, crm: MemoryCrm) -> None:
    merged(twins)
    first, second = twins.undo("apply-000001").runs
    too_early = plan_undo(twins.store, twins.setups, Chosen(first)).left_alone
    assert "records were moved to it; undo that run first" in {one.why for one in too_early}
    assert twins.undo(second).undone == 2
    assert crm.records["Contract"]["K1"]["AccountId"] == "A1"
    assert twins.undo(first).undone == 2
    assert sorted(crm.records["Account"]) == ["A1", "A3"]
    assert crm.records["Account"]["A1"]["Phone"] == "555"


def test_the_audit_tells_who_let_it_through(twins: World) -> None:
    merged(twins)
    with twins.store.read() as conn:
        entry = next(one for one in read_audit(conn) if one.action == "apply")
    assert (entry.actor, entry.facts["operations"]) == ("tom", 1)


def test_a_second_attempt_keeps_the_first_snapshot(twins: World, crm: MemoryCrm) -> None:
    def lost_and_edited(double: MemoryCrm, call: Call) -> None:
        double.edit("Account", "A2", Phone="999")
        answer_lost(double, call)

    crm.faults.before = [lost_and_edited]
    assert merged(twins).before["fields"]["A2"]["Phone"] == "555"
