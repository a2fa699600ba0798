"""The gate before every route: it identifies the caller before a body is read, limits a body in bytes, time and parsing
cost, and limits each caller's rate.

A request of an unknown caller reaches its route without a body, so that the route rejects it with its own message.
Only the sign-in accepts a body from unknown callers, a small one, and the route of the store's webhooks, whose
signature covers it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from anyio import CapacityLimiter, to_thread
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import Refused, TooLarge, Unavailable
from boeing_data_hub.shopify import webhooks
from boeing_data_hub.web import bodies, rates
from boeing_data_hub.web.access import address_of
from boeing_data_hub.web.arriving_body import GRACE, ArrivingBody, declared_length
from boeing_data_hub.web.asgi_messages import content_type, replaying, with_fields, without_body
from boeing_data_hub.web.callers import Caller, Callers
from boeing_data_hub.web.prefix import inner_path
from boeing_data_hub.web.rates import Policy, Rates
from boeing_data_hub.web.rejections import answer, of_another_site, too_many
from boeing_data_hub.web.security_events import note

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_SIGN_IN: Final = "/sign-in"
_CONSOLE: Final = "/console"
_API: Final = "/api/"
_OTHER_SITES: Final = frozenset({(b"sec-fetch-site", b"cross-site"), (b"sec-fetch-site", b"same-site")})
_UNCOUNTED: Final = ("/health", "/ready", "/media/", "/static/", _SIGN_IN, _CONSOLE)
"""Paths without a rate limit for reads. `/health` must answer while everything is busy, so no caller is looked up."""
_WEBHOOK: Final = "/api/zap/webhook"
_STORE: Final = Caller("webhook", "store")
_STORE_BYTES: Final = 1_048_576
"""Bytes of a webhook of the store. Subscriptions ask for ids alone; a whole product with hundreds of variants fits."""
_COSTLY: Final = ("/api/boeing/product-search", "/api/shopify/check")
"""Reads that call Boeing or the store, which count as changes."""

_STRANGERS: Final = 65_536
"""Maximum bytes of an unknown caller's body, and of one that is checked inline: larger ones are checked in a thread."""
_LARGE_AT_A_TIME: Final = 16
_LARGE_PER_CALLER: Final = 4
_PLACE_SECONDS: Final = 10.0  # a burst of one request is answered, not rejected


AnswersStore = Callable[[Scope, bytes, Receive, Send], Awaitable[None]]
"""Answers a request whose body was read."""


class _CutOffError(Exception):
    """The route was reading a body that is rejected, so its response is replaced."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of this hub.

    Attributes:
        body: largest body in bytes.
        upload: largest uploaded file in bytes, its form included.
        upload_paths: where files are uploaded.
        values: most values of a JSON body.
        requests: requests per minute of one caller.
        changes: those of them that change something, or call Boeing or the store.
        quotes: requests for quotes per minute, with the webhook's secret or with one key.
        grace: seconds before the minimum rate applies to a body.
    """

    body: int
    upload: int
    upload_paths: tuple[str, ...]
    values: int
    requests: int = 0
    changes: int = 0
    quotes: int = 0
    grace: float = GRACE


