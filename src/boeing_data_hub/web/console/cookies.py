"""The console's three cookies: their names, and where and how long they are valid.

Browsers protect the names that are used with https: only this host can set such a cookie, and only over https.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fastapi import Request, Response

from boeing_data_hub.db.sessions import LASTS_HOURS
from boeing_data_hub.web.access import the_hub


def is_https(request: Request) -> bool:
    """True if browsers reach the hub by https: HUB_PUBLIC_URL says so, or a trusted proxy says so of this request."""
    return request.url.scheme == "https" or the_hub(request).settings.public_url.startswith("https://")


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie that scripts cannot read, and that browsers do not send with forms of other sites.

    Attributes:
        protected: its name with https, without the prefix.
        plain: its name with http.
        seconds: how long browsers keep it.
    """

    protected: str
    plain: str
    seconds: int

    def name(self, request: Request) -> str:
        """Its name. `__Host-` binds it to this host, for all paths; under a path, the cookie is limited to that path,
        which `__Host-` does not allow.
        """
        if not is_https(request):
            return self.plain
        return f"__Secure-{self.protected}" if request.scope.get("root_path") else f"__Host-{self.protected}"

    def value(self, request: Request) -> str:
        """What the browser sent; empty if nothing."""
        return request.cookies.get(self.name(request), "")

    def set(self, request: Request, response: Response, value: str, *, seconds: int | None = None) -> None:
        """Set it."""
        response.set_cookie(
            self.name(request),
            value,
            max_age=self.seconds if seconds is None else seconds,
            path=str(request.scope.get("root_path") or "/"),
            httponly=True,
            samesite="lax",  # the redirect back from an identity provider comes from another site
            secure=is_https(request),
        )

    def forget(self, request: Request, response: Response) -> None:
        """Delete it."""
        self.set(request, response, "", seconds=0)


SESSION: Final = Cookie("bdh", "bdh_session", LASTS_HOURS * 3600)
ATTEMPT: Final = Cookie("bdh-oidc", "bdh_oidc", 600)
"""A sign-in that is in progress at the identity provider."""
THEME: Final = Cookie("bdh-theme", "bdh_theme", 31_536_000)
