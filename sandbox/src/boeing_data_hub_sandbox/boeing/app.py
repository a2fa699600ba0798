"""The ASGI application: three calls of Boeing, nothing between them and the socket that would cost time."""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from boeing_data_hub_sandbox.boeing import control
from boeing_data_hub_sandbox.boeing.answers import line_items
from boeing_data_hub_sandbox.boeing.fault_kinds import OAUTH, PART_TOKEN, PRICE
from boeing_data_hub_sandbox.boeing.faults import Fault
from boeing_data_hub_sandbox.boeing.item_faults import ITEM_FAULTS, NUMBER_MARK, Answer, unasked
from boeing_data_hub_sandbox.boeing.ledger import PriceCall
from boeing_data_hub_sandbox.boeing.pictures import FOLDER, picture_reply
from boeing_data_hub_sandbox.boeing.reply_faults import DELIVERY_FAULTS, REPLY_FAULTS, retry_after_header
from boeing_data_hub_sandbox.boeing.state import State
from boeing_data_hub_sandbox.boeing.tokens import bearer, oauth_reply, part_token_reply
from boeing_data_hub_sandbox.boeing.wire import Exchange, Receive, Reply, Scope, Send, gateway_error

OAUTH_PATH: Final = "/oauth2/v2.0/token"
PART_TOKEN_PATH: Final = "/boeing-part-price-availability/token/v1/oauth"  # noqa: S105 - a path
PRICE_PATH: Final = "/boeing-part-price-availability/price-availability/v1/wtoken"
_CONTROL: Final = "/control/"
_OK: Final = 200

Sent = tuple[int | None, bool]
"""The status sent, None for none, and whether a 200 was sent to its last byte."""


@dataclass(frozen=True, slots=True)
class PriceRequest:
    """The body of call 3, checked."""

    parts: Sequence[str]
    show_no_stock: bool
    show_location: bool


def read_price_request(body: bytes | None, *, max_parts: int) -> PriceRequest | Reply:
    """The request in the body of call 3, or the refusal it deserves."""
    if body is None:
        return gateway_error(413)
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return gateway_error(400, "Could not parse request body into json")
    fields = cast("dict[str, Any]", document) if isinstance(document, dict) else {}
    codes: Any = fields.get("productCodes")
    if not isinstance(codes, list) or not codes or not all(isinstance(code, str) for code in cast("list[Any]", codes)):
        return gateway_error(400, "productCodes must be a list of part numbers")
    parts = cast("list[str]", codes)
    if len(parts) > max_parts:
        return gateway_error(400, f"At most {max_parts} productCodes are allowed")
    return PriceRequest(parts, bool(fields.get("showNoStock")), bool(fields.get("showLocation")))


