"""Every error of the API as one problem document (RFC 9457): what happened, what is safe, what to do next."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final, get_args, get_type_hints
from uuid import uuid4

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import RouteContext, iter_route_contexts
from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema
from starlette.exceptions import HTTPException

from boeing_data_hub.errors import HubError, Refused
from boeing_data_hub.web.access import path_for_log
from boeing_data_hub.web.prefix import inner_path

log = structlog.get_logger(__name__)

Responses = dict[int | str, dict[str, Any]]
"""Answers of a route by their status, for its description."""

_MOST_ERRORS = 50  # of 50,000 invalid values only the first are listed
_LONGEST_NAME: Final = 100  # characters of an unknown field's name in an answer
_PARAMETER: Final = re.compile(r"\{[^}]*\}")
_ALIKE: Final = 0.5  # `parts` and `part_numbers` are 0.59 alike
_CODES = {
    404: "not_found",
    405: "method_not_allowed",
    413: "request_is_too_large",
    415: "unsupported_media_type",
}
_TITLES = {404: "Not found", 405: "Method not allowed", 413: "The request is too large", 415: "Unsupported media type"}


class InvalidValue(BaseModel):
    """One invalid value."""

    where: str = Field(description="The field, e.g. `part_numbers.0`; empty: the body as a whole.")
    what: str = Field(description="What is wrong with it.")


class Problem(BaseModel):
    """What happened, what is safe, what to do next (RFC 9457). Some codes have further members."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["urn:boeing-data-hub:problem:batch_not_found"])
    title: str
    status: int = Field(ge=400, le=599)
    detail: str = Field(description="What happened, what is safe, what to do next.")
    code: str = Field(description="A stable code for programs.", examples=["batch_not_found"])
    errors: list[InvalidValue] = Field(default=[], description="Of `bad_input`: the invalid values, at most 50.")
    incident: str = Field(default="", description="Of `internal_error`: the number to search the log for.")


def schemas() -> dict[str, Any]:
    """The schemas of a problem document, by name."""
    _, found = models_json_schema([(Problem, "serialization")], ref_template="#/components/schemas/{model}")
    return found["$defs"]


