"""The line itself: a gRPC channel, the calls on it, and a subscription that asks for more as room is made for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import grpc

from connectors.salesforce.pubsub.messages import (
    SERVICE,
    FetchRequest,
    FetchResponse,
    SchemaInfo,
    SchemaRequest,
    TopicInfo,
    TopicRequest,
)
from connectors.salesforce.pubsub.protobuf import WIRE

MOST_REQUESTED = 100
"""Events that may be asked for and not yet delivered, by the vendor's allocations."""

SECONDS = 30.0
Metadata = Sequence[tuple[str, str]]
# Five minutes is as often as a server has to bear pings (gRPC, A8); a peer that is gone is noticed by them.
_OPTIONS = [("grpc.keepalive_time_ms", 300_000), ("grpc.keepalive_timeout_ms", 20_000)]


class Line:
    """A channel to the service at an address; ``http`` only for simulators on this machine."""

    def __init__(self, address: str) -> None:
        there = urlsplit(address)
        if there.scheme == "http":
            self._channel = grpc.insecure_channel(there.netloc, [*_OPTIONS, ("grpc.enable_http_proxy", 0)])
        else:
            self._channel = grpc.secure_channel(there.netloc, grpc.ssl_channel_credentials(), _OPTIONS)
        self._schema = self._unary("GetSchema", SchemaInfo)
        self._topic = self._unary("GetTopic", TopicInfo)
        self._subscribe = self._channel.stream_stream(
            f"/{SERVICE}/Subscribe", WIRE.write, WIRE.reads(FetchResponse)
        )  # fmt: skip

    def schema(self, schema_id: str, metadata: Metadata) -> str:
        """The JSON of a schema; raises ``grpc.RpcError``."""
        found: SchemaInfo = self._schema(SchemaRequest(schema_id), timeout=SECONDS, metadata=metadata)
        return found.schema_json

    def topic(self, name: str, metadata: Metadata) -> TopicInfo:
        """What is known of a topic; raises ``grpc.RpcError``."""
        found: TopicInfo = self._topic(TopicRequest(name), timeout=SECONDS, metadata=metadata)
        return found

    def subscribe(self, first: FetchRequest, metadata: Metadata) -> Subscription:
        """Begin to listen."""
        return Subscription(self._subscribe, first, metadata)

    def close(self) -> None:
        """Hang up; subscriptions end."""
        self._channel.close()

    def _unary(self, name: str, answer: type) -> Any:
        return self._channel.unary_unary(f"/{SERVICE}/{name}", WIRE.write, WIRE.reads(answer))


class Subscription:
    """One ``Subscribe``: what has come, and how much more may come."""

    def __init__(self, call: Any, first: FetchRequest, metadata: Metadata) -> None:
        self._asked: SimpleQueue[FetchRequest | None] = SimpleQueue()
        self._came: SimpleQueue[FetchResponse | grpc.RpcError | None] = SimpleQueue()
        self._awaited = first.num_requested
        self._asked.put(first)
        self._call = call(iter(self._asked.get, None), metadata=metadata)
        self._thread = Thread(target=self._receive, name="inlay-pubsub", daemon=True)
        self._thread.start()

    def next(self, seconds: float) -> FetchResponse | None:
        """What came next, None when nothing did within so many seconds; raises ``grpc.RpcError`` once it has ended.

        A line that the server closed in good order raises ``StopIteration``.
        """
        try:
            came = self._came.get(timeout=seconds)
        except Empty:
            return None
        if came is None:
            raise StopIteration
        if isinstance(came, grpc.RpcError):
            raise came
        self._awaited -= len(came.events)
        return came

    def ask_on(self) -> None:
        """Ask for more once half of what may be awaited has come: each event makes room for another."""
        room = MOST_REQUESTED - self._awaited
        if room * 2 >= MOST_REQUESTED:
            self._asked.put(FetchRequest(num_requested=room))
            self._awaited += room

    def close(self) -> None:
        """End it."""
        self._asked.put(None)
        self._call.cancel()
        self._thread.join()

    def _receive(self) -> None:
        try:
            for response in self._responses():
                self._came.put(response)
        except grpc.RpcError as error:
            self._came.put(error)
        else:
            self._came.put(None)

    def _responses(self) -> Iterator[FetchResponse]:
        yield from self._call
