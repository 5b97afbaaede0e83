"""The service on loopback, beside the org's REST API, and the faults it can be given."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import grpc

from connectors.salesforce.sandbox.app import SalesforceSandbox, nobody_told
from connectors.salesforce.sandbox.pubsub.bus import EventBus
from connectors.salesforce.sandbox.pubsub.service import SLICE_SECONDS, Manners, PubSub

MOST_STREAMS = 16


@dataclass(frozen=True)
class RunningPubSub:
    """The service at ``url``, for channels without TLS."""

    url: str
    bus: EventBus
    manners: Manners
    _service: PubSub

    @property
    def sent(self) -> int:
        """How many events were sent, to all streams together."""
        return self._service.sent

    def pause(self) -> None:
        """Wait for a moment, or until there is news."""
        with self.bus.news:
            self.bus.news.wait(SLICE_SECONDS)

    def cut(self) -> None:
        """Cut all open streams, as a network does."""
        self.manners.cuts += 1

    def refuse(self, times: int, status: str, code: str) -> None:
        """Refuse the next subscriptions, with a gRPC status and the vendor's code."""
        self.manners.refusal, self.manners.refusals = (status, code), times

    def tell_again(self, events: int) -> None:
        """Send the last events of each open stream a second time."""
        self.manners.repeats = events


@contextmanager
def serve_events(app: SalesforceSandbox, port: int = 0, manners: Manners | None = None) -> Iterator[RunningPubSub]:
    """Serve the events of an org from now on; what happened before is told to nobody."""
    bus, kept = EventBus(app.site.org), manners or Manners()
    app.committed = bus.publish
    server = grpc.server(ThreadPoolExecutor(MOST_STREAMS, "sandbox-pubsub"), options=[("grpc.so_reuseport", 0)])
    service = PubSub(app.site, bus, kept)
    server.add_generic_rpc_handlers((service.handler(),))
    number = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    try:
        yield RunningPubSub(f"http://127.0.0.1:{number}", bus, kept, service)
    finally:
        server.stop(grace=None).wait()
        app.committed, app.site.org.notes.is_kept = nobody_told, False
