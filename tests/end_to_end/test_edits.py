"""People who edit in the CRM in the very moment between Inlay's look and its write, against the vendors' simulators.

Twenty of them per batch. Salesforce lets one see them, by If-Unmodified-Since: none is overwritten. HubSpot has no such
condition: there the edit is found in the property's history at the next look, with the value that the person wrote,
and the plan offers to give it back.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from unittest.mock import patch

import pytest
from sqlalchemy import select

from connectors.hubspot.connector import HubSpotConnector
from connectors.salesforce.connector import SalesforceConnector
from connectors.sandbox.demo import AS_OF
from connectors.sandbox.fleet import Fleet
from core.clock import FixedClock
from core.ledger import ApplyReport, Approval, Delivery, Plan, Step
from core.ledger.lookback import WrittenOver, look_back
from core.ledger.restores import CODE
from core.store import Store
from core.store.audit import read_audit
from core.store.findings import read_findings
from core.store.tables import operation
from tests.core.ledger.vendors import VendorWorld, both_crms
from tests.end_to_end import crms
from tests.end_to_end.thrift import mappings_parsed_once

EDITS = 20
BATCH = 30  # records per call, so that each CRM's clients go in several
FIELDS = {"crm": "Inlay_Health_Score__c", "marketing": "inlay_health_score"}


@dataclass
class Busy:
    """An office whose people edit the records that a delivery holds in its hand; ``edited`` is what they wrote."""

    world: VendorWorld
    fleet: Fleet
    connection: str
    edited: dict[str, int] = field(default_factory=dict)
    batches: int = 0

    def edit(self, step: Step) -> None:
        """After the look and before the write, let twenty people edit one of the records each."""
        if step != "looked":
            return
        op = operation.c
        with self.world.store.read() as conn:
            mine = select(op.external_id).where(op.state == "sending", op.connection == self.connection)
            held = sorted(set(conn.execute(mine).scalars()) - self.edited.keys())
        if not held:
            return
        self.batches += 1
        self._pass_time()
        for external_id in random.Random(self.batches).sample(held, min(EDITS, len(held))):
            self.edited[external_id] = 200 + len(self.edited)
            self._write(external_id, self.edited[external_id])
        self._pass_time()

    def _write(self, external_id: str, value: int) -> None:
        app = self.fleet.running["salesforce" if self.connection == "crm" else "hubspot"].app
        name = FIELDS[self.connection]
        with app.lock:
            if self.connection == "crm":
                app.edit({"object": "Account", "id": external_id, "fields": {name: value}})
            else:
                app.edit({"type": "companies", "id": external_id, "properties": {name: str(value)}})

    def _pass_time(self) -> None:
        self.fleet.clock.advance(timedelta(seconds=5))
        self.world.clock.sleep(5)


@dataclass(frozen=True)
class Aftermath:
    """How a delivery into a busy office ended: its report, what the people wrote, and what the next look found."""

    busy: Busy
    report: ApplyReport
    holds: dict[str, float]
    found: list[WrittenOver]


def delivered(fleet: Fleet, store: Store, connection: str) -> Aftermath:
    """Write a score to every client of one CRM while its people edit that very field."""
    store.migrate()
    world = VendorWorld(store, FixedClock(AS_OF + timedelta(hours=1)))
    world.attach(fleet)
    world.sync()
    for number, client in enumerate(world.clients(connection)):
        world.signal(client, "health.score", number % 100 + 1)
    busy = Busy(world, fleet, connection)
    world.delivery = Delivery(guard="all", reached=busy.edit, patience_seconds=60)
    world.plan()
    report = world.apply()
    busy._pass_time()
    return Aftermath(busy, report, held(fleet, connection), look_back(store, world.setups, world.clock))


def held(fleet: Fleet, connection: str) -> dict[str, float]:
    """The scores in one CRM, as its vendor's own client library shows them."""
    at = fleet.endpoints()
    if connection == "crm":
        rows = crms.accounts(crms.salesforce(at["salesforce"])).items()
        return {key: float(row[FIELDS["crm"]] or -1) for key, row in rows}
    known = crms.companies(crms.hubspot(at["hubspot"])).items()
    return {key: float(row[FIELDS["marketing"]] or -1) for key, row in known}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Aftermath, Aftermath]]:
    """What happened at Salesforce, and at HubSpot."""
    folder = tmp_path_factory.mktemp("edits")
    with (
        mappings_parsed_once(),
        patch.object(SalesforceConnector, "batch_size", return_value=BATCH),
        patch.object(HubSpotConnector, "batch_size", return_value=BATCH),
        both_crms() as fleet,
        Store.open(f"sqlite:///{folder / 'crm.db'}") as one,
        Store.open(f"sqlite:///{folder / 'marketing.db'}") as other,
    ):
        yield delivered(fleet, one, "crm"), delivered(fleet, other, "marketing")


