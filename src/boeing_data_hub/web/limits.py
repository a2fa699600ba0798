"""Bodies are bounded before anything reads them: by their declared length at once, else by counting as they arrive.
Texts in queries are bounded to what Postgres can hold.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from boeing_data_hub.errors import TooLarge
from boeing_data_hub.web.problems import refused

STORABLE: Final = r"^[^\x00]*$"
"""What a text in a query must match: Postgres refuses NUL, and that would count as a fault of the hub."""


class _TooManyBytesError(Exception):
    pass


class BodyLimit:
    """ASGI middleware.

    Args:
        app: what comes behind it.
        most: largest body in bytes.
        uploads: largest body in bytes under `upload_paths`.
        upload_paths: where files are uploaded.
    """

    def __init__(self, app: ASGIApp, *, most: int, uploads: int, upload_paths: tuple[str, ...]) -> None:
        self._app = app
        self._most = most
        self._uploads = uploads
        self._upload_paths = upload_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, unless its body is too large."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = self._uploads if scope["path"].startswith(self._upload_paths) else self._most
        declared = _declared_length(scope)
        if declared is not None and declared > most:
            await self._refuse(most, scope, receive, send)
            return
        seen = 0
        started = False

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            if message["type"] == "http.request":
                seen += len(message.get("body", b""))
                if seen > most:
                    raise _TooManyBytesError
            return message

        async def watched(message: Message) -> None:
            nonlocal started
            if seen > most and not started:
                return  # whatever the app makes of the cut-off body, the answer is ours
            started = True
            await send(message)

        with suppress(_TooManyBytesError):
            await self._app(scope, counted, watched)
        if seen > most and not started:
            await self._refuse(most, scope, receive, send)

    async def _refuse(self, most: int, scope: Scope, receive: Receive, send: Send) -> None:
        error = TooLarge(
            f"The body is larger than {most:,} bytes. Nothing was changed. Split the list into several requests.",
            code="body_too_large",
        )
        response = refused(error)
        response.headers["Connection"] = "close"
        await response(scope, receive, send)


def _declared_length(scope: Scope) -> int | None:
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    for name, value in headers:
        if name == b"content-length":
            return int(value) if value.isdigit() else None
    return None


class SafeHeaders:
    """ASGI middleware: headers that keep answers out of caches and frames, on every answer.

    A route that is meant for others says so itself, in `Cache-Control` and `Cross-Origin-Resource-Policy`.
    """

    _HEADERS: tuple[tuple[bytes, bytes], ...] = (
        (b"x-content-type-options", b"nosniff"),
        # Not `no-referrer`: with that, browsers send `Origin: null` with our own forms, and we would refuse them.
        (b"referrer-policy", b"same-origin"),
        (b"x-frame-options", b"DENY"),
    )
    _UNLESS_SAID: tuple[tuple[bytes, bytes], ...] = (
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"cache-control", b"no-store"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
        (
            b"content-security-policy",
            b"default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
        ),
    )
    _HTTPS_ONLY = (b"strict-transport-security", b"max-age=31536000")

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers."""

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers: list[Any] = list(message.get("headers", []))
                said = {name for name, _ in headers}
                headers.extend(self._HEADERS)
                headers.extend(header for header in self._UNLESS_SAID if header[0] not in said)
                if scope["scheme"] == "https":
                    headers.append(self._HTTPS_ONLY)
                message["headers"] = headers
            await send(message)

        await self._app(scope, receive, dressed if scope["type"] == "http" else send)
