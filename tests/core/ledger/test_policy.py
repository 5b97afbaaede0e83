"""Policies: who wins a field, in every situation that can arise."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.config import Mode
from core.connector import FieldFacts
from core.ledger import Approval, PlanRules, PluginRules
from core.ledger.policy import EDITED, EPOCH, FieldCase, by_mode, instant, judge, misfit
from tests.core.ledger.world import World, only, verdicts
from tests.doubles.crm import MemoryCrm

OLD, NEW = "2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z"
NEWER_IN_CRM = "blocked: the CRM's record is newer"


@pytest.mark.parametrize(
    ("case", "verdict"),
    [
        (FieldCase("owned", "auto", held=None), "apply"),
        (FieldCase("owned", "auto", held=1), "apply"),
        (FieldCase("owned", "auto", held=1, ours=True), "apply"),
        (FieldCase("owned", "auto", held=1, edited=True), EDITED),
        (FieldCase("owned", "auto", held=None, edited=True), EDITED),
        (FieldCase("owned", "auto", held=1, ours=True, undone_in="undo-1"), "needs approval: undone in undo-1"),
        (FieldCase("owned", "propose", held=None), "needs approval"),
        (FieldCase("owned", "observe", held=None), "observed"),
        (FieldCase("owned", "observe", held=1, edited=True), EDITED),
        (FieldCase("fill_if_empty", "auto", held=None), "apply"),
        (FieldCase("fill_if_empty", "auto", held=""), "apply"),
        (FieldCase("fill_if_empty", "auto", held=0), None),
        (FieldCase("fill_if_empty", "auto", held="Gold"), None),
        (FieldCase("fill_if_empty", "auto", held="Gold", ours=True), None),
        (FieldCase("fill_if_empty", "auto", held=None, edited=True), EDITED),
        (FieldCase("newest_wins", "auto", held="a", as_of=NEW, stamp=OLD), "apply"),
        (FieldCase("newest_wins", "auto", held="a", as_of=OLD, stamp=NEW), NEWER_IN_CRM),
        (FieldCase("newest_wins", "auto", held=None, as_of=OLD, stamp=NEW), "apply"),
        (FieldCase("newest_wins", "auto", held="a", ours=True, as_of=OLD, stamp=NEW), "apply"),
        (FieldCase("newest_wins", "auto", held="a", edited=True, as_of=NEW, stamp=OLD), EDITED),
        (FieldCase("newest_wins", "auto", held="a", as_of=NEW, stamp=None), "apply"),
        (FieldCase("ask", "auto", held=None), "needs approval"),
        (FieldCase("ask", "observe", held=None), "observed"),
        (FieldCase("ask", "auto", held="x", edited=True), EDITED),
        (FieldCase("never", "auto", held=None), None),
        (FieldCase("never", "auto", held="x", edited=True), None),
    ],
)
def test_judge(case: FieldCase, verdict: str | None) -> None:
    assert judge(case) == verdict


@pytest.mark.parametrize("mode", ["observe", "propose", "auto"])
def test_a_stricter_mode_never_lets_more_through(mode: Mode) -> None:
    order = ["observed", "needs approval", "apply"]
    given = by_mode(mode, "apply", None)
    assert order.index(given) == ["observe", "propose", "auto"].index(mode)
    assert order.index(by_mode(mode, "needs approval", None)) <= order.index(given)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-06-01T09:30:00Z", datetime(2026, 6, 1, 9, 30, tzinfo=UTC)),
        ("2026-06-01T09:30:00.000+0000", datetime(2026, 6, 1, 9, 30, tzinfo=UTC)),
        ("2026-06-01T10:30:00+01:00", datetime(2026, 6, 1, 9, 30, tzinfo=UTC)),
        ("2026-06-01", datetime(2026, 6, 1, tzinfo=UTC)),
        ("1780306200000", datetime(2026, 6, 1, 9, 30, tzinfo=UTC)),
        (None, EPOCH),
        ("", EPOCH),
        ("yesterday", datetime.max.replace(tzinfo=UTC)),
    ],
)
def test_instants_of_vendors(text: str | None, read: datetime) -> None:
    assert instant(text) == read


FACTS = {
    "Name": FieldFacts("Name", "string", length=5),
    "Band": FieldFacts("Band", "picklist", options=("Good", "Fair")),
    "Locked": FieldFacts("Locked", "string", can_update=False),
    "Score": FieldFacts("Score", "double"),
}


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("Name", "Acme", None),
        ("Name", "Acme Ltd", "8 characters do not fit into the 5 of Name"),
        ("Name", None, None),
        ("Band", "Good", None),
        ("Band", "Good;Fair", None),
        ("Band", "Good;Bad", "'Bad' is no option of Band"),
        ("Band", "", None),
        ("Locked", "x", "Inlay's user may not write Locked"),
        ("Score", 12.5, None),
        ("Missing", 1, "the CRM has no field Missing; run `inlay provision`"),
    ],
)
def test_what_a_vendors_field_can_take(name: str, value: object, why: str | None) -> None:
    assert misfit(name, value, FACTS) == why


def test_nothing_known_of_a_stream_blocks_nothing() -> None:
    assert misfit("Missing", 1, {}) is None


def test_plugins_are_known_by_their_signals() -> None:
    rules = PlanRules(plugins={"renewals": PluginRules("auto")}, signal_plugins={"contract.status": "renewals"})
    assert rules.plugin_of("contract.status") == "renewals"
    assert rules.plugin_of("health.score") == "health"
    assert rules.of("renewals").mode == "auto"
    assert rules.of("health").mode == "propose"


def test_each_policy_in_a_plan(world: World, crm: MemoryCrm) -> None:
    crm.edit("Account", "A1", Tier__c="Gold")
    crm.edit("Account", "A2", Segment__c="theirs")
    world.sync()
    for name, value in [("tier", "Silver"), ("segment", "ours"), ("status", "active"), ("secret", "hush")]:
        for client in ("A1", "A2"):
            world.signal(f"crm/Account/{client}", f"client.{name}", value)
    crm.edit("Account", "A2", Name="Client two")
    world.sync()
    assert verdicts(world.plan()) == {
        "A1.Segment__c": "apply",
        "A1.Status__c": "needs approval",
        "A2.Tier__c": "apply",
        "A2.Segment__c": NEWER_IN_CRM,
        "A2.Status__c": "needs approval",
    }


def test_what_a_person_edited_stays(world: World, crm: MemoryCrm) -> None:
    world.signal("crm/Account/A1", "health.score", 82)
    world.plan()
    world.apply()
    crm.edit("Account", "A1", Score__c=10)
    world.sync()
    planned = only(world.plan())
    assert (planned.verdict, planned.before, planned.after) == (EDITED, 10, 82)
    world.apply(Approval("tom", everything=True, plugins=frozenset({"health"})))
    assert crm.records["Account"]["A1"]["Score__c"] == 10


def test_what_a_person_cleared_stays_clear(world: World, crm: MemoryCrm) -> None:
    world.signal("crm/Account/A1", "health.score", 82)
    world.plan()
    world.apply()
    crm.edit("Account", "A1", Score__c=None)
    world.sync()
    assert only(world.plan()).verdict == EDITED


def test_a_person_who_puts_inlays_value_back_lets_it_go_on(world: World, crm: MemoryCrm) -> None:
    world.signal("crm/Account/A1", "health.score", 82)
    world.plan()
    world.apply()
    crm.edit("Account", "A1", Score__c=10)
    world.sync()
    crm.edit("Account", "A1", Score__c=82)
    world.sync()
    world.signal("crm/Account/A1", "health.score", 79)
    assert only(world.plan()).verdict == "apply"


def test_an_edit_of_another_field_is_no_edit_of_ours(world: World, crm: MemoryCrm) -> None:
    world.signal("crm/Account/A1", "health.score", 82)
    world.plan()
    world.apply()
    crm.edit("Account", "A1", Name="New name")
    world.sync()
    world.signal("crm/Account/A1", "health.score", 79)
    assert only(world.plan()).verdict == "apply"


def test_an_edited_field_goes_only_by_its_own_id(world: World, crm: MemoryCrm) -> None:
    world.signal("crm/Account/A1", "health.score", 82)
    world.plan()
    world.apply()
    crm.edit("Account", "A1", Score__c=10)
    world.sync()
    planned = only(world.plan())
    world.apply(Approval("tom", operations=frozenset({planned.id})))
    assert crm.records["Account"]["A1"]["Score__c"] == 82
    world.sync()
    assert world.plan().operations == ()
