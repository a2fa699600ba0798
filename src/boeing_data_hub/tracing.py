"""Traces which request led to which calls. Does nothing without the extra `otel` and an endpoint.

Messages carry no data, so traces continue through the database: a batch keeps the `traceparent` of the request that
created it, and work for the batch continues that trace.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import structlog
from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.propagate import set_global_textmap
from opentelemetry.trace import Link, SpanKind, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from boeing_data_hub.network.outgoing import Network

log = structlog.get_logger(__name__)

_FORM = TraceContextTextMapPropagator()
_HEADER = "traceparent"
_KINDS = {"server": SpanKind.SERVER, "client": SpanKind.CLIENT, "work": SpanKind.INTERNAL}


_others: ContextVar[tuple[Context, ...]] = ContextVar("others", default=())
_MOST_OTHERS = 20


class _Switch:
    """The tracing state of this process."""

    def __init__(self) -> None:
        self.tracer: Tracer | None = None
        self.flush: Callable[[], None] = lambda: None


_switch = _Switch()


def start(
    *, endpoint: str, headers: Mapping[str, str], process: str, version: str, network: Network | None = None
) -> bool:
    """Start tracing this process, once. False if no endpoint is set or the extra is not installed.

    Args:
        endpoint: where spans go, by OTLP over HTTP; `/v1/traces` is added where the address has no path.
        headers: sent along, e.g. an access token.
        process: what this process is, e.g. `api`.
        version: ours.
        network: certificates and proxies to use.
    """
    if not endpoint:
        return False
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - same
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - same
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - same

        from boeing_data_hub.network.otlp import OtlpTransport  # noqa: PLC0415 - it builds on the extra
    except ImportError:
        log.warning("no traces are sent: install the extra, pip install 'boeing-data-hub[otel]'", endpoint=endpoint)
        return False
    bare = endpoint.rstrip("/")
    address = bare if bare.endswith("/v1/traces") else f"{bare}/v1/traces"
    resource = Resource.create({"service.name": "boeing-data-hub", "service.version": version, "hub.process": process})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(
        BatchSpanProcessor(
            OTLPSpanExporter(address, headers=dict(headers), _transport=OtlpTransport(network or Network())),
            schedule_delay_millis=1000,
        )
    )
    set_global_textmap(_FORM)
    _switch.tracer = provider.get_tracer("boeing_data_hub", version)
    _switch.flush = provider.shutdown
    log.info("traces are sent", endpoint=bare)
    return True


def stop() -> None:
    """Send what is left, and stop tracing."""
    _switch.flush()
    _switch.tracer, _switch.flush = None, lambda: None


def is_on() -> bool:
    """Whether this process traces."""
    return _switch.tracer is not None


def traceparent() -> str | None:
    """The current W3C traceparent; None if not tracing."""
    if _switch.tracer is None or not trace.get_current_span().get_span_context().is_valid:
        return None
    carrier: dict[str, str] = {}
    _FORM.inject(carrier)
    return carrier.get(_HEADER)


def trace_id() -> str | None:
    """The current trace's id, for logs; None if not tracing."""
    found = trace.get_current_span().get_span_context() if _switch.tracer is not None else None
    return format(found.trace_id, "032x") if found is not None and found.is_valid else None


@contextmanager
def span(
    name: str, *, kind: str = "work", parent: str = "", attributes: Mapping[str, Any] | None = None
) -> Generator[Any]:
    """A span, as a context manager. It records the class and code of an error, never its text.

    Args:
        name: from a small set.
        kind: `server`, `client` or `work`.
        parent: the traceparent of a remote caller; empty: the current span.
        attributes: texts and numbers; no secrets, no bodies.

    Yields:
        The span, or None if not tracing.
    """
    tracer = _switch.tracer
    if tracer is None:
        yield None
        return
    place = _place(parent) if parent else None
    with tracer.start_as_current_span(
        name,
        context=place,
        kind=_KINDS[kind],
        links=[Link(trace.get_current_span(other).get_span_context()) for other in _others.get()],
        attributes=attributes,
        record_exception=False,  # its text may quote a server's response
        set_status_on_exception=False,
    ) as ours:
        try:
            yield ours
        except Exception as error:
            ours.set_status(StatusCode.ERROR, str(getattr(error, "code", type(error).__name__)))
            raise


@contextmanager
def on_behalf_of(parents: Sequence[str]) -> Generator[None]:
    """Continue the trace of the first of these in the block, and link to the others."""
    places = [place for one in parents if (place := _place(one)) is not None] if _switch.tracer is not None else []
    if not places:
        yield
        return
    token, others = context.attach(places[0]), _others.set(tuple(places[1:_MOST_OTHERS]))
    try:
        yield
    finally:
        _others.reset(others)
        context.detach(token)


def _place(traceparent: str) -> Context | None:
    found = _FORM.extract({_HEADER: traceparent})
    return found if trace.get_current_span(found).get_span_context().is_valid else None


def outgoing() -> dict[str, str]:
    """The traceparent header for an outgoing call; empty if not tracing."""
    found = traceparent()
    return {_HEADER: found} if found is not None else {}
