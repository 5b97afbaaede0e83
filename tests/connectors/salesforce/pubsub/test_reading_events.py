"""What the connector makes of events: the vendor's own examples, bitmaps, origins, and events that make no sense."""

from __future__ import annotations

import json
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import fastavro
import pytest

from connectors.salesforce.pubsub.changes import deletions, read_change
from connectors.salesforce.pubsub.messages import ConsumerEvent, ProducerEvent
from connectors.salesforce.pubsub.schemas import EventSchema, Schemas, read_schema
from core.sdk import ToldChange

LIST = {"type": "array", "items": "string"}
HEADER = {
    "type": "record",
    "name": "ChangeEventHeader",
    "fields": [
        {"name": "entityName", "type": "string"}, {"name": "recordIds", "type": LIST},
        {"name": "changeType", "type": "string"}, {"name": "changeOrigin", "type": "string"},
        {"name": "transactionKey", "type": "string"}, {"name": "sequenceNumber", "type": "int"},
        {"name": "commitTimestamp", "type": "long"}, {"name": "commitNumber", "type": "long"},
        {"name": "commitUser", "type": "string"}, {"name": "nulledFields", "type": LIST},
        {"name": "diffFields", "type": LIST}, {"name": "changedFields", "type": LIST},
    ],
}  # fmt: skip
ADDRESS = {
    "type": "record",
    "name": "Address",
    "fields": [{"name": name, "type": ["null", "string"]} for name in ("Street", "City", "State", "PostalCode")],
}
# An account is a firm or a person: its name is a text or a record of two.
NAME = {"type": "record", "name": "Switchable_PersonName", "fields": [{"name": "LastName", "type": ["null", "string"]}]}
SCHEMA = {
    "type": "record",
    "name": "AccountChangeEvent",
    "namespace": "com.sforce.eventbus",
    "fields": [
        {"name": "ChangeEventHeader", "type": HEADER},
        {"name": "Name", "type": ["null", "string", NAME]},
        {"name": "BillingAddress", "type": ["null", ADDRESS]},
        {"name": "ShippingAddress", "type": ["null", "com.sforce.eventbus.Address"]},
        {"name": "Phone", "type": ["null", "string"]},
        {"name": "LastModifiedDate", "type": ["null", "long"]},
        {"name": "Inlay_Health_Score__c", "type": ["null", "double"]},
    ],
}
TEXT = json.dumps(SCHEMA)
ID = "0015f00002JUXA8AAP"
# The header of the vendor's page "Get Compound Fields in Change Events".
PUBLISHED = {
    "entityName": "Account",
    "recordIds": [ID],
    "changeType": "CREATE",
    "changeOrigin": "com/salesforce/api/soap/60.0;client=SfdcInternalAPI/",
    "transactionKey": "00006bec-ce66-0611-9018-30a98446c9f2",
    "sequenceNumber": 1,
    "commitTimestamp": 1714156685000,
    "commitNumber": 1100670838951,
    "commitUser": "0055f000005mc66AAA",
    "nulledFields": [],
    "diffFields": [],
    "changedFields": [],
}
REPLAY = b"\0\0\0\0\0Z\x94\xf0\0\0"


def event(schema_id: str = "s", values: Mapping[str, Any] | None = None, /, **header: Any) -> ConsumerEvent:
    payload = BytesIO()
    told = {"ChangeEventHeader": {**PUBLISHED, **header}, **(values or {})}
    fastavro.schemaless_writer(payload, fastavro.parse_schema(SCHEMA), told)
    return ConsumerEvent(ProducerEvent("id", schema_id, payload.getvalue()), REPLAY)


def schemas(text: str = TEXT) -> Schemas:
    return Schemas(lambda _: text)


def read(*values: Any, **header: Any) -> ToldChange:
    return read_change(event("s", *values, **header), schemas())


# --- bitmaps ----------------------------------------------------------------------------------------------------------


def numbered(fields: int, parts: int = 0) -> EventSchema:
    return EventSchema(None, tuple((f"f{one}", tuple(f"p{part}" for part in range(parts))) for one in range(fields)))


@pytest.mark.parametrize(
    ("bitmaps", "named"),
    [
        # The vendor's page "Event Deserialization Considerations" shows these three.
        (["0x650004E0"], {"f5", "f6", "f7", "f10", "f24", "f26", "f29", "f30"}),
        (["4-0x10"], {"f4.p4"}),
        (["7-0x06"], {"f7.p1", "f7.p2"}),
        (["0x650000E0", "4-0x10", "7-0x06"], {"f5", "f6", "f7", "f24", "f26", "f29", "f30", "f4.p4", "f7.p1", "f7.p2"}),
        ([], set()),
        (["0x"], None),
        (["0x01", "x-0x01"], None),
        (["31-0x01"], None),
        (["0x80000000"], None),
        (["nonsense"], None),
    ],
)  # fmt: skip
def test_bitmaps_are_read_as_the_vendor_describes_them(bitmaps: list[str], named: set[str] | None) -> None:
    schema = numbered(31, parts=5)
    if named is None:
        with pytest.raises((ValueError, IndexError)):
            schema.named(bitmaps)
    else:
        assert schema.named(bitmaps) == named


