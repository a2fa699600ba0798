"""The API, as the command line reaches it, and the key it sends. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from boeing_data_hub.reporting.checkup.addresses import shown
from boeing_data_hub.reporting.checkup.finding import Advice, Finding, well

NOT_UP = Advice(
    "api_unreachable",
    "api",
    "warning",
    "no API answers where the command line looks for it",
    "Start it: `bdh serve`. If it runs elsewhere, set HUB_API_URL for this shell.",
)
NOT_READY = Advice(
    "api_not_ready",
    "api",
    "warning",
    "the API answers that something it needs is away",
    "See the other findings; the API may have other settings than this shell.",
)
NOT_OURS = Advice(
    "api_odd",
    "api",
    "warning",
    "something else answers there",
    "Set HUB_API_URL, or HUB_HOST and HUB_PORT, to where the API is.",
)
NO_KEY = Advice(
    "cli_key_missing",
    "key",
    "warning",
    "the command line has no key",
    "Make one: `bdh keys create NAME --scope publish`, and set it as HUB_API_KEY.",
)
BAD_KEY = Advice(
    "cli_key_refused",
    "key",
    "warning",
    "the key is unknown, revoked or has run out",
    "Make another: `bdh keys create NAME --scope publish`, and set it as HUB_API_KEY.",
)
PROVIDER = Advice(
    "oidc_unreachable",
    "sign-in",
    "warning",
    "the identity provider does not answer as one",
    "Check HUB_OIDC_ISSUER: ISSUER/.well-known/openid-configuration must answer. Keys still sign people in.",
)


def judge_api(url: str, status: int | None, *, ours: bool) -> Iterator[Finding]:
    """What came of asking the API whether it is ready.

    Args:
        url: where it was asked.
        status: of its answer; None: there was none.
        ours: whether the answer is one of the hub's.
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
    """What is known of the command line's key; `known` is None where nobody could be asked."""
    if not given:
        yield NO_KEY.found("There is no HUB_API_KEY, and no key of `bdh up` in the data folder.")
    elif known is False:
        yield BAD_KEY.found("The command line's key (HUB_API_KEY) is no live key of this hub.")
    elif known:
        yield well("key", "The command line's key is live.")
