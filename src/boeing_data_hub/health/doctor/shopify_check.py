"""Checks that the store is ready for publishing: version, scopes, currency, locations, channel, metafields. Pure.

Access to the store is checked in `store_access.py`.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from boeing_data_hub.catalogue.listing_policy import ListingPolicy
from boeing_data_hub.errors import HubError, PauseUpstream, RateLimited
from boeing_data_hub.health.doctor import network, store_access
from boeing_data_hub.health.doctor.finding import Advice, Finding, some, well
from boeing_data_hub.settings.quoting import Quotes
from boeing_data_hub.shopify import channels
from boeing_data_hub.shopify.draft_orders import SCOPE as DRAFT_ORDERS
from boeing_data_hub.shopify.probes import Definitions
from boeing_data_hub.shopify.publications import Channel, StoreFacts

SCOPES: Final = ("write_products", "write_inventory", "read_locations", "write_publications")
"""The scopes the app needs; a write scope includes the read scope."""


def scopes_wanted(settings: Quotes) -> tuple[str, ...]:
    """The scopes that the app needs with these settings."""
    return (*SCOPES, DRAFT_ORDERS) if settings.hub_quotes_to_orders else SCOPES


_CHECKED: Final = "2026-10"  # the version whose schema our documents were checked against
_YEAR_MONTHS: Final = 12  # for which a version is supported
_SHARED_DOMAIN: Final = ".myshopify.com"

CLOSED = Advice(
    "store_closed",
    "store",
    "error",
    "the store is frozen or locked",
    "Check billing and status in the Shopify admin.",
)
NOT_FOUND = Advice(
    "store_not_found",
    "store",
    "error",
    "there is no such store, or no such version",
    "Correct SHOPIFY_STORE_DOMAIN (NAME.myshopify.com, as in Settings > Domains), and leave "
    "SHOPIFY_API_VERSION at 2026-10.",
)
UNREACHABLE = Advice(
    "store_unreachable",
    "store",
    "error",
    "no answer",
    "Check SHOPIFY_STORE_DOMAIN, DNS, and that the firewall allows calls to it. Work continues when it responds.",
)
THROTTLED = Advice(
    "store_busy",
    "store",
    "warning",
    "the store is throttling",
    "Wait a minute and try again; another app or a publish run is using the whole budget.",
)
ODD = Advice(
    "store_odd",
    "store",
    "error",
    "an answer that is not the Admin API's",
    "Check SHOPIFY_STORE_DOMAIN and SHOPIFY_API_VERSION. If they are right, try again later.",
)
DOMAIN = Advice(
    "store_domain_odd",
    "store",
    "warning",
    "a domain that is not the store's own at Shopify",
    "Set SHOPIFY_STORE_DOMAIN to NAME.myshopify.com: the Admin API is there, not at the shop's public domain.",
)
LACKS = Advice(
    "scopes_missing",
    "scopes",
    "error",
    "the app lacks a scope",
    "Dev Dashboard > the app > Versions: create a version with {scopes}, release it, and approve it in the store. "
    "For an app created before 2026, grant them in the store's app settings, and install it again.",
)
VERSION_OVER = Advice(
    "version_unsupported",
    "api version",
    "error",
    "a version that the store does not support",
    "Set SHOPIFY_API_VERSION={checked}, the version whose schema every call was checked against.",
)
VERSION_OTHER = Advice(
    "version_unchecked",
    "api version",
    "warning",
    "a version that the hub was not tested with, or that expires soon",
    "Set SHOPIFY_API_VERSION={checked}, or update the hub.",
)
CURRENCY = Advice(
    "currency_mismatch",
    "currency",
    "error",
    "the store and the hub use different currencies",
    "Set HUB_CURRENCY={currency}, restart, and search for the parts again; or use a store in {ours}.",
)
LOCATION = Advice(
    "location_unknown",
    "store locations",
    "error",
    "a location in the settings does not exist in the store, or is not active",
    "Correct SHOPIFY_LOCATION_MAP or SHOPIFY_DEFAULT_LOCATION_NAME{nearest}, or activate or add the location in the "
    "store.",
)
CHANNEL = Advice(
    "channel_missing",
    "sales channel",
    "warning",
    "the sales channel in the settings does not exist, so new products are not offered anywhere",
    "Grant write_publications and read_publications, and set SHOPIFY_PUBLICATION to the name, handle or id of one of "
    "the store's channels{nearest}.",
)
CHANNEL_UNSET = Advice(
    "channel_unset",
    "sales channel",
    "warning",
    "no sales channel is set, so new products are not offered anywhere",
    "Set SHOPIFY_PUBLICATION to the name, handle or id of the channel you sell on, or to `none` to offer products "
    "nowhere.",
)
CUSTOM_ID = Advice(
    "custom_id_differs",
    "metafields",
    "error",
    "the metafield for custom IDs exists with another type",
    "Delete that definition in the store, or set another HUB_CUSTOM_ID_KEY before the first publish; then run `bdh "
    "store setup`.",
)
LACKING = Advice(
    "definitions_missing",
    "metafields",
    "warning",
    "metafield definitions are missing",
    "Run `bdh store setup` once. The first publish creates the one for custom IDs.",
)
DIFFERING = Advice(
    "definitions_differ",
    "metafields",
    "warning",
    "metafield definitions exist with another type, so values may be rejected",
    "Change the definition in the store, or set HUB_METAFIELD_NAMESPACE to a namespace that only the hub uses.",
)


def not_answered(error: HubError, domain: str) -> Finding:  # noqa: PLR0911 - the table of what can fail
    """The finding if the store's facts could not be read."""
    if found := network.stood_in_the_way("store", error):
        return found
    if isinstance(error, PauseUpstream):
        advice = {
            "shopify_credentials": store_access.REFUSED,
            "shopify_store_closed": CLOSED,
            "shopify_api_version": NOT_FOUND,
        }.get(error.code)
        if error.code == "shopify_scope":
            return LACKS.found(error.message, scopes="what it names")
        return (advice or ODD).found(error.message)
    if isinstance(error, RateLimited):
        return THROTTLED.found(error.message)
    if error.code in {"shopify_unreachable", "shopify_timeout", "shopify_connection_lost"}:
        return UNREACHABLE.found(error.message)
    if not domain.endswith(_SHARED_DOMAIN) and "://" not in domain:
        return DOMAIN.found(f"{error.message} SHOPIFY_STORE_DOMAIN does not end in {_SHARED_DOMAIN}.")
    return ODD.found(error.message)


