"""Metrics of this process: requests, outside calls, tasks and database steps.

Metrics of the whole system are in `health/figures.py`. No label
takes a value from a caller: routes are templates, and codes and operations are our own words.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from wsgiref.simple_server import WSGIServer

import structlog
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
    start_http_server,
)
from prometheus_client.metrics_core import Metric

from boeing_data_hub import tracing
from boeing_data_hub.clock import monotonic

log = structlog.get_logger(__name__)

Given = TypeVar("Given")
Result = TypeVar("Result")

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
PORTS_TRIED: Final = 32
_BATCHES_NAMED: Final = 5
_SECONDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_QUICK: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 20.0)

REGISTRY: Final = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

_process = Gauge(
    "hub_process_info",
    "What this process is, e.g. `api` or `worker:extraction`.",
    ["process", "version"],
    registry=REGISTRY,
)
_requests = Histogram(
    "hub_http_request_duration_seconds",
    "Time from a request to the end of its answer; of live events, to their beginning.",
    ["method", "route", "status"],
    buckets=_SECONDS,
    registry=REGISTRY,
)
_call_seconds = Histogram(
    "hub_outside_call_duration_seconds",
    "Time of one call to Boeing, the store or an image host, without waiting for a slot or for points.",
    ["service", "operation"],
    buckets=_SECONDS,
    registry=REGISTRY,
)
_calls = Counter(
    "hub_outside_calls_total",
    "Calls made, by result: `ok` or an error's code.",
    ["service", "operation", "outcome"],
    registry=REGISTRY,
)
_tasks = Counter(
    "hub_tasks_total",
    "Tasks that a worker has finished: `ok`, or `failed` by an unexpected error or an outage.",
    ["queue", "outcome"],
    registry=REGISTRY,
)
_steps = Histogram(
    "hub_database_step_duration_seconds",
    "Time of one step on Postgres, including the wait for a connection and repetitions.",
    ["outcome"],
    buckets=_QUICK,
    registry=REGISTRY,
)
_security = Counter(
    "hub_security_events_total",
    "Requests that were refused for security reasons, by event: rejected keys, throttled sign-ins and the like.",
    ["event"],
    registry=REGISTRY,
)


def begin(*, process: str, version: str) -> None:
    """Name this process in its metrics."""
    _process.labels(process, version).set(1)


def request_done(*, method: str, route: str, status: int, seconds: float) -> None:
    """An HTTP request was answered. `route` is a template, e.g. `/api/batches/{batch_id}`."""
    _requests.labels(method, route, str(status)).observe(seconds)


def security_event(event: str) -> None:
    """A request was refused for a reason of security; see `web/security_events.py`."""
    _security.labels(event).inc()


def step_done(*, outcome: str, seconds: float) -> None:
    """A database step ended: `ok`, `unavailable` or `error`."""
    _steps.labels(outcome).observe(seconds)


@dataclass(slots=True)
class Call:
    """An outside call in progress.

    Attributes:
        outcome: of a call that raised no error.
    """

    outcome: str = "ok"


@contextmanager
def outside_call(service: str, operation: str, **attributes: Any) -> Generator[Call]:
    """Measure and trace one call to another server, for the length of a `with` block.

    If it raises an error, the outcome is the error's `code`.

    Args:
        service: boeing, shopify, images, lists or storage.
        operation: what is requested; from a small set.
        attributes: for the trace; no secret and no body.
    """
    call, started = Call(), monotonic()
    with tracing.span(f"{service} {operation}", kind="client", attributes=attributes) as span:
        try:
            yield call
        except Exception as error:
            call.outcome = str(getattr(error, "code", type(error).__name__))
            raise
        finally:
            _calls.labels(service, operation, call.outcome).inc()
            _call_seconds.labels(service, operation).observe(monotonic() - started)
            if span is not None:
                span.set_attribute("hub.outcome", call.outcome)


@contextmanager
def task(queue: str) -> Generator[None]:
    """Count a worker's task, and add its name to every log line in the block."""
    with structlog.contextvars.bound_contextvars(task=queue):
        try:
            yield
        except BaseException:
            _tasks.labels(queue, "failed").inc()
            raise
        _tasks.labels(queue, "ok").inc()


@contextmanager
def working_for(batches: Iterable[object], traces: Iterable[str | None] = (), **names: object) -> Generator[None]:
    """Name the batches that work is done for, and what else is known, in every line logged in a `with` block; and let
    outside calls in it be part of the batches' traces.

    Args:
        batches: ids; at most five are logged.
        traces: the stored traces of these batches.
        names: e.g. `part`; None is left out.
    """
    ids = [str(batch) for batch in batches]
    named = {"batch": ids[0] if len(ids) == 1 else ids[:_BATCHES_NAMED]} if ids else {}
    known = {name: value for name, value in names.items() if value is not None}
    with tracing.on_behalf_of([trace for trace in traces if trace]):
        trace = {"trace": found} if (found := tracing.trace_id()) else {}
        with structlog.contextvars.bound_contextvars(**named, **known, **trace):
            yield


def carried(step: Callable[[Given], Result]) -> Callable[[Given], Result]:
    """Wrap a step for a thread pool, so that it keeps this thread's log names and trace."""
    here = copy_context()
    return lambda given: here.copy().run(step, given)


class _Joined:
    """Combines this process's metrics with others."""

    def __init__(self, others: Iterable[Metric]) -> None:
        self._others = others

    def collect(self) -> Generator[Metric]:
        """All families, ours first."""
        yield from REGISTRY.collect()
        yield from self._others


def render(others: Iterable[Metric] = ()) -> bytes:
    """Everything in Prometheus' text form."""
    return generate_latest(_Joined(others))  # pyright: ignore[reportArgumentType] - it needs `collect` and no more


def serve(host: str, port: int) -> Callable[[], None]:
    """Serve this process's metrics at the first free port from `port` on, and log which.

    If no port is free, that is logged and the worker runs without metrics.

    Returns:
        A function that stops it.
    """
    for one in range(port, min(port + PORTS_TRIED, 65_536)):
        try:
            server, thread = start_http_server(one, host, registry=REGISTRY)
        except OSError:
            continue
        log.info("metrics are served", address=f"http://{host}:{one}/metrics")
        return lambda server=server, thread=thread: _end(server, thread)
    log.warning("no port is free for metrics", host=host, first=port, last=port + PORTS_TRIED - 1)
    return lambda: None


def _end(server: WSGIServer, thread: Any) -> None:
    server.shutdown()
    server.server_close()
    thread.join(5)
