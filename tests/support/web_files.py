"""A supplier's web server on the loopback address."""

from __future__ import annotations

import http.server
import threading
from typing import Any


class FileServer:
    """Answers every GET with `body` and `status`, and counts requests. With `location`, it redirects there."""

    def __init__(self) -> None:
        self.body, self.status, self.location, self.requests = b"P/N;Site\nAN3-4;Miami\nAN3-5;Dallas\n", 200, "", 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.requests += 1
                self.send_response(outer.status)
                if outer.location:
                    self.send_header("Location", outer.location)
                self.send_header("Content-Length", str(len(outer.body)))
                self.end_headers()
                self.wfile.write(outer.body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the library
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.place = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
