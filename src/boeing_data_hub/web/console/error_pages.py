"""Error pages: the API's errors as pages instead of problem documents."""

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
from boeing_data_hub.web.console.visitors import AskProviderAgain
from boeing_data_hub.web.prefix import inner_path

_PAGES: Final = ("/console", "/sign-in")
_TITLES: Final = {
    400: "Something is missing or wrong",
    401: "Sign in to continue",
    403: "You don't have permission",
    404: "Page not found",
    405: "Page not found",
    409: "This can't be done right now",
    410: "This link has expired",
    413: "Too large",
    422: "Check what you entered",
    429: "Too many attempts",
    500: "Something went wrong",
    503: "A service isn't responding",
}
# The API's sentences about its own paths mean nothing to a person in a browser.
_NOT_FOUND: Final = {
    "batch_not_found": "This run doesn't exist or was deleted.",
    "plan_not_found": "This plan doesn't exist or was deleted.",
}
Handler = Callable[[Request, Any], Any]


def install(app: FastAPI) -> None:
    """Return errors of pages as pages. All others stay problem documents."""
    for kind in (Refused, RequestValidationError, HTTPException, HubError, Exception):
        documents = cast("Handler", app.exception_handlers[kind])
        app.exception_handlers[kind] = _either(documents)  # pyright: ignore[reportArgumentType] - Starlette types it narrower


def _either(documents: Handler) -> Handler:
    async def handle(request: Request, error: Exception) -> Response:
        answer = documents(request, error)
        if isawaitable(answer):
            answer = await answer
        if not inner_path(request.scope).startswith(_PAGES):
            return answer
        return _error_page(request, error, answer)

    return handle


def _error_page(request: Request, error: Exception, document: Response) -> Response:
    """The page for an error. Its status, headers and log line come from the problem document."""
    if isinstance(error, Unauthorized):
        return _to_sign_in(request, error)
    status = document.status_code
    incident = None
    message = "The hub had an unexpected error, which is in its log. Nothing was lost. Try again."
    if isinstance(error, HubError):
        message = _NOT_FOUND.get(error.code, error.message)
    elif isinstance(error, RequestValidationError):
        message = "A value in the form or the address is invalid. Nothing was changed."
    elif isinstance(error, HTTPException):
        message = "This page doesn't exist. Nothing was changed."
    else:
        incident = _incident(document)
    title = _TITLES.get(status, "This can't be done")
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
        wanted = inner_path(request.scope) + (f"?{request.url.query}" if request.url.query else "")
        to = "/sign-in/oidc?" if isinstance(error, AskProviderAgain) else "/sign-in?"
        return RedirectResponse(to + urlencode({"next": wanted}), 303)
    return page(request, "pages/error.html", http_status=401, title=_TITLES[401], message=error.message, incident=None)
