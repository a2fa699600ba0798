"""A listing as the variables of `productSet`, whole or in part, and as a line of a bulk operation's file."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from boeing_data_hub.errors import StopTheLine
from boeing_data_hub.model.listings import LeftOut, Listing, Metafield, Published, Weight
from boeing_data_hub.publishing.forms import money

_PRODUCT_FIELDS: Final = {
    "handle": "handle",
    "title": "title",
    "description_html": "descriptionHtml",
    "vendor": "vendor",
    "product_type": "productType",
    "category": "category",
    "status": "status",
}
_ITEM_FIELDS: Final = frozenset({"cost", "weight", "country_of_origin", "hs_code"})
_OPTION: Final = {"name": "Title", "position": 1, "values": [{"name": "Default Title"}]}
_CHOSEN: Final = {"optionName": "Title", "name": "Default Title"}


@dataclass(frozen=True, slots=True)
class ImageFile:
    """An image the store may fetch; `filename` with the ending of the address's."""

    url: str
    filename: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What other people put on the product: the store deletes what a list that we send does not name."""

    metafields: Sequence[Metafield] = ()
    tags: Sequence[str] = ()


_NOTHING_KEPT: Final = Kept()


def upsert_variables(
    listing: Listing,
    *,
    location_ids: Mapping[str, str] | None = None,
    image: ImageFile | None = None,
    kept: Kept = _NOTHING_KEPT,
) -> dict[str, Any]:
    """The whole listing, found again by its custom id: it creates once, and sent again it updates.

    Args:
        listing: what is wanted.
        location_ids: store locations by name, for a first publish: stock goes along. None leaves stock alone, which
            every later publish must, for the store may have sold some since.
        image: None leaves the product's images alone.
        kept: metafields and tags of others, where the product may exist already.

    Raises:
        StopTheLine: a location of the listing is none of `location_ids`.
    """
    stated = {name for name in _ITEM_FIELDS if getattr(listing, name) is not None}
    variant: dict[str, Any] = {
        **_variant(listing, {"sku", "price", *stated}),
        "inventoryPolicy": "DENY",
        "taxable": True,
    }
    variant.setdefault("inventoryItem", {}).update(tracked=True, requiresShipping=True)
    if location_ids is not None:
        variant["inventoryQuantities"] = [
            {"locationId": location, "name": "available", "quantity": pieces}
            for location, pieces in quantities(listing.stock, location_ids).items()
        ]
    given: dict[str, Any] = {sent: getattr(listing, name) for name, sent in _PRODUCT_FIELDS.items()}
    given |= {
        "tags": _tags(listing, kept),
        "metafields": _metafields(listing, kept),
        "productOptions": [_OPTION],
        "variants": [variant],
    }
    custom = {
        "namespace": listing.custom_id_namespace,
        "key": listing.custom_id_key,
        "value": listing.custom_id,
    }
    return _variables({"customId": custom}, given, listing, image)


def touches_variant(changed: Iterable[str]) -> bool:
    """Whether an update of these fields sends the list of variants, and so deletes what is not in it."""
    return not _ITEM_FIELDS.union(("sku", "price")).isdisjoint(changed)


def update_variables(
    listing: Listing,
    known: Published,
    changed: Collection[str],
    *,
    image: ImageFile | None = None,
    kept: Kept = _NOTHING_KEPT,
) -> dict[str, Any]:
    """Exactly the changed fields, for the product we know by its id. Stock is never among them.

    By id, because a part of a listing must not create a product: where the id is gone the store refuses, and the whole
    listing is sent by custom id instead. A field that is absent now is sent as null.

    Args:
        listing: what is wanted.
        known: with `product_id` and, if known, `variant_id`.
        changed: the names from `difference.compare`.
        image: None leaves the product's images alone.
        kept: metafields and tags of others, needed only where these lists change.

    Raises:
        ValueError: `known` has no product id.
    """
    if known.product_id is None:
        raise ValueError("a product without an id cannot be updated in part")
    given: dict[str, Any] = {sent: getattr(listing, name) for name, sent in _PRODUCT_FIELDS.items() if name in changed}
    if "handle" in changed:
        given["redirectNewHandle"] = True
    if "tags" in changed:
        given["tags"] = _tags(listing, kept)
    if any(name.startswith(("metafields.", "custom_id")) for name in changed):
        given["metafields"] = _metafields(listing, kept)
    if touches_variant(changed):
        variant = _variant(listing, changed)
        if known.variant_id is not None:
            variant["id"] = known.variant_id
        given |= {"productOptions": [_OPTION], "variants": [variant]}
    return _variables({"id": known.product_id}, given, listing, image)


def bulk_line(variables: Mapping[str, Any]) -> str:
    """One line of a bulk operation's file, without its line end. ASCII only: no character in it ends a line early."""
    return json.dumps(variables, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def quantities(stock: Mapping[str, int], location_ids: Mapping[str, str]) -> dict[str, int]:
    """Pieces by the store's location id; two names of one location are added up.

    Raises:
        StopTheLine: the store has no location of a name.
    """
    by_id: dict[str, int] = {}
    for name in sorted(stock):
        location = location_ids.get(name)
        if location is None:
            raise StopTheLine(
                f"The store has no location named {name!r}. Nothing was sent. Mend SHOPIFY_LOCATION_MAP, or add the "
                "location in the store; then continue the batch.",
                code="location_unknown",
            )
        by_id[location] = by_id.get(location, 0) + stock[name]
    return by_id


def without_refused(listing: Listing, errors: Iterable[Mapping[str, Any]]) -> Listing | None:
    """The listing without the metafields the store refused, each told in `left_out` with the store's sentence.

    Args:
        listing: as it was sent.
        errors: the `userErrors` of the answer; a metafield's `field` is `["input", "metafields", "2", "value"]`.

    Returns:
        None when an error is about anything else, the custom id included: then the part fails.
    """
    refused: dict[int, str] = {}
    for error in errors:
        path = error.get("field")
        match path:
            case ["input", "metafields", str(index), *_] if index.isascii() and index.isdigit():
                refused.setdefault(int(index) - 1, str(error.get("message") or ""))  # the custom id is sent first
            case _:
                return None
    if not refused or not all(0 <= index < len(listing.metafields) for index in refused):
        return None
    told = [LeftOut(f"metafields.{listing.metafields[index].key}", said) for index, said in sorted(refused.items())]
    left = tuple(each for index, each in enumerate(listing.metafields) if index not in refused)
    return replace(listing, metafields=left, left_out=(*listing.left_out, *told))


def _variables(
    identifier: dict[str, Any], given: dict[str, Any], listing: Listing, image: ImageFile | None
) -> dict[str, Any]:
    if image is not None:
        file = {"originalSource": image.url, "alt": listing.title, "contentType": "IMAGE"}
        if image.filename:
            file |= {"filename": image.filename, "duplicateResolutionMode": "REPLACE"}
        given["files"] = [file]
    return {"identifier": identifier, "input": given}


def _variant(listing: Listing, wanted: Collection[str]) -> dict[str, Any]:
    variant: dict[str, Any] = {"optionValues": [_CHOSEN]}
    if "sku" in wanted:
        variant["sku"] = listing.sku
    if "price" in wanted:
        variant["price"] = money(listing.price)
    item: dict[str, Any] = {}
    if "cost" in wanted:
        item["cost"] = None if listing.cost is None else money(listing.cost)
    if "country_of_origin" in wanted:
        item["countryCodeOfOrigin"] = listing.country_of_origin
    if "hs_code" in wanted:
        item["harmonizedSystemCode"] = listing.hs_code
    if "weight" in wanted:
        item["measurement"] = _measurement(listing.weight)
    if item:
        variant["inventoryItem"] = item
    return variant


def _measurement(weight: Weight | None) -> dict[str, Any]:
    # The schema wants a JSON number; with at most 13 digits a float gives back exactly what was written. A weight that
    # is gone is 0, for the store knows no other way to say so.
    value, unit = (float(weight.value), weight.unit) if weight else (0.0, "POUNDS")
    return {"weight": {"value": value, "unit": unit}}


def _metafields(listing: Listing, kept: Kept) -> list[dict[str, Any]]:
    identity = Metafield(listing.custom_id_namespace, listing.custom_id_key, "id", listing.custom_id)
    ours = (identity, *listing.metafields)
    named = {(each.namespace, each.key) for each in ours}
    others = (each for each in kept.metafields if (each.namespace, each.key) not in named)
    return [
        {"namespace": each.namespace, "key": each.key, "type": each.type, "value": each.value}
        for each in (*ours, *others)
    ]


def _tags(listing: Listing, kept: Kept) -> list[str]:
    ours = {tag.lower() for tag in listing.tags}
    return [*listing.tags, *(tag for tag in kept.tags if tag.lower() not in ours)]
