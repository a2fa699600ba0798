"""Faults in a whole reply: other status, other body, token in another place; and replies that never arrive in full."""

from __future__ import annotations

import json
import secrets
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from functools import cache
from typing import Any, Final

from boeing_data_hub import clock
from boeing_data_hub_sandbox.boeing.faults import Fault
from boeing_data_hub_sandbox.boeing.tokens import PART_TOKEN_HEADER, refused_client, refused_user
from boeing_data_hub_sandbox.boeing.wire import Exchange, Headers, Reply, gateway_error, json_reply

_MEGABYTE: Final = 1_000_000
_HTML: Final = (
    b"<!DOCTYPE html><html><head><title>Maintenance</title></head><body><h1>We are back soon</h1></body></html>"
)
_ENDLESS_PAUSE: Final = 0.001  # seconds; at 64 kB a piece some 50 MB/s, which leaves the machine usable


def retry_after_header(value: Any) -> Headers:
    """The header for a `retry_after` option; none for None."""
    if value is None:
        return ()
    if value == "date":
        value = format_datetime(clock.now() + timedelta(seconds=30), usegmt=True)
    return ((b"retry-after", str(value).encode()),)


def _status(status: int) -> Callable[[Fault, Reply], Reply]:
    return lambda fault, _: gateway_error(fault.options.get("status", status), headers=_headers(fault))


def _headers(fault: Fault) -> Headers:
    own: Mapping[str, Any] = fault.options.get("headers") or {}
    named = tuple((name.lower().encode(), str(value).encode("utf-8")) for name, value in own.items())
    return (*retry_after_header(fault.options.get("retry_after")), *named)


def _reply(fault: Fault, _: Reply) -> Reply:
    body: Any = fault.options["body"]
    content = body if isinstance(body, str) else json.dumps(body)
    return Reply(fault.options["status"], content.encode(), _headers(fault), fault.options["content_type"].encode())


def _no_part_token(_: Fault, reply: Reply) -> Reply:
    return replace(reply, headers=())


def _part_token_in_body(fault: Fault, reply: Reply) -> Reply:
    tokens = [value.decode() for name, value in reply.headers if name == PART_TOKEN_HEADER.encode()]
    return json_reply(reply.status, {fault.options["key"]: tokens[0]}) if tokens else reply


def _part_token_wrong(_: Fault, reply: Reply) -> Reply:
    token = f"sandbox.part.0.{secrets.token_urlsafe(24)}"
    return replace(reply, headers=((PART_TOKEN_HEADER.encode(), token.encode()),))


def _truncated(fault: Fault, reply: Reply) -> Reply:
    return replace(reply, body=reply.body[: int(len(reply.body) * fault.options["keep"])])


def _wrong_type(fault: Fault, reply: Reply) -> Reply:
    return replace(reply, content_type=fault.options["content_type"].encode())


def _gzip_bomb(fault: Fault, _: Reply) -> Reply:
    return Reply(200, gzip_bomb(fault.options["megabytes"]), ((b"content-encoding", b"gzip"),))


def _deep_nesting(fault: Fault, _: Reply) -> Reply:
    depth: int = fault.options["depth"]
    return Reply(200, b'{"currency":"USD","lineItems":' + b"[" * depth + b"]" * depth + b"}")


@cache
def gzip_bomb(megabytes: int) -> bytes:
    """A gzip body of about a thousandth of the size it inflates to: a valid price answer with a lot of white space."""
    head, blanks, tail = b'{"currency":"USD","lineItems":[', b" " * _MEGABYTE, b"]}"
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    pieces = [packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)]
    # After a full flush each piece stands alone: one megabyte is packed once and repeated.
    pieces += [packer.compress(blanks) + packer.flush(zlib.Z_FULL_FLUSH)] * megabytes
    pieces.append(packer.compress(tail) + packer.flush())
    check = zlib.crc32(head)
    for _ in range(megabytes):
        check = zlib.crc32(blanks, check)
    check = zlib.crc32(tail, check)
    size = len(head) + megabytes * _MEGABYTE + len(tail)
    header = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"
    return header + b"".join(pieces) + check.to_bytes(4, "little") + (size % 2**32).to_bytes(4, "little")


REPLY_FAULTS: Final[Mapping[str, Callable[[Fault, Reply], Reply]]] = {
    "oauth_refused": lambda fault, _: refused_client(fault.options["status"]),
    "part_token_refused": lambda fault, _: refused_user(fault.options["status"]),
    "oauth_token_missing": lambda _, reply: replace(reply, body=json.dumps({"token_type": "Bearer"}).encode()),
    "part_token_missing": _no_part_token,
    "part_token_in_body": _part_token_in_body,
    "part_token_wrong": _part_token_wrong,
    "token_expired": _status(401),  # the tokens themselves were ended before
    "token_rejected": _status(401),
    "forbidden": _status(403),
    "bad_request": _status(400),
    "not_found": _status(404),
    "rate_limited": _status(429),
    "reply": _reply,
    "server_error": _status(500),
    "truncated": _truncated,
    "html": lambda _, __: Reply(200, _HTML, content_type=b"text/html; charset=utf-8"),
    "wrong_type": _wrong_type,
    "gzip_bomb": _gzip_bomb,
    "deep_nesting": _deep_nesting,
}


async def _never_answers(_: Fault, exchange: Exchange, __: Reply) -> tuple[int | None, bool]:
    await exchange.gone()
    return None, False


async def _closed(fault: Fault, exchange: Exchange, _: Reply) -> tuple[int | None, bool]:
    await exchange.hang_up(reset=bool(fault.options.get("reset")))
    return None, False


async def _down(fault: Fault, exchange: Exchange, reply: Reply) -> tuple[int | None, bool]:
    if fault.options["how"] == "close":
        return await _closed(fault, exchange, reply)
    await exchange.send(gateway_error(503))
    return 503, False


async def _cut(fault: Fault, exchange: Exchange, reply: Reply) -> tuple[int | None, bool]:
    await exchange.begin(reply, content_length=len(reply.body))
    await exchange.send_piece(reply.body[: int(len(reply.body) * fault.options["keep"])])
    await exchange.hang_up(reset=fault.options["reset"])
    return reply.status, False


async def _drip(fault: Fault, exchange: Exchange, reply: Reply) -> tuple[int | None, bool]:
    await exchange.begin(reply, content_length=len(reply.body))
    pause = 1 / fault.options["bytes_per_second"]
    for position in range(len(reply.body)):
        if not await exchange.pause(pause):
            return reply.status, False
        last = position == len(reply.body) - 1
        await exchange.send_piece(reply.body[position : position + 1], last=last)
    return reply.status, reply.status == 200  # noqa: PLR2004 - HTTP's own number


async def _endless(fault: Fault, exchange: Exchange, reply: Reply) -> tuple[int | None, bool]:
    await exchange.begin(reply, content_length=None)
    await exchange.send_piece(b'{"currency":"USD","lineItems":[')
    piece = b" " * fault.options["chunk_bytes"]
    while await exchange.pause(_ENDLESS_PAUSE):
        await exchange.send_piece(piece)
    return reply.status, False


DELIVERY_FAULTS: Final[Mapping[str, Callable[[Fault, Exchange, Reply], Awaitable[tuple[int | None, bool]]]]] = {
    "never_answers": _never_answers,
    "closed": _closed,
    "down": _down,
    "cut": _cut,
    "drip": _drip,
    "endless": _endless,
}
"""How a reply is sent when it is not simply sent; each returns the status sent, and whether all of a 200 was."""
