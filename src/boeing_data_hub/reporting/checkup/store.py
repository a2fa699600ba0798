"""Is the store ready to be published to? Token, version, scopes, currency, locations, channel, metafields. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from boeing_data_hub.errors import HubError, RateLimited, StopTheLine
from boeing_data_hub.model.listings import ListingPolicy
from boeing_data_hub.model.publications import StoreFacts
from boeing_data_hub.publishing.viewing import Definitions
from boeing_data_hub.reporting.checkup.finding import Advice, Finding, some, well

SCOPES: Final = ("write_products", "write_inventory", "read_locations", "write_publications")
"""What the app must be granted; a right to write includes that to read."""

_CHECKED: Final = "2026-10"  # the version whose schema our documents were checked against
_YEAR_MONTHS: Final = 12  # for which a version is supported
_SHARED_DOMAIN: Final = ".myshopify.com"

NO_TOKEN = Advice(
    "store_token_unset",
    "store",
    "error",
    "a store, and no token for it",
    "Set SHOPIFY_ADMIN_API_TOKEN to the Admin API access token of your app (it begins with shpat_).",
)
WRONG_SECRET = Advice(
    "store_token_kind",
    "store",
    "warning",
    "a secret of another kind in the token's place",
    "Set SHOPIFY_ADMIN_API_TOKEN to the app's Admin API access token (shpat_...), not its API key or API secret key.",
)
REFUSED = Advice(
    "store_token_refused",
    "store",
    "error",
    "the token is wrong or was revoked",
    "Set SHOPIFY_ADMIN_API_TOKEN to a token of this very store (SHOPIFY_STORE_DOMAIN); if it was revoked or the app "
    "uninstalled, install the app again and take its new token.",
)
CLOSED = Advice(
    "store_closed",
    "store",
    "error",
    "the store is frozen or locked",
    "Look into billing and status in the Shopify admin.",
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
    "Check SHOPIFY_STORE_DOMAIN, DNS, and that a firewall lets this host out to it. Work goes on when it answers.",
)
THROTTLED = Advice(
    "store_busy",
    "store",
    "warning",
    "the store answers that too much is asked",
    "Wait a minute and look again; another app, or a publishing, uses the budget up.",
)
ODD = Advice(
    "store_odd",
    "store",
    "error",
    "an answer that is none of the Admin API's",
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
    "the app lacks a right",
    "Grant {scopes} in the store's app settings, and install the app again.",
)
VERSION_OVER = Advice(
    "version_unsupported",
    "api version",
    "error",
    "a version that the store does not serve, so it answers as another",
    "Set SHOPIFY_API_VERSION={checked}, the version whose schema every call was checked against.",
)
VERSION_OTHER = Advice(
    "version_unchecked",
    "api version",
    "warning",
    "another version than our calls were checked against, or one that ends soon",
    "Set SHOPIFY_API_VERSION={checked}, or update the hub.",
)
CURRENCY = Advice(
    "currency_mismatch",
    "currency",
    "error",
    "the store sells in another currency than we price in",
    "Set HUB_CURRENCY={currency}, restart, and search for the parts again; or use a store in {ours}.",
)
LOCATION = Advice(
    "location_unknown",
    "store locations",
    "error",
    "a location of the settings is none of the store's, or not an active one",
    "Mend SHOPIFY_LOCATION_MAP or SHOPIFY_DEFAULT_LOCATION_NAME{nearest}, or activate or add the location in the "
    "store.",
)
CHANNEL = Advice(
    "channel_missing",
    "sales channel",
    "warning",
    "new products are offered nowhere, or on another channel than meant",
    "Grant write_publications, and set SHOPIFY_PUBLICATION to the channel's name{nearest}.",
)
CUSTOM_ID = Advice(
    "custom_id_differs",
    "metafields",
    "error",
    "the metafield of our custom ids is there with another type",
    "Delete that definition in the store, or name another by HUB_CUSTOM_ID_KEY before the first publishing; then "
    "`bdh store setup`.",
)
LACKING = Advice(
    "definitions_missing",
    "metafields",
    "warning",
    "metafield definitions are not there",
    "Run `bdh store setup` once. The one custom ids need is made by the first publishing anyway.",
)
DIFFERING = Advice(
    "definitions_differ",
    "metafields",
    "warning",
    "metafield definitions are there with another type, so values may be refused",
    "Change the definition in the store, or set HUB_METAFIELD_NAMESPACE to a namespace of our own.",
)


def judge_token(domain: str, token: str) -> Iterator[Finding]:
    """What can be told of domain and token before anything is asked. An error means: do not ask."""
    if not token.strip():
        yield NO_TOKEN.found("SHOPIFY_STORE_DOMAIN is set, and SHOPIFY_ADMIN_API_TOKEN is not.")
    real = domain.rstrip("/").endswith(_SHARED_DOMAIN)
    if real and token.startswith(("shpss_", "shpca_")):
        yield WRONG_SECRET.found("SHOPIFY_ADMIN_API_TOKEN begins like another kind of secret, not like a token.")


def not_answered(error: HubError, domain: str) -> Finding:
    """What it means that the store did not tell its facts."""
    if isinstance(error, StopTheLine):
        advice = {
            "shopify_credentials": REFUSED,
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
    """Whether the store serves the version we ask for, and for how long."""
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


def judge_facts(facts: StoreFacts, policy: ListingPolicy) -> Iterator[Finding]:
    """Name and plan, scopes, currency."""
    yield well("store", f"The store {facts.name or facts.shop} answers ({facts.plan or 'plan unknown'}).")
    missing = [scope for scope in SCOPES if facts.scopes and scope not in facts.scopes]
    if missing:
        yield LACKS.found(f"The app lacks {', '.join(missing)}.", scopes=", ".join(missing))
    ours = policy.currency.upper()
    if facts.currency and facts.currency.upper() != ours:
        yield CURRENCY.found(
            f"The store sells in {facts.currency}, and the hub prices in {ours}: nothing is published.",
            currency=facts.currency,
            ours=ours,
        )


def judge_locations(there: Mapping[str, bool], policy: ListingPolicy) -> Iterator[Finding]:
    """Each location of the settings that is missing or inactive, with the nearest that is there."""
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


def judge_channels(titles: Sequence[str], publication: str) -> Iterator[Finding]:
    """Whether the sales channel is there by its name."""
    wanted = publication.casefold()
    if not titles:
        yield CHANNEL.found("No sales channel can be seen, so new products are not offered anywhere.", nearest="")
    elif not any(wanted in title.casefold() for title in titles):
        near = _nearest(publication, titles) or titles[0]
        yield CHANNEL.found(
            f"The store has no sales channel named {publication!r}; new products go to {titles[0]!r}. It has "
            f"{some([repr(title) for title in titles], 6)}.",
            nearest=f" ({near!r})",
        )
    else:
        yield well("sales channel", f"New products are offered on {publication}.")


def judge_definitions(definitions: Definitions, policy: ListingPolicy) -> Iterator[Finding]:
    """Metafield definitions: that of our custom ids, and those shoppers' facts are held to."""
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
        yield well("metafields", "Every metafield definition is there.")


def _nearest(name: str, others: Sequence[str]) -> str | None:
    folded = {each.casefold(): each for each in others}
    found = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.5)
    return folded[found[0]] if found else None
