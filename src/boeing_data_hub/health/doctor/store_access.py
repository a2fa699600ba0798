"""Access to the store: the app's credentials, and the store's response to them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from boeing_data_hub.health.doctor.finding import Advice, Finding, well
from boeing_data_hub.settings import Settings
from boeing_data_hub.shopify.grant_answers import REMEDIES, GrantRefused

_SHARED_DOMAIN: Final = ".myshopify.com"
_SECRET, _TOKEN = "shpss_", "shpat_"

UNSET = Advice(
    "store_access_unset",
    "store access",
    "error",
    "a store without credentials",
    "Create an app in the Dev Dashboard, release a version with its scopes, install it on the store, and set "
    "SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRET; the README says how. An app made before 2026: set "
    "SHOPIFY_ADMIN_API_TOKEN (shpat_...).",
)
HALF = Advice(
    "store_access_half",
    "store access",
    "error",
    "one of client id and client secret",
    "Set {name} as well: both are in Dev Dashboard > the app > Settings.",
)
BOTH = Advice(
    "store_access_both",
    "store access",
    "error",
    "a permanent token beside client ID and secret, which are used instead",
    "Remove SHOPIFY_ADMIN_API_TOKEN; or remove SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRET, if the token is meant.",
)
WRONG_KIND = Advice(
    "store_token_kind",
    "store access",
    "warning",
    "a secret of another kind in that setting",
    "{name} begins with {begins} at Shopify. A client secret belongs in SHOPIFY_CLIENT_SECRET, a lasting token in "
    "SHOPIFY_ADMIN_API_TOKEN.",
)
REFUSED = Advice(
    "store_token_refused",
    "store access",
    "error",
    "the permanent token is wrong or was revoked, or the app was removed",
    "Check that the app is installed on this very store (SHOPIFY_STORE_DOMAIN). Shopify issues no "
    "lasting tokens since 2026: make an app in the Dev Dashboard, and set SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRET.",
)
GRANT = Advice(
    "store_grant_refused",
    "store access",
    "error",
    "the store gives no token for the client id and secret",
    "{remedy}",
)


def judge_credentials(s: Settings) -> Iterator[Finding]:
    """Findings about the credentials before a call. An error other than BOTH means that no call is made."""
    client_id, secret = s.shopify_client_id.strip(), s.shopify_client_secret.get_secret_value().strip()
    token = s.shopify_admin_api_token.get_secret_value().strip()
    if bool(client_id) != bool(secret):
        has, lacks = "SHOPIFY_CLIENT_ID", "SHOPIFY_CLIENT_SECRET"
        if secret:
            has, lacks = lacks, has
        used = "; SHOPIFY_ADMIN_API_TOKEN is used in their place" if token else ""
        yield HALF.found(f"{has} is set, and {lacks} is not{used}.", name=lacks)
    elif client_id and token:
        yield BOTH.found(
            "SHOPIFY_ADMIN_API_TOKEN is set beside SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRET. The client id and "
            "secret are used; the token is not."
        )
    elif not client_id and not token:
        yield UNSET.found("SHOPIFY_STORE_DOMAIN is set, and neither client id and secret nor a token.")
    if not s.shopify_store_domain.strip().rstrip("/").endswith(_SHARED_DOMAIN):
        return
    if token.startswith(("shpss_", "shpca_")):
        yield WRONG_KIND.found(
            "SHOPIFY_ADMIN_API_TOKEN begins like another kind of secret, not like a token.",
            name="SHOPIFY_ADMIN_API_TOKEN",
            begins=_TOKEN,
        )
    if secret.startswith(("shpat_", "shpua_", "shpca_")):
        yield WRONG_KIND.found(
            "SHOPIFY_CLIENT_SECRET begins like an access token, not like a client secret.",
            name="SHOPIFY_CLIENT_SECRET",
            begins=_SECRET,
        )


def refused(error: GrantRefused) -> Finding:
    """The finding if the store issued no token."""
    _meaning, remedy = REMEDIES.get(error.refusal, ("", ""))
    said = error.message.split(" Nothing has failed", maxsplit=1)[0]
    return GRANT.found(
        said,
        remedy=remedy
        or "Compare SHOPIFY_STORE_DOMAIN, SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRET with Dev "
        "Dashboard > the app > Settings.",
    )


def granted(*, connected: bool, lives: float | None) -> Finding:
    """The finding if the store issued a token; `lives`: seconds, None if it does not expire."""
    way = "the connection made by `bdh store connect`" if connected else "the client id and secret"
    until = f", valid for {lives / 3600:.1f} h" if lives is not None else ""
    return well("store access", f"The store gave an access token for {way}{until}.")
