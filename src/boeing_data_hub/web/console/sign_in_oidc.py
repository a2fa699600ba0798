"""Signing in with the identity provider, where one is configured."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import asdict
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from boeing_data_hub.app import Hub
from boeing_data_hub.db import audit, sessions
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import Forbidden, NotFound, Refused, Unauthorized, Unavailable
from boeing_data_hub.web.access import TheHub, address_of, the_hub
from boeing_data_hub.web.console.cookies import ATTEMPT, SESSION
from boeing_data_hub.web.console.identity import Attempt, Identity, refused_by_provider
from boeing_data_hub.web.console.rendering import go, local_path
from boeing_data_hub.web.console.sign_in import sign_in_page, throttle
from boeing_data_hub.web.places import SIGN_INS
from boeing_data_hub.web.prefix import prefixed
from boeing_data_hub.web.security_events import note

router = APIRouter(prefix="/sign-in/oidc", include_in_schema=False)

_LONGEST_CODE: Final = 8_000
_STRANGERS: Final = frozenset({"sign_in", "identity_refused"})
"""Failures that anybody can cause; what is wrong with a provider's token, an administrator has to correct."""


def _identity(request: Request) -> Identity:
    identity: Identity | None = request.app.state.identity
    if identity is None:
        raise NotFound("SSO isn't set up. Sign in with an API key.")
    return identity


def _callback_url(request: Request) -> str:
    """Where the provider sends people back to: below HUB_PUBLIC_URL, or the request's own host where that is unset."""
    if public := the_hub(request).settings.hub_public_url:
        return f"{public}/sign-in/oidc/back"
    return f"{request.url.scheme}://{request.url.netloc}{prefixed('/sign-in/oidc/back')}"


@router.get("", response_model=None)
def start(request: Request, next: Annotated[str, Query(max_length=2000)] = "") -> Response:  # noqa: A002 - its name in the address
    """Redirect the browser to the provider. State, nonce and verifier are kept in a cookie.

    Another site cannot sign a person in: a link from there shows the sign-in page, where they decide.
    """
    attempt = Attempt.begin()
    identity = _identity(request)
    if request.headers.get("sec-fetch-site") in {"cross-site", "same-site"} and not _has_session(request):
        return sign_in_page(request, local_path(next))
    try:
        with SIGN_INS.one():
            response = RedirectResponse(identity.address(attempt, _callback_url(request)), 303)
    except Unavailable as error:
        return sign_in_page(request, local_path(next), wrong=error)
    kept = json.dumps({**asdict(attempt), "next": local_path(next)})
    ATTEMPT.set(request, response, base64.urlsafe_b64encode(kept.encode()).decode())
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
        with SIGN_INS.one():
            person = identity.person(attempt, code, _callback_url(request))
    except (Unauthorized, Forbidden, Unavailable) as refused:
        return _failed(request, hub, to, refused)
    owner, scopes = f"person:{person.subject}", sorted(person.scopes)
    old = SESSION.value(request)

    def step(work: Work) -> str:
        if old and sessions.renew(work, old, person=person.subject, name=person.name, scopes=scopes):
            return old  # open pages, their forms and their live events go on
        if old:
            sessions.end(work, old)
        audit.record(work, actor=owner, action="session.begin", target=owner, details={"with": "identity provider"})
        return sessions.begin(work, person=person.subject, name=person.name, scopes=scopes)

    response = go(to)
    SESSION.set(request, response, hub.database.run(step, hurry=True))
    ATTEMPT.forget(request, response)
    return response


def _failed(request: Request, hub: Hub, to: str, refused: Refused) -> Response:
    """The sign-in page with the reason. Raises TooManyAttempts."""
    if not isinstance(refused, Unavailable):
        note("sign_in_failed", address=address_of(request.scope), code=refused.code)
    if isinstance(refused, Forbidden):  # the provider has identified a person who has no role any longer
        token = SESSION.value(request)
        hub.database.run(lambda work: sessions.end(work, token), hurry=True)
    if refused.code in _STRANGERS:
        throttle(request)
    response = sign_in_page(request, to, wrong=refused)
    ATTEMPT.forget(request, response)
    return response


def _has_session(request: Request) -> bool:
    token = SESSION.value(request)
    found = the_hub(request).database.run(lambda work: sessions.find(work, token), hurry=True) if token else None
    return found is not None


def _rejected(what: str) -> Unauthorized:
    return Unauthorized(f"This sign-in {what}. You are not signed in. Try again.", code="sign_in")


def _attempt(request: Request) -> tuple[Attempt, str]:
    try:
        told = json.loads(base64.urlsafe_b64decode(ATTEMPT.value(request)))
        values = [told[name] for name in ("state", "nonce", "verifier", "next")]
        if not all(isinstance(one, str) and one.isascii() for one in values[:3]) or not isinstance(values[3], str):
            raise ValueError  # noqa: TRY301 - the cookie is not one of ours
        return Attempt(*values[:3]), local_path(values[3])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _rejected("was not started here, or took too long") from None
