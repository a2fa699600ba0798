"""Settings that are valid but dangerous, or contradict each other. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from boeing_data_hub.boeing.access import is_plain_address
from boeing_data_hub.catalogue.stock_rules import folded
from boeing_data_hub.errors import BadInput
from boeing_data_hub.health.doctor import settings_check
from boeing_data_hub.health.doctor.addresses import host_of, is_here, scheme_of
from boeing_data_hub.health.doctor.finding import Advice, Finding, some
from boeing_data_hub.settings import Settings
from boeing_data_hub.settings.boeing import Boeing
from boeing_data_hub.work.rate_limit import RateLimit, parse_rate_limit

KNOWN_LIMIT: Final = RateLimit(20, 60.0)
"""The highest known Boeing limit: the implementation guide's figure."""

_PROVEN_PARTS: Final = 10
_PULSE: Final = 3.0  # maximum seconds between two heartbeats of a worker
_MOST_MARKUP: Final = 5
_SHELF_CODE: Final = 3
_BOEING_URLS: Final = ("BOEING_OAUTH_TOKEN_URL", "BOEING_PNA_OAUTH_URL", "BOEING_PNA_PRICE_URL")

LIMIT_HIGH = Advice(
    "boeing_limit_high",
    "boeing limit",
    "warning",
    "more calls than any known contract allows",
    "Ask Boeing what your contract allows, and set BOEING_API_RATE_LIMIT to that. 2/m and 20/m are known.",
)
BATCH_LARGE = Advice(
    "boeing_batch_large",
    "boeing limit",
    "warning",
    "more part numbers per call than tested in production",
    "Set BOEING_BATCH_SIZE to 10, unless Boeing has confirmed that your account allows more.",
)
URL_ODD = Advice(
    "boeing_url_odd",
    "boeing addresses",
    "warning",
    "an address that does not look like Boeing's",
    "Compare {name} with its default in docs/operations.md. `bdh doctor --price PART` tries the price call itself.",
)
SPLIT = Advice(
    "boeing_urls_differ",
    "boeing addresses",
    "warning",
    "the three addresses point to different hosts",
    "Set all three BOEING_*_URL to the same service.",
)
MIXED = Advice(
    "sandbox_mixed",
    "sandbox",
    "error",
    "a sandbox on one side, the real service on the other",
    "Remove the BOEING_*_URL settings to use the real Boeing, or use a sandbox store.",
)
OPEN_API = Advice(
    "api_open",
    "api",
    "warning",
    "the API accepts remote connections without encryption",
    "Put a TLS proxy in front of it and close the port to everyone else, or set HUB_HOST=127.0.0.1.",
)
PUBLIC_HTTP = Advice(
    "public_url_http",
    "api",
    "warning",
    "people and the store reach the API without encryption",
    "Set HUB_PUBLIC_URL to the https:// address of your proxy.",
)
SILENT_SOON = Advice(
    "worker_silent_soon",
    "timing",
    "warning",
    "workers count as stopped between two heartbeats, or the scheduler between two sweeps",
    "Set HUB_WORKER_SILENT_AFTER to {least} or more.",
)
LEASE_SHORT = Advice(
    "lease_short",
    "timing",
    "warning",
    "work can be taken from a worker that is only briefly delayed",
    "Set HUB_LEASE_SECONDS to 10 or more; 15 is the default. Longer calls do not need a longer lease, "
    "because leases are renewed.",
)
MARKUP_LOSS = Advice(
    "markup_odd",
    "prices",
    "warning",
    "a factor below 1, or several times the base price",
    "PRICE_MARKUP is a factor, not a percentage: 1.10 adds 10 %.",
)
NO_MAP = Advice(
    "locations_unmapped",
    "locations",
    "error",
    "no Boeing location is mapped, so hardly any part can be sold",
    'Map Boeing\'s locations to the store\'s, e.g. SHOPIFY_LOCATION_MAP={{"Dallas Central": "Dallas"}}; or set '
    "SHOPIFY_UNMAPPED_LOCATIONS=sell_from_default, to sell stock from every location.",
)
SHELF_CODES = Advice(
    "shelf_code_odd",
    "locations",
    "warning",
    "a shelf code that the store's metafield does not accept, or one for an unmapped location",
    "Correct SHOPIFY_INVENTORY_LOCATION_CODES: codes of three characters, under the names in SHOPIFY_LOCATION_MAP.",
)
NEVER_SOLD = Advice(
    "location_never_sold",
    "locations",
    "warning",
    "a location that is mapped to one of the store, and never sells",
    "Remove it from SHOPIFY_LOCATION_MAP or from HUB_LOCATIONS_NOT_SOLD. Its stock is not sold until then.",
)
UNSEEN = Advice(
    "drift_unseen",
    "store",
    "warning",
    "changes that people make in the store may stay unnoticed",
    "Set HUB_DRIFT_SNAPSHOT_AT to a time of day, such as 02:30.",
)
NO_STORE = Advice(
    "store_unset",
    "store",
    "warning",
    "nothing is published",
    "Set SHOPIFY_STORE_DOMAIN, SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRET; the README says how to create the app.",
)


def judge_contradictions(settings: Settings, unusable: frozenset[str]) -> Iterator[Finding]:
    """All findings from the values alone.

    Args:
        settings: the values, with defaults for invalid ones.
        unusable: names of invalid settings, which are reported elsewhere.
    """
    yield from _boeing(settings, unusable)
    yield from _mixed(settings)
    yield from _interfaces(settings)
    yield from _timing(settings)
    yield from _trade(settings)