class Gate:
    """ASGI middleware.

    Args:
        app: the next application.
        callers: identifies callers.
        store: answers the store's webhooks.
        limits: in force.
    """

    def __init__(self, app: ASGIApp, *, callers: Callers, store: AnswersStore, limits: Limits) -> None:
        self._app = app
        self._callers = callers
        self._store = store
        self._limits = limits
        self._rates = Rates()
        self._judging = CapacityLimiter(2)
        self._large: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, unless its body or its caller's rate is too large."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = inner_path(scope)
        if scope["method"] in _SAFE and path.startswith(_UNCOUNTED):
            await self._app(scope, receive, send)
            return
        if path.startswith(_API) and not _OTHER_SITES.isdisjoint(scope["headers"]):
            # A read may start a search, so no page of another site may cause even that.
            await answer(of_another_site(scope), *without_body(scope, receive), send)
            return
        if path.startswith(_SIGN_IN) or path == webhooks.PATH:
            await self._from_anybody(path, scope, receive, send)
        else:
            await self._from_known(path, scope, receive, send)

    async def _from_known(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        """A request whose sender is known by a key, a secret or a session; otherwise it loses its body."""
        is_safe = scope["method"] in _SAFE
        callers = self._callers
        caller = await (callers.of_console(scope) if path.startswith(_CONSOLE) else callers.of_api(scope))
        told = send
        if caller is not None and caller.kind != "session":
            standings = self._rates.take(caller.name, self._policies(path, is_safe=is_safe))
            told = with_fields(send, rates.fields(standings))
            if over := [one for one in standings if one.is_over]:
                if any(one.is_first_over for one in over):
                    note("rate_limited", caller=caller.name, policy=over[0].policy.name)
                await answer(too_many(over), scope, receive, told)
                return
        if is_safe:
            await self._app(scope, receive, told)
        elif caller is None:
            await self._app(*without_body(scope, receive), told)
        else:
            await self._with_body(caller, path, scope, receive, told, most=self._limits.body)

    def _policies(self, path: str, *, is_safe: bool) -> Sequence[Policy]:
        every = Policy("requests", self._limits.requests)
        if path == _WEBHOOK:
            return (every, Policy("quotes", self._limits.quotes))
        if is_safe and path not in _COSTLY:
            return (every,)
        return (every, Policy("changes", self._limits.changes))

    async def _from_anybody(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        """A request with a body whose sender only the body proves."""
        if path == webhooks.PATH:
            # It has no rate: a webhook that is refused is a change that goes unnoticed, and the route costs one insert.
            if 0 < (declared_length(scope) or 0) <= _STRANGERS and scope["method"] == "POST":
                await self._from_store(scope, receive, send)
            else:
                await self._with_body(_STORE, path, scope, receive, send, most=_STORE_BYTES)
        else:
            await self._small(scope, receive, send)

    async def _from_store(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A small webhook. It goes straight to its receiver: its signature is verified before anything parses it."""
        try:
            body = await self._read(scope, receive, most=_STRANGERS)
        except Refused as error:
            await self._reject(error, scope, receive, send)
            return
        await self._store(scope, body, receive, send)

    async def _small(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A request of an unknown caller with a small body."""
        try:
            body = await self._read(scope, receive, most=_STRANGERS)
            bodies.weigh(body, content_type(scope), most=self._limits.values)
        except Refused as error:
            await self._reject(error, scope, receive, send)
            return
        await self._app(scope, replaying(body, receive), send)

    async def _with_body(
        self, caller: Caller, path: str, scope: Scope, receive: Receive, send: Send, *, most: int
    ) -> None:
        declared = declared_length(scope)
        is_upload = path.startswith(self._limits.upload_paths)
        is_large = is_upload or declared is None or declared > _STRANGERS
        if is_large and not await self._waited_for_a_place(caller):
            note("callers_refused", caller=caller.name, what="large bodies")
            busy = Unavailable(
                "Too many large requests are in progress. Nothing was changed. Try again shortly.",
                code="busy",
                retry_after=5,
            )
            await answer(busy, scope, receive, send, close=True)
            return
        if is_large:
            self._large[caller.name] += 1
        try:
            if is_upload:
                await self._streamed(scope, receive, send)
            else:
                await self._buffered(scope, receive, send, most=most)
        finally:
            if is_large:
                self._large[caller.name] -= 1
                if not self._large[caller.name]:
                    del self._large[caller.name]

    async def _waited_for_a_place(self, caller: Caller) -> bool:
        """Wait for a place among the large bodies, without reading. False if none became free in time."""
        deadline = monotonic() + _PLACE_SECONDS
        while not self._may_enter(caller):
            if monotonic() > deadline:
                return False
            await asyncio.sleep(0.05)
        return True

    def _may_enter(self, caller: Caller) -> bool:
        return self._large[caller.name] < _LARGE_PER_CALLER and self._large.total() < _LARGE_AT_A_TIME

    async def _buffered(self, scope: Scope, receive: Receive, send: Send, *, most: int) -> None:
        try:
            body = await self._read(scope, receive, most=most)
            kind, values = content_type(scope), self._limits.values
            if len(body) <= _STRANGERS:
                bodies.weigh(body, kind, most=values)
            else:
                await to_thread.run_sync(lambda: bodies.weigh(body, kind, most=values), limiter=self._judging)
        except Refused as error:
            await self._reject(error, scope, receive, send)
            return
        await self._app(scope, replaying(body, receive), send)

    async def _read(self, scope: Scope, receive: Receive, *, most: int) -> bytes:
        """The whole body. Raises TooLarge and TooSlow."""
        counted = ArrivingBody(scope, receive, most=most, grace=self._limits.grace)
        pieces: list[bytes] = []
        while True:
            message = await counted.receive()
            if message["type"] != "http.request":
                return b""  # the caller has disconnected and will not read the response
            pieces.append(message.get("body", b""))
            if not message.get("more_body", False):
                return b"".join(pieces)

    async def _streamed(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            counted = ArrivingBody(scope, receive, most=self._limits.upload, grace=self._limits.grace)
        except TooLarge as error:
            await self._reject(error, scope, receive, send)
            return
        failure: Refused | None = None
        has_started = False

        async def reading() -> Message:
            nonlocal failure
            if failure is None:
                try:
                    return await counted.receive()
                except Refused as error:
                    failure = error
            raise _CutOffError

        async def watched(message: Message) -> None:
            nonlocal has_started
            if failure is not None and not has_started:
                return  # the route's response to the truncated body is replaced by ours
            has_started = True
            await send(message)

        with suppress(_CutOffError):
            await self._app(scope, reading, watched)
        if failure is not None and not has_started:
            await self._reject(failure, scope, receive, send)

    @staticmethod
    async def _reject(error: Refused, scope: Scope, receive: Receive, send: Send) -> None:
        note("body_rejected", code=error.code, address=address_of(scope))
        await answer(error, scope, receive, send, close=True)
