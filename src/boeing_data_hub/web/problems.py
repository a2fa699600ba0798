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
from boeing_data_hub.web.access import path_for_log

log = structlog.get_logger(__name__)

_MOST_ERRORS = 50  # of 50,000 invalid values only the first are listed
_CODES = {
    404: "not_found",
    405: "method_not_allowed",
    413: "request_is_too_large",
    415: "unsupported_media_type",
}
_TITLES = {404: "Not found", 405: "Method not allowed", 413: "The request is too large", 415: "Unsupported media type"}


_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:boeing-data-hub:problem:batch_not_found"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened, what is safe, what to do next."},
        "code": {"type": "string", "description": "A stable code for programs.", "examples": ["batch_not_found"]},
    },
}
_MEANINGS = {
    400: "The request cannot be understood.",
    401: "No usable API key.",
    403: "The key lacks a scope.",
    404: "Not found.",
    409: "The current state does not allow this.",
    408: "The body arrived too slowly.",
    413: "The body is too large.",
    422: "A value is invalid; `errors` or `rejected` list which.",
    429: "The caller's rate is used up; see Retry-After and RateLimit.",
    500: "An unexpected error of the hub; `incident` names it in the log.",
    503: "A required service is not responding; see Retry-After.",
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
    """The problem document of a rejected request."""
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
    told = [{"where": _where(error), "what": _what(error)} for error in errors[:_MOST_ERRORS]]
    first = told[0]
    more = f" ({len(errors) - 1:,} more)" if len(errors) > 1 else ""
    detail = f"{first['where'] or 'The body'}: {first['what']}{more}. Nothing was changed."
    return problem(422, "bad_input", "A value is invalid", detail, extra={"errors": told})


def _where(error: Any) -> str:
    return ".".join(str(step) for step in error["loc"] if step != "body")


def _what(error: Any) -> str:
    return "Unknown field" if error["type"] == "extra_forbidden" else error["msg"]


def install(app: FastAPI) -> None:
    """Return every error of the app as a problem document.

    The handlers are asynchronous so that an error is answered at once even while all threads are at work.
    """

    @app.exception_handler(Refused)
    async def _refused(_request: Request, error: Refused) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        return refused(error)

    @app.exception_handler(RequestValidationError)
    async def _validation(_request: Request, error: RequestValidationError) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        return _invalid(error.errors())

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        title = _TITLES.get(error.status_code, "The request was rejected")
        detail = str(error.detail)
        if error.status_code == 404:  # noqa: PLR2004 - HTTP's own number
            detail = "No such path. The API schema is at /openapi.json."
        elif error.status_code == 405:  # noqa: PLR2004 - same
            detail = f"{request.method} is not allowed on this path."
        code = _CODES.get(error.status_code, "request_was_refused")
        return problem(error.status_code, code, title, detail, headers=error.headers)

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
