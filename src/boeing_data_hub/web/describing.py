"""The API's description of itself: what FastAPI finds in the routes, and what it cannot know of the gate before them.

The gate and the error handlers answer for every route, so the security schemes and the statuses that follow from a
request's form are added here. What only one route can say (404, 409, ...) stands beside it, by `problems.may`.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final, cast, get_args

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from boeing_data_hub.settings import Settings
from boeing_data_hub.shopify import webhooks
from boeing_data_hub.shopify.webhooks import SIGNATURE_HEADER
from boeing_data_hub.web import part_number_pattern, problems
from boeing_data_hub.web.access import Admin, Publisher, Reader, Searcher
from boeing_data_hub.web.quoting import SECRET_HEADER, Asker, Fetcher

Json = dict[str, Any]
"""A part of the description."""

_SCHEMES: Final[Json] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key."},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same API key."},
    "webhookSecret": {
        "type": "apiKey",
        "in": "header",
        "name": SECRET_HEADER,
        "description": "HUB_QUOTE_WEBHOOK_SECRET, for requests for quotes alone.",
    },
    "storeSignature": {
        "type": "apiKey",
        "in": "header",
        "name": SIGNATURE_HEADER,
        "description": "The store's signature of the body, for its webhooks alone.",
    },
}
_SCOPES: Final = {
    get_args(alias)[1].dependency: scope
    for alias, scope in (
        (Reader, "read"), (Fetcher, "read"), (Searcher, "search"), (Asker, "search"), (Publisher, "publish"),
        (Admin, "admin"),
    )
}  # fmt: skip
_WITH_SECRET: Final = {get_args(alias)[1].dependency for alias in (Asker, Fetcher)}
_FORMATS: Final = frozenset({"part-number", "part-number-of-list"})
_OPEN: Final = ("/health", "/ready", "/media/")
_SAFE: Final = frozenset({"get", "head"})
_HEADERS: Final[Json] = {
    "Retry-After": {"description": "Seconds after which the request may succeed.", "schema": {"type": "string"}},
    "WWW-Authenticate": {"description": "How to authenticate.", "schema": {"type": "string", "const": "Bearer"}},
    "RateLimit": {"description": "The caller's remaining requests, per policy.", "schema": {"type": "string"}},
    "RateLimit-Policy": {"description": "The limits in force for the caller.", "schema": {"type": "string"}},
    "Location": {"description": "Where to watch the batch.", "schema": {"type": "string"}},
    "Idempotent-Replayed": {
        "description": "`true` if the request was accepted before.",
        "schema": {"type": "string", "const": "true"},
    },
}
_SENT_WITH: Final = {
    401: ("WWW-Authenticate",),
    429: ("Retry-After", "RateLimit", "RateLimit-Policy"),
    503: ("Retry-After",),
}


def operation_id(route: APIRoute) -> str:
    """The stable name of an operation: its function's. Generated clients name their functions by it."""
    return route.name


def install(app: FastAPI, routers: Sequence[APIRouter], settings: Settings) -> None:
    """Complete the application's description."""
    describe = app.openapi
    routes = {
        (route.path_format, method.lower()): route
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute) and route.include_in_schema
        for method in route.methods or ()
    }

    def described() -> Json:
        if app.openapi_schema is None:
            document = describe()
            for path, operations in document["paths"].items():
                for method, operation in operations.items():
                    _complete(operation, method, path, routes[path, method])
            parts = document.setdefault("components", {})
            parts["securitySchemes"] = _SCHEMES
            parts["headers"] = _HEADERS
            parts["responses"] = _errors()
            parts["schemas"] = {
                **{name: schema for name, schema in parts["schemas"].items() if not name.endswith("ValidationError")},
                **problems.schemas(),
            }
            _bound(parts["schemas"], settings)
            _spell_out(document)
        return describe()

    app.openapi = described


def _complete(operation: Json, method: str, path: str, route: APIRoute) -> None:
    """Add to an operation what its route does not know: who may call it, and how the gate may answer."""
    scope, takes_secret = _access(route, path)
    if path.startswith(_OPEN):
        operation["security"] = []
    elif path == webhooks.PATH:
        operation["security"] = [{"storeSignature": []}]
    else:
        keys: list[Json] = [{"bearer": [scope]}, {"apiKey": [scope]}]
        operation["security"] = [*keys, {"webhookSecret": []}] if takes_secret else keys
    responses: Json = operation["responses"]
    has_input = bool(operation.get("parameters") or operation.get("requestBody"))
    for status in _statuses(method, path, has_input=has_input, is_keyed=scope is not None):
        responses.setdefault(str(status), problems.RESPONSES[status])
    if has_input:
        responses["422"] = problems.RESPONSES[422]  # FastAPI puts its own form of it there
    for status, response in responses.items():
        if response == problems.RESPONSES.get(int(status)):
            responses[status] = {"$ref": f"#/components/responses/{_name(int(status))}"}
    if scope is not None:
        operation["description"] += f"\n\nScope: `{scope}`."
    operation["responses"] = dict(sorted(responses.items()))


def _name(status: int) -> str:
    """The name of an error among the parts of the description, e.g. `NotFound`."""
    return HTTPStatus(status).phrase.title().replace(" ", "").replace("-", "")


def _errors() -> Json:
    """The errors, each with the headers that come with it."""
    return {
        _name(status): {**response, **({"headers": {name: _header(name) for name in sent}} if sent else {})}
        for status, response in problems.RESPONSES.items()
        for sent in [_SENT_WITH.get(status, ())]
    }


def _access(route: APIRoute, path: str) -> tuple[str | None, bool]:
    """The scope that a key needs, and whether the webhook's secret will do instead."""
    calls = [one.call for one in route.dependant.dependencies]
    scope = next((_SCOPES[call] for call in calls if call in _SCOPES), "read" if path == "/metrics" else None)
    return scope, any(call in _WITH_SECRET for call in calls)


def _statuses(method: str, path: str, *, has_input: bool, is_keyed: bool) -> list[int]:
    """The statuses of errors that follow from the form of a request."""
    if path in {"/health", "/ready"}:
        return [500]
    found = [500]
    if is_keyed:
        found += [401, 403, 429, 503]
    elif path == webhooks.PATH:
        found += [401, 503]
    if method not in _SAFE:
        found += [400, 408, 413, 503]
    if has_input:
        found.append(422)
    if "{" in path:
        found.append(404)
    return found


def _spell_out(part: Any) -> None:
    """Replace the formats of part numbers by what they mean, throughout a part of the description."""
    if isinstance(part, list):
        for one in cast("list[Any]", part):
            _spell_out(one)
    elif isinstance(part, dict):
        found = cast("Json", part)
        if isinstance(found.get("format"), str) and found["format"] in _FORMATS:
            is_of_list = found.pop("format") == "part-number-of-list"
            found["pattern"] = part_number_pattern.pattern(of_list=is_of_list)
        for one in found.values():
            _spell_out(one)


def _header(name: str) -> Json:
    return {"$ref": f"#/components/headers/{name}"}


def _bound(schemas: Json, settings: Settings) -> None:
    """Write the limits that are settings into the schemas that they limit."""
    for name, most in (
        ("BulkSearchRequest", settings.max_bulk_search_size),
        ("BulkPublishRequest", settings.max_bulk_publish_size),
    ):
        for kind in schemas[name]["properties"]["part_numbers"]["anyOf"]:
            if kind.get("type") == "array":
                kind["minItems"], kind["maxItems"] = 1, most
