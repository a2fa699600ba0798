"""Who is looking: the session behind the cookie, what it may do, and whether a form was really sent from our pages."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import urlsplit

import structlog
from fastapi import Depends, Form, Request, Response

from boeing_data_hub.errors import Forbidden, Unauthorized
from boeing_data_hub.store import sessions
from boeing_data_hub.store.sessions import Session
from boeing_data_hub.store.work import Work
from boeing_data_hub.web.access import granted, the_hub
from boeing_data_hub.web.console.waiting import Waiting

log = structlog.get_logger(__name__)

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_TOKEN_HEADER: Final = "x-csrf-token"  # noqa: S105 - a header's name


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in person.

    Attributes:
        owner: under which name their requests are kept and written into the audit log.
        csrf: what their forms must carry.
    """

    owner: str
    name: str
    scopes: frozenset[str]
    csrf: str

    @property
    def role(self) -> str:
        """admin, operator (may start, cancel or publish) or viewer."""
        if "admin" in self.scopes:
            return "admin"
        return "operator" if self.scopes & {"search", "publish"} else "viewer"

    def may(self, scope: str) -> bool:
        """Whether a scope is theirs."""
        return scope in self.scopes


def cookie_name(request: Request) -> str:
    """With https the browser itself guards the prefix: set by this very host, for all of it, and never in clear."""
    return "__Host-bdh" if request.url.scheme == "https" else "bdh_session"


def set_cookie(request: Request, response: Response, token: str) -> None:
    """Give the browser its session."""
    response.set_cookie(
        cookie_name(request),
        token,
        max_age=sessions.LASTS_HOURS * 3600,
        path="/",
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )


def forget_cookie(request: Request, response: Response) -> None:
    """Take the session away again."""
    secure = request.url.scheme == "https"
    response.delete_cookie(cookie_name(request), path="/", httponly=True, samesite="lax", secure=secure)


def from_our_pages(request: Request) -> None:
    """Refuse an unsafe request that another site made a browser send. Raises Forbidden.

    The browser says where a request comes from; one that says nothing at all is no browser of the last years.
    """
    if request.method in _SAFE:
        return
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    same_host = origin is not None and urlsplit(origin).netloc == request.headers.get("host")
    if (site is None or site == "same-origin") and (same_host or (origin is None and site is not None)):
        return
    log.warning("a form from another site was refused", path=request.url.path, site=site, origin=origin)
    raise Forbidden(
        "This request did not come from a page of the hub. Nothing was changed. Open the console and try again there.",
        code="cross_site",
    )


def visitor_of(request: Request, *, quietly: bool = False) -> Visitor:
    """The visitor behind the cookie. Raises Unauthorized. `quietly`: it is no sign of a person being here."""
    token = request.cookies.get(cookie_name(request), "")

    def step(work: Work) -> Session | None:
        found = sessions.find(work, token)
        if found is not None and not quietly:
            sessions.touch(work, token)
        return found

    session = the_hub(request).database.run(step, hurry=True) if token else None
    if session is None:
        raise Unauthorized("You are not signed in, or no longer. Sign in to go on.", code="sign_in")
    return Visitor(session.owner, session.name, granted(session.scopes), session.csrf)


def signed_in(request: Request, csrf: Annotated[str | None, Form()] = None) -> Visitor:
    """A dependency of every page: who is looking; a change needs the session's own form token too."""
    from_our_pages(request)
    visitor = visitor_of(request)
    request.state.visitor = visitor
    waiting: Waiting = request.app.state.waiting
    if "text/event-stream" not in request.headers.get("accept", ""):
        request.state.waiting = waiting.total()
    if request.method not in _SAFE:
        waiting.forget()
        sent = csrf or request.headers.get(_TOKEN_HEADER, "")
        if not hmac.compare_digest(sent.encode(), visitor.csrf.encode()):
            log.warning("a form without its token was refused", path=request.url.path, owner=visitor.owner)
            raise Forbidden(
                "This form is out of date. Nothing was changed. Load the page again and repeat it.", code="bad_csrf"
            )
    return visitor


def needs(scope: str) -> Callable[[Visitor], Visitor]:
    """A dependency that lets only visitors with this scope through."""

    def check(visitor: Annotated[Visitor, Depends(signed_in)]) -> Visitor:
        insist(visitor, scope)
        return visitor

    return check


def insist(visitor: Visitor, scope: str) -> None:
    """Refuse where a page's need depends on what it is about. Raises Forbidden."""
    if not visitor.may(scope):
        log.warning("a visitor was refused", owner=visitor.owner, scope=scope)
        raise Forbidden(f"This needs the scope `{scope}`, which {visitor.name!r} does not have. Nothing was changed.")


Viewer = Annotated[Visitor, Depends(signed_in)]
Operator = Annotated[Visitor, Depends(needs("search"))]
Publisher = Annotated[Visitor, Depends(needs("publish"))]
Administrator = Annotated[Visitor, Depends(needs("admin"))]
