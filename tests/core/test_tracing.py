"""Traces reach a collector that decodes them as OpenTelemetry's own do, and say nothing of anybody."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import orjson
import pytest
import structlog
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from core.clock import FixedClock, SystemClock
from core.config import TracingSettings, load_config
from core.engine.shift import Shift
from core.errors import ConfigError, RetryLater
from core.http import HttpLimits, Transport
from core.logs import configure_logs, log_context
from core.tracing import begin_tracing, end_tracing, span, trace_ids
from tests.core.engine.firm import open_firm, write_firm

TOKEN = "Bearer of-the-collector"


@dataclass
class Collector:
    """What came in over HTTP, decoded."""

    url: str = ""
    bodies: list[bytes] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)

    @property
    def spans(self) -> list[Span]:
        """Every span, in the order of their ends."""
        return [one for _, found in self._scopes() for one in found]

    @property
    def services(self) -> set[str]:
        """Who sent them."""
        return {name for name, _ in self._scopes()}

    def named(self, name: str) -> list[dict[str, str | int]]:
        """The facts of all spans of one name."""
        return [facts(one) for one in self.spans if one.name == name]

    def _scopes(self) -> Iterator[tuple[str, list[Span]]]:
        for body in self.bodies:
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                told = {one.key: one.value.string_value for one in resource.resource.attributes}
                yield told["service.name"], [one for scope in resource.scope_spans for one in scope.spans]


def facts(one: Span) -> dict[str, str | int]:
    return {fact.key: fact.value.string_value or fact.value.int_value for fact in one.attributes}


@pytest.fixture
def collector() -> Iterator[Collector]:
    found = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.bodies.append(self.rfile.read(int(self.headers["content-length"])))
            found.tokens.add(self.headers.get("Authorization", ""))
            found.kinds.add(self.headers.get("content-type", ""))
            self.send_response(200 if self.path.endswith("traces") else 204)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_port}/v1/traces"
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def tracing(url: str, share: float = 1.0) -> Iterator[None]:
    begin_tracing(
        TracingSettings.model_validate({"endpoint": url, "headers": {"Authorization": TOKEN}, "share": share})
    )
    try:
        yield
    finally:
        end_tracing()


def test_a_hub_that_is_told_to_sends_a_span_per_job_and_closes_with_the_last_of_them(
    tmp_path: Path, collector: Collector
) -> None:
    clock = FixedClock(SystemClock().now())
    with open_firm(tmp_path, clock, more=f'tracing: {{endpoint: "{collector.url}"}}') as hub:
        Shift(hub, threading.Event()).work()
    assert collector.services == {"inlay"}
    assert collector.kinds == {"application/x-protobuf"}
    assert {one["inlay.job"] for one in collector.named("job")} == {"sync:crm", "sync:old", "think"}
    assert all(one["inlay.attempt"] == 1 for one in collector.named("job"))
    assert not any(b"Alfa Joinery" in body or b"Account.csv" in body for body in collector.bodies)


def test_a_call_stands_inside_its_job_with_host_and_status_and_without_its_path(collector: Collector) -> None:
    with tracing(collector.url):
        with log_context(job="sync:crm", run="r1"), span("job", attempt=2):
            Transport().session().post(collector.url.replace("traces", "anna@firm.example"), data=b"")
        assert trace_ids() == {}
    collector.bodies.pop(0)  # the call itself
    job, call = (next(one for one in collector.spans if one.name == name) for name in ("job", "call"))
    assert call.parent_span_id == job.span_id
    assert call.trace_id == job.trace_id
    assert facts(call) == {
        "inlay.job": "sync:crm", "inlay.run": "r1", "inlay.method": "POST", "inlay.host": "127.0.0.1",
        "inlay.attempt": 1, "inlay.status": 204,
    }  # fmt: skip
    assert collector.tokens >= {TOKEN}
    assert not any(b"anna" in body for body in collector.bodies)


def test_an_error_is_told_by_its_type_alone(collector: Collector) -> None:
    def fail() -> None:
        with span("delivery", connection="crm"):
            raise RetryLater("anna@firm.example was not found")

    with tracing(collector.url), pytest.raises(RetryLater):
        fail()
    [one] = collector.spans
    assert one.status.message == "RetryLater"
    assert one.status.code == 2
    assert not one.events
    assert b"anna" not in collector.bodies[0]


def test_a_call_that_never_reached_anybody_is_traced_too(collector: Collector) -> None:
    limits = HttpLimits(attempts=1)
    with tracing(collector.url), pytest.raises(RetryLater):
        Transport(limits=limits).session().get("http://127.0.0.1:1/")
    assert [one.get("inlay.status") for one in collector.named("call")] == [None]


def test_lines_of_the_log_name_the_trace_they_belong_to(collector: Collector) -> None:
    out = io.StringIO()
    configure_logs("info", out)
    try:
        with tracing(collector.url), span("job"):
            structlog.get_logger("x").info("job begins")
        structlog.get_logger("x").info("not traced")
    finally:
        structlog.reset_defaults()
    traced, plain = (orjson.loads(line) for line in out.getvalue().splitlines())
    [one] = collector.spans
    assert (traced["trace"], traced["span"]) == (one.trace_id.hex(), one.span_id.hex())
    assert "trace" not in plain


def test_no_more_than_the_share_is_sent(collector: Collector) -> None:
    with tracing(collector.url, share=0), span("job"):
        pass
    assert collector.bodies == []


def test_a_collector_that_is_away_ends_nothing_and_keeps_nobody_waiting() -> None:
    begun = time.monotonic()
    with tracing("http://127.0.0.1:1/v1/traces"), span("job") as note:
        note("status", 200)
    assert time.monotonic() - begun < 15  # a machine that is busy; it is five seconds of trying


def test_without_the_setting_nothing_is_traced_and_nothing_imported() -> None:
    code = (
        "import sys, core.cli.web, core.cli.grown, core.hub, core.tracing\n"
        "with core.tracing.span('job', job='x') as note: note('status', 1)\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_missing_libraries_are_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(ConfigError, match="not installed") as told:
        begin_tracing(TracingSettings.model_validate({"endpoint": "https://otel.firm.example/v1/traces"}))
    assert "extra `tracing`" in told.value.remedy


@pytest.mark.parametrize(
    "text", ["{endpoint: otel}", "{}", '{endpoint: "https://x/", share: 2}', '{endpoint: "https://x/", to: y}']
)
def test_a_mistake_in_the_settings_has_its_line(tmp_path: Path, text: str) -> None:
    path = write_firm(tmp_path, more=f"tracing: {text}")
    with pytest.raises(ConfigError) as told:
        load_config(path, {})
    assert "tracing" in str(told.value)