_MEANINGS = {
    400: "The request cannot be understood.",
    401: "No usable API key.",
    403: "The key lacks a scope.",
    404: "Not found.",
    408: "The body arrived too slowly.",
    409: "The current state does not allow this.",
    413: "The body is too large.",
    422: "A value is invalid; `errors` or `rejected` list which.",
    429: "The caller's rate is used up; see Retry-After and RateLimit.",
    500: "An unexpected error of the hub; `incident` names it in the log.",
    502: "An external service did not respond as expected.",
    503: "A required service is not responding; see Retry-After.",
}
RESPONSES: Mapping[int, dict[str, Any]] = {
    status: {
        "description": meaning,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status, meaning in _MEANINGS.items()
}
"""The errors of the API, for its description of itself."""


def may(*statuses: int) -> Responses:
    """The errors that a route may answer with, besides those that follow from the form of its request."""
    return {status: RESPONSES[status] for status in statuses}


def problem(
    status: int,
    code: str,
    title: str,
    detail: str,
    *,
    extra: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """A problem document as a response. `code` is repeated as a member, for machines that read no URNs."""
    body = {
        "type": f"urn:boeing-data-hub:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        **(extra or {}),
    }
    return JSONResponse(body, status, headers=headers, media_type="application/problem+json")


def refused(error: Refused) -> JSONResponse:
    """The problem document of a rejected request."""
    headers = {"Retry-After": str(max(1, round(error.retry_after)))} if error.retry_after else {}
    if error.status == 401:  # noqa: PLR2004 - HTTP's own number
        headers["WWW-Authenticate"] = "Bearer"
    return problem(error.status, error.code, error.title, error.message, extra=error.details, headers=headers)


def _invalid(errors: Sequence[Any], body: Any) -> JSONResponse:
    if any(error["type"] == "json_invalid" for error in errors):
        return problem(
            400,
            "malformed_json",
            "The request cannot be understood",
            "The body is not valid JSON. Nothing was changed.",
        )
    told = [{"where": _where(error), "what": _what(error, body)} for error in errors[:_MOST_ERRORS]]
    first = told[0]
    more = f" ({len(errors) - 1:,} more)" if len(errors) > 1 else ""
    detail = f"{first['where'] or 'The body'}: {first['what']}{more}. Nothing was changed."
    return problem(422, "bad_input", "A value is invalid", detail, extra={"errors": told})


def _where(error: Any) -> str:
    """The path of a field. A name that was made up is cut: the answer would be as long as the body."""
    return ".".join(_brief(step) for step in error["loc"] if step != "body")


def _brief(step: Any) -> str:
    return name if len(name := str(step)) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"


def _what(error: Any, body: Any) -> str:
    if error["type"] != "extra_forbidden":
        return error["msg"]
    sent = _brief(error["loc"][-1])
    near = get_close_matches(sent, _fields_at(body, error["loc"][1:-1]), n=1, cutoff=_ALIKE)
    return f"Unknown field. Did you mean {near[0]}?" if near else "Unknown field"


def _fields_at(kind: Any, path: Sequence[Any]) -> list[str]:
    """The known fields of the object at this path in a body of this type; none if it is not known."""
    for one in get_args(kind) or (kind,):
        fields: dict[str, Any] = getattr(one, "model_fields", {})
        if fields and path:
            return _fields_at(fields[path[0]].annotation, path[1:]) if path[0] in fields else []
        if fields:
            return [field.alias or name for name, field in fields.items()]
    return []


def allowed(request: Request) -> set[str]:
    """The methods of the address of a request: of all its routes, where Starlette names those of the first alone.

    An address that fits several paths (`/staging/normalize` is also `/staging/{sku}`) is that of the most literal one.
    """
    path = inner_path(request.scope)
    fitting = [one for one in iter_route_contexts(request.app.routes) if _fits(one, path)]
    most = max((_literal(one.path) for one in fitting), default=0)
    return {method for one in fitting if _literal(one.path) == most for method in one.methods or ()}


def _fits(route: RouteContext, path: str) -> bool:
    pattern: re.Pattern[str] | None = getattr(route, "path_regex", None)
    return pattern is not None and pattern.match(path) is not None


def _literal(path: str | None) -> int:
    return len(_PARAMETER.sub("", path or ""))


def install(app: FastAPI) -> None:
    """Return every error of the app as a problem document.

    The handlers are asynchronous so that an error is answered at once even while all threads are at work.
    """

    @app.exception_handler(Refused)
    async def _refused(_request: Request, error: Refused) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        return refused(error)

    @app.exception_handler(RequestValidationError)
    async def _validation(request: Request, error: RequestValidationError) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        if request.method not in allowed(request):  # `/lists/preview` is no list, although it fits `/lists/{list_id}`
            return await _http(request, HTTPException(405))
        return _invalid(error.errors(), get_type_hints(request.scope.get("endpoint")).get("body"))

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        title = _TITLES.get(error.status_code, "The request was rejected")
        detail = str(error.detail)
        if error.status_code == 404:  # noqa: PLR2004 - HTTP's own number
            detail = "No such path. The API schema is at /openapi.json."
        elif error.status_code == 405:  # noqa: PLR2004 - same
            detail = f"{request.method} is not allowed on this path."
        code = _CODES.get(error.status_code, "request_was_refused")
        headers = {**(error.headers or {})}
        if error.status_code == 405:  # noqa: PLR2004 - same
            headers["Allow"] = ", ".join(sorted(allowed(request)))
        return problem(error.status_code, code, title, detail, headers=headers)

    @app.exception_handler(HubError)
    async def _hub(_request: Request, error: HubError) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        return problem(502, error.code, "An external service did not respond as expected", error.message)

    @app.exception_handler(Exception)
    async def _unexpected(request: Request, error: Exception) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        incident = uuid4().hex[:12]
        log.error("unexpected error", incident=incident, path=path_for_log(request.scope), exc_info=error)
        return problem(
            500,
            "internal_error",
            "Internal error",
            "Something went wrong in the hub. Report it with the incident number, which is also in the log.",
            extra={"incident": incident},
        )
