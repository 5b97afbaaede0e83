"""Messages on the wire: byte for byte what the encoding's own description says, in both directions."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from connectors.salesforce.pubsub.messages import (
    MESSAGES,
    ConsumerEvent,
    EventHeader,
    FetchRequest,
    FetchResponse,
    ProducerEvent,
    ReplayPreset,
    SchemaInfo,
    SchemaRequest,
    TopicInfo,
    TopicRequest,
)
from connectors.salesforce.pubsub.protobuf import WIRE, _fields_of
from tests.connectors.salesforce.pubsub.by_hand import CUSTOM, EARLIEST, LATEST, fetch_request, read_fields

# As published in forcedotcom/pub-sub-api, pubsub_api.proto.
PUBLISHED: dict[type, dict[str, int]] = {
    TopicRequest: {"topic_name": 1},
    TopicInfo: {
        "topic_name": 1, "tenant_guid": 2, "can_publish": 3, "can_subscribe": 4, "schema_id": 5, "rpc_id": 6,
    },
    SchemaRequest: {"schema_id": 1},
    SchemaInfo: {"schema_json": 1, "schema_id": 2, "rpc_id": 3},
    EventHeader: {"key": 1, "value": 2},
    ProducerEvent: {"id": 1, "schema_id": 2, "payload": 3, "headers": 4},
    ConsumerEvent: {"event": 1, "replay_id": 2},
    FetchRequest: {"topic_name": 1, "replay_preset": 2, "replay_id": 3, "num_requested": 4, "auth_refresh": 5},
    FetchResponse: {"events": 1, "latest_replay_id": 2, "rpc_id": 3, "pending_num_requested": 4},
}  # fmt: skip
EVENT = ConsumerEvent(ProducerEvent("a", "s", b"\0payload", (EventHeader("k", b"v"),)), b"\0\0Z\x94\0\0")


@pytest.mark.parametrize("message", MESSAGES, ids=lambda one: one.__name__)
def test_every_field_has_the_number_that_the_vendor_publishes(message: type) -> None:
    assert {one.name: one.number for one in _fields_of(message)} == PUBLISHED[message]


@pytest.mark.parametrize("preset", [LATEST, EARLIEST, CUSTOM])
@given(topic=st.text(max_size=40), replay_id=st.binary(max_size=12), number=st.integers(-5, 2**31 - 1))
def test_requests_are_the_bytes_that_were_written_by_hand(
    preset: int, topic: str, replay_id: bytes, number: int
) -> None:
    told = FetchRequest(topic, ReplayPreset(preset), replay_id, number)
    by_hand = fetch_request(topic, preset, replay_id, number)
    assert WIRE.reads(FetchRequest)(by_hand) == told
    assert read_fields(WIRE.write(told)) == {key: value for key, value in read_fields(by_hand).items() if value != [0]}


@pytest.mark.parametrize(
    "told",
    [
        FetchResponse((EVENT, EVENT), b"\1", "rpc", 98),
        FetchResponse(latest_replay_id=b"\2", pending_num_requested=100),
        TopicInfo("/data/ChangeEvents", "00D", can_publish=False, can_subscribe=True, schema_id="s", rpc_id="r"),
        SchemaInfo('{"type": "record"}', "s", "r"),
        EVENT,
    ],
)
def test_what_was_written_is_read_as_it_was(told: Any) -> None:
    assert WIRE.reads(type(told))(WIRE.write(told)) == told


@pytest.mark.parametrize("message", MESSAGES, ids=lambda one: one.__name__)
def test_nothing_said_is_what_a_message_is_without_its_fields(message: type) -> None:
    assert WIRE.reads(message)(b"") == message()
    assert WIRE.reads(message)(WIRE.write(message())) == message()
    assert fields(message)


def test_a_field_that_the_vendor_adds_is_passed_over() -> None:
    assert WIRE.reads(TopicRequest)(b"\x0a\x02/x" + b"\x9a\x06\x03new") == TopicRequest("/x")


@pytest.mark.parametrize("broken", [b"\x0a\x05/x", b"\xff", b"\x0a\x02\xff\xfe"])
def test_bytes_that_are_no_message_are_refused_by_name(broken: bytes) -> None:
    with pytest.raises(DecodeError):
        WIRE.reads(TopicRequest)(broken)
