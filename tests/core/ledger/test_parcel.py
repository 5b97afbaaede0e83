"""From operations to rows and batches: merged per record, filled to the limit, in order."""

from __future__ import annotations

from typing import Any

import pytest

from core.clock import FixedClock
from core.connector import Link, Verb
from core.errors import ConfigError
from core.ledger.cost import calls_of
from core.ledger.operations import Operation
from core.ledger.outbox import Slip
from core.ledger.parcel import batches, parcels
from core.ledger.target import Target, target_named, targets_of
from core.sync import ConnectionSetup
from tests.core.ledger.world import START, mapping
from tests.doubles.crm import MemoryCrm


def change(record: str, field: str = "Score__c", **more: Any) -> Operation:
    values: dict[str, Any] = {
        "id": f"{record}.{field}",
        "kind": "set_field",
        "connection": "crm",
        "stream": "Account",
        "external_id": record,
        "field": field,
        "after": 1,
        **more,
    }
    return Operation(**values)


def create(key: str) -> Operation:
    after = {"values": {"Subject": "x"}, "links": [["Account", "A1"]], "key_field": "Inlay_Key__c", "owner": None}
    return Operation(id=key, kind="create_record", connection="crm", stream="Task", key=key, after=after)


def slip(name: str, record: str, verb: Verb = "update", connection: str = "crm", *, doubtful: bool = False) -> Slip:
    return Slip(name, connection, "Account", verb, record, "owned", doubtful)


def targets(batch: int = 2) -> dict[str, Target]:
    clock = FixedClock(START)
    names = ("crm", "other")
    return targets_of(
        [ConnectionSetup(name, MemoryCrm(name, clock, batch=batch), mapping("crm.yaml", name)) for name in names]
    )


def test_fields_of_one_record_become_one_row() -> None:
    load = parcels([change("A1", "Score__c"), change("A2"), change("A1", "Band__c", after="Good")])
    assert [(one.row.external_id, dict(one.row.values)) for one in load] == [
        ("A1", {"Score__c": 1, "Band__c": "Good"}),
        ("A2", {"Score__c": 1}),
    ]
    assert [len(one.operations) for one in load] == [2, 1]


def test_a_cleared_field_is_sent_as_such() -> None:
    assert parcels([change("A1", after=None)])[0].row.values == {"Score__c": None}


def test_a_create_carries_key_and_links_beside_its_values() -> None:
    [parcel] = parcels([create("k1")])
    assert (parcel.row.key, parcel.row.external_id) == (("Inlay_Key__c", "k1"), None)
    assert (dict(parcel.row.values), list(parcel.row.links)) == ({"Subject": "x"}, [Link("Account", "A1")])


def test_creates_stay_apart() -> None:
    assert [one.row.key for one in parcels([create("k1"), create("k2")])] == [
        ("Inlay_Key__c", "k1"),
        ("Inlay_Key__c", "k2"),
    ]


def test_a_delete_names_its_record_only() -> None:
    gone = Operation(id="d", kind="delete_record", connection="crm", stream="Task", external_id="T1", key="k")
    [parcel] = parcels([gone])
    assert (parcel.row.external_id, dict(parcel.row.values), parcel.row.key) == ("T1", {}, None)


def test_batches_count_records_not_fields() -> None:
    slips = [slip(f"{record}{field}", record) for record in ("A1", "A2", "A3") for field in "xyz"]
    assert [one.ids for one in batches(slips, targets(2))] == [
        ("A1x", "A1y", "A1z", "A2x", "A2y", "A2z"),
        ("A3x", "A3y", "A3z"),
    ]


@pytest.mark.parametrize(("records", "size", "expected"), [(1, 200, 1), (200, 200, 1), (201, 200, 2), (1000, 100, 10)])
def test_as_few_batches_as_can_be(records: int, size: int, expected: int) -> None:
    slips = [slip(f"o{number}", f"A{number}") for number in range(records)]
    assert len(list(batches(slips, targets(size)))) == expected


def test_connections_verbs_and_doubts_do_not_mix() -> None:
    slips = [
        slip("a", "A1"),
        slip("b", "A2", connection="other"),
        slip("c", "A3", "delete"),
        slip("d", "A4", doubtful=True),
        slip("e", "A5"),
    ]
    found = [(one.connection, one.verb, one.ids) for one in batches(slips, targets(200))]
    assert found == [
        ("crm", "update", ("a", "e")),
        ("other", "update", ("b",)),
        ("crm", "delete", ("c",)),
        ("crm", "update", ("d",)),
    ]


@pytest.mark.parametrize(
    ("ready", "awaiting", "calls"),
    [
        ([], [], {}),
        ([change("A1")], [], {"crm": {"apply": 1, "needs approval": 0}}),
        ([change("A1"), change("A1", "Band__c")], [], {"crm": {"apply": 1, "needs approval": 0}}),
        ([change("A1")], [change("A1", "Band__c")], {"crm": {"apply": 1, "needs approval": 0}}),
        ([change("A1"), change("A2")], [change("A3")], {"crm": {"apply": 1, "needs approval": 1}}),
        ([], [change("A1")], {"crm": {"apply": 0, "needs approval": 1}}),
        ([change("A1"), create("k")], [create("l")], {"crm": {"apply": 2, "needs approval": 0}}),
        ([change("A1", connection="gone")], [], {"gone": {"apply": 1, "needs approval": 0}}),
    ],
)
def test_the_price_of_a_plan(
    ready: list[Operation], awaiting: list[Operation], calls: dict[str, dict[str, int]]
) -> None:
    assert calls_of(ready, awaiting, targets(2)) == calls


def test_only_writable_connections_are_targets_in_the_order_of_the_file() -> None:
    clock = FixedClock(START)
    silent = MemoryCrm("silent", clock)
    silent.writes = False  # type: ignore[misc]
    setups = [
        ConnectionSetup(crm.name, crm, mapping("crm.yaml", crm.name))
        for crm in (MemoryCrm("b", clock), silent, MemoryCrm("a", clock))
    ]
    assert list(targets_of(setups)) == ["b", "a"]


def test_a_target_that_is_gone_is_named_with_a_remedy() -> None:
    with pytest.raises(ConfigError) as caught:
        target_named(targets(), "elsewhere")
    assert caught.value.where == "elsewhere"
    assert "put the connection back" in caught.value.remedy
