"""Signing in with the identity provider, where one is configured."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import asdict
from typing import Annotated, Final

import structlog
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from boeing_data_hub.db import audit, sessions
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import Forbidden, NotFound, Unauthorized, Unavailable
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console import visitors
from boeing_data_hub.web.console.identity import Attempt, Identity, refused_by_provider
from boeing_data_hub.web.console.rendering import go, local_path
from boeing_data_hub.web.console.sign_in import sign_in_page
from boeing_data_hub.web.prefix import prefixed

log = structlog.get_logger(__name__)

router = APIRouter(prefix="/sign-in/oidc", include_in_schema=False)

_WITHIN: Final = 600  # seconds that a sign-in may take at the provider
_LONGEST_CODE: Final = 8_000


def _cookie(request: Request) -> str:
    return visitors.guarded(request, "bdh-oidc") if request.url.scheme == "https" else "bdh_oidc"


def _identity(request: Request) -> Identity:
    identity: Identity | None = request.app.state.identity
    if identity is None:
        raise NotFound("SSO isn't set up. Sign in with an API key.")
    return identity


def _callback_url(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}{prefixed('/sign-in/oidc/back')}"


@router.get("", response_model=None)
def start(request: Request, next: Annotated[str, Query(max_length=2000)] = "") -> Response:  # noqa: A002 - its name in the address
    """Redirect the browser to the provider. State, nonce and verifier are kept in a cookie."""
    attempt = Attempt.begin()
    identity = _identity(request)
    try:
        response = RedirectResponse(identity.address(attempt, _callback_url(request)), 303)
    except Unavailable as error:
        return sign_in_page(request, local_path(next), wrong=error)
    kept = json.dumps({**asdict(attempt), "next": local_path(next)})
    response.set_cookie(
        _cookie(request),
        base64.urlsafe_b64encode(kept.encode()).decode(),
        max_age=_WITHIN,
        path=visitors.cookie_path(request),
        httponly=True,
        samesite="lax",  # the redirect back comes from another site
        secure=request.url.scheme == "https",
    )
    return response


@router.get("/back", response_model=None)
def callback(
    request: Request,
    hub: TheHub,
    code: Annotated[str, Query()] = "",
    state: Annotated[str, Query()] = "",
    error: Annotated[str, Query()] = "",
    error_description: Annotated[str, Query()] = "",
) -> Response:
    """Begin a session for the person the provider has identified, or show the sign-in page with the reason."""
    identity = _identity(request)
    to = "/console"
    try:
        attempt, to = _attempt(request)
        if not secrets.compare_digest(state.encode(), attempt.state.encode()):
            raise _rejected("was not started here, or was interrupted")
        if error:
            raise refused_by_provider(error, error_description)
        if not code or len(code) > _LONGEST_CODE:
            raise _rejected("came back without a code")
        person = identity.person(attempt, code, _callback_url(request))
    except (Unauthorized, Forbidden, Unavailable) as refused:
        log.warning("a sign-in with the identity provider failed", code=refused.code)
        if isinstance(refused, Forbidden):  # the provider has identified a person who has no role any longer
            token = request.cookies.get(visitors.cookie_name(request), "")
            hub.database.run(lambda work: sessions.end(work, token), hurry=True)
        response = sign_in_page(request, to, wrong=refused)
        _forget(request, response)
        return response
    owner, scopes = f"person:{person.subject}", sorted(person.scopes)
    old = request.cookies.get(visitors.cookie_name(request), "")

    def step(work: Work) -> str:
        if old and sessions.renew(work, old, person=person.subject, name=person.name, scopes=scopes):
            return old  # open pages, their forms and their live events go on
        if old:
            sessions.end(work, old)
        audit.record(work, actor=owner, action="session.begin", target=owner, details={"with": "identity provider"})
        return sessions.begin(work, person=person.subject, name=person.name, scopes=scopes)

    response = go(to)
    visitors.set_cookie(request, response, hub.database.run(step, hurry=True))
    _forget(request, response)
    return response


def _forget(request: Request, response: Response) -> None:
    """An attempt can be used once."""
    response.delete_cookie(
        _cookie(request),
        path=visitors.cookie_path(request),
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )


def _rejected(what: str) -> Unauthorized:
    return Unauthorized(f"This sign-in {what}. You are not signed in. Try again.", code="sign_in")


def _attempt(request: Request) -> tuple[Attempt, str]:
    try:
        told = json.loads(base64.urlsafe_b64decode(request.cookies.get(_cookie(request), "")))
        values = [told[name] for name in ("state", "nonce", "verifier", "next")]
        if not all(isinstance(one, str) and one.isascii() for one in values[:3]) or not isinstance(values[3], str):
            raise ValueError  # noqa: TRY301 - the cookie is not one of ours
        return Attempt(*values[:3]), local_path(values[3])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _rejected("was not started here, or took too long") from None
