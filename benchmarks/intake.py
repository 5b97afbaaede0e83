"""Durable intake beside an endpoint that only verifies, on the same server: rate, slowest hundredth, CPU per event.

Run as a module it is the server that is measured, in a process of its own: ``python -m benchmarks.intake durable URL``.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median, quantiles

import orjson
from flask import Flask, Response, request

from benchmarks.child import ROOT, MeasurementError
from benchmarks.figure import Figure
from benchmarks.process import cpu_seconds
from benchmarks.workload import Workload
from core.clock import SystemClock
from core.engine.server import serving
from core.store import Store
from webhooks.endpoints import Endpoint
from webhooks.receive import receiver
from webhooks.request import SignedRequest, hmac_sha256
from webhooks.schemes.stripe import STRIPE
from webhooks.verify import is_genuine

SECRET = "whsec_of_the_benchmark"
ENDPOINT = Endpoint("billing", STRIPE, (SECRET,), per_second=1_000_000)
SENDERS = 64
EVENTS = 3_000
DURABLE, VERIFY_ONLY = "durable", "verify-only"
PADDING = {f"field_{number}": f"value {number}" for number in range(60)}  # an invoice event has some 2 KB and more


@dataclass(frozen=True)
class Taken:
    """What one run measured: events a second, the slowest hundredth in seconds, CPU seconds of the server per event."""

    rate: float
    slowest: float
    cpu: float


def intake(work: Workload) -> Iterator[Figure]:
    """The three ratios, each the median of interleaved rounds, in percent of the endpoint that only verifies."""
    rounds = [(_measured(work, DURABLE), _measured(work, VERIFY_ONLY)) for _ in range(work.rounds)]
    note = f"{median(durable.rate for durable, _ in rounds):,.0f} events/s by {SENDERS} senders, each commit on disk"
    rate = median(durable.rate / verify.rate for durable, verify in rounds)
    slowest = median(durable.slowest / verify.slowest for durable, verify in rounds)
    cpu = median(durable.cpu / verify.cpu for durable, verify in rounds)
    yield Figure("durable intake, rate", 100 * rate, "% of verify-only", "at least", 40, note=note)
    yield Figure("durable intake, slowest hundredth", 100 * slowest, "% of verify-only", "at most", 150)
    yield Figure("durable intake, CPU per event", 100 * cpu, "% of verify-only", "at most", 150)


def _measured(work: Workload, kind: str) -> Taken:
    """Send all events to a fresh server; raises ``MeasurementError`` unless every one was taken."""
    events = min(EVENTS, max(SENDERS, work.records))
    with ExitStack() as stack:
        url = stack.enter_context(work.database("SQLite"))
        server = stack.enter_context(_server(kind, url))
        requests = [_signed(number) for number in range(events)]
        begun = time.perf_counter()
        with ThreadPoolExecutor(SENDERS) as pool:
            waits = list(pool.map(lambda sent: _send(server.port, sent), requests))
        seconds = time.perf_counter() - begun
        cpu = server.end()
    return Taken(events / seconds, quantiles(waits, n=100)[98], cpu / events)


class _Server:
    """A process that serves until it is told to end, and then says what it used."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.port = int(self._told()["port"])

    def end(self) -> float:
        """Its CPU seconds since it was ready."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return float(self._told()["cpu"])

    def _told(self) -> dict[str, float]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise MeasurementError(f"the server ended with {self.process.wait()}")
        told: dict[str, float] = json.loads(line)
        return told


@contextmanager
def _server(kind: str, url: str) -> Iterator[_Server]:
    command = [sys.executable, "-P", "-m", "benchmarks.intake", kind, url]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield _Server(process)
        finally:
            process.kill()


def _signed(number: int) -> bytes:
    """A whole request of Stripe's, as it goes over the wire."""
    thing = {"id": f"in_{number}", "object": "invoice", "metadata": PADDING}
    body = orjson.dumps({"id": f"evt_{number}", "object": "event", "type": "invoice.paid", "data": {"object": thing}})
    at = int(time.time())
    signature = hmac_sha256(SECRET.encode(), f"{at}.".encode() + body).hex()
    head = f"POST /webhooks/billing HTTP/1.1\r\nHost: localhost\r\nStripe-Signature: t={at},v1={signature}\r\n"
    return f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


def _send(port: int, sent: bytes) -> float:
    """Send one request and return the seconds until its answer."""
    begun = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        line.sendall(sent)
        answer = line.recv(4096)
        while answer and line.recv(4096):
            pass
    if b" 202 " not in answer.split(b"\r\n", 1)[0]:
        raise MeasurementError(f"an event was answered {answer[:60]!r}")
    return time.perf_counter() - begun


def main(kind: str, url: str) -> None:
    """Serve until standard input ends; tell the port, then the CPU seconds used."""
    with Store.open(url, synchronous="FULL") as store:
        store.migrate()
        app = _durable(store) if kind == DURABLE else _verifying()
        with serving(app, "127.0.0.1", 0) as port:
            print(json.dumps({"port": port}), flush=True)
            before = cpu_seconds()
            sys.stdin.read()
            print(json.dumps({"cpu": cpu_seconds() - before}), flush=True)


def _durable(store: Store) -> Flask:
    app = Flask("durable")
    app.register_blueprint(receiver(store, SystemClock(), {"billing": ENDPOINT}))
    return app


def _verifying() -> Flask:
    """The least an endpoint may do: read the body, check the signature, answer."""
    app = Flask("verifying")

    @app.post("/webhooks/billing")
    def receive() -> Response:
        """Verify and answer."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        at = datetime.now(UTC).timestamp()
        signed = SignedRequest(request.method, request.base_url, headers, request.get_data(cache=False), None, at)
        return Response("", 202 if is_genuine(STRIPE, [SECRET], signed) else 401)

    return app


if __name__ == "__main__":
    main(*sys.argv[1:])
