"""A server that stands where Boeing, the store, the image storage and the identity provider should, and is of the worst
kind: it refuses in turns, and says back every header and every byte that it was sent.
"""

from __future__ import annotations

import itertools
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HANDED = {"bearer": "kanarie-handed-bearer-4711", "part": "kanarie-handed-part-4711"}
_STATUSES = (500, 200, 403, 400, 502, 404, 429)


class Echo:
    """Listens on the loopback interface until it is closed.

    Attributes:
        url: without a slash at its end.
        heard: everything that was sent to it, so that a test sees that the secrets really went out.
        refuses_logins: whether tokens are refused, or handed out.
    """

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.refuses_logins = True
        statuses = itertools.cycle(_STATUSES)
        ours = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode("utf-8", "replace")
                said = f"{self.path} {dict(self.headers.items())} {body}"
                ours.heard.append(said)
                status, answer, more = next(statuses), {"message": said, "errors": [{"message": said}]}, {}
                if "openid-configuration" in self.path:
                    status, answer = (
                        200,
                        {
                            "issuer": ours.url,
                            "authorization_endpoint": f"{ours.url}/authorize",
                            "token_endpoint": f"{ours.url}/token",
                            "jwks_uri": f"{ours.url}/keys",
                        },
                    )
                elif "token" in self.path and not ours.refuses_logins:
                    status, answer = 200, {"access_token": HANDED["bearer"], "expires_in": 3600}
                    more = {"x-part-access-token": HANDED["part"]} if "/part" in self.path else {}
                elif "token" in self.path:
                    status = 401
                content = json.dumps(answer).encode()
                self.send_response(status)
                for name, value in {"content-type": "application/json", "content-length": len(content), **more}.items():
                    self.send_header(name, str(value))
                self.send_header("x-heard", said.encode("ascii", "replace").decode().replace("\n", " ")[:2000])
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_HEAD = _answer  # noqa: N815 - the library's names

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
