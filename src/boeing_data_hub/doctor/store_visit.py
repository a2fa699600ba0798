"""The doctor at the store: its token, what it says of itself, and whether it has what publishing needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from boeing_data_hub.clock import now
from boeing_data_hub.errors import BadInput, HubError, Retry
from boeing_data_hub.model.listings import ListingPolicy
from boeing_data_hub.outside import store_access
from boeing_data_hub.publishing.viewing import Viewing
from boeing_data_hub.reporting.checkup import clocks, given, store
from boeing_data_hub.reporting.checkup.finding import Finding
from boeing_data_hub.settings import Settings
from boeing_data_hub.shopify.client import NoAccount, ShopifyClient


def visit_store(settings: Settings, policy: ListingPolicy, *, call_seconds: float) -> Iterator[Finding]:
    """Everything looked at in the store that is set.

    Args:
        settings: the environment.
        policy: the locations and definitions wanted.
        call_seconds: that one call may take.
    """
    domain = settings.shopify_store_domain.strip()
    doubts = list(store.judge_token(domain, settings.shopify_admin_api_token.get_secret_value()))
    yield from doubts
    if any(each.level == "error" for each in doubts):
        return
    try:
        access = replace(store_access(settings), connect_timeout=call_seconds, call_deadline=call_seconds + 1)
    except BadInput as error:
        wrong = "SHOPIFY_API_VERSION" if "version" in error.message else "SHOPIFY_STORE_DOMAIN"
        yield given.UNUSABLE.found(
            f"{wrong}: {error.message}", name=wrong, place="the environment or the file .env", about=""
        )
        return
    client = ShopifyClient(access, NoAccount())
    viewing = Viewing(_Once(client), policy, address=access.origin)
    try:
        facts = viewing.facts()
        yield from store.judge_facts(facts, policy)
        yield from store.judge_version(settings.shopify_api_version, client.version, now().date())
        if client.dated and (off := clocks.judge_date("the store", client.dated, now(), uncertain=call_seconds)):
            yield off
        yield from _looked_for(viewing, policy, settings.shopify_publication, domain)
    except HubError as error:
        yield store.not_answered(error, domain)
    finally:
        client.close()


def _looked_for(viewing: Viewing, policy: ListingPolicy, channel: str, domain: str) -> Iterator[Finding]:
    for look in (
        lambda: store.judge_locations(viewing.locations(), policy),
        lambda: store.judge_channels(viewing.channels(), channel),
        lambda: store.judge_definitions(viewing.definitions(), policy),
    ):
        try:
            yield from look()
        except HubError as error:
            if error.code != "shopify_scope":  # a missing right has been told already
                yield store.not_answered(error, domain)


class _Once:
    """Asks the store once: what does not answer in time would only take three times as long to say so."""

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
            error.retry_after = float("inf")  # a throttled call, too, is to be told of and not made again
            raise
