"""POST /admin/api/{version}/graphql.json: the way of one request, from the token to the answer."""

# Inputs and answers are JSON here; the schema has checked their shape, and Python cannot know it.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import uuid4

from boeing_data_hub_sandbox.shopify.call import Call
from boeing_data_hub_sandbox.shopify.cost import MUTATION, actual, requested
from boeing_data_hub_sandbox.shopify.documents import Document
from boeing_data_hub_sandbox.shopify.executing import answer
from boeing_data_hub_sandbox.shopify.faults import Fault
from boeing_data_hub_sandbox.shopify.request_facts import facts_of
from boeing_data_hub_sandbox.shopify.variables import refused
from boeing_data_hub_sandbox.shopify.wire import Scope, Send, hang_up, reply, reply_half, reply_json
from boeing_data_hub_sandbox.shopify.world import World

_BAD_TOKEN = {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}
_REFUSALS: dict[str, tuple[int, Any]] = {
    "unauthorized": (401, _BAD_TOKEN),
    "payment_required": (402, {"errors": "Unavailable Shop"}),
    "forbidden": (403, {"errors": "[API] This action requires merchant approval for the necessary scope."}),
    "not_found": (404, {"errors": "Not Found"}),
    "locked": (423, {"errors": "Locked"}),
    "rejected": (430, {"errors": "Shopify Security Rejection"}),
}
_BEFORE = frozenset({"error_before", "drop_before", "http_429", "slow", *_REFUSALS})
_INSTEAD = frozenset({"throttle", "internal_error", "undefined_field"})
_AFTER = frozenset({"error_after", "drop_after", "truncated_reply", "slow_after"})
_HTML = b"<!DOCTYPE html><html><head><title>Something went wrong</title></head><body>Try again.</body></html>"


async def graphql(world: World, version: str, scope: Scope, content: bytes, send: Send) -> None:
    """Answer one request."""
    request_id = str(uuid4())
    known = world.knobs.api_versions
    headers = {"x_request_id": request_id, "x_shopify_api_version": version if version in known else known[0]}
    token = next((value for name, value in scope["headers"] if name == b"x-shopify-access-token"), b"").decode("latin1")
    if token not in world.knobs.tokens and not world.access.is_good(token):
        world.ledger.answered("http_401")
        await reply_json(send, 401, _BAD_TOKEN, **headers)
        return
    try:
        given = json.loads(content)
        text, variables, name = given["query"], given.get("variables") or {}, given.get("operationName")
    except (ValueError, KeyError, TypeError, AttributeError):
        text = variables = name = None
    if not isinstance(text, str) or not isinstance(variables, dict):
        world.ledger.answered("http_400")
        await reply_json(send, 400, {"errors": {"query": "Required parameter missing or invalid"}}, **headers)
        return
    document = world.documents.get(text, name)
    facts = {**facts_of(document, variables), "via": "direct"}
    world.ledger.asked(document.first_field or "invalid")
    fault = world.faults.strike(_BEFORE, **facts)
    if fault is not None and not await _survived(world, fault, send, headers):
        return
    if world.knobs.latency:
        await asyncio.sleep(world.knobs.latency)
    call = Call(world, request_id, variables=variables)
    body = _body(world, call, document, variables, facts)
    limited = world.knobs.throttle_status == 429 and _code(body) == "THROTTLED"  # noqa: PLR2004
    fault = world.faults.strike(_AFTER, **facts)
    if fault is not None and fault.kind == "slow_after":
        await asyncio.sleep(fault.seconds)
        fault = None
    if fault is not None:
        call.settle(replied=False)
        await _lost(world, fault, body, send, headers)
        return
    world.ledger.answered(_outcome(body))
    if limited:
        await reply_json(send, 429, body, retry_after="2.0", **headers)
    else:
        await reply_json(send, 200, body, **headers)
    call.settle(replied=True)


