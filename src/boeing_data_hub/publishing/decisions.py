"""What is to be done about one SKU, from all that is known of it. Pure, and the same for a plan as for its run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import Any, Final
from uuid import UUID

from boeing_data_hub.model.listings import Blocked, Change, Listing, ListingPolicy
from boeing_data_hub.model.publications import StoreFacts, StoreProduct
from boeing_data_hub.publishing.difference import compare
from boeing_data_hub.publishing.forms import form_of
from boeing_data_hub.publishing.jobs import NOT_STAGED, Hold, Job, Leave, Send, Verdict, is_old
from boeing_data_hub.publishing.listing import build_listing
from boeing_data_hub.publishing.restocking import every_location

_PICTURE_RETRY: Final = 86_400.0  # seconds after which a picture that could not be had for a passing reason is tried
_PICTURE_RETRY_LATE: Final = 604_800.0  # ... and for any other, for sources are mended, too
_LISTS: Final = ("tags", "metafields.", "custom_id")
LEFT_AS_IS: Final = " The product is in the store and was left as it is."


def needs_sighting(job: Job) -> bool:
    """Whether the store must be searched for the SKU: nothing of ours is known there, or no more."""
    product = job.product
    return job.item.undo_of is None and (product is None or (product.product_id is None and product.state == "missing"))


def needs_looking(job: Job) -> bool:
    """Whether the store must be asked by custom id: something was intended or lost, and it is unknown what is there; or
    the result of a bulk operation has not told what carries the stock.
    """
    product = job.product
    if product is None or job.looked:
        return False
    return product.product_id is None or (product.published is not None and product.inventory_item_id is None)


def completed(product: StoreProduct, found: Mapping[str, Any] | None) -> StoreProduct:
    """A product that we know, with the ids of its variant, which we did not."""
    if found is None or found["product_id"] != product.product_id:
        return product
    return replace(product, variant_id=found.get("variant_id"), inventory_item_id=found.get("inventory_item_id"))


def resolved(product: StoreProduct, found: Mapping[str, Any]) -> StoreProduct:
    """The row of a product after the store was found to have it, with a listing that is not known yet."""
    return replace(
        product,
        state="live",
        product_id=found["product_id"],
        variant_id=found.get("variant_id"),
        inventory_item_id=found.get("inventory_item_id"),
        form=None,
        intent=None,
    )


def decide(job: Job, policy: ListingPolicy, facts: StoreFacts, now: datetime) -> Verdict:
    """The verdict on a job whose look-ups have been made."""
    product = job.product
    if job.staged is None:
        return Hold("failed", "not_staged", NOT_STAGED)
    known = product.published if product is not None else None
    built = build_listing(job.staged, policy, live=known is not None)
    if isinstance(built, Blocked):
        return Hold("blocked", built.code, built.sentence + (LEFT_AS_IS if known is not None else ""))
    channel = facts.publication_id is not None and not facts.publishes_itself
    if product is None or known is None:
        verdict = _unknown(job, built, channel=channel)
    else:
        verdict = _known(built, product, channel=channel, now=now)
    if job.plan is not None and not _begun(job):
        action, shown = job.plan
        if shown != digest(verdict):
            return Hold("failed", "plan_changed", _changed_since(action, verdict))
    return verdict


def _unknown(job: Job, listing: Listing, *, channel: bool) -> Verdict:
    seen = job.sighting
    there = job.found is not None or (seen is not None and seen.ours is not None)
    if seen is not None and seen.others and not there:
        other = seen.others[0]
        title, where = str(other.get("title") or "?")[:100], str(other.get("product_id"))
        sentence = (
            f"The store has a product with this SKU that is not ours: {title!r} ({where}). It was not touched. Decide "
            "under conflicts: take it over, or leave it."
        )
        shown = {"sku": job.sku, "kind": "sku_taken", "product_id": where, "title": title, "sentence": sentence}
        return Hold("conflict", "sku_taken", sentence, {**shown, "batch_id": str(job.item.batch_id)})
    every = tuple(every_location(listing))
    if there:  # ours, and its listing unknown: after a restored database, or given to us by a person
        return Send(action="updated", listing=listing, stock=every, whole=True, needs_kept=True, channel=channel)
    return Send(action="created", listing=listing, stock=every, whole=True, image_wanted=True, channel=channel)


def _known(listing: Listing, product: StoreProduct, *, channel: bool, now: datetime) -> Verdict:
    known = product.published
    assert known is not None  # noqa: S101 - the caller has looked
    decision = compare(listing, known)
    changes = (*decision.changes, *_doubtful(listing, product, decision.changes))
    again = _PICTURE_RETRY if product.image_code in _PASSING else _PICTURE_RETRY_LATE
    picture = any(change.field == "image_source" for change in changes) or (
        product.image_code is not None
        and listing.image_source is not None
        and is_old(product.image_at, now, seconds=again)
    )
    missing = channel and not product.on_channel and product.state == "live"
    if not changes and not decision.stock and not picture:
        return Leave(channel=missing)
    return Send(
        action="updated",
        listing=listing,
        changes=changes,
        stock=decision.stock,
        needs_kept=picture or any(change.field.startswith(_LISTS) for change in changes),
        image_wanted=picture,
        channel=missing,
    )


def _doubtful(listing: Listing, product: StoreProduct, changes: Iterable[Change]) -> tuple[Change, ...]:
    """Fields that an update without an answer may have changed, and that are now wanted as they were before it."""
    intent, known = product.intent, product.published
    if intent is None or intent.action != "updated" or known is None:
        return ()
    named = {change.field for change in changes}
    maybe = compare(listing, replace(known, form=intent.form, listing_hash=""))
    return tuple(change for change in maybe.changes if change.field not in named)


_PASSING: Final = frozenset(
    {"image_unreachable", "image_timeout", "image_unavailable", "image_host_resting", "image_storage_failed"}
)


def _begun(job: Job) -> bool:
    """Whether this very batch has already begun to do what its plan shows, so that the rest looks different now."""
    product, batch = job.product, job.item.batch_id
    return product is not None and (product.batch_id == batch or _intends(product, batch))


def _intends(product: StoreProduct, batch: UUID) -> bool:
    return product.intent is not None and product.intent.batch_id == batch


def digest(verdict: Verdict) -> str:
    """What must stay the same between a plan and its run: the action, the listing, and every old and new value."""
    match verdict:
        case Hold(kind=kind, code=code):
            content: list[Any] = [kind, code]
        case Leave():
            content = ["unchanged"]
        case Send():
            form = form_of(verdict.listing)
            changes = [[each.field, each.old, each.new] for each in (*verdict.changes, *verdict.stock)]
            content = [verdict.action, form, changes]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def action_of(verdict: Verdict) -> str:
    """The word a plan has for it: create, update, restock, unchanged, blocked, conflict."""
    match verdict:
        case Hold(kind="conflict"):
            return "conflict"
        case Hold():
            return "blocked"
        case Leave():
            return "unchanged"
        case Send(action="created"):
            return "create"
        case Send():
            return "update" if verdict.changes or verdict.whole else "restock"


def shown_changes(verdict: Verdict) -> list[dict[str, Any]]:
    """Field by field, old and new, as a plan shows them and the memory of changes keeps them."""
    if not isinstance(verdict, Send):
        return []
    if verdict.action == "created":
        return []
    return changes_as_json(verdict.changes, verdict.stock)


def changes_as_json(*changes: Iterable[Change]) -> list[dict[str, Any]]:
    """Changes as rows keep them."""
    return [{"field": each.field, "old": each.old, "new": each.new} for each in chain(*changes)]


def _changed_since(planned: str, verdict: Verdict) -> str:
    now_is = action_of(verdict)
    told = "; ".join(f"{each['field']}: {each['old']} → {each['new']}" for each in shown_changes(verdict)[:5])
    was = f"The plan showed {planned!r} for this part, and now it would be {now_is!r}"
    return f"{was}{f' ({told})' if told else ''}. Nothing was sent. Make a new plan for the parts that have changed."
