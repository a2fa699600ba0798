"""Signing in with the identity provider, where one is configured: there, and back."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import asdict
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from boeing_data_hub.errors import NotFound, Unauthorized
from boeing_data_hub.store import audit, sessions
from boeing_data_hub.store.work import Work
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console import visitors
from boeing_data_hub.web.console.identity import Attempt, Identity
from boeing_data_hub.web.console.rendering import go, local_path

router = APIRouter(prefix="/sign-in/oidc", include_in_schema=False)

_WITHIN: Final = 600  # seconds from leaving to coming back


def _cookie(request: Request) -> str:
    return "__Host-bdh-oidc" if request.url.scheme == "https" else "bdh_oidc"


def _identity(request: Request) -> Identity:
    identity: Identity | None = request.app.state.identity
    if identity is None:
        raise NotFound("No identity provider is configured. Sign in with an API key.")
    return identity


def _back(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}/sign-in/oidc/back"


@router.get("", response_model=None)
def there(request: Request, next: Annotated[str, Query(max_length=2000)] = "") -> Response:  # noqa: A002 - its name in the address
    """Send the browser to the provider. What proves the way back is its own is kept in its cookie."""
    attempt = Attempt.begin()
    response = RedirectResponse(_identity(request).address(attempt, _back(request)), 303)
    kept = json.dumps({**asdict(attempt), "next": local_path(next)})
    response.set_cookie(
        _cookie(request),
        base64.urlsafe_b64encode(kept.encode()).decode(),
        max_age=_WITHIN,
        path="/",
        httponly=True,
        samesite="lax",  # the way back is a navigation from another site
        secure=request.url.scheme == "https",
    )
    return response


@router.get("/back", response_model=None)
def back(
    request: Request,
    hub: TheHub,
    code: Annotated[str, Query(max_length=4000)] = "",
    state: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Take the provider's word, once it is verified, for a session."""
    identity = _identity(request)
    attempt, to = _kept(request)
    if not code or not secrets.compare_digest(state.encode(), attempt.state.encode()):
        raise Unauthorized("This sign-in was not begun here, or was broken off. Try again.", code="sign_in")
    person = identity.person(attempt, code, _back(request))
    owner = f"person:{person.subject}"

    def step(work: Work) -> str:
        if old := request.cookies.get(visitors.cookie_name(request)):
            sessions.end(work, old)
        audit.record(work, actor=owner, action="session.begin", target=owner, details={"with": "identity provider"})
        return sessions.begin(work, person=person.subject, name=person.name, scopes=sorted(person.scopes))

    response = go(to)
    visitors.set_cookie(request, response, hub.database.run(step, hurry=True))
    response.delete_cookie(
        _cookie(request), path="/", httponly=True, samesite="lax", secure=request.url.scheme == "https"
    )
    return response


def _kept(request: Request) -> tuple[Attempt, str]:
    try:
        told = json.loads(base64.urlsafe_b64decode(request.cookies.get(_cookie(request), "")))
        return Attempt(told["state"], told["nonce"], told["verifier"]), local_path(told["next"])
    except (ValueError, KeyError, TypeError):
        raise Unauthorized("This sign-in was not begun here, or too long ago. Try again.", code="sign_in") from None
