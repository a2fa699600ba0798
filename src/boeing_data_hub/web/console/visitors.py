"""The visitor: the session behind the cookie, its scopes, and protection against forms from other sites."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import Depends, Form, Request

from boeing_data_hub.db import sessions
from boeing_data_hub.db.sessions import Session
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import Forbidden, Unauthorized
from boeing_data_hub.web.access import granted, path_for_log, the_hub
from boeing_data_hub.web.console.cookies import SESSION
from boeing_data_hub.web.console.waiting import Waiting
from boeing_data_hub.web.security_events import note

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_SHOWN: Final = 200  # characters of an origin in the log
_TOKEN_HEADER: Final = "x-csrf-token"  # noqa: S105 - a header's name


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in person.

    Attributes:
        owner: their name in batches and in the audit log.
        csrf: the token that their forms must contain.
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
        """True if they have the scope."""
        return scope in self.scopes


def _our_origins(request: Request) -> set[str]:
    """The origins of our own pages: the host as the browser names it, by the scheme it came by or the public one."""
    host = request.headers.get("host", "")
    public = urlsplit(the_hub(request).settings.public_url)
    return {f"{request.url.scheme}://{host}", *([f"{public.scheme}://{host}"] if public.netloc == host else [])}


def from_our_pages(request: Request) -> None:
    """Reject an unsafe request that another site caused. Raises Forbidden.

    Every current browser sends the origin of a request; one without it is rejected.
    """
    if request.method in _SAFE:
        return
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    is_ours = origin is not None and origin in _our_origins(request)
    if (site is None or site == "same-origin") and (is_ours or (origin is None and site is not None)):
        return
    note("form_cross_site", path=path_for_log(request.scope), site=site, origin=origin and origin[:_SHOWN])
    raise Forbidden(
        "This request did not come from a page of the hub. Nothing was changed. Open the console and try again.",
        code="cross_site",
    )


class AskProviderAgain(Unauthorized):
    """The session is good, but the identity provider should be asked about the person before the next page."""


def visitor_of(request: Request, *, quietly: bool = False) -> Visitor:
    """The visitor behind the cookie. `quietly`: do not count it as activity.

    Raises:
        Unauthorized: there is no session.
        AskProviderAgain: a page is opened, and what the provider said about the person is old.
    """
    token = SESSION.value(request)

    def step(work: Work) -> Session | None:
        found = sessions.find(work, token)
        if found is not None and not quietly:
            sessions.touch(work, token)
        return found

    session = the_hub(request).database.run(step, hurry=True) if token else None
    if session is not None and session.owner.startswith("key:") and not the_hub(request).settings.hub_console_keys:
        session = None  # it began before the setting was changed
    if session is None:
        raise Unauthorized("You are signed out. Sign in to continue.", code="sign_in")
    if session.is_due and _opens_a_page(request):
        raise AskProviderAgain("Your sign-in is being checked with the identity provider.", code="sign_in")
    return Visitor(session.owner, session.name, granted(session.scopes), session.csrf)


def _opens_a_page(request: Request) -> bool:
    """True if the browser would follow a redirect to the provider: not from a script, and no form is lost."""
    return request.method == "GET" and (
        request.headers.get("sec-fetch-mode") == "navigate"
        or ("text/html" in request.headers.get("accept", "") and "hx-request" not in request.headers)
    )


def signed_in(request: Request, csrf: Annotated[str | None, Form()] = None) -> Visitor:
    """A dependency of every page: the visitor. A change also needs the session's form token."""
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
            note("form_without_token", path=path_for_log(request.scope), owner=visitor.owner)
            raise Forbidden(
                "This form is out of date. Nothing was changed. Reload the page and try again.", code="bad_csrf"
            )
    return visitor


def needs(scope: str) -> Callable[[Visitor], Visitor]:
    """A dependency that admits only visitors with this scope."""

    def check(visitor: Annotated[Visitor, Depends(signed_in)]) -> Visitor:
        insist(visitor, scope)
        return visitor

    return check


def insist(visitor: Visitor, scope: str) -> None:
    """Check a scope that depends on the subject of a page. Raises Forbidden."""
    if not visitor.may(scope):
        note("visitor_refused", owner=visitor.owner, scope=scope)
        raise Forbidden(
            f"This needs the permission `{scope}`, which {visitor.name!r} does not have. Nothing was changed."
        )


Viewer = Annotated[Visitor, Depends(signed_in)]
Operator = Annotated[Visitor, Depends(needs("search"))]
Publisher = Annotated[Visitor, Depends(needs("publish"))]
Administrator = Annotated[Visitor, Depends(needs("admin"))]
