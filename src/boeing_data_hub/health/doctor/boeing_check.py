"""Boeing's login, call by call: the rejected call shows which credentials, or which address, are wrong. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from boeing_data_hub.boeing.tryout import Tried
from boeing_data_hub.errors import HubError, PauseUpstream, RateLimited, Reject
from boeing_data_hub.health.doctor import network
from boeing_data_hub.health.doctor.finding import Advice, Finding, skipped, well

SECRETS: Final = ("BOEING_CLIENT_ID", "BOEING_CLIENT_SECRET", "BOEING_USERNAME", "BOEING_PASSWORD")
_URLS: Final = {1: "BOEING_OAUTH_TOKEN_URL", 2: "BOEING_PNA_OAUTH_URL", 3: "BOEING_PNA_PRICE_URL"}
_PATHS: Final = ("boeing_404", "boeing_405", "boeing_410")

UNSET = Advice(
    "boeing_unset",
    "boeing",
    "error",
    "credentials are missing",
    "Set {names}: the OAuth client (BOEING_CLIENT_*) and the account (BOEING_USERNAME, BOEING_PASSWORD) of your "
    "contract.",
)
CLIENT = Advice(
    "boeing_client_refused",
    "boeing",
    "error",
    "call 1 is rejected: the OAuth client",
    "Correct BOEING_CLIENT_ID and BOEING_CLIENT_SECRET (and BOEING_SCOPE, if you have set it): secrets of OAuth "
    "clients expire after some months.",
)
ACCOUNT = Advice(
    "boeing_account_refused",
    "boeing",
    "error",
    "call 2 is rejected: the account",
    "Correct BOEING_USERNAME and BOEING_PASSWORD; the OAuth client is right. Boeing locks accounts after several "
    "wrong passwords.",
)
RIGHTS = Advice(
    "boeing_price_refused",
    "boeing price",
    "error",
    "call 3 is rejected although both logins succeeded",
    "Ask Boeing to enable price and availability for the account in BOEING_USERNAME; check BOEING_PNA_PRICE_URL.",
)
PATH = Advice(
    "boeing_url_wrong",
    "boeing",
    "error",
    "the server at that address does not know this call",
    "Correct {name}; without the setting, Boeing's usual address is used.",
)
UNREACHABLE = Advice(
    "boeing_unreachable",
    "boeing",
    "error",
    "no answer",
    "Check host and port in {name}, DNS, and that the firewall allows calls to it. Work continues when Boeing answers.",
)
THROTTLED = Advice(
    "boeing_throttled",
    "boeing",
    "warning",
    "Boeing answers 429",
    "Wait some minutes. If it continues, someone else uses the same account, or BOEING_API_RATE_LIMIT is too high.",
)
ODD = Advice(
    "boeing_odd",
    "boeing",
    "error",
    "an answer that is not Boeing's",
    "Check {name}: a proxy or another service may be answering there. If the address is right, try again later.",
)


def not_set(names: list[str]) -> Finding:
    """The finding if credentials are missing."""
    return UNSET.found(f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} not set.", names=", ".join(names))


def judge_login(tried: Tried) -> Iterator[Finding]:
    """The findings of a login."""
    if tried.error is None or tried.call == 3:  # noqa: PLR2004 - then both logins were well
        both_tokens = "Boeing gave both tokens (call 1: OAuth client, call 2: account)."
        shared = (
            "Boeing gave its first token (call 1: OAuth client). Call 2 (account) was not made: the part token that all"
            " processes share is good, and a second one could end it."
        )
        yield well("boeing", shared if tried.is_shared else both_tokens)
        yield from _price(tried)
        return
    yield _failed(tried.call, tried.error)


def _price(tried: Tried) -> Iterator[Finding]:
    if tried.call < 3:  # noqa: PLR2004 - same
        yield skipped(
            "boeing price",
            "The price call (call 3) was skipped, because it uses one call of the limit.",
            "`bdh doctor --price PART` tries it.",
        )
    elif tried.error is None:
        yield well("boeing price", "Boeing answered the price call (call 3).")
    elif tried.status == 404:  # noqa: PLR2004 - not found
        yield PATH.found("Call 3 (price): BOEING_PNA_PRICE_URL was not found (status 404).", name=_URLS[3])
    elif isinstance(tried.error, Reject) or tried.status == 401:  # noqa: PLR2004 - unauthorized
        yield RIGHTS.found(f"Call 3 (price) is refused (status {tried.status}).")
    else:
        yield _failed(3, tried.error)


def _failed(call: int, error: HubError) -> Finding:  # noqa: PLR0911 - the table of what can fail
    who = {1: "the OAuth client", 2: "the account", 3: "a price"}[call]
    name = _URLS[call]
    if found := network.stood_in_the_way("boeing", error, f"Call {call} ({who}): {error.message}"):
        return found
    if isinstance(error, PauseUpstream):
        if call == 1:
            return CLIENT.found(f"Call 1 ({who}) is refused. {error.message}")
        return ACCOUNT.found(f"Call 1 was accepted; call 2 ({who}) is refused. {error.message}")
    if isinstance(error, RateLimited):
        return THROTTLED.found(f"Call {call} ({who}): Boeing says that there were too many.")
    if error.code in _PATHS:
        return PATH.found(f"Call {call} ({who}): {name} leads to nothing (status {error.code[7:]}).", name=name)
    if error.code == "boeing_malformed":
        return ODD.found(f"Call {call} ({who}) was answered, but not as Boeing does: no usable token.", name=name)
    return UNREACHABLE.found(f"Call {call} ({who}): {error.message}", name=name)
