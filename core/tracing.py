"""Traces by OpenTelemetry, where the configuration asks for them: jobs, calls to vendors, deliveries, webhooks.

Nothing of OpenTelemetry is imported unless ``tracing:`` stands in inlay.yaml. A span carries the ids that the lines of
the log carry, and never a path, a record, or what an error says: those may name people.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog

from core.config import TracingSettings
from core.errors import ConfigError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span

Fact = str | int | float | bool
Note = Callable[[str, Fact], None]
"""Writes a fact onto the running span."""
NAMESPACE = "inlay."
SERVICE = "inlay"
GIVE_UP_SECONDS = 3  # of trying to reach a collector, also when the process is to end

_provider: list[TracerProvider] = []
"""The one of this process, while tracing is on."""


def begin_tracing(settings: TracingSettings | None) -> None:
    """Send spans of this process from now on; does nothing without settings. ``ConfigError`` without the libraries."""
    if settings is None or _provider:
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415  an extra
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415  as above
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415  as above
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415  as above
        from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio  # noqa: PLC0415  as above
    except ImportError as missing:
        remedy = "install Inlay with its extra `tracing`, or take `tracing:` out of inlay.yaml"
        raise ConfigError("OpenTelemetry is not installed", where="tracing", remedy=remedy) from missing
    headers = {name: value.get_secret_value() for name, value in settings.headers.items()}
    sampler = ParentBasedTraceIdRatio(settings.share)
    provider = TracerProvider(sampler, Resource.create({"service.name": SERVICE}), shutdown_on_exit=False)
    provider.add_span_processor(
        BatchSpanProcessor(OTLPSpanExporter(settings.endpoint, headers=headers, timeout=GIVE_UP_SECONDS))
    )
    _provider.append(provider)


def end_tracing() -> None:
    """Send what is left and stop."""
    while _provider:
        _provider.pop().shutdown()


@contextmanager
def span(name: str, **facts: Fact) -> Iterator[Note]:
    """Trace what happens in the block, under the ids of the log and these facts; costs next to nothing when it is off.

    An error that leaves the block marks the span with its type alone.
    """
    if not _provider:
        yield _forget
        return
    from opentelemetry.trace import Status, StatusCode  # noqa: PLC0415  only where it is on

    tracer = _provider[0].get_tracer(SERVICE)
    ids = {key: str(value) for key, value in structlog.contextvars.get_contextvars().items()}
    with tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False) as running:
        for key, value in {**ids, **facts}.items():
            running.set_attribute(NAMESPACE + key, value)
        try:
            yield lambda key, value: running.set_attribute(NAMESPACE + key, value)
        except BaseException as error:
            running.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise


def trace_ids() -> dict[str, str]:
    """The ids of the running trace and span, for the lines of the log; none when tracing is off."""
    running = _running()
    if running is None or not running.get_span_context().is_valid:
        return {}
    context = running.get_span_context()
    return {"trace": f"{context.trace_id:032x}", "span": f"{context.span_id:016x}"}


def _running() -> Span | None:
    if not _provider:
        return None
    from opentelemetry.trace import get_current_span  # noqa: PLC0415  only where it is on

    return get_current_span()


def _forget(_key: str, _value: Fact) -> None:
    """Tracing is off: no fact is kept."""
