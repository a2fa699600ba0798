"""A local HTTP server that receives the redirect of a browser after an approval."""

from __future__ import annotations

import html
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Final
from urllib.parse import urlsplit

from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import Conflict, HubError

_PAGE: Final = (
    "<!DOCTYPE html><html lang=en><head><meta charset=utf-8><title>Boeing Data Hub</title></head>"
    "<body><h1>{title}</h1><p>{said}</p></body></html>"
)
_MOST_TRIES: Final = 20


class _Server(HTTPServer):
    """A server that ignores broken connections."""

    def handle_error(self, request: object, client_address: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Ignore it."""


class Loopback:
    """Listens on 127.0.0.1 for one request.

    Args:
        port: to listen on.
        path: of the redirect.
        read: turns the query into the result, or raises.

    Raises:
        Conflict: the port is taken.
    """

    def __init__(self, port: int, path: str, read: Callable[[str], str]) -> None:
        self.found: str | None = None
        self.error: HubError | None = None
        self._tries = 0
        listener = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 10
            server_version, sys_version = "bdh", ""

            def do_GET(self) -> None:
                address = urlsplit(self.path)
                if address.path != path or self._host() not in {"localhost", "127.0.0.1"}:
                    self._answer(404, "Not here", "Nothing is at this address.")
                    return
                status, title, said = listener.take(address.query, read)
                self._answer(status, title, said)

            def _host(self) -> str:
                return (self.headers.get("Host") or "").partition(":")[0].lower()

            def _answer(self, status: int, title: str, said: str) -> None:
                body = _PAGE.format(title=html.escape(title), said=html.escape(said)).encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Cache-Control", "no-store")
                self.send_header("Referrer-Policy", "no-referrer")
                self.send_header("Content-Security-Policy", "default-src 'none'")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - inherited
                """Log nothing: a request line contains the code."""

        try:
            self._server = _Server(("127.0.0.1", port), Handler)
        except OSError as error:
            raise Conflict(
                f"Port {port} of this machine is taken ({error.strerror}). Nothing was changed. Choose another with "
                "--port, and list its address among the app's redirect URLs.",
                code="port_not_free",
            ) from None

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.server_address[1]

    def take(self, query: str, read: Callable[[str], str]) -> tuple[int, str, str]:
        """Read one redirect; status, title and sentence for the browser."""
        if self.found is not None:
            return 410, "Already answered", "This answer was used. You can close this page."
        self._tries += 1
        try:
            self.found = read(query)
        except HubError as error:
            # A request by another program on this machine must not end the wait; a person's refusal may.
            if error.code == "not_approved" or self._tries >= _MOST_TRIES:
                self.error = error
            return 400, "Not connected", error.message
        return 200, "Approved", "Return to the terminal. You can close this page."

    def wait(self, seconds: float, *, stop: threading.Event | None = None) -> str | None:
        """The result; None after the timeout, or if `stop` was set.

        Raises:
            HubError: the person declined, or too many invalid requests came.
        """
        ends_at = monotonic() + seconds
        self._server.timeout = 0.2
        while self.found is None and monotonic() < ends_at and not (stop is not None and stop.is_set()):
            self._server.handle_request()
            if self.error is not None:
                raise self.error
        return self.found

    def close(self) -> None:
        """Stop listening."""
        self._server.server_close()
