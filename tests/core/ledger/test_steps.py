"""Every named step of a delivery is a place to die at; and every one of them is really passed."""

from __future__ import annotations

import pytest

from core.ledger import Delivery
from core.ledger.cost import shares
from core.ledger.delivery import STEPS, Step
from tests.core.ledger.world import World, task
from tests.doubles.crm import KilledError, MemoryCrm, answer_lost

HITS = 3


class DeathAt:
    """Dies when a step is reached for the n-th time."""

    def __init__(self, step: Step, hit: int) -> None:
        self.step, self.left, self.seen = step, hit, list[Step]()

    def __call__(self, reached: Step) -> None:
        self.seen.append(reached)
        self.left -= reached == self.step
        if self.left == 0 and reached == self.step:
            raise KilledError


def prepared(world: World, crm: MemoryCrm) -> None:
    """Two batches of owned fields, one of shared ones that is looked at first, a task; the first answer is lost."""
    crm.batch = 2
    for number in (1, 2, 3):
        world.signal(f"crm/Account/A{number}", "health.score", 80 + number)
    world.signal("crm/Account/A1", "client.segment", "ours")
    world.proposals = {"renewals": [task("crm/Account/A2")]}
    world.plan()
    crm.faults.after = [answer_lost]


@pytest.mark.parametrize("hit", range(1, HITS + 1))
@pytest.mark.parametrize("step", [step for step in STEPS if step != "snapshot kept"])  # that one has its own test
def test_killed_at_any_step_everything_arrives_once(world: World, crm: MemoryCrm, step: Step, hit: int) -> None:
    prepared(world, crm)
    death = DeathAt(step, hit)
    world.delivery = Delivery(reached=death)
    passed = True
    try:
        world.apply()
        passed = False
    except KilledError:
        world.clock.sleep(61)
        crm.faults.after = []
    world.delivery = Delivery()
    world.resume()
    assert passed or hit > 1, f"{step} was never reached: {death.seen}"
    assert [fields.get("Score__c") for _, fields in sorted(crm.records["Account"].items())] == [81, 82, 83]
    assert crm.records["Account"]["A1"]["Segment__c"] == "ours"
    assert [verb for verb, _, _ in crm.effects].count("create") == 1
    assert len([effect for effect in crm.effects if effect[0] == "update"]) <= 4
    assert world.plan().operations == ()


def test_the_steps_come_in_their_order(world: World, crm: MemoryCrm) -> None:
    death = DeathAt("claimed", 0)
    prepared(world, crm)
    world.delivery = Delivery(reached=death)
    world.apply()
    assert death.seen[:4] == ["claimed", "sent", "written down", "settled"]
    assert "looked" in death.seen
    assert set(death.seen) <= set(STEPS)


@pytest.mark.usefixtures("crm")
def test_what_an_operation_costs_is_its_share_of_a_full_batch(world: World, crm: MemoryCrm) -> None:
    crm.batch = 4
    world.signal("crm/Account/A1", "health.score", 80)
    world.signal("crm/Account/A1", "health.band", "Good")
    world.proposals = {"renewals": [task("crm/Account/A2")]}
    plan = world.plan()
    assert plan.batch_sizes == {"crm/Account/update": 4, "crm/Task/upsert": 4}
    assert shares(plan.operations, plan.batch_sizes) == [0.125, 0.125, 0.25]
