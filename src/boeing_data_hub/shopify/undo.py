"""Undoes a batch: archives what it created, restores what it changed, and leaves products that a person has changed
since. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from html import unescape
from typing import Any, Final

from boeing_data_hub.shopify.diff import compare
from boeing_data_hub.shopify.journey import Hold, Leave, Reconciled, Send, Verdict
from boeing_data_hub.shopify.publications import StoreProduct
from boeing_data_hub.shopify.shapes import nodes, part
from boeing_data_hub.shopify.snapshot import listing_of

_TAG: Final = re.compile(r"<[^>]*>")
_GONE: Final = "The product is no longer in your store, so there is nothing to undo."
_UNKNOWN: Final = (
    "The product was linked or the database was restored, so its earlier state is unknown. It was left unchanged. "
    "Publish it again instead."
)
_LISTS: Final = ("tags", "metafields.", "custom_id")


def decide_undo(undone: Reconciled) -> Verdict:
    """What to send to undo a change, or why it is not undone: that would overwrite a person's work."""
    change, product = undone.undo, undone.product
    if change is None:
        return Hold("failed", "undo_nothing", "The run didn't change this part.")
    if product is None or product.form is None or product.product_id != change.product_id:
        there = undone.found is not None and product is not None and product.form is None
        return Hold("failed", *(("undo_unknown", _UNKNOWN) if there else ("undo_gone", _GONE)))
    refusal = _refusal(undone, product)
    if refusal is not None:
        return refusal
    if change.action == "created":
        wanted = replace(listing_of(product.form), status="ARCHIVED")
    elif change.before is None:
        return Hold("failed", "undo_unknown", "The product's earlier state is unknown, so it was left unchanged.")
    else:
        wanted = listing_of(change.before)
    known = product.published
    assert known is not None  # noqa: S101 - it has a form and an id
    decision = compare(wanted, known)
    changes = tuple(each for each in decision.changes if each.field != "image_source")
    if not changes and not decision.stock:
        return Leave()
    return Send(
        action="updated",
        listing=wanted,
        changes=changes,
        stock=decision.stock,
        needs_kept=any(each.field.startswith(_LISTS) for each in changes),
    )


def _refusal(undone: Reconciled, product: StoreProduct) -> Hold | None:
    if product.batch_id == undone.item.batch_id:
        return None  # this undo has already started on it
    if product.batch_id != undone.item.undo_of and (undone.undo is None or product.form != undone.undo.after):
        return Hold(
            "failed", "published_since", "A later run changed this part. Undo that run first, or publish again."
        )
    if undone.whole is None:
        return Hold("failed", "undo_gone", _GONE)
    if _was_carried_out(undone, undone.whole, product):
        return None
    if differing := list(differences(undone.whole, product)):
        told = ", ".join(differing[:5])
        sentence = f"Someone changed this product in your store ({told}). It was left unchanged."
        return Hold("failed", "changed_since", sentence)
    return None


def _was_carried_out(undone: Reconciled, whole: Mapping[str, Any], product: StoreProduct) -> bool:
    """True if the store shows what a call of this undo, whose reply was lost, was to set: nobody else changed it."""
    intent = product.intent
    return (
        intent is not None and intent.batch_id == undone.item.batch_id and not any(differences(whole, product.intended))
    )


def differences(store: Mapping[str, Any], product: StoreProduct) -> Iterator[str]:
    """The names of the fields that differ in the store from what we last published, except stock, which sales change.

    Args:
        store: the product as the document `product_by_custom_id` reads it.
        product: our row, with a form.
    """
    form = product.form or {}
    kept = product.kept
    for name, shown in (
        ("title", "title"), ("vendor", "vendor"), ("product_type", "productType"), ("status", "status"),
    ):  # fmt: skip
        if (store.get(shown) or "") != (form.get(name) or ""):
            yield name
    if form.get("category") and (part(store, "category").get("id") or "") != form["category"]:
        yield "category"
    if _text(store.get("descriptionHtml")) != _text(form.get("description_html")):
        yield "description"
    ours = {str(tag).lower() for tag in (*form.get("tags", ()), *kept.get("tags", ()))}
    if {str(tag).lower() for tag in store.get("tags") or ()} != ours:
        yield "tags"
    yield from _variant(store, form)
    yield from _metafields(store, form, product)
    if len(nodes(store, "media")) > 1 + int(kept.get("media", 0)):
        yield "images"


def _variant(store: Mapping[str, Any], form: Mapping[str, Any]) -> Iterator[str]:
    variants = nodes(store, "variants")
    if len(variants) != 1:
        yield "variants"
        return
    variant = variants[0]
    item = part(variant, "inventoryItem")
    if variant.get("sku") != form.get("sku"):
        yield "sku"
    if _number(variant.get("price")) != _number(form.get("price")):
        yield "price"
    if _number(part(item, "unitCost").get("amount")) != _number(form.get("cost")):
        yield "cost"
    if item.get("countryCodeOfOrigin") != form.get("country_of_origin"):
        yield "country_of_origin"
    if (item.get("harmonizedSystemCode") or None) != (form.get("hs_code") or None):
        yield "hs_code"
    if not _same_weight(part(part(item, "measurement"), "weight"), part(form, "weight")):
        yield "weight"


def _metafields(store: Mapping[str, Any], form: Mapping[str, Any], product: StoreProduct) -> Iterator[str]:
    left_out = {one.field.removeprefix("metafields.") for one in product.left_out}
    wanted = {(space, key): value for space, key, _kind, value in form.get("metafields", ()) if key not in left_out}
    wanted[form.get("custom_id_namespace", ""), form.get("custom_id_key", "")] = form.get("custom_id")
    for space, key, _kind, value in product.kept.get("metafields", ()):
        wanted.setdefault((space, key), value)
    shown = {(each.get("namespace"), each.get("key")): each.get("value") for each in nodes(store, "metafields")}
    for slot in dict.fromkeys((*wanted, *shown)):
        if wanted.get(slot) != shown.get(slot):
            yield f"metafields.{slot[1]}"


def _same_weight(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """True if two weights are equal apart from the store's rounding. A weight of 0 equals none."""
    values = [_number(each.get("value")) or Decimal(0) for each in (one, other)]
    if not all(values):
        return not any(values)
    return one.get("unit") == other.get("unit") and abs(values[0] - values[1]) <= values[1] / 1000


def _text(html: object) -> str:
    """The text of a description, because the store rewrites the mark-up."""
    return " ".join(unescape(_TAG.sub(" ", str(html or ""))).split())


def _number(value: object) -> Decimal | None:
    if value is None:
        return None
    try:
        return Decimal(str(value)).normalize()
    except InvalidOperation:
        return None
