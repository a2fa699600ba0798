"""Signing in (with an API key, or a one-time link) and out. The only pages that need no session."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse

from boeing_data_hub.app import Hub
from boeing_data_hub.db import api_keys, audit, sessions
from boeing_data_hub.db.api_keys import ApiKey
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import Forbidden, Refused, Unauthorized
from boeing_data_hub.web.access import TheHub, address_of, the_hub
from boeing_data_hub.web.console import visitors
from boeing_data_hub.web.console.cookies import SESSION, THEME
from boeing_data_hub.web.console.rendering import THEMES, go, local_path, page
from boeing_data_hub.web.console.throttle import Throttle
from boeing_data_hub.web.console.visitors import Viewer
from boeing_data_hub.web.security_events import note

router = APIRouter(include_in_schema=False, dependencies=[Depends(visitors.from_our_pages)])
inside = APIRouter(include_in_schema=False)

_LONGEST_KEY = 200


def _begin(work: Work, request: Request, key: ApiKey, how: str) -> str:
    """Begin a new session. A session that an attacker planted in the browser is never continued."""
    if old := SESSION.value(request):
        sessions.end(work, old)
    token = sessions.begin(work, key_id=key.id, name=key.name)
    api_keys.touch(work, key.id)
    audit.record(work, actor=f"key:{key.id}", action="session.begin", target=f"key:{key.id}", details={"with": how})
    return token


def _welcome(request: Request, token: str, to: str) -> Response:
    response = go(to)
    SESSION.set(request, response, token)
    return response


def throttle(request: Request) -> None:
    """Count a failure. Raises TooManyAttempts."""
    failures: Throttle = request.app.state.throttle
    failures.failed(address_of(request.scope))


def _insist_on_keys(hub: Hub) -> None:
    if not hub.settings.hub_console_keys:
        raise Forbidden(
            "You can't sign in to this console with API keys or links (HUB_CONSOLE_KEYS). Sign in with SSO.",
            code="keys_not_for_console",
        )


@router.get("/sign-in")
def show(request: Request, next: str | None = None) -> HTMLResponse:  # noqa: A002 - its name in the address
    """The form."""
    return sign_in_page(request, local_path(next))


def sign_in_page(request: Request, to: str, *, wrong: Refused | None = None, at_key: bool = False) -> HTMLResponse:
    """The form, with the reason why the last attempt was rejected; `at_key`: because of the key."""
    return page(
        request,
        "pages/sign_in.html",
        http_status=wrong.status if wrong else 200,
        next=to,
        wrong=wrong.message if wrong else None,
        at_key=at_key,
        oidc=request.app.state.identity is not None,
        keys=the_hub(request).settings.hub_console_keys,
    )


@router.post("/sign-in", response_model=None)
def sign_in(
    request: Request,
    hub: TheHub,
    key: Annotated[str, Form(max_length=_LONGEST_KEY)] = "",
    next: Annotated[str, Form(max_length=2000)] = "",  # noqa: A002 - same
) -> Response:
    """Exchange a key for a session."""
    _insist_on_keys(hub)

    def step(work: Work) -> str | None:
        record = api_keys.find(work, key.strip())
        return _begin(work, request, record, "key") if record else None

    token = hub.database.run(step, hurry=True) if key.strip().isascii() else None
    if token is None:
        note("sign_in_failed", address=address_of(request.scope))
        throttle(request)
        wrong = Unauthorized("This key is unknown, expired or revoked.")
        return sign_in_page(request, local_path(next), wrong=wrong, at_key=True)
    return _welcome(request, token, local_path(next))


@router.get("/sign-in/{token}")
def link_page(token: str, request: Request, hub: TheHub) -> HTMLResponse:
    """The page of a one-time link. Opening it does not use the link up, because mail programs preview links."""
    good = hub.database.run(lambda work: sessions.link_is_good(work, token), hurry=True)
    return _link_page(request, token, good=good)


def _link_page(request: Request, token: str, *, good: bool) -> HTMLResponse:
    response = page(request, "pages/sign_in_link.html", http_status=200 if good else 410, token=token, good=good)
    # What the page loads must not carry its address into an access log. `no-referrer` would send `Origin: null`.
    response.headers["Referrer-Policy"] = "strict-origin"
    return response


@router.post("/sign-in/{token}", response_model=None)
def use_link(token: str, request: Request, hub: TheHub) -> Response:
    """Use a one-time link."""
    _insist_on_keys(hub)

    def step(work: Work) -> str | None:
        key_id = sessions.use_link(work, token)
        record = api_keys.find_by_id(work, key_id) if key_id else None
        return _begin(work, request, record, "link") if record else None

    session = hub.database.run(step, hurry=True)
    if session is None:
        note("link_rejected", address=address_of(request.scope))
        throttle(request)
        return _link_page(request, token, good=False)
    return _welcome(request, session, "/console")


@inside.post("/sign-out", response_model=None)
def sign_out(request: Request, hub: TheHub, visitor: Viewer) -> Response:
    """End the session, here and in the database."""
    token = SESSION.value(request)

    def step(work: Work) -> None:
        if sessions.end(work, token):
            audit.record(work, actor=visitor.owner, action="session.end", target=visitor.owner)

    hub.database.run(step)
    response = go("/sign-in")
    SESSION.forget(request, response)
    return response


@inside.post("/theme", response_model=None)
def choose_theme(
    request: Request,
    _visitor: Viewer,
    theme: Annotated[str, Form(max_length=10)],
    back: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Remember the theme: light, dark, or the system's. A cookie, so that the server renders its colours."""
    response = go(local_path(back))
    THEME.set(request, response, theme if theme in THEMES else "auto")
    return response
