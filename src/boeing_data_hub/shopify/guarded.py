"""Guards at work on listings: what was published, what is wanted, and the listing without what is held back. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from boeing_data_hub.catalogue.guards import Concern, Offer
from boeing_data_hub.catalogue.listings import Blocked, Listing, ListingPolicy, Published
from boeing_data_hub.catalogue.staged_part import CataloguePart
from boeing_data_hub.shopify.listing import build_listing
from boeing_data_hub.values.clean_text import line

_UNIT: Final = re.compile(r"<p>Unit of Measure: (.*?)</p>")
_FOREIGN: Final = frozenset({"currency_differs", "currency_missing"})


def wanted_listing(staged: CataloguePart, policy: ListingPolicy, *, live: bool) -> Listing | Blocked:
    """The listing of a part. The stock of a live one stays right even when its price comes in another currency, which
    guards hold back: its listing is built as if the currency were the store's.
    """
    built = build_listing(staged, policy, live=live)
    if live and isinstance(built, Blocked) and built.code in _FOREIGN:
        return build_listing(replace(staged, currency=policy.currency), policy, live=True)
    return built


def wanted_offer(listing: Listing, staged: CataloguePart) -> Offer:
    """What the listing of a staged part would offer."""
    return Offer(
        price=listing.price,
        pieces=sum(listing.stock.values()),
        unit=line(staged.base_uom),
        cost=listing.cost,
        currency=line(staged.currency).upper(),
        by_hand=staged.override.price_override is not None,
    )


def published_offer(known: Published, policy: ListingPolicy) -> Offer:
    """What was last published. The unit stands in the description, which the hub writes; prices are in the store's
    currency.
    """
    stock: Mapping[str, int] = known.form.get("stock") or {}
    unit = _UNIT.search(str(known.form.get("description_html") or ""))
    return Offer(
        price=Decimal(str(known.form["price"])),
        pieces=sum(stock.values()),
        unit=html.unescape(unit[1]) if unit else "",
        currency=policy.currency.upper(),
    )


def without(listing: Listing, held: Sequence[Concern], form: Mapping[str, Any]) -> Listing | None:
    """The listing with the published value of everything that is held back; None when nothing of it may be sent.

    Price and stock are held apart: one never keeps the other from the store.
    """
    fields = {concern.field for concern in held}
    if "unit" in fields:
        return None
    if fields & {"price", "currency"}:
        cost = form.get("cost")
        listing = replace(listing, price=Decimal(str(form["price"])), cost=None if cost is None else Decimal(str(cost)))
    if "stock" in fields:
        listing = replace(listing, stock=dict(form.get("stock") or {}))
    return listing