Both = tuple[Aftermath, Aftermath]


def test_people_edited_twenty_records_of_every_batch(office: Both) -> None:
    for after in office:
        assert after.busy.batches >= 2
        assert EDITS * (after.busy.batches - 1) < len(after.busy.edited) <= EDITS * after.busy.batches


def test_salesforce_lets_us_see_them_and_none_is_overwritten(office: Both) -> None:
    after = office[0]
    assert {key: after.holds[key] for key in after.busy.edited} == after.busy.edited
    assert after.report.skipped == len(after.busy.edited)
    assert (after.report.rejected, after.report.unknown, after.report.waiting) == (0, 0, 0)


def test_salesforce_takes_the_records_that_nobody_edited(office: Both) -> None:
    after = office[0]
    others = {key: value for key, value in after.holds.items() if key not in after.busy.edited}
    assert after.report.applied == len(others)
    assert max(others.values()) <= 100
    assert min(others.values()) >= 1
    assert after.found == []


def test_hubspot_replaces_them_and_each_is_found_with_what_the_person_wrote(office: Both) -> None:
    after = office[1]
    assert after.report.applied == len(after.holds)
    assert max(after.holds.values()) <= 100
    told = {one.operation.external_id: float(str(one.change.value)) for one in after.found}
    assert told == after.busy.edited


def test_each_is_reported_once_with_its_place_and_a_way_back(office: Both) -> None:
    after = office[1]
    world = after.busy.world
    with world.store.read() as conn:
        places = [one.place for one in read_findings(conn) if one.code == CODE]
        remedies = {one.remedy.split(",")[0] for one in read_findings(conn) if one.code == CODE}
        noted = [entry.subject for entry in read_audit(conn) if entry.action == CODE]
    assert sorted(places) == sorted(f"marketing/companies/{key}.{FIELDS['marketing']}" for key in after.busy.edited)
    assert remedies == {"`inlay plan` offers to give it back"}
    assert len(noted) == len(set(noted)) == len(after.busy.edited)
    assert look_back(world.store, world.setups, world.clock) == []


def planned_anew(after: Aftermath) -> Plan:
    """What a new look and a new plan say, as `inlay plan` makes them."""
    world = after.busy.world
    after.busy._pass_time()
    world.sync()
    look_back(world.store, world.setups, world.clock)
    return world.plan()


def test_the_next_plan_offers_to_give_each_back_and_gives_them_back_once_approved(office: Both) -> None:
    after = office[1]
    world, wrote = after.busy.world, after.busy.edited
    world.delivery = Delivery()
    offers = planned_anew(after).awaiting
    assert {one.external_id: float(one.after) for one in offers} == wrote
    assert {(one.plugin, one.policy, one.verdict) for one in offers} == {("restores", "ask", "needs approval")}
    report = world.apply(Approval("tom", plugins=frozenset({"restores"})))
    assert (report.applied, report.skipped, report.rejected) == (len(wrote), 0, 0)
    holds = held(after.busy.fleet, "marketing")
    assert {key: holds[key] for key in wrote} == wrote
    assert {key: value for key, value in holds.items() if key not in wrote} == {
        key: value for key, value in after.holds.items() if key not in wrote
    }
    second = planned_anew(after)
    assert second.is_empty
    assert {one.verdict for one in second.operations} == {"blocked: edited by a person"}
    with world.store.read() as conn:
        assert [one for one in read_findings(conn) if one.code == CODE] == []
    assert world.undo(report.run_id).undone == len(wrote)
    assert held(after.busy.fleet, "marketing") == after.holds
