"""Is the store ready to be published to? Token, scopes, locations, definitions, sales channel, each with a remedy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from boeing_data_hub.errors import HubError
from boeing_data_hub.model.listings import ListingPolicy
from boeing_data_hub.publishing.storefront import Storefront, problem_of
from boeing_data_hub.reporting.checkup import Finding
from boeing_data_hub.store import intents
from boeing_data_hub.store.work import Database

SCOPES: Final = ("write_products", "write_inventory", "read_locations", "write_publications")
"""What the app must be granted; a right to write includes that to read."""


def examine_store(
    database: Database, storefront: Storefront, policy: ListingPolicy, *, public_url: str
) -> Iterator[Finding]:
    """Everything looked at, the store's answer to its facts first."""
    storefront.forget()
    try:
        facts = storefront.facts()
        lacking = storefront.lacking()
        doubtful = database.run(lambda work: intents.left_in_doubt(work, facts.shop))
    except HubError as error:
        remedy = "Check SHOPIFY_STORE_DOMAIN, SHOPIFY_ADMIN_API_TOKEN, SHOPIFY_API_VERSION and HUB_CURRENCY."
        yield Finding("store", "error", error.message, remedy)
        return
    yield Finding("store", "ok", f"The store {facts.name or facts.shop} answers ({facts.plan or 'plan unknown'}).")
    if missing := [scope for scope in SCOPES if facts.scopes and scope not in facts.scopes]:
        yield Finding(
            "scopes",
            "error",
            f"The app lacks {', '.join(missing)}.",
            "Grant the scopes in the store's app settings, and install the app again.",
        )
    problem = problem_of(facts, policy)
    if problem is not None:
        yield Finding("store locations", "error", problem.message, "Mend SHOPIFY_LOCATION_MAP, or add the location.")
    if facts.publication_id is None:
        yield Finding(
            "sales channel",
            "warning",
            "No sales channel can be seen, so new products are not offered anywhere.",
            "Grant write_publications, and check SHOPIFY_PUBLICATION.",
        )
    if lacking:
        yield Finding(
            "metafields",
            "warning",
            f"The store lacks {len(lacking)} metafield definitions ({', '.join(lacking[:3])} ...).",
            "Run `bdh store setup` once. The one custom ids need is made by the first publishing anyway.",
        )
    if doubtful:
        some = ", ".join(doubtful[:3])
        more = f" and {len(doubtful) - 3:,} more" if len(doubtful) > 3 else ""  # noqa: PLR2004 - as many as are named
        yield Finding(
            "products in doubt",
            "warning",
            f"What a call has done to {some}{more} is not known, and nobody is about to look.",
            "Publish them again: that asks the store first, changes only what differs, and makes nothing twice.",
        )
    if _is_loopback(public_url) and not _is_loopback(storefront.address):
        yield Finding(
            "images",
            "warning",
            f"Images are offered at {public_url}, where the store cannot reach them.",
            "Set HUB_PUBLIC_URL, or SUPABASE_URL to keep images in Supabase Storage.",
        )


def _is_loopback(url: str) -> bool:
    return any(name in url for name in ("//127.", "//localhost", "//[::1]"))
