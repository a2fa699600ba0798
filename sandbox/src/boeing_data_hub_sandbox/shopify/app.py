"""The sandbox's routes, as one raw ASGI application."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import parse_qs, unquote

from boeing_data_hub_sandbox.shopify import control, oauth
from boeing_data_hub_sandbox.shopify.admin import graphql
from boeing_data_hub_sandbox.shopify.bulk import BulkRunner
from boeing_data_hub_sandbox.shopify.kept import KeptStore
from boeing_data_hub_sandbox.shopify.knobs import Knobs
from boeing_data_hub_sandbox.shopify.records import gid, number_of
from boeing_data_hub_sandbox.shopify.wire import Receive, Scope, Send, body_of, hang_up, reply, reply_json
from boeing_data_hub_sandbox.shopify.wiring import new_world

_UPLOAD_FAULTS = frozenset({"upload_error", "upload_drop"})


class ShopifySandbox:
    """The application. `world` is everything it knows; tests in the same process may look into it."""

    def __init__(self, knobs: Knobs | None = None, kept: KeptStore | None = None) -> None:
        self.world = new_world(knobs or Knobs())
        self._kept = kept
        if kept is not None:
            kept.read_into(self.world)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the start and the end of the server."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        # Its files are offered under the name by which it was called, whatever that is: a hub takes them from no other.
        called = dict(scope["headers"]).get(b"host", b"").decode("latin1") or ":".join(map(str, scope["server"]))
        path: str = scope["path"]
        content = await body_of(receive)
        parts = path.strip("/").split("/")
        if path.startswith("/control/"):
            await control.serve(self.world, scope, parts[1:], content, send)
        elif scope["method"] == "POST" and parts[:2] == ["admin", "api"] and parts[3:] == ["graphql.json"]:
            self.world.url = f"{scope['scheme']}://{called}"
            await graphql(self.world, parts[2], scope, content, send)
        elif parts == ["admin", "oauth", "access_token"] and scope["method"] == "POST":
            await oauth.access_token(self.world, content, send)
        elif parts == ["admin", "oauth", "authorize"] and scope["method"] == "GET":
            query = {name: values[-1] for name, values in parse_qs(scope["query_string"].decode()).items()}
            await oauth.authorize(self.world, query, send, called=called)
        elif parts[0] == "staged":
            await self._upload(scope, unquote(path.removeprefix("/staged/")), content, send)
        elif parts[0] == "bulk-results":
            await self._results(number_of(parts[-1].removesuffix(".jsonl")), send)
        elif parts[:2] == ["cdn", "files"]:
            await self._image(parts, send)
        else:
            await reply_json(send, 404, {"errors": "Not Found"})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        keeping: asyncio.Task[None] | None = None
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                if self._kept is not None:
                    keeping = asyncio.get_running_loop().create_task(self._kept.keep(self.world))
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.world.close()
                if self._kept is not None and keeping is not None:
                    keeping.cancel()
                    self._kept.write(self.world)
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _upload(self, scope: Scope, key: str, content: bytes, send: Send) -> None:
        fault = self.world.faults.strike(_UPLOAD_FAULTS, url=str(scope["path"]))
        if fault is not None and fault.kind == "upload_drop":
            await hang_up(send)
            return
        if fault is not None:
            await reply(send, fault.status, b"", "application/xml")
            return
        if scope["method"] == "PUT":
            secret = parse_qs(scope["query_string"].decode()).get("X-Goog-Signature", [""])[0]
            await reply(send, self.world.uploads.put(key, secret, content), b"", "application/xml")
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        kind = headers.get(b"content-type", b"").decode("latin1")
        status, xml = self.world.uploads.post(kind, content, self.world.knobs.bulk_max_bytes)
        await reply(send, status, xml.encode(), "application/xml; charset=UTF-8")

    async def _results(self, number: int, send: Send) -> None:
        status, content = BulkRunner(self.world).download(gid("BulkOperation", number))
        if status != 200:  # noqa: PLR2004
            await reply(send, status, content, "application/xml")
            return
        slow = self.world.faults.strike(frozenset({"bulk_result_slow"}))
        half = len(content) // 2 if slow else 0
        headers = [(b"content-type", b"application/jsonl"), (b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        if slow:
            await send({"type": "http.response.body", "body": content[:half], "more_body": True})
            await asyncio.sleep(slow.seconds)
        await send({"type": "http.response.body", "body": content[half:]})

    async def _image(self, parts: list[str], send: Send) -> None:
        media: Any = self.world.store.media.get(gid("MediaImage", parts[2] if len(parts) > 2 else "0"))  # noqa: PLR2004
        if media is None:
            await reply(send, 404, b"", "text/plain")
        else:
            await reply(send, 302, b"", "text/plain", location=media.source)
