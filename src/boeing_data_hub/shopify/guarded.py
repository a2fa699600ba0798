"""Applies guards to listings: what was published, what is wanted, and the listing without what is held back. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from boeing_data_hub.catalogue import vanishing
from boeing_data_hub.catalogue.guards import Concern, Offer
from boeing_data_hub.catalogue.holding import hold_of, status_by
from boeing_data_hub.catalogue.listing_policy import ListingPolicy
from boeing_data_hub.catalogue.listings import Blocked, Listing, Published
from boeing_data_hub.catalogue.staged_part import CataloguePart
from boeing_data_hub.catalogue.stock import stock_block
from boeing_data_hub.catalogue.vanished_policy import Vanished
from boeing_data_hub.catalogue.vanishing import Gone, step_of, taken_off
from boeing_data_hub.shopify.listing import build_listing
from boeing_data_hub.shopify.snapshot import listing_of
from boeing_data_hub.values.clean_text import line

_UNIT: Final = re.compile(r"<p>Unit of Measure: (.*?)</p>")
_SHOWN: Final = "ACTIVE"
_OF_STOCK: Final = frozenset({Vanished.NO_STOCK.value, Vanished.ONLY_UNMAPPED_LOCATIONS.value})
_FOREIGN: Final = frozenset({"currency_differs", "currency_missing"})


def wanted_listing(staged: CataloguePart, policy: ListingPolicy, known: Published | None) -> Listing | Blocked:
    """The listing of a part, of which `known` was last published.

    The stock of a live part stays right even when its price comes in another currency, which guards hold back: its
    listing is built as if the currency were the store's. The policy says what happens to a live part that Boeing no
    longer sells.
    """
    live = known is not None
    built = build_listing(staged, policy, live=live)
    if live and isinstance(built, Blocked) and built.code in _FOREIGN:
        return build_listing(replace(staged, currency=policy.currency), policy, live=True)
    gone = gone_of(staged, policy, built)
    if gone is None:
        return built
    if known is None:
        is_unknown = gone.cause is Vanished.NOT_FOUND
        return Blocked("not_found", "Boeing no longer knows this part. Search again later.") if is_unknown else built
    if step_of(gone, policy.vanished) == "leave":
        return built
    try:
        listing = listing_of(known.form) if isinstance(built, Blocked) or gone.cause is Vanished.NOT_FOUND else built
    except KeyError:  # published by an earlier version, with other fields
        return built
    stock = {**dict.fromkeys(known.form.get("stock") or {}, 0), **listing.stock}
    status = status_by(hold_of(staged, policy.hold_rules), policy.status)
    return taken_off(replace(listing, stock=stock), gone, policy.vanished, status=status)


def gone_of(staged: CataloguePart, policy: ListingPolicy, built: Listing | Blocked) -> Gone | None:
    """Why a part cannot be sold, if Boeing is why; None if it can be, or if a person has excluded it."""
    if staged.override.excluded:
        return None
    if staged.absent_days is not None:
        return Gone(Vanished.NOT_FOUND, staged.absent_days)
    if isinstance(built, Blocked):
        return Gone(Vanished.NO_PRICE, staged.price_days) if built.code == "no_price" else None
    blocked = stock_block(staged, policy, built.stock)
    return Gone(Vanished(blocked.code), staged.stock_days) if blocked and blocked.code in _OF_STOCK else None


def gone_remark(staged: CataloguePart, policy: ListingPolicy) -> str | None:
    """For people: what becomes of a live part that has vanished, where that is more than a stock of 0."""
    gone = gone_of(staged, policy, build_listing(staged, policy, live=True))
    if gone is None or (gone.cause is not Vanished.NOT_FOUND and step_of(gone, policy.vanished) in {"leave", "keep"}):
        return None
    return vanishing.sentence(gone, policy.vanished)


def wanted_offer(listing: Listing, staged: CataloguePart) -> Offer:
    """What the listing of a staged part would offer."""
    return Offer(
        price=listing.price,
        pieces=sum(listing.stock.values()),
        unit=line(staged.base_uom),
        cost=listing.cost,
        currency=line(staged.currency).upper(),
        by_hand=staged.override.price_override is not None,
        shown=listing.status == _SHOWN,
    )


def published_offer(known: Published, policy: ListingPolicy) -> Offer:
    """What was last published. The unit is in the description, which the hub writes; prices are in the store's
    currency.
    """
    stock: Mapping[str, int] = known.form.get("stock") or {}
    unit = _UNIT.search(str(known.form.get("description_html") or ""))
    return Offer(
        price=Decimal(str(known.form["price"])),
        pieces=sum(stock.values()),
        unit=html.unescape(unit[1]) if unit else "",
        currency=policy.currency.upper(),
        shown=known.form.get("status") == _SHOWN,
    )


def without(listing: Listing, held: Sequence[Concern], form: Mapping[str, Any]) -> Listing | None:
    """The listing with the published value of everything that is held back; None when nothing of it may be sent.

    Price and stock are held separately: one never keeps the other out of the store.
    """
    fields = {concern.field for concern in held}
    if "unit" in fields:
        return None
    if fields & {"price", "currency"}:
        cost = form.get("cost")
        listing = replace(listing, price=Decimal(str(form["price"])), cost=None if cost is None else Decimal(str(cost)))
    if "stock" in fields:  # what is sold out may also be taken off the store, and come back
        listing = replace(
            listing,
            stock=dict(form.get("stock") or {}),
            status=str(form["status"]),
            tags=tuple(form.get("tags") or ()),
        )
    return listing