def _boeing(s: Settings, unusable: frozenset[str]) -> Iterator[Finding]:
    real = not is_here(s.boeing_pna_price_url)
    try:
        limit = parse_rate_limit(s.boeing_api_rate_limit)
    except BadInput as error:
        about = f"It is: {Settings.model_fields['boeing_api_rate_limit'].description}"
        place = "the environment or the file .env"
        message = f"BOEING_API_RATE_LIMIT: {error.message}"
        yield settings_check.UNUSABLE.found(message, name="BOEING_API_RATE_LIMIT", place=place, about=about)
    else:
        if real and (limit is None or limit.per_minute > KNOWN_LIMIT.per_minute):
            allowed = "no limit at all" if limit is None else f"{limit.per_minute:,.0f} calls a minute"
            yield LIMIT_HIGH.found(
                f"BOEING_API_RATE_LIMIT allows {allowed}. The highest known limit is {KNOWN_LIMIT.calls} a minute, and "
                "most, and may block an account that calls more often."
            )
    if real and s.boeing_batch_size > _PROVEN_PARTS:
        yield BATCH_LARGE.found(f"BOEING_BATCH_SIZE is {s.boeing_batch_size}; only {_PROVEN_PARTS} is proven.")
    urls = {name: str(getattr(s, name.lower())) for name in _BOEING_URLS if name not in unusable}
    for name, url in urls.items():
        if not is_plain_address(url):
            message = f"{name} must be a whole http or https URL without a user name or password."
            yield settings_check.UNUSABLE.found(message, name=name, place="the environment or the file .env", about="")
        elif not url.rstrip("/").endswith(usual := _usual_path(name)):
            yield URL_ODD.found(f"{name} does not end in {usual}, as Boeing's own does.", name=name)
    if len({host_of(url) for url in urls.values()}) > 1:
        yield SPLIT.found("The three Boeing addresses point to different hosts, or one is missing.")


def _usual_path(name: str) -> str:
    return "/" + str(Boeing.model_fields[name.lower()].default).split("/", 3)[3]


def _mixed(s: Settings) -> Iterator[Finding]:
    if not s.has_store:
        yield NO_STORE.found("No store is set, so nothing is published.")
        return
    store = s.shopify_store_domain.strip()
    if host_of(store).endswith(".myshopify.com") and is_here(s.boeing_pna_price_url):
        yield MIXED.found(
            "BOEING_PNA_PRICE_URL leads to a stand-in on this machine, and the store is a real one: made-up prices and "
            "stock would be sold."
        )


def _interfaces(s: Settings) -> Iterator[Finding]:
    if not is_here(s.hub_host):
        yield OPEN_API.found(
            f"HUB_HOST is {s.hub_host}: the API accepts unencrypted calls from other hosts, which contain keys."
        )
    if s.hub_public_url and scheme_of(s.hub_public_url) == "http" and not is_here(s.hub_public_url):
        yield PUBLIC_HTTP.found("HUB_PUBLIC_URL begins with http://, so keys and sign-ins could be intercepted.")


def _timing(s: Settings) -> Iterator[Finding]:
    least = max(3 * _PULSE, 3 * s.hub_sweep_seconds)
    if s.hub_worker_silent_after < least:
        yield SILENT_SOON.found(
            f"HUB_WORKER_SILENT_AFTER is {s.hub_worker_silent_after} s, and a worker shows its pulse every "
            f"{_PULSE:g} s, the sweep every {s.hub_sweep_seconds:g} s (HUB_SWEEP_SECONDS): one that is late counts as "
            "gone.",
            least=round(least + 0.5),
        )
    if s.hub_lease_seconds < 2 * _PULSE:
        yield LEASE_SHORT.found(
            f"HUB_LEASE_SECONDS is {s.hub_lease_seconds} s; a Boeing call may take {s.boeing_call_timeout:g} s and is "
            f"kept by renewals every {s.hub_lease_seconds / 3:.1f} s, one of which must not be late."
        )


def _trade(s: Settings) -> Iterator[Finding]:
    if s.shopify_store_domain.strip() and not s.hub_drift_snapshot_at:
        said = " what was seen within HUB_DRIFT_SEEN_HOURS counts as unchanged, and" if s.hub_drift_seen_hours else ""
        yield UNSEEN.found(f"The store is not compared once a day:{said} a webhook that is lost is not made up for.")
    if s.price_markup < 1 or s.price_markup > _MOST_MARKUP:
        said = "below Boeing's price" if s.price_markup < 1 else f"at {s.price_markup} times Boeing's price"
        yield MARKUP_LOSS.found(f"With PRICE_MARKUP={s.price_markup} every part is sold {said}.")
    if not s.shopify_location_map and s.shopify_unmapped_locations == "do_not_sell" and s.has_store:
        yield NO_MAP.found("SHOPIFY_LOCATION_MAP is empty, so no stock that Boeing names a location for is sold.")
    never = {folded(name) for name in s.hub_locations_not_sold}
    if both := sorted(name for name in s.shopify_location_map if folded(name) in never):
        yield NEVER_SOLD.found(f"HUB_LOCATIONS_NOT_SOLD overrules SHOPIFY_LOCATION_MAP for {some(both)}.")
    known = {*s.shopify_location_map, *s.shopify_location_map.values()}
    codes = s.shopify_inventory_location_codes
    wrong = sorted(
        name
        for name, code in codes.items()
        if len(code) != _SHELF_CODE
        or (s.shopify_location_map and s.shopify_unmapped_locations == "do_not_sell" and name not in known)
    )
    if wrong:
        yield SHELF_CODES.found(f"SHOPIFY_INVENTORY_LOCATION_CODES: {some(wrong)} is invalid.")
