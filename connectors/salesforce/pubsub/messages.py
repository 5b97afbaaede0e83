"""The messages of ``eventbus.v1.PubSub``, as far as subscribers need them.

Each is a dataclass that says what it is; the number beside a field is its number on the wire. Names and numbers are
those of the service's published description, forcedotcom/pub-sub-api.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated

PACKAGE = "eventbus.v1"
SERVICE = f"{PACKAGE}.PubSub"


class ReplayPreset(IntEnum):
    """Where a subscription begins: with what comes, with all that is kept, or after a place."""

    LATEST = 0
    EARLIEST = 1
    CUSTOM = 2


@dataclass(frozen=True)
class TopicRequest:
    """Asks for what is known of a topic."""

    topic_name: Annotated[str, 1] = ""


@dataclass(frozen=True)
class TopicInfo:
    """What is known of a topic, and what the user may do with it."""

    topic_name: Annotated[str, 1] = ""
    tenant_guid: Annotated[str, 2] = ""
    can_publish: Annotated[bool, 3] = False
    can_subscribe: Annotated[bool, 4] = False
    schema_id: Annotated[str, 5] = ""
    rpc_id: Annotated[str, 6] = ""


@dataclass(frozen=True)
class SchemaRequest:
    """Asks for an Avro schema by its fingerprint."""

    schema_id: Annotated[str, 1] = ""


@dataclass(frozen=True)
class SchemaInfo:
    """An Avro schema as JSON."""

    schema_json: Annotated[str, 1] = ""
    schema_id: Annotated[str, 2] = ""
    rpc_id: Annotated[str, 3] = ""


@dataclass(frozen=True)
class EventHeader:
    """A header of an event; none are in use yet."""

    key: Annotated[str, 1] = ""
    value: Annotated[bytes, 2] = b""


@dataclass(frozen=True)
class ProducerEvent:
    """An event as it was published: ``payload`` is Avro in the schema of ``schema_id``."""

    id: Annotated[str, 1] = ""
    schema_id: Annotated[str, 2] = ""
    payload: Annotated[bytes, 3] = b""
    headers: Annotated[tuple[EventHeader, ...], 4] = ()


@dataclass(frozen=True)
class ConsumerEvent:
    """An event with its place in the topic."""

    event: Annotated[ProducerEvent, 1] = ProducerEvent()
    replay_id: Annotated[bytes, 2] = b""


@dataclass(frozen=True)
class FetchRequest:
    """Asks for so many events more; topic and beginning count in the first request of a subscription."""

    topic_name: Annotated[str, 1] = ""
    replay_preset: Annotated[ReplayPreset, 2] = ReplayPreset.LATEST
    replay_id: Annotated[bytes, 3] = b""
    num_requested: Annotated[int, 4] = 0
    auth_refresh: Annotated[str, 5] = ""


@dataclass(frozen=True)
class FetchResponse:
    """Events, or none as a sign of life; ``pending_num_requested`` is how many more were asked for."""

    events: Annotated[tuple[ConsumerEvent, ...], 1] = ()
    latest_replay_id: Annotated[bytes, 2] = b""
    rpc_id: Annotated[str, 3] = ""
    pending_num_requested: Annotated[int, 4] = 0


MESSAGES = (
    TopicRequest,
    TopicInfo,
    SchemaRequest,
    SchemaInfo,
    EventHeader,
    ProducerEvent,
    ConsumerEvent,
    FetchRequest,
    FetchResponse,
)