def judge_version(wanted: str, answered: str, today: date) -> Iterator[Finding]:
    """Check that the store supports our API version, and for how long."""
    if answered and answered != wanted:
        yield VERSION_OVER.found(
            f"SHOPIFY_API_VERSION is {wanted}, and the store answers as {answered}: it does not serve {wanted}.",
            checked=_CHECKED,
        )
    elif wanted != _CHECKED:
        yield VERSION_OTHER.found(
            f"SHOPIFY_API_VERSION is {wanted}; our calls were checked for {_CHECKED}.", checked=_CHECKED
        )
    elif (months := _months_left(wanted, today)) <= 2:  # noqa: PLR2004 - long enough for an update
        left = f"ends within {months} months" if months > 0 else "has ended"
        yield VERSION_OTHER.found(f"Shopify's support of {wanted} {left}: update the hub.", checked=_CHECKED)
    else:
        yield well("api version", f"The store serves {wanted}, for {months} months more.")


def _months_left(version: str, today: date) -> int:
    year, month = (int(part) for part in version.split("-"))
    return (year - today.year) * 12 + month - today.month + _YEAR_MONTHS


def judge_facts(facts: StoreFacts, policy: ListingPolicy, wanted: Sequence[str] = SCOPES) -> Iterator[Finding]:
    """Findings about name and plan, scopes and currency."""
    yield well("store", f"The store {facts.name or facts.shop} answers ({facts.plan or 'plan unknown'}).")
    yield from judge_scopes(facts.scopes, wanted)
    ours = policy.currency.upper()
    if facts.currency and facts.currency.upper() != ours:
        yield CURRENCY.found(
            f"The store sells in {facts.currency}, and the hub prices in {ours}: nothing is published.",
            currency=facts.currency,
            ours=ours,
        )