def test_parts_of_compound_fields_have_their_names_also_where_the_record_is_only_referred_to() -> None:
    schema = read_schema(TEXT)
    assert dict(schema.fields)["ShippingAddress"] == ("Street", "City", "State", "PostalCode")
    assert dict(schema.fields)["Name"] == ("LastName",)
    assert schema.named(["0x02", "2-0x02", "3-0x0A"]) == {
        "Name", "BillingAddress.City", "ShippingAddress.City", "ShippingAddress.PostalCode",
    }  # fmt: skip


def test_a_schema_is_asked_for_once() -> None:
    asked: list[str] = []

    def ask(name: str) -> str:
        asked.append(name)
        return TEXT

    known = Schemas(ask)
    for name in ("a", "b", "a", "b", "a"):
        read_change(event(name), known)
    assert asked == ["a", "b"]


# --- what an event says -----------------------------------------------------------------------------------------------


def test_the_vendors_own_example_is_understood() -> None:
    told = read({"Name": "Acme", "BillingAddress": {"City": "San Francisco"}})
    assert (told.kind, told.stream, list(told.records), told.gone) == ("Account.CREATE", "Account", [ID], None)
    assert told.id == "00000000005a94f00000/00006bec-ce66-0611-9018-30a98446c9f2/1"
    assert told.is_ours is False
    assert json.loads(told.told)["transactionKey"] == PUBLISHED["transactionKey"]


def test_values_of_a_record_are_not_kept() -> None:
    told = read({"Name": "Acme", "Phone": "07700 900123", "BillingAddress": {"City": "Leeds"}})
    assert not any(value in told.told for value in (b"Acme", b"07700", b"Leeds"))


@pytest.mark.parametrize(
    ("kind", "gone"),
    [
        ("CREATE", None), ("UPDATE", None), ("DELETE", "deleted"), ("UNDELETE", None), ("GAP_CREATE", None),
        ("GAP_UPDATE", None), ("GAP_DELETE", "deleted"), ("GAP_UNDELETE", None), ("SNAPSHOT", None),
    ],
)  # fmt: skip
def test_only_deletions_say_that_a_record_is_gone(kind: str, gone: str | None) -> None:
    told = read(changeType=kind)
    assert (told.gone, list(told.records)) == (gone, [ID])


@pytest.mark.parametrize("ids", [["000000000000000AAA"], ["001*"], [], [ID, "001*"], ["' OR 1=1"]])
def test_an_event_that_names_no_records_is_about_the_whole_object(ids: list[str]) -> None:
    told = read(changeType="GAP_OVERFLOW", recordIds=ids)
    assert (told.stream, list(told.records)) == ("Account", [])


def test_one_event_may_be_about_several_records() -> None:
    other = "0015f00002JUXA9AAP"
    assert list(read(changeType="UPDATE", recordIds=[ID, other]).records) == [ID, other]


@pytest.mark.parametrize(
    ("origin", "is_ours"),
    [
        ("com/salesforce/api/rest/64.0;client=inlay", True),
        ("com/salesforce/api/rest/64.0;client=inlay/", True),
        ("com/salesforce/api/soap/64.0;client=inlay;user=x", True),
        ("com/salesforce/api/rest/64.0;client=inlays", False),
        ("com/salesforce/api/rest/64.0;client=Astro", False),
        ("com/salesforce/api/rest/64.0", False),
        ("client", False),
        ("", False),
    ],
)
def test_our_own_changes_are_known_by_the_clients_name(origin: str, is_ours: bool) -> None:
    assert read(changeOrigin=origin, changeType="UPDATE").is_ours is is_ours


def test_fields_that_change_with_every_write_are_none_that_changed() -> None:
    assert read(changeType="UPDATE", changedFields=["0x60"]).fields == frozenset({"Inlay_Health_Score__c"})
    assert read(changeType="UPDATE", changedFields=["0x20"]).fields == frozenset()
    assert read(changeType="CREATE").fields is None


@pytest.mark.parametrize(
    "broken",
    [
        ConsumerEvent(ProducerEvent("id", "s", b""), REPLAY),
        ConsumerEvent(ProducerEvent("id", "s", b"\xff" * 40), REPLAY),
        ConsumerEvent(ProducerEvent("id", "s", event().event.payload[:20]), REPLAY),
        event(entityName="../../Account"),
        event(entityName=""),
        event(changedFields=["0x8000000000000000000000000000"]),
    ],
)
def test_an_event_that_cannot_be_read_says_that_something_changed(broken: ConsumerEvent) -> None:
    told = read_change(broken, schemas())
    assert (told.id, told.stream, list(told.records)) == (REPLAY.hex(), "", [])


@pytest.mark.parametrize("text", ["", "{}", "[]", '"string"', '{"type": "record"}', '{"type": "record", "fields": 3}'])
def test_a_schema_that_is_none_makes_events_unreadable_and_nothing_worse(text: str) -> None:
    assert read_change(event(), schemas(text)).stream == ""


def test_deleted_records_that_may_have_been_merged_are_looked_up_by_object() -> None:
    changes = [
        ToldChange("1", "Account.DELETE", "Account", ["a", "b"], "deleted"),
        ToldChange("2", "Task.DELETE", "Task", ["t"], "deleted"),
        ToldChange("3", "Account.UPDATE", "Account", ["c"]),
        ToldChange("4", "Contact.DELETE", "Contact", ["d"], "deleted"),
        ToldChange("5", "Account.DELETE", "Account", ["e"], "deleted"),
    ]
    assert deletions(changes) == {"Account": ["a", "b", "e"], "Contact": ["d"]}
