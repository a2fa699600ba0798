"""Compares a product in the store with what we last set, and decides what to do about each difference. Pure.

The next publish always corrects our SKU, custom id and picture, and always leaves added variants. For price,
title, status, stock, tags, metafields and deleted products, the settings decide (`DriftPolicy`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, cast

from boeing_data_hub.catalogue.drift_policy import DriftPolicy
from boeing_data_hub.shopify import sales
from boeing_data_hub.shopify.diff import number
from boeing_data_hub.shopify.observed import METAFIELDS, Difference, Observed, SeenMedia
from boeing_data_hub.shopify.part_metafields import same_value
from boeing_data_hub.shopify.publications import StoreProduct
from boeing_data_hub.shopify.shapes import nodes, part, text

FAILED: Final = "FAILED"
READY: Final = "READY"
LEFT_DELETED: Final = (
    "It was deleted in your store, and HUB_DRIFT_DELETED is `leave`, so it was not created again. To sell it again, "
    "set HUB_DRIFT_DELETED=create and publish this part."
)
RECREATED: Final = "It had been deleted in your store, so it was created again."
_FORM_FIELDS: Final = frozenset({"price", "sku", "custom_id", "title", "status", "tags"})


def observed_of(node: Mapping[str, Any]) -> Observed:
    """Parse a product of the documents `products_seen` and `products_seen_by_id`."""
    variants = nodes(node, "variants")
    tags = node.get("tags")
    first: Mapping[str, Any] = variants[0] if variants else {}
    quantity = first.get("inventoryQuantity")
    return Observed(
        product_id=str(node["id"]),
        title=text(node, "title"),
        status=text(node, "status"),
        custom_id=part(node, "customId").get("value"),
        variants=len(variants),
        sku=first.get("sku"),
        price=first.get("price"),
        quantity=quantity if isinstance(quantity, int) else None,
        variant_id=first.get("id"),
        inventory_item_id=part(first, "inventoryItem").get("id"),
        media=tuple(SeenMedia(str(one["id"]), text(one, "alt"), text(one, "status")) for one in nodes(node, "media")),
        tags=tuple(str(each) for each in cast("Sequence[object]", tags)) if isinstance(tags, list) else (),
    )


def deleted(policy: DriftPolicy) -> Difference:
    """The difference for a product that the store no longer has."""
    return Difference("deleted", "in the store", "deleted", policy.deleted)


def differences(
    product: StoreProduct, seen: Observed, policy: DriftPolicy, levels: Mapping[str, int] | None = None
) -> tuple[Difference, ...]:
    """How the store differs from what we last set.

    Args:
        product: our row, with a form.
        seen: the product in the store.
        policy: what the next publish does about each difference.
        levels: pieces by store location name; None: not read, so stock is not compared.
    """
    return tuple(_differences(product, seen, policy, levels or {}))


def _differences(
    product: StoreProduct, seen: Observed, policy: DriftPolicy, levels: Mapping[str, int]
) -> Iterator[Difference]:
    form = product.form or {}
    if seen.variants == 1 and number(seen.price) != number(form.get("price")):
        yield Difference("price", form.get("price"), seen.price, policy.price)
    if seen.variants == 1 and (seen.sku or "") != (form.get("sku") or ""):
        yield Difference("sku", form.get("sku"), seen.sku, "put_right")
    if seen.title.strip() != str(form.get("title") or "").strip():
        yield Difference("title", form.get("title"), seen.title, policy.title)
    if seen.custom_id != form.get("custom_id"):
        yield Difference("custom_id", form.get("custom_id"), seen.custom_id, "put_right")
    if seen.status != form.get("status"):
        yield Difference("status", form.get("status"), seen.status, policy.status)
    if seen.variants > 1:
        yield Difference("variants", 1, "several", "left")
    yield from _lists(product, seen, policy)
    if picture_failed(product, seen):
        yield Difference("picture", "sent", product.media_error or FAILED, "put_right")
    for name, there in sorted(levels.items()):
        if there != product.stock.get(name, there):
            yield Difference(f"stock.{name}", product.stock[name], there, policy.stock)


def _lists(product: StoreProduct, seen: Observed, policy: DriftPolicy) -> Iterator[Difference]:
    """Our tags and metafields. Where metafields were not read, what the last comparison showed of them still holds."""
    form = product.form or {}
    ours = [str(tag) for tag in form.get("tags") or ()]
    if {tag.casefold() for tag in ours} - {tag.casefold() for tag in seen.tags}:
        yield Difference("tags", ours, list(seen.tags), policy.tags)
    remembered = {str(each["field"]): each for each in product.differences or ()}
    for space, key, kind, value in form.get("metafields") or ():
        name = METAFIELDS + str(key)
        if seen.metafields is not None:
            there = seen.metafields.get(f"{space}.{key}")
        else:
            earlier = remembered.get(name)
            there = earlier["there"] if earlier and earlier["ours"] == value else value
        if not same_value(kind, value, there):
            yield Difference(name, value, there, policy.metafields)


def stock_as_set(product: StoreProduct, seen: Observed) -> bool | None:
    """True if the total of all locations is the one we last set, so that the levels need not be read.

    None: it cannot be compared, because nothing was set, the store does not count it, or there are several variants.
    """
    if seen.quantity is None or seen.inventory_item_id is None or not product.stock or seen.variants != 1:
        return None
    return seen.quantity == sum(product.stock.values())


def by_name(product: StoreProduct, levels: Mapping[str, int], location_ids: Mapping[str, str]) -> dict[str, int]:
    """Pieces by our names of the store's locations. If a location has several names, all pieces are under the first.

    Args:
        product: our row.
        levels: pieces in the store, by location id.
        location_ids: by name.
    """
    names: dict[str, list[str]] = {}
    for name in sorted(product.stock):
        if name in location_ids:
            names.setdefault(location_ids[name], []).append(name)
    told: dict[str, int] = {}
    for place, own in names.items():
        told |= sales.by_name(product.stock, own, levels.get(place, 0))
    return told


def as_there(product: StoreProduct, found: Sequence[Difference]) -> StoreProduct:
    """Our row with the store's values of the fields that are corrected, so that a comparison finds them."""
    return with_fields(product, put_right(found))


