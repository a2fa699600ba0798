"""Refusals and faults on pages: the same errors as the API's, told as a page instead of a problem document."""

from __future__ import annotations

from collections.abc import Callable
from inspect import isawaitable
from typing import Any, Final, cast
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from boeing_data_hub.errors import HubError, Refused, Unauthorized
from boeing_data_hub.web.console.rendering import page

_PAGES: Final = ("/console", "/sign-in")
_TITLES: Final = {
    400: "The request cannot be understood",
    401: "Sign in to go on",
    403: "You may not do this",
    404: "There is no such page",
    405: "This address cannot be used so",
    409: "The present state does not allow this",
    410: "This link is used up",
    413: "That is too large",
    422: "A value is not acceptable",
    429: "Too many attempts",
    500: "A fault of the hub",
    503: "A service does not answer",
}
Handler = Callable[[Request, Any], Any]


def install(app: FastAPI) -> None:
    """Tell errors of pages as pages; all others stay problem documents."""
    for kind in (Refused, RequestValidationError, HTTPException, HubError, Exception):
        documents = cast("Handler", app.exception_handlers[kind])
        app.exception_handlers[kind] = _either(documents)  # pyright: ignore[reportArgumentType] - Starlette types it narrower


def _either(documents: Handler) -> Handler:
    async def handle(request: Request, error: Exception) -> Response:
        answer = documents(request, error)
        if isawaitable(answer):
            answer = await answer
        if not request.url.path.startswith(_PAGES):
            return answer
        return _told(request, error, answer)

    return handle


def _told(request: Request, error: Exception, document: Response) -> Response:
    """The page for an error. The document beside it has decided on status and headers, and written the log."""
    if isinstance(error, Unauthorized):
        return _to_sign_in(request, error)
    status = document.status_code
    incident = None
    message = "Something went wrong that should not have. It stands in the log; nothing of yours was lost."
    if isinstance(error, HubError):
        message = error.message
    elif isinstance(error, RequestValidationError):
        message = "A value in the address or the form is not acceptable. Nothing was changed."
    elif isinstance(error, HTTPException):
        message = "The address leads nowhere, or cannot be used in this way. Nothing was changed."
    else:
        incident = _incident(document)
    title = _TITLES.get(status, "The request was refused")
    response = page(request, "pages/error.html", http_status=status, title=title, message=message, incident=incident)
    if "retry-after" in document.headers:
        response.headers["Retry-After"] = document.headers["retry-after"]
    return response


def _incident(document: Response) -> str | None:
    import json  # noqa: PLC0415 - for the rarest of pages

    try:
        told: dict[str, Any] = json.loads(bytes(document.body))
    except ValueError:
        return None
    return told.get("incident")


def _to_sign_in(request: Request, error: Unauthorized) -> Response:
    if request.headers.get("hx-request"):
        return Response(status_code=401, headers={"HX-Redirect": "/sign-in"})
    if request.method == "GET" and "text/event-stream" not in request.headers.get("accept", ""):
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse("/sign-in?" + urlencode({"next": wanted}), 303)
    return page(request, "pages/error.html", http_status=401, title=_TITLES[401], message=error.message, incident=None)
