"""The authorization code grant: the address where a person approves the app, and the check of the response. Pure."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from boeing_data_hub.errors import BadInput, HubError, Unauthorized
from boeing_data_hub.shopify.grant_answers import REMEDIES

_SHOP: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,60}\.myshopify\.com")
_CODE: Final = re.compile(r"[A-Za-z0-9_-]{1,500}")
_HMAC: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One request for a person's approval; it can be answered once.

    Attributes:
        origin: the store's address.
        client_id: the app's.
        redirect: the redirect URL, as in the app's settings.
        scopes: the requested scopes.
        state: a random value that ties the response to this request.
    """

    origin: str
    client_id: str
    redirect: str
    scopes: Sequence[str]
    state: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    @property
    def address(self) -> str:
        """The address where the person approves."""
        asked = {
            "client_id": self.client_id,
            "scope": ",".join(self.scopes),
            "redirect_uri": self.redirect,
            "state": self.state,
        }
        return f"{self.origin}/admin/oauth/authorize?{urlencode(asked)}"

    @property
    def shop(self) -> str:
        """The store, as the response must name it."""
        return urlsplit(self.origin).netloc.lower()


def checked_shop(origin: str, *, is_simulator: bool) -> None:
    """Check that an address is a store's before a person and a secret are sent there.

    Args:
        origin: the store's address, from the settings.
        is_simulator: True if the settings name a whole URL, as for a sandbox.

    Raises:
        BadInput: `bad_setting`.
    """
    split = urlsplit(origin)
    if not is_simulator and not (split.scheme == "https" and _SHOP.fullmatch(split.netloc.lower())):
        raise BadInput(
            "SHOPIFY_STORE_DOMAIN must be the store's own domain, NAME.myshopify.com, to connect it: approval is given "
            "there, not at the shop's public domain. Nothing was changed.",
            code="bad_setting",
        )


def code_of(query: str, approval: Approval, client_secret: str) -> str:
    """The authorization code in the query of the redirect, once all of it is verified.

    Args:
        query: the part after the question mark.
        approval: the request.
        client_secret: the app's, which keys the signature.

    Raises:
        Unauthorized: the query answers another request, names another store, or is not signed by Shopify.
        HubError: the person declined.
    """
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=50)
    given = dict(pairs)
    if len(given) != len(pairs):
        raise _forged("a value is named twice")
    if not _equal(given.get("state", ""), approval.state):
        raise _forged("it does not answer the request that was just made (state)")
    if "error" in given:
        meaning, remedy = REMEDIES["access_denied"]
        raise Unauthorized(f"{meaning} Nothing was changed. {remedy}", code="not_approved")
    signature = given.pop("hmac", "")
    if not _HMAC.fullmatch(signature) or not _is_signed(given, signature, client_secret):
        raise _forged("its signature is not Shopify's, or SHOPIFY_CLIENT_SECRET is not this app's (hmac)")
    if not _equal(given.get("shop", "").lower(), approval.shop):
        raise _forged("it names another store than SHOPIFY_STORE_DOMAIN (shop)")
    code = given.get("code", "")
    if not _CODE.fullmatch(code):
        raise _forged("it holds no code")
    return code


def _is_signed(given: Mapping[str, str], signature: str, secret: str) -> bool:
    """True if the signature is that of these values, sorted, and encoded as in a query or, if clear, as is."""
    ordered = sorted(given.items())
    forms = [urlencode(ordered)]
    if not any(set("&=%") & set(name + value) for name, value in ordered):
        forms.append("&".join(f"{name}={value}" for name, value in ordered))
    signs = [hmac.new(secret.encode(), form.encode(), hashlib.sha256).hexdigest() for form in forms]
    return sum(_equal(signature, sign) for sign in signs) > 0  # all forms are compared, even after a match


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def _forged(why: str) -> HubError:
    return Unauthorized(
        f"The answer was not used: {why}. Nothing was changed. Run `bdh store connect` again, and use the address it "
        "prints.",
        code="bad_approval",
    )
