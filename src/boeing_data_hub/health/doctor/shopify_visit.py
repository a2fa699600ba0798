"""The doctor's checks of the store: its token, its facts, and what publishing needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from boeing_data_hub.catalogue.listing_policy import ListingPolicy
from boeing_data_hub.clock import now
from boeing_data_hub.connections import store_access as reach
from boeing_data_hub.connections import store_tokens, store_way, tokens_database
from boeing_data_hub.errors import BadInput, HubError, Retry
from boeing_data_hub.health.doctor import clocks, settings_check, shopify_check, store_access
from boeing_data_hub.health.doctor.finding import Finding
from boeing_data_hub.settings import Settings
from boeing_data_hub.shopify.access import ShopifyAccess
from boeing_data_hub.shopify.client import NoAccount, ShopifyClient
from boeing_data_hub.shopify.grant_answers import GrantRefused
from boeing_data_hub.shopify.probes import Viewing
from boeing_data_hub.shopify.tokens import AppTokens


def visit_store(settings: Settings, policy: ListingPolicy, *, call_seconds: float) -> Iterator[Finding]:
    """All findings in the configured store.

    Args:
        settings: the environment.
        policy: the locations and definitions that are needed.
        call_seconds: maximum duration of a call.
    """
    domain = settings.shopify_store_domain.strip()
    yield from store_access.judge_credentials(settings)
    if store_way(settings) in {"none", "incomplete"}:
        return
    try:
        access = replace(reach(settings), connect_timeout=call_seconds, call_deadline=call_seconds + 1)
    except BadInput as error:
        wrong = "SHOPIFY_API_VERSION" if "version" in error.message else "SHOPIFY_STORE_DOMAIN"
        yield settings_check.UNUSABLE.found(
            f"{wrong}: {error.message}", name=wrong, place="the environment or the file .env", about=""
        )
        return
    with tokens_database(settings, seconds=call_seconds) as database:
        tokens = store_tokens(settings, access, database)
        client = ShopifyClient(access, NoAccount(), tokens)
        try:
            if isinstance(tokens, AppTokens):
                yield from _fetched(tokens, shopify_check.scopes_wanted(settings))
            yield from _seen(settings, policy, client, access, call_seconds)
        except GrantRefused as error:
            yield store_access.refused(error)
        except HubError as error:
            yield shopify_check.not_answered(error, domain)
        finally:
            client.close()


def _fetched(tokens: AppTokens, wanted: Sequence[str]) -> Iterator[Finding]:
    """A new token, because the credentials may have changed since the current one was fetched. Workers use it, too."""
    token = tokens.fetch_now()
    held = token.held
    ends = held.expires_at if held is not None else None
    lives = (ends - held.obtained_at).total_seconds() if held is not None and ends is not None else None
    yield store_access.granted(connected=token.is_connected, lives=lives)
    if token.scopes:
        yield from shopify_check.judge_scopes(token.scopes, wanted)


def _seen(
    settings: Settings, policy: ListingPolicy, client: ShopifyClient, access: ShopifyAccess, call_seconds: float
) -> Iterator[Finding]:
    viewing = Viewing(_Once(client), policy, address=access.origin)
    facts = viewing.facts()
    yield from shopify_check.judge_facts(facts, policy, shopify_check.scopes_wanted(settings))
    yield from shopify_check.judge_version(settings.shopify_api_version, client.version, now().date())
    if client.dated and (off := clocks.judge_date("the store", client.dated, now(), uncertain=call_seconds)):
        yield off
    yield from _looked_for(viewing, policy, settings.shopify_publication, settings.shopify_store_domain.strip())


def _looked_for(viewing: Viewing, policy: ListingPolicy, channel: str, domain: str) -> Iterator[Finding]:
    for look in (
        lambda: shopify_check.judge_locations(viewing.locations(), policy),
        lambda: shopify_check.judge_channels(viewing.channels(), channel),
        lambda: shopify_check.judge_definitions(viewing.definitions(), policy),
    ):
        try:
            yield from look()
        except HubError as error:
            if error.code != "shopify_scope":  # a missing scope is reported elsewhere
                yield shopify_check.not_answered(error, domain)


class _Once:
    """Calls the store once: a retry would only delay the finding."""

    def __init__(self, client: ShopifyClient) -> None:
        self._client = client

    def run(
        self,
        name: str,
        variables: Mapping[str, Any],
        *,
        points: float | None = None,
        keep_going: Callable[[], bool] = lambda: True,
    ) -> dict[str, Any]:
        """See `ShopifyClient.run`."""
        try:
            return self._client.run(name, variables, points=points, keep_going=keep_going)
        except Retry as error:
            error.whole_line = True
            error.retry_after = float("inf")  # a throttled call is reported, not repeated
            raise
