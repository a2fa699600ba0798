"""A listing as plain JSON values, as its row stores it, and the hashes that show quickly if it differs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from boeing_data_hub.catalogue.listings import Listing, Metafield, Weight

PLAIN_FIELDS: Final = (
    *("custom_id", "custom_id_namespace", "custom_id_key", "handle", "title", "sku", "description_html", "vendor"),
    *("product_type", "category", "status", "country_of_origin", "hs_code", "image_source"),
)
"""Fields of a listing that are a text or None."""


def form_of(listing: Listing) -> dict[str, Any]:
    """The listing as plain JSON values, for its row. Equal listings have equal forms."""
    weight = listing.weight
    return {
        **{name: getattr(listing, name) for name in PLAIN_FIELDS},
        "tags": list(listing.tags),
        "price": money(listing.price),
        "cost": None if listing.cost is None else money(listing.cost),
        "weight": None if weight is None else {"value": _plain(weight.value), "unit": weight.unit},
        "metafields": [[each.namespace, each.key, each.type, each.value] for each in listing.metafields],
        "stock": {name: listing.stock[name] for name in sorted(listing.stock)},
    }


def listing_of(form: Mapping[str, Any]) -> Listing:
    """The listing of a form, without `left_out`; an undo publishes it again.

    Raises:
        KeyError: the form lacks a current field.
    """
    weight, cost = form["weight"], form["cost"]
    return Listing(
        **{name: form[name] for name in PLAIN_FIELDS},
        tags=tuple(form["tags"]),
        price=Decimal(form["price"]),
        cost=None if cost is None else Decimal(cost),
        weight=None if weight is None else Weight(Decimal(weight["value"]), weight["unit"]),
        metafields=tuple(Metafield(*each) for each in form["metafields"]),
        stock=dict(form["stock"]),
    )


def listing_hash(listing: Listing) -> str:
    """A hash of everything that is published except stock, in 64 hexadecimal digits."""
    return hashes_of(form_of(listing))[0]


def stock_hash(listing: Listing) -> str:
    """A hash of the pieces by location, in 64 hexadecimal digits."""
    return _hash({name: listing.stock[name] for name in sorted(listing.stock)})


def hashes_of(form: Mapping[str, Any]) -> tuple[str, str]:
    """Both hashes of the listing with this form."""
    return _hash({name: value for name, value in form.items() if name != "stock"}), _hash(form["stock"])


def money(amount: Decimal) -> str:
    """An amount in the store's notation: always two decimals."""
    return f"{amount:.2f}"


def _plain(number: Decimal) -> str:
    """The number as text, the same for equal numbers: 0.60 and 0.6, 1E+2 and 100."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _hash(value: object) -> str:
    written = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(written.encode("ascii")).hexdigest()
