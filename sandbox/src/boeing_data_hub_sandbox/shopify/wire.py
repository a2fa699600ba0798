"""Raw ASGI: reading a body, sending an answer, and hanging up without one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def body_of(receive: Receive) -> bytes:
    """The whole request body."""
    first = await receive()
    if not first.get("more_body"):
        return first.get("body", b"")
    parts = [first.get("body", b"")]
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def reply(
    send: Send, status: int, content: bytes, kind: str = "application/json; charset=utf-8", **headers: str
) -> None:
    """A complete answer. Underscores in header names become hyphens."""
    fields = [(b"content-type", kind.encode()), (b"content-length", str(len(content)).encode())]
    fields += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": content})


async def reply_json(send: Send, status: int, value: Any, **headers: str) -> None:
    """A complete JSON answer."""
    content = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    await reply(send, status, content, **headers)


async def hang_up(send: Send) -> None:
    """Close the connection with nothing said. ASGI has no word for this, so uvicorn's own transport is asked."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise RuntimeError("this server cannot drop a connection: run the sandbox under uvicorn with httptools")
    transport.abort()
    for _ in range(3):  # the transport tells its protocol in the next turns of the loop; answering earlier is an error
        await asyncio.sleep(0)


async def reply_half(send: Send, content: bytes) -> None:
    """Promise a whole answer, send half of it, and hang up."""
    fields = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": fields})
    await send({"type": "http.response.body", "body": content[: len(content) // 2], "more_body": True})
    await asyncio.sleep(0.01)  # let the half reach the wire before the line goes dead
    await hang_up(send)
