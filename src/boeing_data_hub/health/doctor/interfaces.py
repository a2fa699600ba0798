"""The API, as the command line reaches it, and the key it sends. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, cast

from boeing_data_hub.health.doctor.addresses import shown
from boeing_data_hub.health.doctor.finding import Advice, Finding, well

NOT_UP = Advice(
    "api_unreachable",
    "api",
    "warning",
    "no API responds where the command line looks for it",
    "Start it: `bdh serve`. If it runs elsewhere, set HUB_API_URL for this shell.",
)
NOT_READY = Advice(
    "api_not_ready",
    "api",
    "warning",
    "the API reports that something it needs is unavailable",
    "See the other findings; the API may have other settings than this shell.",
)
NOT_OURS = Advice(
    "api_odd",
    "api",
    "warning",
    "another server responds there",
    "Set HUB_API_URL, or HUB_HOST and HUB_PORT, to where the API is.",
)
NO_KEY = Advice(
    "cli_key_missing",
    "key",
    "warning",
    "the command line has no key",
    "Create one with `bdh keys create NAME --scope publish`, and set it as HUB_API_KEY.",
)
BAD_KEY = Advice(
    "cli_key_refused",
    "key",
    "warning",
    "the key is unknown, revoked or expired",
    "Create another with `bdh keys create NAME --scope publish`, and set it as HUB_API_KEY.",
)
PROVIDER = Advice(
    "oidc_unreachable",
    "sign-in",
    "warning",
    "the identity provider does not respond as expected",
    "Check HUB_OIDC_ISSUER: ISSUER/.well-known/openid-configuration must answer. Signing in with an API "
    "key still works.",
)
ISSUER = Advice(
    "oidc_issuer_differs",
    "sign-in",
    "error",
    "the identity provider reports another issuer, so no one can sign in with it",
    "Set HUB_OIDC_ISSUER to the `issuer` that the provider's configuration names.",
)
CLIENT_AUTH = Advice(
    "oidc_client_auth",
    "sign-in",
    "warning",
    "the identity provider does not accept the hub's secret in this form",
    "Set HUB_OIDC_CLIENT_AUTH=auto, or to one of {methods}.",
)
SCOPE = Advice(
    "oidc_scope",
    "sign-in",
    "warning",
    "the identity provider may send groups only on request",
    "Add {scope} to HUB_OIDC_SCOPE.",
)


def judge_provider(
    status: int | None, told: str, *, issuer: str, client_auth: str, scope: str, role_claim: str
) -> Iterator[Finding]:
    """Compare an identity provider's configuration with the settings HUB_OIDC_...; see `web/console/identity.py`.

    Args:
        status: of its configuration page; None: there was no response.
        told: the page's content.
        issuer: the setting HUB_OIDC_ISSUER; the others are named alike.
        client_auth: how the hub sends its secret.
        scope: what the hub requests.
        role_claim: the claim with the groups.
    """
    configuration = _object(told) if status == 200 else {}  # noqa: PLR2004 - OK
    if not configuration.get("authorization_endpoint"):
        said = "does not answer" if status is None else f"answers with status {status}, not as an identity provider"
        yield PROVIDER.found(f"The identity provider {said}.")
        return
    named = str(configuration.get("issuer", ""))
    if named.rstrip("/") != issuer.rstrip("/"):
        yield ISSUER.found(
            f"The identity provider names itself {shown(named)}, and HUB_OIDC_ISSUER is {shown(issuer)}."
        )
        return
    yield well("sign-in", "The identity provider answers.")
    methods = _words(configuration.get("token_endpoint_auth_methods_supported"))
    if client_auth != "auto" and methods and client_auth not in methods:
        yield CLIENT_AUTH.found(
            f"HUB_OIDC_CLIENT_AUTH is {client_auth}, which the identity provider does not list.",
            methods=", ".join(methods[:10]),
        )
    wanted = role_claim.partition(".")[0]
    if wanted in _words(configuration.get("scopes_supported")) and wanted not in scope.split():
        yield SCOPE.found(
            f"HUB_OIDC_ROLE_CLAIM is {role_claim}, for which the identity provider has a scope that HUB_OIDC_SCOPE "
            "does not ask for.",
            scope=wanted,
        )


def _object(text: str) -> dict[str, Any]:
    try:
        found: object = json.loads(text)
    except ValueError:
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _words(value: object) -> list[str]:
    return [str(one)[:100] for one in cast("list[Any]", value)] if isinstance(value, list) else []


def judge_api(url: str, status: int | None, *, ours: bool) -> Iterator[Finding]:
    """Findings about the API's readiness.

    Args:
        url: its address.
        status: of its response; None: there was none.
        ours: True if the response is from a hub.
    """
    if status is None:
        yield NOT_UP.found(f"No API answers at {shown(url)}.")
    elif not ours:
        yield NOT_OURS.found(f"What answers at {shown(url)} is not the hub (status {status}).")
    elif status != 200:  # noqa: PLR2004 - OK
        yield NOT_READY.found(f"The API at {shown(url)} answers that it is not ready.")
    else:
        yield well("api", f"The API at {shown(url)} is ready.")


def judge_key(*, given: bool, known: bool | None) -> Iterator[Finding]:
    """Findings about the command line's key; `known` is None if it could not be checked."""
    if not given:
        yield NO_KEY.found("HUB_API_KEY is not set, and the data folder has no key of `bdh up`.")
    elif known is False:
        yield BAD_KEY.found("The command line's key (HUB_API_KEY) is not valid for this hub.")
    elif known:
        yield well("key", "The command line's key is valid.")