async def _survived(world: World, fault: Fault, send: Send, headers: dict[str, str]) -> bool:
    """Act on a fault that comes before anything is done; True when the request goes on all the same."""
    if fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
        return True
    if fault.kind == "drop_before":
        world.ledger.answered("dropped")
        await hang_up(send)
    elif fault.kind == "error_before":
        world.ledger.answered(f"http_{fault.status}")
        await reply(send, fault.status, _HTML, "text/html; charset=utf-8", **headers)
    elif fault.kind == "http_429":
        world.ledger.answered("http_429")
        said = "Exceeded 2 calls per second for api client. Reduce request rates to resume uninterrupted service."
        await reply_json(send, 429, {"errors": said}, retry_after=str(fault.seconds), **headers)
    else:
        status, refusal = _REFUSALS[fault.kind]
        world.ledger.answered(f"http_{status}")
        await reply_json(send, status, refusal, **headers)
    return False


async def _lost(world: World, fault: Fault, body: dict[str, Any], send: Send, headers: dict[str, str]) -> None:
    """Everything is done, and nobody is told."""
    if fault.kind == "error_after":
        world.ledger.answered(f"http_{fault.status}")
        await reply(send, fault.status, _HTML, "text/html; charset=utf-8", **headers)
        return
    world.ledger.answered("dropped")
    if fault.kind == "truncated_reply":
        await reply_half(send, json.dumps(body).encode())
    else:
        await hang_up(send)


def _error_of(kind: str, call: Call, facts: dict[str, str | None]) -> dict[str, Any]:
    if kind == "undefined_field":
        said = f"Field '{facts['operation']}' doesn't exist on type 'QueryRoot'"
        return {"message": said, "extensions": {"code": "undefinedField"}}
    said = f"Internal error. Looks like something went wrong on our end.\nRequest ID: {call.request_id}"
    return {"message": said, "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": call.request_id}}


def _body(
    world: World, call: Call, document: Document, variables: dict[str, Any], facts: dict[str, str | None]
) -> dict[str, Any]:
    """The answer's body: refused, throttled, or carried out."""
    if document.problems or document.operation is None or document.price is None:
        return {"errors": document.problems}
    if errors := refused(world.schema, document.operation, variables):
        return {"errors": errors}
    asked = requested(document.price, variables)
    if asked > world.knobs.max_query_cost:
        return _too_dear(asked, world.knobs.max_query_cost)
    instead = world.faults.strike(_INSTEAD, **facts)
    if instead is not None and instead.kind != "throttle":
        return {"errors": [_error_of(instead.kind, call, facts)]}
    if instead is not None or not world.bucket.charge(asked):
        more = {"code": "THROTTLED", "documentation": "https://shopify.dev/api/usage/rate-limits"}
        error = {"message": "Throttled", "extensions": more}
        return {"errors": [error], "extensions": {"cost": world.bucket.report(asked, None)}}
    body: dict[str, Any] = answer(call, document, variables)
    worth = min(asked, actual(document.price, variables, body.get("data")))
    if body.get("data") is None and document.is_mutation:
        worth = min(asked, int(MUTATION))
    world.bucket.give_back(asked - worth)
    extensions: dict[str, Any] = {"cost": world.bucket.report(asked, worth)}
    if call.search_notes:
        extensions["search"] = call.search_notes
    return {**body, "extensions": extensions}


def _too_dear(asked: int, limit: float) -> dict[str, Any]:
    said = (
        f"Query cost is {asked}, which exceeds the single query max cost limit ({limit:g}). "
        "See https://shopify.dev/concepts/about-apis/rate-limits for more information on how the cost of a query is "
        "calculated. To query larger amounts of data with fewer limits, bulk operations should be used instead."
    )
    more = {"code": "MAX_COST_EXCEEDED", "cost": asked, "maxCost": int(limit)}
    return {"errors": [{"message": said, "extensions": more}]}


def _code(body: dict[str, Any]) -> str | None:
    errors = body.get("errors")
    return (errors[0].get("extensions") or {}).get("code") if errors else None


def _outcome(body: dict[str, Any]) -> str:
    if body.get("errors"):
        return "throttled" if _code(body) == "THROTTLED" else "errors"
    for payload in (body.get("data") or {}).values():
        if isinstance(payload, dict) and payload.get("userErrors"):
            return "user_errors"
    return "ok"
