"""/admin/oauth: tokens for a client id and secret, for a person's approval, and for a refresh token.

Refuses as the real store does, in HTML or JSON.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from boeing_data_hub import clock
from boeing_data_hub_sandbox.shopify.wire import Send, hang_up, reply, reply_json
from boeing_data_hub_sandbox.shopify.world import World

_CODE_SECONDS: Final = 60.0
_IN_JSON: Final = {
    "shop_not_permitted": "Client credentials cannot be performed on this shop.",
    "invalid_client": "The client secret is invalid.",
    "invalid_grant": "The authorization code or the refresh token was not found or was already used.",
}
_FAULTS: Final = frozenset({"token_error", "token_drop", "token_slow", "token_429", "token_nonsense"})


async def access_token(world: World, content: bytes, send: Send) -> None:
    """POST /admin/oauth/access_token."""
    knobs, access = world.knobs, world.access
    form = {name: values[-1] for name, values in parse_qs(content.decode("utf-8", "replace")).items()}
    grant = form.get("grant_type") or ("authorization_code" if "code" in form else "")
    access.count(f"asked.{grant or 'nothing'}")
    if (fault := world.faults.strike(_FAULTS)) is not None:
        if fault.kind == "token_drop":
            await hang_up(send)
            return
        if fault.kind == "token_slow":
            await asyncio.sleep(fault.seconds)
        elif fault.kind == "token_nonsense":
            await reply(send, 200, b"<html><body>Log in</body></html>", "text/html; charset=utf-8")
            return
        else:
            status = 429 if fault.kind == "token_429" else fault.status
            await reply(send, status, b"<html>try again</html>", "text/html", retry_after=f"{fault.seconds:g}")
            return
    refusal = knobs.refuse_tokens or _refusal(world, form, grant)
    if refusal:
        access.count(f"refused.{refusal}")
        await _refuse(send, refusal, as_html=knobs.refuse_tokens_as == "html" or refusal not in _IN_JSON)
        return
    answer: dict[str, Any] = {"access_token": "", "scope": _listed(knobs.scopes)}
    lives: float | None = knobs.token_life
    if grant != "client_credentials":
        lives = knobs.connected_life or None
        if lives is not None:
            answer["refresh_token"] = refresh = f"shprt_sandbox{secrets.token_hex(16)}"
            answer["refresh_token_expires_in"] = 7_776_000
            access.refresh[refresh] = form["client_id"]
    answer["access_token"] = access.issue(lives)
    if lives is not None:
        answer["expires_in"] = max(1, int(lives))
    access.count(f"issued.{grant}")
    await reply_json(send, 200, answer)


def _refusal(world: World, form: dict[str, str], grant: str) -> str:  # noqa: PLR0911 - the table of refusals
    knobs, access = world.knobs, world.access
    if form.get("client_id") != knobs.client_id:
        return "application_cannot_be_found"
    if not secrets.compare_digest(form.get("client_secret", "").encode(), knobs.client_secret.encode()):
        return "invalid_client"
    if grant == "client_credentials":
        if not knobs.app_installed:
            return "app_not_installed"
        return "" if knobs.same_organisation else "shop_not_permitted"
    if grant == "authorization_code":
        until = access.codes.pop(form.get("code", ""), 0.0)
        return "" if clock.monotonic() < until else "invalid_grant"
    if grant == "refresh_token":
        return "" if access.refresh.pop(form.get("refresh_token", ""), None) else "invalid_grant"
    return "invalid_request"


async def _refuse(send: Send, refusal: str, *, as_html: bool) -> None:
    if as_html:
        title = f"<title>400 - Oauth error {refusal}</title>"
        page = f"<!DOCTYPE html><html><head>{title}</head><body><h1>Oauth error {refusal}</h1></body></html>"
        await reply(send, 400, page.encode(), "text/html; charset=utf-8")
    else:
        said = _IN_JSON.get(refusal, "The request was refused.")
        await reply_json(send, 400, {"error": refusal, "error_description": said})


def _listed(scopes: list[str]) -> str:
    """As the store lists them: what a write scope includes is not named."""
    return ",".join(one for one in scopes if not (one.startswith("read_") and f"write_{one[5:]}" in scopes))


async def authorize(world: World, query: dict[str, str], send: Send, *, called: str) -> None:
    """GET /admin/oauth/authorize: a person who approves at once, or declines. `called`: the host that was asked."""
    knobs, access = world.knobs, world.access
    back = query.get("redirect_uri", "")
    access.count("asked.approval")
    if query.get("client_id") != knobs.client_id:
        await _refuse(send, "application_cannot_be_found", as_html=True)
        return
    if urlsplit(back)._replace(query="", fragment="").geturl() not in knobs.redirects:
        await _refuse(send, "invalid_request", as_html=True)
        return
    if not knobs.approves:
        more = {"error": "access_denied", "state": query.get("state", "")}
    else:
        code = secrets.token_hex(16)
        access.codes[code] = clock.monotonic() + _CODE_SECONDS
        more = {"code": code, "state": query.get("state", ""), "timestamp": str(int(clock.now().timestamp()))}
    answer = {**more, "host": "c2FuZGJveA", "shop": called}
    answer["hmac"] = signed(answer, knobs.client_secret)
    await reply(send, 302, b"", "text/html", location=f"{back}?{urlencode(answer)}")


def signed(values: dict[str, str], secret: str) -> str:
    """The signature of a query: every value but the signature, by name, keyed with the client secret."""
    message = urlencode(sorted((name, value) for name, value in values.items() if name != "hmac"))
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()
