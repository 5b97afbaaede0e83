"""A client of the Pub/Sub API that owes nothing to Inlay: plain gRPC, and Protocol Buffers written out by hand.

Field numbers are those of the vendor's published ``pubsub_api.proto``, the encoding is that of protobuf.dev.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from queue import SimpleQueue
from typing import Any

import fastavro
import grpc

from connectors.salesforce.sandbox import TOKEN

LATEST, EARLIEST, CUSTOM = 0, 1, 2
Fields = dict[int, list[Any]]


def _varint(number: int) -> bytes:
    low = number & 0x7F
    return bytes([low]) if number < 0x80 else bytes([low | 0x80]) + _varint(number >> 7)


def _text(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _whole(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value & 0xFFFF_FFFF_FFFF_FFFF)


def _read_varint(content: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = content[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place


def read_fields(content: bytes) -> Fields:
    """The fields of a message by their numbers: numbers as they are, everything else as bytes."""
    found: Fields = {}
    place = 0
    while place < len(content):
        tag, place = _read_varint(content, place)
        value: Any
        value, place = _read_varint(content, place)
        if tag & 7 == 2:
            value, place = content[place : place + value], place + value
        found.setdefault(tag >> 3, []).append(value)
    return found


def fetch_request(topic: str = "", preset: int = LATEST, replay_id: bytes = b"", number: int = 0) -> bytes:
    """A FetchRequest."""
    parts = [_text(1, topic.encode()) if topic else b"", _whole(2, preset) if preset else b""]
    parts += [_text(3, replay_id) if replay_id else b"", _whole(4, number)]
    return b"".join(parts)


@dataclass(frozen=True)
class Event:
    """One event: where it stands, in which schema it is, and what it says."""

    replay_id: bytes
    schema_id: str
    payload: bytes


@dataclass(frozen=True)
class Response:
    """A FetchResponse."""

    events: list[Event]
    latest: bytes
    pending: int


def _response(content: bytes) -> Response:
    told = read_fields(content)
    events = []
    for one in told.get(1, []):
        consumer = read_fields(one)
        producer = read_fields(consumer[1][0])
        events.append(Event(consumer[2][0], producer[2][0].decode(), producer[3][0]))
    return Response(events, told[2][0], told.get(4, [0])[0])


@dataclass
class Subscription:
    """An open Subscribe."""

    requests: SimpleQueue[bytes | None]
    call: Any

    def ask(self, number: int, topic: str = "") -> None:
        """Send another FetchRequest."""
        self.requests.put(fetch_request(topic, number=number))

    def next(self) -> Response:
        """The next FetchResponse; raises what the server ended with."""
        return _response(next(self.call))

    def events(self, number: int) -> list[Event]:
        """So many events, in however many responses."""
        found: list[Event] = []
        while len(found) < number:
            found += self.next().events
        assert len(found) == number
        return found

    def close(self) -> None:
        """Hang up."""
        self.requests.put(None)
        self.call.cancel()


@dataclass
class Client:
    """A channel to the service, and who calls."""

    url: str
    org: str
    token: str = TOKEN
    instance: str = "https://hartwell.my.salesforce.com"
    _open: list[Subscription] = field(default_factory=list)

    def __post_init__(self) -> None:
        options = [("grpc.enable_http_proxy", 0)]
        self.channel = grpc.insecure_channel(self.url.removeprefix("http://"), options)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        for one in self._open:
            one.close()
        self.channel.close()

    @property
    def metadata(self) -> Sequence[tuple[str, str]]:
        """What every call says of us."""
        return (("accesstoken", self.token), ("instanceurl", self.instance), ("tenantid", self.org))

    def subscribe(self, topic: str, number: int, preset: int = LATEST, replay_id: bytes = b"") -> Subscription:
        """Begin a Subscribe."""
        requests: SimpleQueue[bytes | None] = SimpleQueue()
        requests.put(fetch_request(topic, preset, replay_id, number))
        method = self.channel.stream_stream("/eventbus.v1.PubSub/Subscribe")
        opened = Subscription(requests, method(iter(requests.get, None), metadata=self.metadata, timeout=20))
        self._open.append(opened)
        return opened

    def schema(self, schema_id: str) -> Any:
        """The JSON of a schema."""
        told = read_fields(self._call("GetSchema", _text(1, schema_id.encode())))
        assert told[2][0].decode() == schema_id
        return json.loads(told[1][0])

    def topic(self, name: str) -> Fields:
        """What is known of a topic."""
        return read_fields(self._call("GetTopic", _text(1, name.encode())))

    def read(self, event: Event) -> dict[str, Any]:
        """What an event says, by its schema."""
        schema = fastavro.parse_schema(self.schema(event.schema_id))
        found = fastavro.schemaless_reader(BytesIO(event.payload), schema, None)
        assert isinstance(found, dict)
        return found

    def _call(self, name: str, request: bytes) -> bytes:
        answer: bytes = self.channel.unary_unary(f"/eventbus.v1.PubSub/{name}")(
            request, metadata=self.metadata, timeout=20
        )
        return answer


def refusal(error: grpc.RpcError) -> tuple[str, str]:
    """Status and the vendor's code of a refused call."""
    trailers = dict(error.trailing_metadata() or ())
    return error.code().name, str(trailers.get("error-code", "")).removeprefix("sfdc.platform.eventbus.grpc.")


def names(schema: Any) -> Iterator[str]:
    """The fields of a schema in order."""
    return (one["name"] for one in schema["fields"])