class App:
    """The stand-in as uvicorn sees it."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._calls: Mapping[tuple[str, str], Callable[[Exchange], Awaitable[None]]] = {
            ("POST", OAUTH_PATH): self._oauth,
            ("GET", PART_TOKEN_PATH): self._part_token,
            ("POST", PRICE_PATH): self._price,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        exchange = Exchange(scope, receive, send)
        try:
            await self._serve(exchange)
        except Exception:
            self._state.ledger.own_errors += 1
            raise

    async def _serve(self, exchange: Exchange) -> None:
        if call := self._calls.get((exchange.method, exchange.path)):
            await call(exchange)
        elif exchange.path.startswith(FOLDER) and exchange.method == "GET":
            await exchange.send(picture_reply(exchange.path))
        elif exchange.path.startswith(_CONTROL):
            body = await exchange.body()
            await exchange.send(control.reply(self._state, exchange.method, exchange.path, exchange.query, body))
        else:
            await exchange.send(gateway_error(404))

    async def _oauth(self, exchange: Exchange) -> None:
        """Call 1."""
        body = await exchange.body() or b""
        await self._token(OAUTH, exchange, lambda: oauth_reply(body, self._state.tokens, self._state.settings))

    async def _part_token(self, exchange: Exchange) -> None:
        """Call 2."""
        await exchange.body()
        await self._token(
            PART_TOKEN, exchange, lambda: part_token_reply(exchange, self._state.tokens, self._state.settings)
        )

    async def _token(self, call: str, exchange: Exchange, answer: Callable[[], Reply]) -> None:
        state = self._state
        status: int | None = None
        try:
            struck: list[Fault] = []
            if state.faults:
                struck = state.faults.draw(call, down=True) or state.faults.draw(call)
            status, _ = await _deliver(exchange, answer(), struck)
        finally:
            state.ledger.token_call(call, status)

    async def _price(self, exchange: Exchange) -> None:
        """Call 3, from its arrival to the last line of its account."""
        ledger = self._state.ledger
        call = ledger.arrive()
        sent: Sent = None, False
        try:
            sent = await self._answer(exchange, call)
        finally:
            ledger.leave(call, sent[0], answered=sent[1])

    async def _answer(self, exchange: Exchange, call: PriceCall) -> Sent:
        state, settings = self._state, self._state.settings
        call.traceparent = exchange.header(b"traceparent")[:64]
        request = read_price_request(await exchange.body(), max_parts=settings.max_parts)
        if isinstance(request, PriceRequest):
            call.parts = tuple(request.parts)
        if state.faults and (struck := state.faults.draw(PRICE, call.parts, down=True)):
            call.faults = tuple(fault.kind for fault in struck)
            return await _deliver(exchange, gateway_error(503), struck)
        if refusal := self._refusal(exchange, call):
            return await _deliver(exchange, refusal, ())
        if isinstance(request, Reply):
            return await _deliver(exchange, request, ())

        previous, state.previous = state.previous, request.parts
        struck = state.faults.draw(PRICE, request.parts) if state.faults else []
        if settings.latency_ms and not await exchange.pause(settings.latency_ms / 1000):
            return None, False
        parts = self._in_order(request.parts)
        if struck:
            call.faults = tuple(fault.kind for fault in struck)
            reply = self._tampered(request, parts, previous, struck)
        else:
            reply = Reply(
                _OK,
                state.price_body(parts, show_no_stock=request.show_no_stock, show_location=request.show_location),
            )
        return await _deliver(exchange, reply, struck)

    def _refusal(self, exchange: Exchange, call: PriceCall) -> Reply | None:
        """The limit, then the tokens."""
        state, settings = self._state, self._state.settings
        limit = settings.limit if settings.limit_mode == "refuse" else 0
        wait = state.limit.wait_before(call.monotonic, limit=limit, window=settings.window)
        oauth, part = bearer(exchange), exchange.header(b"x-boeing-parts-authorization")
        oauth_name, part_name = state.tokens.name_of("oauth", oauth), state.tokens.name_of("part", part)
        call.token = f"{oauth_name or ('bad' if oauth else 'none')} {part_name or ('bad' if part else 'none')}"
        if wait:
            state.ledger.refused_by_limit += 1
            when = {"seconds": math.ceil(wait), "date": "date", "none": None}[settings.retry_after]
            return gateway_error(429, headers=retry_after_header(when))
        if oauth_name is None or part_name is None:
            return gateway_error(401)
        return None

    def _in_order(self, parts: Sequence[str]) -> Sequence[str]:
        """Each part once, in the order of the answer."""
        once = list(dict.fromkeys(parts))
        match self._state.settings.order:
            case "request":
                return once
            case "reversed":
                return once[::-1]
            case "sorted":
                return sorted(once)

    def _tampered(
        self, request: PriceRequest, parts: Sequence[str], previous: Sequence[str], struck: Sequence[Fault]
    ) -> Reply:
        """The answer, after every fault that concerns its content."""
        state, world = self._state, self._state.world
        for fault in struck:
            if fault.kind == "swapped" and fault.options["how"] == "previous":
                parts = previous or [unasked(part) for part in parts]
            elif fault.kind == "moving_figures":
                world = replace(world, drift=world.drift * 1_000_003 + fault.fired)
            elif fault.kind == "token_expired":
                state.tokens.expire(fault.options["which"])
        shown = {"show_no_stock": request.show_no_stock, "show_location": request.show_location}
        lines = [(part, item) for part in parts for item in line_items(part, world, **shown)]
        answer = Answer(lines, state.settings.currency)
        for fault in struck:
            if fault.kind in ITEM_FAULTS:
                ITEM_FAULTS[fault.kind](fault, answer)
        body = json.dumps(answer.envelope(), separators=(",", ":"))
        return Reply(_OK, body.replace(json.dumps(NUMBER_MARK), answer.number).encode())


async def _deliver(exchange: Exchange, reply: Reply, struck: Sequence[Fault]) -> Sent:
    """Send a reply as the faults want it."""
    for fault in struck:
        if fault.kind == "slow" and not await exchange.pause(fault.options["seconds"]):
            return None, False
        if fault.kind in REPLY_FAULTS:
            reply = REPLY_FAULTS[fault.kind](fault, reply)
    for fault in struck:
        if fault.kind in DELIVERY_FAULTS:
            return await DELIVERY_FAULTS[fault.kind](fault, exchange, reply)
    there = await exchange.send(reply)
    return (reply.status, reply.status == _OK) if there else (None, False)