def put_right(found: Sequence[Difference]) -> dict[str, Any]:
    """The store's values of the fields that are corrected: those of a form, under `stock` pieces by location, and under
    `metafields` values by key.
    """
    return _by_field([(each.field, _there(each)) for each in found if each.policy == "put_right"])


def _there(difference: Difference) -> Any:
    """The store's value; of tags, those of ours that it has, because others are nothing to compare."""
    if difference.field != "tags":
        return difference.there
    there = {str(tag).casefold() for tag in difference.there}
    return [tag for tag in difference.ours if str(tag).casefold() in there]


def form_as_set(form: Mapping[str, Any], found: Sequence[Difference]) -> dict[str, Any]:
    """A form that `as_there` has changed, with our own values again."""
    ours = _by_field([(each.field, each.ours) for each in found if each.policy == "put_right"])
    before: Mapping[str, int] = form.get("stock") or {}
    stock: dict[str, int] = {**before, **ours.pop("stock", {})}
    ours.pop("metafields", None)  # guards judge none of them
    return {**form, **ours, "stock": stock}


def _by_field(values: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    fields = {name: value for name, value in values if name in _FORM_FIELDS}
    for prefix, name in (("stock.", "stock"), (METAFIELDS, "metafields")):
        if part_of := {each.removeprefix(prefix): value for each, value in values if each.startswith(prefix)}:
            fields[name] = part_of
    return fields


def with_fields(product: StoreProduct, fields: Mapping[str, Any]) -> StoreProduct:
    """Our row with other values of some fields; `fields` comes from `put_right`."""
    if not fields or product.form is None:
        return product
    plain = {name: value for name, value in fields.items() if name not in {"stock", "metafields"}}
    if values := fields.get("metafields"):
        plain["metafields"] = _replaced(product.form.get("metafields") or (), values)
    there: Mapping[str, int] = fields.get("stock") or {}
    form = {**product.form, **plain}
    if not there:
        return replace(product, form=form, listing_hash="")
    form["stock"] = {**(form.get("stock") or {}), **there}
    return replace(
        product,
        form=form,
        stock={**product.stock, **there},
        listing_hash="" if plain else product.listing_hash,
        stock_hash="",
    )


def _replaced(metafields: Sequence[Sequence[str]], values: Mapping[str, str | None]) -> list[list[str]]:
    """The metafields of a form, with other values of some keys; None removes one."""
    replaced = [[space, key, kind, values.get(key, value)] for space, key, kind, value in metafields]
    return [[str(each) for each in one] for one in replaced if one[3] is not None]


def gone(product: StoreProduct) -> StoreProduct:
    """Our row for a product that the store no longer has."""
    return replace(
        product, state="missing", product_id=None, variant_id=None, inventory_item_id=None, form=None,
        listing_hash=None, stock_hash=None, stock={}, kept={}, on_channel=False, image_sha256=None, image_url=None,
        image_code=None, image_age=None, image_media_id=None, media_state=None, media_error=None, intent=None,
        kept_sku=None, differences=None, looked_age=None, counted={},
    )  # fmt: skip


def picture_failed(product: StoreProduct, seen: Observed) -> bool:
    """True if the store could not process our picture and has no valid one of ours."""
    if product.image_sha256 is None:
        return False
    ours = [one.status for one in own_media(product, seen.media)]
    return FAILED in ours and READY not in ours


def picture_ready(product: StoreProduct, seen: Observed) -> bool:
    """True if the store has our picture."""
    return any(one.status == READY for one in own_media(product, seen.media))


def own_media(product: StoreProduct, media: Sequence[SeenMedia]) -> list[SeenMedia]:
    """The picture that the hub uploaded, if the store has it.

    It is identified by its media id. The store does not return that id on upload, so the first check afterwards
    determines it: from the only new picture with the listing's title as its caption. Without exactly one such picture
    none counts as ours, because the hub must never delete a picture that it did not upload.
    """
    if product.image_media_id is not None:
        return [one for one in media if one.id == product.image_media_id]
    title, earlier = str((product.form or {}).get("title") or ""), product.kept.get("media_ids") or ()
    fitting = [one for one in media if one.alt == title and one.id not in earlier]
    return fitting if len(fitting) == 1 else []


def learned_media(rows: Mapping[str, StoreProduct], seen: Mapping[str, Observed | None]) -> dict[str, str]:
    """Newly found media ids of our pictures, by SKU."""
    learned: dict[str, str] = {}
    for sku, row in rows.items():
        found = seen.get(sku)
        own = own_media(row, found.media) if found is not None and row.image_sha256 is not None else ()
        if own and row.image_media_id is None:
            learned[sku] = own[0].id
    return learned


def other_media(product: StoreProduct | None, whole: Mapping[str, Any] | None) -> list[str]:
    """The ids of all pictures of a product that others have added.

    Args:
        product: our row; None if the product is unknown: then others added all of its pictures.
        whole: the product as read by the document `product_by_custom_id`.
    """
    media = [SeenMedia(str(one["id"]), text(one, "alt"), text(one, "status")) for one in nodes(whole, "media")]
    own = {one.id for one in own_media(product, media)} if product is not None else set[str]()
    return [one.id for one in media if one.id not in own]
