"""Taking back what a batch did: archive what it created, restore what it changed, refuse where a person has worked on
it since. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from html import unescape
from typing import Any, Final

from boeing_data_hub.model.publications import StoreProduct
from boeing_data_hub.publishing.difference import compare
from boeing_data_hub.publishing.forms import listing_of
from boeing_data_hub.publishing.jobs import Hold, Job, Leave, Send, Verdict
from boeing_data_hub.shopify.shapes import nodes, part

_TAG: Final = re.compile(r"<[^>]*>")
_GONE: Final = "The product is not in the store any more, so there is nothing to take back."
_UNKNOWN: Final = (
    "What we last published of this part is not known any more: the product was adopted, or the database restored. It "
    "was left as it is. Publish it anew instead."
)
_LISTS: Final = ("tags", "metafields.", "custom_id")


def decide_undo(job: Job) -> Verdict:
    """What is to be sent to take a change back; a refusal with its reason where that would harm somebody's work."""
    change, product = job.undo, job.product
    if change is None:
        return Hold("failed", "undo_nothing", "The batch to be undone changed nothing about this part.")
    if product is None or product.form is None or product.product_id != change["product_id"]:
        there = job.found is not None and product is not None and product.form is None
        return Hold("failed", *(("undo_unknown", _UNKNOWN) if there else ("undo_gone", _GONE)))
    refusal = _refusal(job, product)
    if refusal is not None:
        return refusal
    if change["action"] == "created":
        wanted = replace(listing_of(product.form), status="ARCHIVED")
    elif change["before"] is None:
        return Hold("failed", "undo_unknown", "What the product was before is not known, so it was left as it is.")
    else:
        wanted = listing_of(change["before"])
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


def _refusal(job: Job, product: StoreProduct) -> Hold | None:
    if product.batch_id == job.item.batch_id:
        return None  # this undo has begun on it already
    if product.batch_id != job.item.undo_of:
        return Hold(
            "failed", "published_since", "A later publishing changed this part. Undo that one first, or publish anew."
        )
    if job.whole is None:
        return Hold("failed", "undo_gone", _GONE)
    if differing := list(differences(job.whole, product)):
        told = ", ".join(differing[:5])
        sentence = f"A person has changed this product in the store since ({told}). It was left as it is."
        return Hold("failed", "changed_since", sentence)
    return None


def differences(store: Mapping[str, Any], product: StoreProduct) -> Iterator[str]:
    """The names of what the store shows otherwise than we last published it, stock not among them: that is sold from.

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


def _metafields(store: Mapping[str, Any], form: Mapping[str, Any], product: StoreProduct) -> Iterator[str]:
    left_out = {str(one.get("field", "")).removeprefix("metafields.") for one in product.left_out}
    wanted = {(space, key): value for space, key, _kind, value in form.get("metafields", ()) if key not in left_out}
    wanted[form.get("custom_id_namespace", ""), form.get("custom_id_key", "")] = form.get("custom_id")
    for space, key, _kind, value in product.kept.get("metafields", ()):
        wanted.setdefault((space, key), value)
    shown = {(each.get("namespace"), each.get("key")): each.get("value") for each in nodes(store, "metafields")}
    for slot in dict.fromkeys((*wanted, *shown)):
        if wanted.get(slot) != shown.get(slot):
            yield f"metafields.{slot[1]}"


def _text(html: object) -> str:
    """What is read of a description: the store writes its mark-up in its own way."""
    return " ".join(unescape(_TAG.sub(" ", str(html or ""))).split())


def _number(value: object) -> Decimal | None:
    if value is None:
        return None
    try:
        return Decimal(str(value)).normalize()
    except InvalidOperation:
        return None
