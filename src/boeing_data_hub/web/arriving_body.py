"""A request's body as it arrives: counted in bytes and bounded in time."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.types import Message, Receive, Scope

from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import Refused, TooLarge

GRACE: Final = 20.0
"""Seconds before the minimum rate applies to a body."""
_SLOWEST: Final = 16_384  # minimum bytes per second after that


class TooSlow(Refused):
    """The body did not arrive in time."""

    code = "body_too_slow"
    status = 408
    title = "The request took too long to arrive"


class ArrivingBody:
    """A body as it arrives, counted and timed.

    Raises:
        TooLarge: it declares more than `most` bytes.
    """

    def __init__(self, scope: Scope, receive: Receive, *, most: int, grace: float) -> None:
        self._receive = receive
        self._most = most
        self._grace = grace
        self._began = monotonic()
        self._seen = 0
        self._is_whole = False
        if (declared_length(scope) or 0) > most:
            raise _too_large(most)

    async def receive(self) -> Message:
        """The next message. Raises TooLarge and TooSlow."""
        if self._is_whole:
            return await self._receive()  # waits until the caller disconnects
        left = self._began + self._grace + self._seen / _SLOWEST - monotonic()
        try:
            async with asyncio.timeout(max(0.0, left)):
                message = await self._receive()
        except TimeoutError:
            raise TooSlow("The body of the request arrived too slowly. Nothing was changed. Send it again.") from None
        if message["type"] == "http.request":
            self._seen += len(message.get("body", b""))
            self._is_whole = not message.get("more_body", False)
            if self._seen > self._most:
                raise _too_large(self._most)
        return message


def _too_large(most: int) -> TooLarge:
    return TooLarge(
        f"The body is larger than {most:,} bytes. Nothing was changed. Split the list into several requests.",
        code="body_too_large",
    )


def declared_length(scope: Scope) -> int | None:
    """The length that a request declares; None: it has no body, or one in chunks."""
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    for name, value in headers:
        if name == b"content-length":
            return int(value) if value.isdigit() and len(value) < 20 else None  # noqa: PLR2004 - digits of 2**63
    return None if any(name == b"transfer-encoding" for name, _ in headers) else 0
