"""Builds the variables of `productSet` from a listing, whole or in part, and the lines of a bulk file. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from boeing_data_hub.catalogue.listings import LeftOut, Listing, Published, Weight
from boeing_data_hub.errors import PauseUpstream
from boeing_data_hub.shopify import replaced_lists as lists
from boeing_data_hub.shopify.replaced_lists import UNREAD, CurrentLists, ProductOption
from boeing_data_hub.shopify.shapes import Input
from boeing_data_hub.shopify.snapshot import money

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


@dataclass(frozen=True, slots=True)
class ImageFile:
    """An image for the store to fetch; `filename` has the extension of the URL."""

    url: str
    filename: str | None = None


def upsert_variables(
    listing: Listing,
    *,
    location_ids: Mapping[str, str] | None = None,
    image: ImageFile | None = None,
    current: CurrentLists = UNREAD,
) -> Input:
    """The whole listing, addressed by its custom id: the first call creates the product, a repeated one updates it.

    Args:
        listing: what is wanted.
        location_ids: store locations by name; with them, stock is set by the same call, as a first publish does. None
            leaves stock unchanged: later on, the store may have sold some.
        image: None leaves the product's images unchanged.
        current: the product's lists, if it exists already; entries of other people are repeated.

    Raises:
        PauseUpstream: a location of the listing is not in `location_ids`.
    """
    stated = {name for name in _ITEM_FIELDS if getattr(listing, name) is not None}
    variant: Input = {
        **_variant(listing, {"sku", "price", *stated}, current.options),
        "inventoryPolicy": "DENY",
        "taxable": True,
    }
    variant.setdefault("inventoryItem", {}).update(tracked=True, requiresShipping=True)
    if location_ids is not None:
        variant["inventoryQuantities"] = [
            {"locationId": location, "name": "available", "quantity": pieces}
            for location, pieces in quantities(listing.stock, location_ids).items()
        ]
    given: Input = {sent: getattr(listing, name) for name, sent in _PRODUCT_FIELDS.items()}
    given |= {
        "tags": lists.all_tags(listing, current.tags or ()),
        "metafields": lists.all_metafields(listing, current.metafields or ()),
        "productOptions": lists.options_input(current.options),
        "variants": [variant],
    }
    custom = {
        "namespace": listing.custom_id_namespace,
        "key": listing.custom_id_key,
        "value": listing.custom_id,
    }
    return _variables({"customId": custom}, given, listing, image)


def touches_variant(changed: Iterable[str]) -> bool:
    """True if an update of these fields sends the list of variants, which deletes variants that are not in it."""
    return not _ITEM_FIELDS.union(("sku", "price")).isdisjoint(changed)


def update_variables(
    listing: Listing,
    known: Published,
    changed: Collection[str],
    *,
    image: ImageFile | None = None,
    current: CurrentLists = UNREAD,
    in_doubt: Mapping[str, Any] | None = None,
) -> Input:
    """Exactly the changed fields, for the product we know by its id. Stock is never among them.

    The product is addressed by id, because part of a listing must not create a product: if the id no longer exists, the
    store rejects the call, and the whole listing is sent by custom id. A field without a value is sent as null. In a
    list, only the entries that changed get our values: every other entry is sent as the store has it, even if a person
    changed or removed it.

    Args:
        listing: what is wanted.
        known: with `product_id` and, if known, `variant_id`.
        changed: field names from `diff.compare`.
        image: None leaves the product's images unchanged.
        current: the product's lists; where tags or metafields were not read, all of ours are sent.
        in_doubt: the form that an earlier update without an answer may have written.

    Raises:
        ValueError: `known` has no product id.
    """
    if known.product_id is None:
        raise ValueError("a product without an id cannot be updated in part")
    given: Input = {sent: getattr(listing, name) for name, sent in _PRODUCT_FIELDS.items() if name in changed}
    if "handle" in changed:
        given["redirectNewHandle"] = True
    written = [known.form, *([in_doubt] if in_doubt is not None else [])]
    if "tags" in changed:
        tags = current.tags
        given["tags"] = lists.all_tags(listing) if tags is None else lists.changed_tags(listing, tags, written)
    if any(name.startswith(("metafields.", "custom_id")) for name in changed):
        there = current.metafields
        given["metafields"] = (
            lists.all_metafields(listing)
            if there is None
            else lists.changed_metafields(listing, there, written, changed)
        )
    if touches_variant(changed):
        variant = _variant(listing, changed, current.options)
        if known.variant_id is not None:
            variant["id"] = known.variant_id
        given |= {"productOptions": lists.options_input(current.options), "variants": [variant]}
    return _variables({"id": known.product_id}, given, listing, image)


def quantities(stock: Mapping[str, int], location_ids: Mapping[str, str]) -> dict[str, int]:
    """Pieces by the store's location id; names of the same location are added up.

    Raises:
        PauseUpstream: the store has no location of a name.
    """
    by_id: dict[str, int] = {}
    for name in sorted(stock):
        location = location_ids.get(name)
        if location is None:
            raise PauseUpstream(
                f"Your store has no location named {name!r}. Nothing was sent. Correct SHOPIFY_LOCATION_MAP, or add "
                "the "
                "location in your store; the run then continues.",
                code="location_unknown",
            )
        by_id[location] = by_id.get(location, 0) + stock[name]
    return by_id


def without_refused(
    listing: Listing, sent: Sequence[Mapping[str, Any]], errors: Iterable[Mapping[str, Any]]
) -> Listing | None:
    """The listing without the metafields that the store refused, each named in `left_out` with the store's sentence.

    Args:
        listing: as it was sent.
        sent: the metafields of the call, in its order.
        errors: the `userErrors` of the answer; a metafield's `field` is `["input", "metafields", "2", "value"]`.

    Returns:
        None if an error is about anything else, including the custom id: then the part fails.
    """
    ours = {(each.namespace, each.key): index for index, each in enumerate(listing.metafields)}
    refused: dict[int, str] = {}
    for error in errors:
        match error.get("field"):
            case ["input", "metafields", str(index), *_] if index.isascii() and index.isdigit():
                entry: Mapping[str, Any] = sent[int(index)] if int(index) < len(sent) else {}
            case _:
                return None
        own = ours.get((entry.get("namespace", ""), entry.get("key", "")))
        if own is None:
            return None
        refused.setdefault(own, str(error.get("message") or ""))
    if not refused:
        return None
    told = [LeftOut(f"metafields.{listing.metafields[index].key}", said) for index, said in sorted(refused.items())]
    left = tuple(each for index, each in enumerate(listing.metafields) if index not in refused)
    return replace(listing, metafields=left, left_out=(*listing.left_out, *told))


def _variables(identifier: Input, given: Input, listing: Listing, image: ImageFile | None) -> Input:
    if image is not None:
        file = {"originalSource": image.url, "alt": listing.title, "contentType": "IMAGE"}
        if image.filename:
            file |= {"filename": image.filename, "duplicateResolutionMode": "REPLACE"}
        given["files"] = [file]
    return {"identifier": identifier, "input": given}


def _variant(listing: Listing, wanted: Collection[str], options: Sequence[ProductOption]) -> Input:
    variant: Input = {"optionValues": [{"optionName": each.name, "name": each.chosen} for each in options]}
    if "sku" in wanted:
        variant["sku"] = listing.sku
    if "price" in wanted:
        variant["price"] = money(listing.price)
    item: Input = {}
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


def _measurement(weight: Weight | None) -> Input:
    # The schema requires a JSON number; a float holds 13 digits exactly. 0 is the store's only way to say "no weight".
    value, unit = (float(weight.value), weight.unit) if weight else (0.0, "POUNDS")
    return {"weight": {"value": value, "unit": unit}}
