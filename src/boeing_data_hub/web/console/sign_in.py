"""Signing in (with an API key, or a one-time link) and out. The only pages open to strangers."""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse

from boeing_data_hub.store import audit, keys, sessions
from boeing_data_hub.store.keys import ApiKey
from boeing_data_hub.store.work import Work
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console import visitors
from boeing_data_hub.web.console.rendering import THEME_COOKIE, THEMES, go, local_path, page
from boeing_data_hub.web.console.throttle import Throttle
from boeing_data_hub.web.console.visitors import Viewer

log = structlog.get_logger(__name__)

router = APIRouter(include_in_schema=False, dependencies=[Depends(visitors.from_our_pages)])
inside = APIRouter(include_in_schema=False)

_LONGEST_KEY = 200


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def _begin(work: Work, request: Request, key: ApiKey, how: str) -> str:
    """A new session, never the one the browser came with: whoever planted that one learns nothing."""
    if old := request.cookies.get(visitors.cookie_name(request)):
        sessions.end(work, old)
    token = sessions.begin(work, key_id=key.id, name=key.name)
    keys.touch(work, key.id)
    audit.record(work, actor=f"key:{key.id}", action="session.begin", target=f"key:{key.id}", details={"with": how})
    return token


def _welcome(request: Request, token: str, to: str) -> Response:
    response = go(to)
    visitors.set_cookie(request, response, token)
    return response


@router.get("/sign-in")
def sign_in_page(request: Request, next: str | None = None) -> HTMLResponse:  # noqa: A002 - its name in the address
    """The form."""
    return page(
        request, "pages/sign_in.html", next=local_path(next), wrong=None, oidc=request.app.state.identity is not None
    )


@router.post("/sign-in", response_model=None)
def sign_in(
    request: Request,
    hub: TheHub,
    key: Annotated[str, Form(max_length=_LONGEST_KEY)] = "",
    next: Annotated[str, Form(max_length=2000)] = "",  # noqa: A002 - same
) -> Response:
    """Exchange a key for a session."""
    throttle: Throttle = request.app.state.throttle
    throttle.check(_address(request))

    def step(work: Work) -> str | None:
        record = keys.find(work, key.strip())
        return _begin(work, request, record, "key") if record else None

    token = hub.database.run(step, hurry=True) if key.strip().isascii() else None
    if token is None:
        throttle.failed(_address(request))
        log.warning("a sign-in failed", address=_address(request))
        oidc = request.app.state.identity is not None
        wrong = "This key is not known, has expired or was revoked."
        return page(request, "pages/sign_in.html", http_status=401, next=local_path(next), wrong=wrong, oidc=oidc)
    throttle.succeeded(_address(request))
    return _welcome(request, token, local_path(next))


@router.get("/sign-in/{token}")
def link_page(token: str, request: Request, hub: TheHub) -> HTMLResponse:
    """The page a one-time link leads to. Looking does not use it up, for programs preview links before people do."""
    good = hub.database.run(lambda work: sessions.link_is_good(work, token), hurry=True)
    return page(request, "pages/sign_in_link.html", http_status=200 if good else 410, token=token, good=good)


@router.post("/sign-in/{token}", response_model=None)
def use_link(token: str, request: Request, hub: TheHub) -> Response:
    """Use a one-time link."""
    throttle: Throttle = request.app.state.throttle
    throttle.check(_address(request))

    def step(work: Work) -> str | None:
        key_id = sessions.use_link(work, token)
        record = keys.find_by_id(work, key_id) if key_id else None
        return _begin(work, request, record, "link") if record else None

    session = hub.database.run(step, hurry=True)
    if session is None:
        throttle.failed(_address(request))
        return page(request, "pages/sign_in_link.html", http_status=410, token=token, good=False)
    return _welcome(request, session, "/console")


@inside.post("/sign-out", response_model=None)
def sign_out(request: Request, hub: TheHub, visitor: Viewer) -> Response:
    """End the session, here and in the database."""
    token = request.cookies.get(visitors.cookie_name(request), "")

    def step(work: Work) -> None:
        if sessions.end(work, token):
            audit.record(work, actor=visitor.owner, action="session.end", target=visitor.owner)

    hub.database.run(step)
    response = go("/sign-in")
    visitors.forget_cookie(request, response)
    return response


@inside.post("/theme", response_model=None)
def choose_theme(
    request: Request,
    _visitor: Viewer,
    theme: Annotated[str, Form(max_length=10)],
    back: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Remember light, dark, or as the system has it. It is a cookie, so that the page comes in its colours at once."""
    response = go(local_path(back))
    chosen = theme if theme in THEMES else "auto"
    secure = request.url.scheme == "https"
    response.set_cookie(
        THEME_COOKIE, chosen, max_age=31_536_000, path="/", samesite="lax", httponly=True, secure=secure
    )
    return response
