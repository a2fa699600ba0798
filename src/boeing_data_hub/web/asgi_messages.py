"""ASGI messages of one request: a body that was read before its route, a request without one, further header fields."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import Message, Receive, Scope, Send


def with_fields(send: Send, fields: Mapping[str, str]) -> Send:
    """A `send` that adds these header fields to the response."""
    if not fields:
        return send
    more = [(name.lower().encode(), value.encode()) for name, value in fields.items()]

    async def told(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), *more]
        await send(message)

    return told


def replaying(body: bytes, receive: Receive) -> Receive:
    """A `receive` that first returns the body that was already read, then further messages."""
    waiting = [body]

    async def replayed() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return replayed


def without_body(scope: Scope, receive: Receive) -> tuple[Scope, Receive]:
    """The request without its body and the headers about it."""
    headers = [one for one in scope["headers"] if one[0] not in {b"content-type", b"content-length"}]
    return {**scope, "headers": headers}, replaying(b"", receive)


def content_type(scope: Scope) -> str:
    """The request's Content-Type; empty if it has none."""
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"content-type"), "")