def judge_scopes(granted: Collection[str], wanted: Sequence[str] = SCOPES) -> Iterator[Finding]:
    """What is missing of the scopes that are needed; a right to write includes that to read. Empty: not known."""
    if missing := missing_scopes(granted, wanted):
        yield LACKS.found(f"The app lacks {', '.join(missing)}.", scopes=", ".join(missing))


def missing_scopes(granted: Collection[str], wanted: Sequence[str] = SCOPES) -> list[str]:
    """The missing scopes; none if the granted scopes are unknown."""
    return [
        scope
        for scope in wanted
        if granted and scope not in granted and scope.replace("read_", "write_") not in granted
    ]


def judge_locations(there: Mapping[str, bool], policy: ListingPolicy) -> Iterator[Finding]:
    """A finding for each location in the settings that is missing or inactive, with the most similar one."""
    names = [*policy.location_map.values(), *([policy.default_location] if policy.default_location else [])]
    wrong = 0
    for name in dict.fromkeys(names):
        if there.get(name):
            continue
        wrong += 1
        if name in there:
            yield LOCATION.found(f"The store's location {name!r} is not active.", nearest="")
            continue
        near = _nearest(name, [each for each, active in there.items() if active])
        yield LOCATION.found(
            f"The store has no location named {name!r}; it has {some([repr(each) for each in there], 6) or 'none'}.",
            nearest=f" ({name!r} may be meant as {near!r})" if near else "",
        )
    if names and not wrong:
        yield well("store locations", f"All {len(set(names))} locations of the settings are active in the store.")


def judge_channels(there: Sequence[Channel], publication: str) -> Iterator[Finding]:
    """Check that the settings name exactly one existing sales channel."""
    if channels.is_none_meant(publication):
        yield well("sales channel", "New products are offered on no sales channel, as SHOPIFY_PUBLICATION=none says.")
        return
    chosen = channels.chosen(publication, there)
    if chosen is not None:
        yield well("sales channel", f"New products are offered on {channels.told([chosen])}.")
    elif not there:
        yield CHANNEL.found(
            "The hub can't see any sales channel, so new products are not offered anywhere.", nearest=""
        )
    elif not publication.strip():
        yield CHANNEL_UNSET.found(
            "SHOPIFY_PUBLICATION is not set, so new products are offered on no sales channel. The store has "
            f"{channels.told(there)}."
        )
    else:
        near = _nearest(publication, [channel.title for channel in there])
        said = "several sales channels" if channels.is_ambiguous(publication, there) else "no sales channel"
        yield CHANNEL.found(
            f"The store has {said} named {publication!r}, so new products are offered nowhere. It has "
            f"{channels.told(there)}.",
            nearest=f" ({near!r} may be meant)" if near else "",
        )


def judge_definitions(definitions: Definitions, policy: ListingPolicy) -> Iterator[Finding]:
    """Findings about metafield definitions: of custom ids, and of the other metafields."""
    lacking, differing = definitions.lacking, definitions.differing
    own = f"{policy.custom_id_namespace}.{policy.custom_id_key}"
    others = [f"{name} ({kind}, wanted {wanted})" for name, kind, wanted in differing if name != own]
    for name, kind, wanted in differing:
        if name == own:
            yield CUSTOM_ID.found(
                f"The metafield {name} has the type {kind}; our products are found by one of {wanted}."
            )
    if lacking:
        yield LACKING.found(f"The store lacks {len(lacking)} metafield definitions: {some(lacking)}.")
    if others:
        yield DIFFERING.found(f"Of another type than ours: {some(others)}.")
    if not lacking and not differing:
        yield well("metafields", "All metafield definitions exist.")


def _nearest(name: str, others: Sequence[str]) -> str | None:
    folded = {each.casefold(): each for each in others}
    found = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.5)
    return folded[found[0]] if found else None
