"""Whatever fails on the way, a keyed task is made once, with its associations, and an update arrives.

The loop here does what the delivery of the ledger does: what was refused for now is sent again, and what became of a
lost answer is looked up by the key before anything is sent.
"""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from connectors.hubspot.connector import HubSpotConnector
from core.sdk import Link, Outcome, RetryLater, WriteRow
from tests.connectors.hubspot.connected import connect
from tests.connectors.hubspot.hub import Hub

KEY = {"name": "inlay_key", "label": "Key", "type": "string", "fieldType": "text", "hasUniqueValue": True}
FAULTS = ("status", "cut", "html", "truncate", "apply_then_cut")
PATIENCE = 60


def break_something(hub: Hub, dice: Random) -> None:
    faults = [
        {
            "do": dice.choice(FAULTS),
            "path": "^/crm",
            "nth": dice.randrange(1, 5),
            "times": dice.choice([1, 1, 2, 3]),
            "status": dice.choice([423, 429, 500, 503]),
            "body": dice.choice(["{}", '{"status":"error","message":"try later"}']),
        }
        for _ in range(dice.randrange(1, 3))
    ]
    hub.ask("POST", "/__sandbox__/faults", faults)


def look_up(connector: HubSpotConnector, rows: list[WriteRow]) -> set[str]:
    """The keys of those rows that are there after all; none is known while HubSpot cannot be asked."""
    keys = [row.key[1] for row in rows if row.key]
    try:
        return set(connector.find_by_key("tasks", "inlay_key", keys))
    except RetryLater:
        return set()


def deliver(hub: Hub, rows: list[WriteRow], dice: Random) -> int:
    """Send until every row has arrived; returns how many rounds that took."""
    pending = list(rows)
    unsure: list[WriteRow] = []
    for round_number in range(PATIENCE):
        if not pending and not unsure:
            return round_number
        if round_number < 8:
            break_something(hub, dice)
        connector = connect(hub)
        if unsure:
            found = look_up(connector, unsure)
            settled = [row for row in unsure if row.key and row.key[1] in found]
            if not found:
                hub.ask("DELETE", "/__sandbox__/faults")
                settled = [row for row in unsure if row.key and row.key[1] in look_up(connector, unsure)]
            pending += [row for row in unsure if row not in settled]
            unsure = []
        batch = dice.sample(pending, min(len(pending), dice.choice([1, 7, 100])))
        outcomes = connector.write("tasks", "upsert", batch) if batch else []
        pending = [row for row in pending if row not in batch] + _again(batch, outcomes, "retry")
        unsure = _again(batch, outcomes, "unknown")
        assert not _again(batch, outcomes, "rejected")
        hub.ask("DELETE", "/__sandbox__/faults")
    raise AssertionError(f"{len(pending)} rows never arrived")


def _again(batch: list[WriteRow], outcomes: list[Outcome], state: str) -> list[WriteRow]:
    return [row for row, outcome in zip(batch, outcomes, strict=True) if outcome.state == state]


@pytest.mark.parametrize("seed", range(15))
def test_every_task_is_made_exactly_once(hub: Hub, seed: int) -> None:
    dice = Random(seed)
    hub.post("/crm/v3/properties/tasks", {**KEY, "groupName": "task"}, 201)
    companies = hub.make_many("companies", [{"name": f"C{number}"} for number in range(5)])
    rows = [
        WriteRow(
            {"hs_timestamp": "2026-07-01T12:00:00Z", "hs_task_subject": f"Task {number}"},
            key=("inlay_key", f"task-{number}"),
            links=[Link("companies", dice.choice(companies))] if dice.random() < 0.8 else (),
        )
        for number in range(dice.choice([3, 20, 110]))
    ]
    deliver(hub, rows, dice)
    made = hub.app.crm.shelves["tasks"].live()
    found = {record.properties["inlay_key"]: record for record in made}
    counted = Counter(record.properties["inlay_key"] for record in hub.app.crm.shelves["tasks"].live())
    assert set(found) == {row.key[1] for row in rows if row.key}
    assert set(counted.values()) == {1}
    for row in rows:
        assert row.key is not None
        task = found[row.key[1]]
        assert task.properties["hs_task_subject"] == row.values["hs_task_subject"]
        partners = {partner.id for partner in hub.app.crm.partners(task)}
        assert partners == {link.external_id for link in row.links}
