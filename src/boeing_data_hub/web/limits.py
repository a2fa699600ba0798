"""Limits of queries, and the security headers of every response."""

from __future__ import annotations

from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

STORABLE: Final = r"^[^\x00]*$"
"""The pattern for a text in a query: Postgres rejects NUL, which would count as an error of the hub."""

LARGEST_ID: Final = 2**53 - 1
"""The largest id: Postgres has larger ones, but most JSON parsers do not read them exactly."""


class SafeHeaders:
    """ASGI middleware: adds headers to every response that keep it out of caches and frames.

    A route for other clients overrides some of them, such as `Cache-Control`. Redirects to the hub's own host become
    relative: the host in them would be the request's `Host`, which anybody can make up.

    Args:
        app: the next application.
        with_subdomains: True if the host's subdomains require HTTPS, too.
    """

    _HEADERS: tuple[tuple[bytes, bytes], ...] = (
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),
    )
    _UNLESS_SAID: tuple[tuple[bytes, bytes], ...] = (
        # Not `no-referrer`: with that, browsers send `Origin: null` with our own forms, and we would reject them.
        (b"referrer-policy", b"same-origin"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"cache-control", b"no-store"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
        (
            b"content-security-policy",
            b"default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
        ),
    )

    def __init__(self, app: ASGIApp, *, with_subdomains: bool = False) -> None:
        self._app = app
        value = b"max-age=31536000; includeSubDomains" if with_subdomains else b"max-age=31536000"
        self._https_only = (b"strict-transport-security", value)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers."""

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers: list[Any] = [_relative(scope, name, value) for name, value in message.get("headers", [])]
                said = {name for name, _ in headers}
                headers.extend(self._HEADERS)
                headers.extend(header for header in self._UNLESS_SAID if header[0] not in said)
                if scope["scheme"] == "https":
                    headers.append(self._https_only)
                message["headers"] = headers
            await send(message)

        await self._app(scope, receive, dressed if scope["type"] == "http" else send)


def _relative(scope: Scope, name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """A header; a Location that names the request's own host becomes a path, without the prefix of a proxy."""
    if name != b"location":
        return name, value
    host = next((one for key, one in scope["headers"] if key == b"host"), b"")
    own = b"%b://%b/" % (str(scope["scheme"]).encode(), host)
    if not value.startswith(own):
        return name, value
    return name, b"/" + value.removeprefix(own).removeprefix(f"{scope.get('root_path', '')}/".encode().lstrip(b"/"))
