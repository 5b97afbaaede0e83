"""The service ``eventbus.v1.PubSub`` for subscribers: who may come in, what is refused, and how events flow.

Codes of refusals are those of the vendor's page "Handle Errors", manners those of "Pull Subscription and Flow Control"
and "Subscribe RPC Method".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from threading import Thread
from typing import Any, NoReturn

import grpc

from connectors.salesforce.pubsub.messages import (
    SERVICE,
    ConsumerEvent,
    FetchRequest,
    FetchResponse,
    ReplayPreset,
    SchemaInfo,
    SchemaRequest,
    TopicInfo,
    TopicRequest,
)
from connectors.salesforce.pubsub.protobuf import WIRE
from connectors.salesforce.sandbox.oauth import is_active
from connectors.salesforce.sandbox.pubsub.bus import EventBus, KeptEvent, replay_id_of
from connectors.salesforce.sandbox.site import Site

CODES = "sfdc.platform.eventbus.grpc."
RPC_ID = "inlay-sandbox-rpc"
MOST_REQUESTED, MOST_AT_ONCE = 100, 40
SLICE_SECONDS = 0.02


@dataclass
class Manners:
    """How long the service waits, in seconds, and what it does to its guests."""

    sign_of_life: float = 270.0
    patience: float = 60.0
    refusals: int = 0
    """How many of the next subscriptions are refused with ``refusal``."""

    refusal: tuple[str, str] = ("UNAVAILABLE", "service.unavailable")
    cuts: int = 0
    """Grows whenever all open subscriptions are cut."""

    repeats: int = 0
    """How many of its last events each open subscription is told again, once."""


class Stream:
    """One subscription: where it is, and how many events it may be sent."""

    def __init__(self, bus: EventBus, first: FetchRequest, place: int) -> None:
        self.topic = first.topic_name
        self.place = place
        self.awaited = 0
        self.refusal: tuple[str, str] | None = None
        self.has_ended = False
        self._bus = bus
        self._recent: list[int] = []
        self.take(first)

    def take(self, request: FetchRequest) -> None:
        """Room for more events, a hundred at most; what makes no sense ends the stream."""
        with self._bus.news:
            if request.topic_name not in ("", self.topic):
                self.refusal = ("INVALID_ARGUMENT", "subscription.fetch.topic.mismatch")
            elif request.num_requested <= 0:
                self.refusal = ("INVALID_ARGUMENT", "subscription.fetch.requested.events.invalid")
            self.awaited = min(self.awaited + max(request.num_requested, 0), MOST_REQUESTED)
            self._bus.news.notify_all()

    def take_all(self, requests: Iterator[FetchRequest]) -> None:
        """Take requests until the client sends no more; a client that hangs up ends them too."""
        try:
            for request in requests:
                self.take(request)
        except grpc.RpcError:
            self.has_ended = True

    def events(self) -> list[KeptEvent]:
        """What may be sent now."""
        found = self._bus.after(self.place, self.topic, min(self.awaited, MOST_AT_ONCE))
        if found:
            self._recent = [*self._recent, *(one.number for one in found)][-MOST_REQUESTED:]
            self.place = found[-1].number
            self.awaited -= len(found)
        return found

    def is_up_to_date(self) -> bool:
        """Move on to a place behind everything, unless there is something to send."""
        with self._bus.news:
            if self._bus.after(self.place, self.topic, 1):
                return False
            self.place = self._bus.latest()
            return True

    def go_back(self, events: int) -> None:
        """Forget that the last events were sent."""
        if events and self._recent:
            self.place = self._recent[-events:][0] - 1


class PubSub:
    """The three calls that subscribers need."""

    def __init__(self, site: Site, bus: EventBus, manners: Manners) -> None:
        self._site = site
        self._bus = bus
        self._manners = manners
        self.sent = 0

    def handler(self) -> Any:
        """The calls as gRPC wants them."""
        calls = {
            "Subscribe": grpc.stream_stream_rpc_method_handler(self.subscribe, WIRE.reads(FetchRequest), WIRE.write),
            "GetSchema": grpc.unary_unary_rpc_method_handler(self.get_schema, WIRE.reads(SchemaRequest), WIRE.write),
            "GetTopic": grpc.unary_unary_rpc_method_handler(self.get_topic, WIRE.reads(TopicRequest), WIRE.write),
        }
        return grpc.method_handlers_generic_handler(SERVICE, calls)

    def get_topic(self, request: TopicRequest, context: Any) -> TopicInfo:
        """What is known of a topic."""
        self._admit(context)
        self._check_topic(request.topic_name, context)
        return TopicInfo(request.topic_name, self._org_id(), can_publish=False, can_subscribe=True, rpc_id=RPC_ID)

    def get_schema(self, request: SchemaRequest, context: Any) -> SchemaInfo:
        """A schema by its fingerprint."""
        self._admit(context)
        if not request.schema_id:
            _refuse(context, "INVALID_ARGUMENT", "schema.validation.failed")
        text = self._bus.schema(request.schema_id)
        if text is None:
            _refuse(context, "NOT_FOUND", "schema.meta.permission")
        return SchemaInfo(text, request.schema_id, RPC_ID)

    def subscribe(self, requests: Iterator[FetchRequest], context: Any) -> Iterator[FetchResponse]:
        """Events of a topic, as many as were asked for."""
        self._admit(context)
        if self._manners.refusals > 0:
            self._manners.refusals -= 1
            _refuse(context, *self._manners.refusal)
        first = next(requests, None)
        if first is None:
            return
        self._check_topic(first.topic_name, context)
        stream = Stream(self._bus, first, self._beginning(first, context))
        Thread(target=stream.take_all, args=(requests,), name="sandbox-pubsub", daemon=True).start()
        yield from self._flow(stream, context)

    def _flow(self, stream: Stream, context: Any) -> Iterator[FetchResponse]:
        cuts, silence = self._manners.cuts, 0.0
        while context.is_active() and not stream.has_ended:
            self._check(stream, context, cuts)
            with self._bus.news:
                events = stream.events()
                if not events:
                    self._bus.news.wait(SLICE_SECONDS)
            if events:
                silence, self.sent = 0.0, self.sent + len(events)
                yield _response(stream, events, events[-1].number)
                continue
            silence += SLICE_SECONDS
            if not stream.awaited and silence > self._manners.patience:
                return
            if stream.awaited and silence > self._manners.sign_of_life:
                silence = 0.0
                if stream.is_up_to_date():
                    yield _response(stream, [], stream.place)

    def _check(self, stream: Stream, context: Any, cuts: int) -> None:
        """Look whether the stream may go on."""
        self._admit(context)
        if stream.refusal is not None:
            _refuse(context, *stream.refusal)
        if self._manners.cuts != cuts:
            context.abort(grpc.StatusCode.UNAVAILABLE, "RST_STREAM closed stream. HTTP/2 error code: INTERNAL_ERROR")
        again, self._manners.repeats = self._manners.repeats, 0
        stream.go_back(again)

    def _beginning(self, first: FetchRequest, context: Any) -> int:
        if first.replay_preset == ReplayPreset.LATEST:
            return self._bus.latest()
        if first.replay_preset == ReplayPreset.EARLIEST:
            return self._bus.earliest()
        if not first.replay_id:
            _refuse(context, "INVALID_ARGUMENT", "subscription.fetch.replayid.validation.failed")
        place = self._bus.place(first.replay_id)
        if place is None:
            _refuse(context, "INVALID_ARGUMENT", "subscription.fetch.replayid.corrupted")
        return place

    def _check_topic(self, name: str, context: Any) -> None:
        if not name:
            _refuse(context, "INVALID_ARGUMENT", "topic.validation.empty")
        if name not in self._bus.topics():
            _refuse(context, "NOT_FOUND", "topic.not.found")

    def _admit(self, context: Any) -> None:
        """Let in who names a session that is open, an address, and this org."""
        told = dict(context.invocation_metadata())
        if not all(told.get(name) for name in ("accesstoken", "instanceurl", "tenantid")):
            _refuse(context, "UNAUTHENTICATED", "service.auth.headers.invalid")
        user = self._site.sessions.user_of(told["accesstoken"])
        if user is None or not is_active(self._site, user) or told["tenantid"] != self._org_id():
            _refuse(context, "UNAUTHENTICATED", "service.auth.error")

    def _org_id(self) -> str:
        return next(str(row["Id"]) for row in self._site.org.tables["Organization"].live())


def _response(stream: Stream, events: list[KeptEvent], latest: int) -> FetchResponse:
    told = tuple(ConsumerEvent(one.event, replay_id_of(one.number)) for one in events)
    return FetchResponse(told, replay_id_of(latest), RPC_ID, stream.awaited)


def _refuse(context: Any, status: str, code: str) -> NoReturn:
    """End the call as the vendor does: the status, and its own code in the trailers."""
    context.set_trailing_metadata((("error-code", CODES + code), ("rpc-id", RPC_ID)))
    context.abort(grpc.StatusCode[status], f"{code} rpcId: {RPC_ID}")
    raise AssertionError("abort raises")
