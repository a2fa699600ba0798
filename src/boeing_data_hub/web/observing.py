"""Every request is measured, traced and named in its log lines, by the template of its path."""

from __future__ import annotations

from typing import Any, Final

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from boeing_data_hub import telemetry, tracing
from boeing_data_hub.clock import monotonic
from boeing_data_hub.db.audit import caller_address
from boeing_data_hub.web.access import address_of
from boeing_data_hub.web.prefix import inner_path

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_UNMEASURED: Final = "/metrics"
_NOTHING: Final = 404


class Observing:
    """ASGI middleware. It is outermost, so that requests that others reject are counted too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and record its outcome."""
        if scope["type"] != "http" or inner_path(scope) == _UNMEASURED:
            await self._app(scope, receive, send)
            return
        started = monotonic()
        caller_address.set(address_of(scope))  # each request has a context of its own
        status = 500
        is_stream = False
        method = scope["method"] if scope["method"] in _METHODS else "other"

        async def watched(message: Message) -> None:
            nonlocal status, is_stream
            if message["type"] == "http.response.start":
                status = message["status"]
                is_stream = _header(message, b"content-type").startswith("text/event-stream")
                if is_stream:  # it ends when the client leaves
                    self._tell(scope, method, status, monotonic() - started)
            await send(message)

        with tracing.span(f"{method} ?", kind="server", parent=_header(scope, b"traceparent")) as span:
            named = {"trace": trace} if (trace := tracing.trace_id()) else {}
            with structlog.contextvars.bound_contextvars(**named):
                try:
                    await self._app(scope, receive, watched)
                finally:
                    if not is_stream:
                        self._tell(scope, method, status, monotonic() - started)
                    if span is not None:
                        route = _route(scope, status)
                        span.update_name(f"{method} {route}")
                        span.set_attributes(
                            {"http.request.method": method, "http.route": route, "http.response.status_code": status}
                        )

    @staticmethod
    def _tell(scope: Scope, method: str, status: int, seconds: float) -> None:
        telemetry.request_done(method=method, route=_route(scope, status), status=status, seconds=seconds)


def _route(scope: Scope, status: int) -> str:
    """The template of the path; all unknown paths are one."""
    path = getattr(scope.get("route"), "path", None)
    if path is None:
        return "none" if status == _NOTHING else "refused"
    return str(path)


def _header(holder: Any, name: bytes) -> str:
    for key, value in holder.get("headers", ()):
        if key == name:
            return bytes(value).decode("latin-1")
    return ""
