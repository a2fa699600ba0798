"""Every error of the API as one problem document (RFC 9457): what happened, what is safe, what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from boeing_data_hub.errors import HubError, Refused

log = structlog.get_logger(__name__)

_MOST_ERRORS = 50  # a list of 50,000 wrong values is told by its first ones
_TITLES = {404: "Not found", 405: "Method not allowed", 413: "The request is too large", 415: "Unsupported media type"}


_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:boeing-data-hub:problem:batch_not_found"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened, what is safe, what to do next."},
        "code": {"type": "string", "description": "The stable word for machines.", "examples": ["batch_not_found"]},
    },
}
_MEANINGS = {
    400: "The request cannot be understood.",
    401: "No usable API key.",
    403: "The key lacks a scope.",
    404: "There is no such thing.",
    409: "The present state does not allow this.",
    413: "The body is too large.",
    422: "A value is not acceptable; `errors` or `rejected` name which.",
    503: "A service we depend on does not answer; see Retry-After.",
}
# For the API's description of itself: every route may answer with any of these.
RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"description": meaning, "content": {"application/problem+json": {"schema": _SCHEMA}}}
    for status, meaning in _MEANINGS.items()
}


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
    """The document of a refusal."""
    headers = {"Retry-After": str(max(1, round(error.retry_after)))} if error.retry_after else {}
    if error.status == 401:  # noqa: PLR2004 - HTTP's own number
        headers["WWW-Authenticate"] = "Bearer"
    return problem(error.status, error.code, error.title, error.message, extra=error.details, headers=headers)


def _invalid(errors: Sequence[Any]) -> JSONResponse:
    if any(error["type"] == "json_invalid" for error in errors):
        return problem(
            400,
            "malformed_json",
            "The request cannot be understood",
            "The body is not valid JSON. Nothing was changed.",
        )
    told = [
        {"where": ".".join(str(step) for step in error["loc"] if step != "body"), "what": error["msg"]}
        for error in errors[:_MOST_ERRORS]
    ]
    first = told[0]
    more = f" ({len(errors) - 1:,} more)" if len(errors) > 1 else ""
    detail = f"{first['where'] or 'The body'}: {first['what']}{more}. Nothing was changed."
    return problem(422, "bad_input", "A value is not acceptable", detail, extra={"errors": told})


def install(app: FastAPI) -> None:
    """Let every error of the app be told this way."""

    @app.exception_handler(Refused)
    def _refused(_request: Request, error: Refused) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        return refused(error)

    @app.exception_handler(RequestValidationError)
    def _validation(_request: Request, error: RequestValidationError) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        return _invalid(error.errors())

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        title = _TITLES.get(error.status_code, "The request was refused")
        detail = str(error.detail)
        if error.status_code == 404:  # noqa: PLR2004 - HTTP's own number
            detail = "There is nothing at this address. The API describes itself at /openapi.json."
        elif error.status_code == 405:  # noqa: PLR2004 - same
            detail = f"{request.method} is not possible here."
        code = title.lower().replace("the ", "").replace(" ", "_")
        return problem(error.status_code, code, title, detail, headers=error.headers)

    @app.exception_handler(HubError)
    def _hub(_request: Request, error: HubError) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        return problem(502, error.code, "An outside service did not answer as it should", error.message)

    @app.exception_handler(Exception)
    def _unexpected(request: Request, error: Exception) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        incident = uuid4().hex[:12]
        log.error("unexpected error", incident=incident, path=request.url.path, exc_info=error)
        return problem(
            500,
            "internal_error",
            "A fault of the hub",
            "Something went wrong that should not have. Report it with the incident number; it stands in the log.",
            extra={"incident": incident},
        )
